//! Servers of a machine: which are recognized, and what becomes of each in the file.

use bench_core::config::{Overrides, Service, from_toml};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    code,
    fake::{Answer, Fake},
    found, ids, init, said, servers, written,
};

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
