//! `hostbench init` as its users meet it: what it finds, asks and writes.

mod account;
mod fake;
mod servers;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use bench_core::config::{Overrides, PricingKind, RunConfig, Service, from_toml};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::{
    account::Refused,
    fake::{Answer, Fake},
};

/// The command in a folder, without an AWS account.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let nowhere = folder.join("nothing");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostbench"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", &nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere);
    command
}

/// Runs `init` with the ports of these servers, and an account where there is one.
fn init(folder: &Path, servers: &[&Fake], account: Option<&Fake>, arguments: &[&str]) -> Output {
    // Nothing listens on port 9.
    let ports: Vec<String> = servers
        .iter()
        .map(|server| server.port.to_string())
        .collect();
    let ports = if ports.is_empty() {
        "9".to_owned()
    } else {
        ports.join(",")
    };
    let mut command = command(folder, &[&["init", "--ports", &ports], arguments].concat());
    if let Some(account) = account {
        command
            .env("AWS_ENDPOINT_URL", account.url())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
    }
    command.output().expect("the command runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the command ends by itself")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The candidates found, as JSON.
fn found(servers: &[&Fake], account: Option<&Fake>) -> Value {
    let folder = TempDir::new().expect("a folder");
    let output = init(folder.path(), servers, account, &["--json"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        0,
        "nothing is written"
    );
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// The ids that were found.
fn ids(found: &Value) -> Vec<&str> {
    let targets = found["targets"].as_array().expect("targets");
    targets
        .iter()
        .map(|target| target["id"].as_str().expect("an id"))
        .collect()
}

/// Writes a file, and reads it as a run would; the file, and what the command printed.
fn written(
    servers: &[&Fake],
    account: Option<&Fake>,
    arguments: &[&str],
) -> (String, RunConfig, String) {
    let folder = TempDir::new().expect("a folder");
    let output = init(
        folder.path(),
        servers,
        account,
        &[&["my.toml"], arguments].concat(),
    );
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = fs::read_to_string(folder.path().join("my.toml")).expect("a file");
    let checked = command(folder.path(), &["check", "my.toml"])
        .output()
        .expect("it runs");
    assert_eq!(code(&checked), 0, "{text}\n{}", said(&checked));
    let run = from_toml(&text, &Overrides::default()).expect("a configuration");
    (text, run, printed(&output))
}

#[test]
fn every_kind_of_server_is_recognized_by_what_it_answers() {
    let kinds = [
        (
            servers::vllm("Qwen/Qwen3-8B"),
            "vllm",
            json!("0.11.2"),
            json!({"owned_by": "vllm"}),
        ),
        (
            servers::llama_cpp(),
            "llama-cpp",
            json!("b6981-647b960b"),
            json!({"owned_by": "llamacpp"}),
        ),
        (
            servers::llama_cpp_python(),
            "llama-cpp-python",
            Value::Null,
            json!({"owned_by": "me"}),
        ),
        (
            servers::ollama(),
            "ollama",
            json!("0.13.0"),
            json!({"owned_by": "library"}),
        ),
        (
            servers::ollama_of_somebody(),
            "ollama",
            json!("0.13.0"),
            json!({"path": "/api/version"}),
        ),
        (
            servers::lm_studio(),
            "lm-studio",
            Value::Null,
            json!({"owned_by": "organization_owner"}),
        ),
        (
            servers::tgi(),
            "tgi",
            json!("3.3.6"),
            json!({"path": "/info"}),
        ),
        (
            servers::early_tgi(),
            "tgi",
            json!("1.4.0"),
            json!({"path": "/info"}),
        ),
        (
            servers::sglang(),
            "sglang",
            Value::Null,
            json!({"owned_by": "sglang"}),
        ),
        (
            servers::other(),
            "open-ai-compatible",
            Value::Null,
            Value::Null,
        ),
        (
            servers::locked_vllm(),
            "vllm",
            json!("0.11.2"),
            json!({"path": "/version"}),
        ),
    ];
    let all: Vec<&Fake> = kinds.iter().map(|(server, ..)| server).collect();
    let found = found(&all, None);
    let targets = found["targets"].as_array().unwrap();
    for (server, kind, version, evidence) in &kinds {
        let target = targets
            .iter()
            .find(|target| target["service"]["url"] == server.url());
        let target = target.unwrap_or_else(|| panic!("{kind} in {found}"));
        assert_eq!(target["server"], *kind, "{target}");
        assert_eq!(target["version"], *version, "{target}");
        assert_eq!(target["recognized_by"], *evidence, "{target}");
        let request = if *kind == "tgi" { "tgi" } else { "openai-chat" };
        assert_eq!(target["service"]["request"], request, "{target}");
    }
    assert_eq!(found["not_servers"], json!([]));
}

#[test]
fn a_server_that_loads_models_on_demand_suggests_its_first_that_answers_prompts() {
    let found = found(&[&servers::ollama(), &servers::vllm("a/b")], None);
    assert_eq!(
        ids(&found),
        [
            "ollama-nomic-embed-text-latest",
            "ollama-llama3-2-1b",
            "ollama-deepseek-r1-8b",
            "vllm-b"
        ]
    );
    assert_eq!(found["suggested"], json!(["ollama-llama3-2-1b", "vllm-b"]));
}

#[test]
fn what_is_no_model_server_is_one_line_and_holds_nothing_up() {
    let page = Fake::start(|_| Some(Answer::new(200, "<html>hello</html>")));
    let rubbish = Fake::start(|_| Some(Answer::new(200, r#"{"data": 7, "x": ["#)));
    let typed = Fake::start(|_| Some(Answer::new(200, r#"{"data": [7, {"id": 3}, {"id": " "}]}"#)));
    let endless = Fake::start(|_| Some(Answer::new(200, "[1],".repeat(400_000))));
    let silent = Fake::start(|_| None);
    let asks_for_a_password = Fake::start(|_| Some(Answer::new(401, "<html>sign in</html>")));
    let all = [
        &page,
        &rubbish,
        &typed,
        &endless,
        &silent,
        &asks_for_a_password,
    ];
    let found = found(&all, None);
    assert_eq!(found["targets"], json!([]));
    let reasons: Vec<_> = found["not_servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| {
            (
                other["url"].as_str().unwrap().to_owned(),
                other["reason"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let expected = [
        "other_answer",
        "other_answer",
        "no_model",
        "too_long",
        "silent",
        "other_answer",
    ];
    let expected: Vec<_> = all
        .iter()
        .zip(expected)
        .map(|(fake, reason)| (fake.url(), reason.to_owned()))
        .collect();
    assert_eq!(reasons, expected);
}

#[test]
fn two_servers_of_one_model_are_two_targets_and_a_server_named_twice_is_one() {
    let (first, second) = (servers::vllm("a/b"), servers::vllm("a/b"));
    let (url, slash) = (second.url(), format!("http://localhost:{}/", first.port));
    let arguments = ["--yes", "--url", &url, "--url", &slash];
    let (_, run, _) = written(&[&first, &second], None, &arguments);
    let ids: Vec<_> = run
        .targets
        .iter()
        .map(|target| target.id.as_str())
        .collect();
    assert_eq!(ids, ["vllm-b", "vllm-b-2"]);
    let (_, _, printed) = written(&[&first, &second], None, &["--yes"]);
    assert!(
        printed.contains("`vllm-b` and `vllm-b-2` share a machine"),
        "{printed}"
    );
}

#[test]
fn a_server_that_is_named_is_in_the_file_also_while_it_does_not_answer() {
    let arguments = ["--yes", "--url", "http://127.0.0.1:9/v1"];
    let (text, run, printed) = written(&[&servers::llama_cpp_python()], None, &arguments);
    assert_eq!(run.targets.len(), 2, "{text}");
    assert!(text.contains("# model = \"NAME\""), "{text}");
    assert!(
        printed.contains("http://127.0.0.1:9/v1: no connection: "),
        "{printed}"
    );
    let folder = TempDir::new().unwrap();
    for wrong in [
        "127.0.0.1:8000",
        "ftp://a",
        "http://u:p@h",
        "http://h#a",
        "http://h?a=b",
        "http://a b",
        "",
    ] {
        let output = init(folder.path(), &[], None, &["--url", wrong]);
        assert_eq!(code(&output), 2, "{wrong}");
        assert!(
            said(&output).contains("expected `http://HOST:PORT`"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_server_that_wants_a_key_has_the_place_of_it_in_a_comment() {
    let locked = servers::locked_vllm();
    let (text, run, _) = written(&[&locked], None, &["--yes"]);
    assert_eq!(run.targets[0].id, "vllm");
    assert!(text.contains("# api_key = \"env:MODEL_KEY\""), "{text}");
    assert!(text.contains("# model = \"NAME\""), "{text}");
    // With the comments taken away it is a configuration, too.
    let filled = text
        .replace("# api_key", "api_key")
        .replace("# model", "model");
    let run = from_toml(&filled, &Overrides::default()).unwrap();
    let Service::Http(target) = &run.targets[0].service else {
        panic!("{:?}", run.targets[0].service)
    };
    assert!(target.api_key.is_some() && target.model.is_some());
    // Beside a server that can be called it is not suggested.
    let found = found(&[&locked, &servers::llama_cpp_python()], None);
    assert_eq!(found["suggested"], json!(["llama-cpp-python-random"]));
}

#[test]
fn names_of_others_stay_texts() {
    const HOSTILE: &str = "a\"\nsimulated = true\n[[targets]]\n# \u{1b}[2J\u{202e}'''\\";
    let list = servers::models("v\"\n[load]", &[HOSTILE, HOSTILE, "\"\"\""]);
    let hostile = Fake::start(move |request| {
        Some(match request.path.as_str() {
            "/v1/models" => Answer::json(&list),
            "/api/version" => Answer::json(&json!({"version": "1\"\nname = \"x\u{7}"})),
            _ => Answer::not_found(),
        })
    });
    let (text, run, printed) = written(&[&hostile], None, &["--targets", "all"]);
    let models: Vec<_> = run
        .targets
        .iter()
        .map(|target| match &target.service {
            Service::Http(http) => http.model.as_deref().unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(models, [HOSTILE, HOSTILE, "\"\"\""]);
    assert!(run.targets.iter().all(|target| !target.simulated) && run.load.is_none());
    for output in [text, printed] {
        let is_hidden =
            |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(!output.contains(is_hidden), "{output:?}");
    }
}

#[test]
fn a_server_on_an_ec2_instance_is_paid_by_its_hour() {
    let metadata = Fake::start(|request| {
        let path = (request.method.as_str(), request.path.as_str());
        let has_token = request
            .headers
            .get("x-aws-ec2-metadata-token")
            .is_some_and(|token| token == "t");
        Some(match path {
            ("PUT", "/latest/api/token") => Answer::new(200, "t"),
            ("GET", "/latest/meta-data/instance-type") if has_token => {
                Answer::new(200, "g6.2xlarge")
            }
            ("GET", "/latest/meta-data/placement/region") if has_token => {
                Answer::new(200, "us-east-1")
            }
            _ => Answer::not_found(),
        })
    });
    let folder = TempDir::new().unwrap();
    let server = servers::vllm("a/b");
    let port = server.port.to_string();
    let mut command = command(folder.path(), &["init", "a.toml", "--ports", &port]);
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url());
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = fs::read_to_string(folder.path().join("a.toml")).unwrap();
    let target = from_toml(&text, &Overrides::default())
        .unwrap()
        .targets
        .remove(0);
    assert_eq!(target.instance.as_deref(), Some("g6.2xlarge"), "{text}");
    assert_eq!(target.region.as_deref(), Some("us-east-1"));
    let hourly = PricingKind::Hourly {
        sku: "ec2:g6.2xlarge".to_owned(),
        instances: 1,
    };
    assert_eq!(target.pricing.map(|pricing| pricing.kind), Some(hourly));
}

#[test]
fn an_account_is_listed_with_request_formats_instances_and_prices() {
    let account = account::start(Refused::Nothing);
    let found = found(&[], Some(&account));
    assert_eq!(
        found["aws"],
        json!({"region": "eu-west-1", "not_signed_in": null, "failures": []})
    );
    let targets = found["targets"].as_array().unwrap();
    let summary: Vec<_> = targets
        .iter()
        .map(|target| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&target["id"]),
                text(&target["source"]),
                text(&target["service"]["request"]),
                target["is_priced"] == true,
            )
        })
        .collect();
    let expected = [
        ("bedrock-one", "imported_model", "converse", true),
        ("bedrock-two", "imported_model", "llama", true),
        ("bedrock-three", "imported_model", "openai-completion", true),
        (
            "bedrock-support-bot",
            "custom_deployment",
            "converse",
            false,
        ),
        ("sagemaker-tgi-8b", "endpoint", "tgi", true),
        ("sagemaker-lmi-8b", "endpoint", "lmi", true),
        ("sagemaker-vllm-8b", "endpoint", "openai-chat", true),
        ("sagemaker-own-container", "endpoint", "openai-chat", false),
        ("sagemaker-component-1", "endpoint", "openai-chat", true),
        (
            "bedrock-search-team",
            "application_profile",
            "converse",
            true,
        ),
        (
            "bedrock-us-deepseek-r1-v1-0",
            "system_profile",
            "converse",
            true,
        ),
        (
            "bedrock-meta-llama3-1-8b-instruct-v1-0",
            "foundation_model",
            "converse",
            true,
        ),
        (
            "bedrock-eu-nobody-knows-v1-0",
            "system_profile",
            "converse",
            false,
        ),
        (
            "bedrock-unpriced-model-v1",
            "foundation_model",
            "converse",
            false,
        ),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(id, source, request, is_priced)| {
            (
                (*id).to_owned(),
                (*source).to_owned(),
                (*request).to_owned(),
                *is_priced,
            )
        })
        .collect();
    assert_eq!(summary, expected);
    let suggested = found["suggested"].as_array().unwrap();
    assert_eq!(
        suggested.len(),
        10,
        "what is on offer to everybody is not suggested: {suggested:?}"
    );
}

#[test]
fn the_targets_of_an_account_are_written_with_region_instance_and_price() {
    let account = account::start(Refused::Nothing);
    let (text, run, printed) = written(&[], Some(&account), &["--targets", "all"]);
    assert_eq!(run.targets.len(), 12, "{text}");
    assert!(printed.contains("and 2 models of Bedrock"), "{printed}");
    assert!(
        run.targets
            .iter()
            .all(|target| target.region.as_deref() == Some("eu-west-1"))
    );
    let pricing = |id: &str| {
        let target = run.targets.iter().find(|target| target.id == *id).unwrap();
        (
            target.instance.clone(),
            target.pricing.clone().map(|pricing| pricing.kind),
        )
    };
    let units = PricingKind::ModelUnits {
        units: 2,
        copies: 1,
    };
    assert_eq!(pricing("bedrock-one"), (None, Some(units)));
    let hourly = PricingKind::Hourly {
        sku: "sagemaker:ml.g6.2xlarge".to_owned(),
        instances: 2,
    };
    let machine = Some("ml.g6.2xlarge".to_owned());
    assert_eq!(pricing("sagemaker-tgi-8b"), (machine, Some(hourly)));
    // A price that nobody knows is a comment.
    let unknown = (Some("ml.unknown.xlarge".to_owned()), None);
    assert_eq!(pricing("sagemaker-own-container"), unknown);
    assert!(
        text.contains("# pricing = { kind = \"hourly\", sku = \"sagemaker:ml.unknown.xlarge\""),
        "{text}"
    );
    let Service::SageMaker(shared) = &run.targets[8].service else {
        panic!("{:?}", run.targets[8].service)
    };
    assert_eq!(
        (
            shared.endpoint.as_str(),
            shared.inference_component.as_deref()
        ),
        ("shared", Some("component-1"))
    );
    // By its id, also what is not listed can be taken.
    let (_, run, _) = written(
        &[],
        Some(&account),
        &["--targets", "bedrock-unpriced-model-v1"],
    );
    assert_eq!(run.targets.len(), 1);
}

#[test]
fn what_an_account_refuses_is_a_line_and_the_rest_is_listed() {
    let account = account::start(Refused::SageMaker);
    let without_endpoints = found(&[], Some(&account));
    assert_eq!(ids(&without_endpoints).len(), 9);
    let failures = without_endpoints["aws"]["failures"].as_array().unwrap();
    assert_eq!(
        (failures.len(), &failures[0]["listing"]),
        (1, &json!("endpoints"))
    );
    let (_, _, printed) = written(&[], Some(&account), &["--yes"]);
    let line = "SageMaker endpoints cannot be read: AccessDeniedException: User: ";
    assert!(
        printed.lines().any(|printed| printed.starts_with(line)),
        "{printed}"
    );

    let account = account::start(Refused::Units);
    let (text, run, printed) = written(&[], Some(&account), &["--targets", "1"]);
    assert_eq!(run.targets[0].pricing, None);
    assert!(
        text.contains("# pricing = { kind = \"model-units\", units = 2 }"),
        "{text}"
    );
    assert!(
        printed.contains("imported models (`one`) cannot be read: "),
        "{printed}"
    );

    let account = account::start(Refused::Everything);
    let nothing = found(&[&servers::llama_cpp_python()], Some(&account));
    assert_eq!(ids(&nothing), ["llama-cpp-python-random"]);
    assert_eq!(nothing["aws"]["failures"].as_array().unwrap().len(), 5);
}

#[test]
fn without_anything_an_example_is_written_and_one_line_says_that_there_is_no_account() {
    let (text, run, printed) = written(&[], None, &[]);
    assert_eq!(run.targets[0].id, "my-server");
    assert!(text.contains("# kind = \"bedrock\""), "{text}");
    let aws: Vec<_> = printed
        .lines()
        .filter(|line| line.contains("AWS"))
        .collect();
    assert_eq!(aws.len(), 1, "{printed}");
    assert!(
        aws[0].starts_with("AWS is left out: no AWS credentials"),
        "{printed}"
    );
    assert!(
        printed.contains("nothing was found to measure"),
        "{printed}"
    );
}

#[test]
fn the_file_is_written_once_and_the_next_commands_are_told() {
    let folder = TempDir::new().unwrap();
    let server = servers::llama_cpp_python();
    let output = init(folder.path(), &[&server], None, &["My File.toml"]);
    assert_eq!(
        code(&output),
        0,
        "the only one is not asked for: {}",
        said(&output)
    );
    let path = folder.path().join("My File.toml");
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.contains("name = \"my-file\""), "{first}");
    let text = printed(&output);
    for command in [
        "hostbench check 'My File.toml'",
        "hostbench run 'My File.toml' --local",
        "hostbench open",
    ] {
        assert!(text.contains(command), "{command} in {text}");
    }
    fs::write(&path, "mine").unwrap();
    let refused = init(folder.path(), &[&server], None, &["My File.toml", "--yes"]);
    assert_eq!(code(&refused), 2);
    assert!(said(&refused).contains("`--force`"), "{}", said(&refused));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let forced = init(
        folder.path(),
        &[&server],
        None,
        &["My File.toml", "--yes", "--force"],
    );
    assert_eq!(code(&forced), 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), first);
    let json = init(folder.path(), &[&server], None, &["a.json"]);
    assert_eq!(code(&json), 2);
    let nowhere = init(folder.path(), &[&server], None, &["none/a.toml"]);
    assert_eq!(code(&nowhere), 1);
    assert!(said(&nowhere).contains("none/a.toml"), "{}", said(&nowhere));
}

#[test]
fn without_a_terminal_the_choice_is_an_argument() {
    let folder = TempDir::new().unwrap();
    let server = servers::ollama();
    let output = init(folder.path(), &[&server], None, &[]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("pass `--yes`"), "{}", said(&output));
    let output = init(folder.path(), &[&server], None, &["--targets", "nobody"]);
    assert_eq!(code(&output), 2);
    assert!(
        said(&output).contains("`nobody` is none of the targets"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_setting_in_a_comment_is_one_without_its_mark() {
    let account = account::start(Refused::Units);
    let locked = servers::locked_vllm();
    let (text, _, _) = written(&[&locked], Some(&account), &["--targets", "all"]);
    let is_setting = |line: &&str| {
        let name = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once(" = "));
        name.is_some_and(|(name, _)| {
            name.bytes()
                .all(|letter| letter == b'_' || letter.is_ascii_lowercase())
        })
    };
    // An ellipsis is for a price to fill in; the settings of a load go together.
    let in_load = ["# steps = ", "# objective = "];
    let settings = text
        .lines()
        .filter(is_setting)
        .filter(|line| !line.contains('…'));
    let settings: Vec<_> = settings
        .filter(|line| !in_load.iter().any(|own| line.starts_with(own)))
        .collect();
    assert!(settings.len() > 5, "{settings:?}");
    for line in settings {
        let changed = text.replacen(line, &line[2..], 1);
        let read = from_toml(&changed, &Overrides::default());
        assert!(read.is_ok(), "{line}: {read:?}");
    }
    let load = text
        .replace("# [load]", "[load]")
        .replace("# steps", "steps")
        .replace("# objective", "objective");
    let load = from_toml(&load, &Overrides::default())
        .unwrap()
        .load
        .unwrap();
    assert_eq!(load.steps.len(), 4);
}

/// `HOSTBENCH_WRITE_GOLDEN=1` writes it anew.
#[test]
fn the_file_reads_as_the_golden_one() {
    let account = account::start(Refused::Nothing);
    let server = servers::vllm("deepseek-ai/DeepSeek-R1-Distill-Llama-8B");
    let chosen = "vllm-deepseek-r1-distill-llama-8b,bedrock-one,sagemaker-tgi-8b,\
                  sagemaker-own-container,bedrock-us-deepseek-r1-v1-0";
    let (text, _, _) = written(&[&server], Some(&account), &["--targets", chosen]);
    let text = text.replace(&server.url(), "http://127.0.0.1:8000");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/init/written.toml");
    if std::env::var_os("HOSTBENCH_WRITE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap());
}
