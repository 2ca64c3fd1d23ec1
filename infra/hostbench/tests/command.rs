//! The command as its users meet it: exit codes, messages, standard output.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

const CONFIGURATION: &str = r#"
name = "small"
[dataset]
source = "builtin"
prompts = 2
[[targets]]
id = "a"
kind = "http"
url = "http://127.0.0.1:9"
request = "tgi"
"#;

fn hostbench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hostbench"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("HOSTBENCH_DATASETS")
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .env_remove("COLUMNS")
        .output()
        .expect("the command runs")
}

fn with_configuration(text: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder can be made");
    fs::write(folder.path().join("small.toml"), text).expect("a file can be written");
    folder
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the command ends by itself")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn credentials_that_have_expired_are_told_before_anything_starts() {
    let folder = with_configuration(
        "name = \"small\"\n[dataset]\nsource = \"builtin\"\nprompts = 2\n[[targets]]\nid = \"a\"\n\
         kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_hostbench"))
        .args(["run", "small.toml", "--local"])
        .current_dir(folder.path())
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
        .env("AWS_CREDENTIAL_EXPIRATION", "2026-01-02T03:04:05+00:00")
        .output()
        .expect("the command runs");
    assert_eq!(code(&output), 2, "{}", said(&output));
    let expired = "(they expired at 2026-01-02 03:04 UTC); sign in";
    assert!(said(&output).contains(expired), "{}", said(&output));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing was written");
}

#[test]
fn a_valid_configuration_is_told_in_calls() {
    let folder = with_configuration(CONFIGURATION);
    let output = hostbench(folder.path(), &["check", "small.toml", "--json"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["calls_per_target"]["warmup"], 6);
    assert_eq!(plan["calls_per_target"]["measured"], 10);
    assert_eq!(plan["calls"], 16);
    assert_eq!(plan["dataset"]["problems"], 20);
}

#[test]
fn check_tells_the_size_of_a_run_and_refuses_what_fits_into_no_history() {
    let folder = with_configuration(CONFIGURATION);
    let size = &check(folder.path(), &[])["size"];
    // Two prompts and 61 probes in a quarter of an hour.
    assert_eq!(size["min_invocations"], 3);
    assert_eq!(size["concurrency"], 1);
    let target = &size["targets"][0];
    assert_eq!(
        (&target["chunks"], &target["chunk_prompts"]),
        (&json!(1), &json!(2))
    );
    let most = 2 * target["invocations_per_prompt"].as_u64().unwrap() + 61;
    assert_eq!(size["max_invocations"], most);
    let output = hostbench(folder.path(), &["check", "small.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("1 chunk of at most 2 prompts"), "{text}");

    let long = [
        "method.repetitions=100",
        "method.warmup=100",
        "method.timeout_s=840",
    ];
    let set = long.iter().flat_map(|field| ["--set", field]);
    let arguments: Vec<_> = ["check", "many.toml"].into_iter().chain(set).collect();
    let many = format!("{CONFIGURATION}max_attempts = 10\n");
    fs::write(folder.path().join("many.toml"), many).unwrap();
    let output = hostbench(folder.path(), &arguments);
    assert_eq!(code(&output), 2);
    let said = said(&output);
    for part in [
        "target `a`",
        "`method.timeout_s`",
        "at most 15000",
        "lower one",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

/// The small configuration at a price of its own, and a run of it that is over.
fn with_a_last_run() -> TempDir {
    let pricing =
        "pricing = { kind = \"hourly\", sku = \"ec2:a.b\", prices = { hour = \"3.6\" } }\n";
    let folder = with_configuration(&format!("{CONFIGURATION}instance = \"a.b\"\n{pricing}"));
    let samples: Vec<_> = (0..2).map(|prompt| sample(prompt, 18)).collect();
    fs::write(folder.path().join("old.jsonl"), samples.join("\n")).expect("a file can be written");
    let arguments = [
        "rebuild",
        "--samples",
        "old.jsonl",
        "--config",
        "small.toml",
    ];
    let out = ["--out", "hostbench-runs/old"];
    let output = hostbench(folder.path(), &[&arguments[..], &out].concat());
    assert_eq!(code(&output), 0, "{}", said(&output));
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Value {
    let output = hostbench(
        folder,
        &[&["check", "small.toml", "--json"], arguments].concat(),
    );
    assert_eq!(code(&output), 0, "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[test]
fn the_last_run_tells_what_the_next_will_take_and_cost() {
    let folder = with_a_last_run();
    let checked = check(folder.path(), &[]);
    assert_eq!(checked["last_run"], "old");
    let estimate = &checked["estimate"];
    // 16 calls and a probe of 120 ms, a quarter less or more; high adds two more
    // attempts at each call and the wait of 900 s.
    assert_eq!(estimate["calls"], json!({"low": "17", "high": "49"}));
    assert_eq!(estimate["seconds"]["low"], "1.53");
    assert_eq!(estimate["seconds"]["high"], "907.35");
    assert_eq!(
        estimate["cost_low"],
        json!({"value": {"amount": "0.00153", "currency": "USD"}})
    );
    assert_eq!(estimate["cost_high"]["value"]["amount"], "0.90735");
    assert_eq!(checked["budget"], Value::Null);
    let elsewhere = check(folder.path(), &["--folder", "none"]);
    assert_eq!(elsewhere["last_run"], Value::Null);
    let basis = &elsewhere["estimate"]["targets"][0]["basis"];
    assert_eq!(basis["kind"], "limits", "{basis}");
}

#[test]
fn a_field_that_a_target_refused_is_told_with_its_remedy_after_the_run() {
    let folder = with_configuration(CONFIGURATION);
    let refused = (0..2).map(|prompt| {
        let mut refused: Value = serde_json::from_str(&sample(prompt, 18)).unwrap();
        refused["outcome"] = json!("client_error");
        refused["error_message"] = json!("Unknown name \"top_p\": cannot find field");
        refused.to_string()
    });
    let refused: Vec<String> = refused.collect();
    fs::write(folder.path().join("old.jsonl"), refused.join("\n")).unwrap();
    let arguments = [
        "rebuild",
        "--samples",
        "old.jsonl",
        "--config",
        "small.toml",
    ];
    let output = hostbench(folder.path(), &[&arguments[..], &["--out", "out"]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let remedy = "warning: a refused 2 requests for a field that it does not take: ";
    let line = text.lines().find(|line| line.starts_with(remedy));
    assert!(
        line.is_some_and(|line| line.contains("omit = [\"top_p\"]")),
        "{text}"
    );
}

#[test]
fn a_budget_is_compared_with_both_estimates() {
    let folder = with_a_last_run();
    for (budget, coverage) in [
        ("0.001", "insufficient"),
        ("0.5", "uncertain"),
        ("1", "covered"),
    ] {
        let checked = check(folder.path(), &["--set", &format!("budget_usd={budget}")]);
        assert_eq!(checked["budget"]["coverage"], coverage);
    }
    let output = hostbench(
        folder.path(),
        &["check", "small.toml", "--set", "budget_usd=1"],
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in [
        "17 to 49",
        "2 s to 15 min",
        "$0.00153 to $0.907",
        "the budget of $1.00 covers the high estimate of $0.907",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn a_run_whose_budget_cannot_be_kept_is_refused_before_anything_starts() {
    let euros = "pricing = { kind = \"hourly\", sku = \"ec2:a.b\", currency = \"EUR\", prices = { \
                 hour = \"1\" } }\n";
    let folder = with_configuration(&format!("budget_usd = 5\n{CONFIGURATION}{euros}"));
    for arguments in [
        ["check", "small.toml"].as_slice(),
        &["run", "small.toml", "--local"],
    ] {
        let output = hostbench(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{}", said(&output));
        let reason = "`budget_usd` cannot be kept: target `a`: its prices are not in USD";
        assert!(said(&output).contains(reason), "{}", said(&output));
        assert!(!said(&output).contains("embedded AWS"), "{}", said(&output));
        let sentence = "a run would be refused: target `a`: its prices are not in USD\n";
        let is_said = String::from_utf8_lossy(&output.stdout).contains(sentence);
        assert_eq!(is_said, arguments[0] == "check", "{output:?}");
    }
}

#[test]
fn a_missing_price_is_unknown_and_never_nothing() {
    let pricing = "instance = \"a.b\"\npricing = { kind = \"hourly\", sku = \"ec2:a.b\" }\n";
    let folder = with_configuration(&format!("budget_usd = 5\n{CONFIGURATION}{pricing}"));
    let refused = hostbench(folder.path(), &["check", "small.toml", "--json"]);
    assert_eq!(code(&refused), 2);
    let reason = "`budget_usd` cannot be kept: target `a`: no price of `ec2:a.b`";
    assert!(said(&refused).contains(reason), "{}", said(&refused));
    let checked: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(checked["estimate"]["cost_high"]["value"], Value::Null);
    assert_eq!(
        checked["estimate"]["targets"][0]["reason"],
        json!({"reason": "price_missing", "sku": "ec2:a.b", "item": "hour"})
    );
    assert_eq!(checked["budget"]["coverage"], "unknown");
    let output = hostbench(folder.path(), &["check", "small.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("`a` has no cost: no price of `ec2:a.b`"),
        "{text}"
    );

    fs::write(folder.path().join("prices.toml"), PRICE).unwrap();
    let checked = check(folder.path(), &["--prices", "prices.toml"]);
    assert_eq!(
        checked["estimate"]["targets"][0]["cost"]["high"]["currency"],
        "USD"
    );
    let warnings = checked["warnings"].as_array().unwrap();
    let stale = warnings
        .iter()
        .find(|warning| warning["warning"] == "prices_stale")
        .unwrap();
    assert_eq!(stale["oldest"][0]["sku"], "ec2:a.b");
    assert_eq!(stale["oldest"][0]["unit"], "hour");
}

/// A second target of the small configuration, with its pricing.
fn with_prices(first: &str, second: &str) -> TempDir {
    let other = CONFIGURATION.split_once("[[targets]]").expect("a target").1;
    let other = other.replace("\"a\"", "\"b\"");
    with_configuration(&format!(
        "{CONFIGURATION}pricing = {first}\n[[targets]]{other}pricing = {second}\n"
    ))
}

#[test]
fn a_price_that_may_be_of_another_unit_and_currencies_that_differ_are_asked_about() {
    let tokens = |unit: &str, currency: &str| {
        format!(
            "{{ kind = \"tokens\", currency = \"{currency}\", prices = {{ \"{unit} input tokens\" = \
             \"0.62\", \"1M output tokens\" = \"1.85\" }} }}"
        )
    };
    let folder = with_prices(&tokens("1K", "USD"), &tokens("1M", "EUR"));
    let prices = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prices.toml");
    let checked = check(folder.path(), &["--prices", prices.to_str().unwrap()]);
    let warnings = checked["warnings"].as_array().unwrap();
    let warning = |kind: &str| warnings.iter().find(|found| found["warning"] == kind);
    let unusual = warning("price_unusual").unwrap();
    assert_eq!(
        (&unusual["target_id"], &unusual["unit"]),
        (&json!("a"), &json!("1K input tokens"))
    );
    assert_eq!(unusual["price"]["amount"], "0.62");
    assert!(unusual["median"]["amount"].is_string(), "{unusual}");
    let currencies = &warning("different_currencies").unwrap()["currencies"];
    assert_eq!(
        currencies[1],
        json!({"currency": "EUR", "target_ids": ["b"]})
    );
    let cost = &checked["estimate"]["cost_high"];
    assert_eq!(cost["reason"], "mixed_currencies", "{cost}");
    assert!(warning("outside_budget").is_none(), "no budget");
    let checked = check(folder.path(), &["--set", "budget_usd=1000"]);
    assert_eq!(checked["budget"]["coverage"], "covered");
    let warnings = checked["warnings"].as_array().unwrap();
    let outside = |warning: &&Value| warning["warning"] == "outside_budget";
    let outside = warnings.iter().find(outside).unwrap();
    assert_eq!(outside["currencies"], json!([currencies[1]]));
}

#[test]
fn a_target_that_is_stated_to_be_free_costs_nothing_and_needs_no_price() {
    let hourly = "{ kind = \"hourly\", sku = \"ec2:a.b\", prices = { hour = \"3.6\" } }";
    let folder = with_prices("{ kind = \"free\" }", hourly);
    let checked = check(folder.path(), &["--set", "budget_usd=50"]);
    let estimate = &checked["estimate"];
    let of = |at: usize| &estimate["targets"][at]["cost"]["high"];
    assert_eq!(*of(0), json!({"amount": "0", "currency": "USD"}));
    assert_eq!(estimate["cost_high"]["value"], *of(1));
    assert_eq!(checked["budget"]["coverage"], "covered");
}

const PRICE: &str = r#"
[[prices]]
sku = "ec2:a.b"
region = "us-east-1"
currency = "USD"
unit = "hour"
price = "3.6"
effective = 2020-01-01
source = "a test"
"#;

#[test]
fn five_mistakes_are_named_at_once_before_anything_starts() {
    let folder = with_configuration(
        r#"
        name = "Not A Name"
        [dataset]
        prompts = 0
        [method]
        repetitons = 5
        [[targets]]
        id = "a"
        kind = "sagemaker"
        request = "tgi"
        [[targets]]
        id = "b"
        kind = "http"
        url = "10.0.0.1"
        request = "tgi"
        "#,
    );
    for arguments in [
        &["check", "small.toml"][..],
        &["run", "small.toml", "--local"],
    ] {
        let output = hostbench(folder.path(), arguments);
        assert_eq!(code(&output), 2);
        let said = said(&output);
        assert!(said.contains("5 faults"), "{said}");
        for field in [
            "name",
            "dataset.prompts",
            "method.repetitons",
            "targets[0].endpoint",
            "targets[1].url",
        ] {
            assert!(said.contains(&format!("`{field}`")), "{field} in {said}");
        }
        assert!(said.contains("did you mean `repetitions`?"), "{said}");
        assert!(
            !said.contains("starting") && output.stdout.is_empty(),
            "{said}"
        );
    }
}

#[test]
fn a_run_has_to_be_told_where() {
    let folder = with_configuration(CONFIGURATION);
    let output = hostbench(folder.path(), &["run", "small.toml"]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("`--local`"), "{}", said(&output));
}

#[test]
fn unusable_arguments_are_refused() {
    let folder = with_configuration(CONFIGURATION);
    for arguments in [
        &["check"][..],
        &["check", "none.toml"],
        &["check", "small.toml", "--set", "prompts"],
        &["check", "small.toml", "--set", "prompts=21"],
        &["run", "small.toml", "--local", "--run-id", "a/b"],
        &["report", "none"],
    ] {
        let output = hostbench(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn where_there_are_no_runs_the_way_to_one_is_told() {
    let folder = TempDir::new().unwrap();
    let output = hostbench(folder.path(), &["runs"]);
    assert_eq!(code(&output), 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("hostbench demo"));
    let output = hostbench(folder.path(), &["runs", "--json"]);
    let runs: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 0);
}

/// A line of `samples.jsonl`: an answered call, right if the answer is 18.
fn sample(prompt: u32, answer: u32) -> String {
    serde_json::json!({
        "run_id": "old", "target_id": "a", "prompt_id": format!("mine/{prompt}"),
        "prompt_index": prompt, "phase": "measured", "repetition": 1, "attempt": 1,
        "outcome": "ok", "started_at": "2026-03-04T05:06:07Z", "latency_us": 120_000,
        "prompt_chars": 9, "response_text": format!("#### {answer}"), "expected_answer": "18",
        "correct": false, "function_cold_start": false, "function_request_id": "r",
    })
    .to_string()
}

#[test]
fn a_report_is_made_again_from_its_samples_alone() {
    let folder = with_configuration(CONFIGURATION);
    let lines = [sample(0, 18), sample(1, 7)].join("\n");
    fs::write(folder.path().join("samples.jsonl"), lines).unwrap();
    let again = |arguments: &[&str]| {
        let fixed = ["rebuild", "--samples", "samples.jsonl", "--json"];
        hostbench(folder.path(), &[&fixed[..], arguments].concat())
    };
    let output = again(&["--config", "small.toml", "--out", "one"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(run["complete"], true);
    assert_eq!(run["summary"][0]["accuracy"]["correct"], 1, "graded again");
    // What was written is enough to do it once more, plan included.
    let output = hostbench(
        folder.path(),
        &["rebuild", "--samples", "one/samples.jsonl", "--out", "two"],
    );
    assert_eq!(code(&output), 0, "{}", said(&output));
    for name in ["samples.jsonl", "samples.csv", "summary.csv"] {
        let read = |run: &str| fs::read(folder.path().join(run).join(name)).unwrap();
        assert_eq!(read("one"), read("two"), "{name}");
    }
    assert_eq!(
        code(&again(&["--out", "three"])),
        2,
        "neither plan nor configuration"
    );
}

/// Measurements of another program: two targets, three prompts, twice each.
fn foreign_samples() -> String {
    let mut lines = String::new();
    for repetition in 0..2 {
        for (prompt, id) in ["sums", "trains", "eggs"].into_iter().enumerate() {
            for (target, latency) in [("vllm-a10g", 900_000), ("llama-cpp", 2_100_000)] {
                let latency = latency + prompt * 10_000 + repetition * 1_000;
                let _ = writeln!(
                    lines,
                    "{{\"target_id\":\"{target}\",\"prompt_id\":\"{id}\",\"outcome\":\"ok\",\
                     \"latency_us\":{latency}}}"
                );
            }
        }
    }
    lines
}

#[test]
fn measurements_of_another_program_are_reported_and_nothing_is_made_up() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("theirs.jsonl"), foreign_samples()).unwrap();
    let rebuild = |samples: &str, more: &[&str]| {
        let arguments = ["rebuild", "--json", "--samples", samples];
        hostbench(folder.path(), &[&arguments[..], more].concat())
    };
    let output = rebuild("theirs.jsonl", &["--external", "--out", "out"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let report: Value = serde_json::from_str(&text("report.json")).unwrap();
    assert_eq!(report["run"]["started_at"], Value::Null);
    assert_eq!(report["cost"], Value::Null);
    let [fast, slow] = &report["targets"].as_array().unwrap()[..] else {
        panic!("{report}");
    };
    assert_eq!(
        (&fast["id"], &fast["kind"]),
        (&json!("vllm-a10g"), &json!("external"))
    );
    assert_eq!(fast["calls"]["measured"], 6);
    assert_eq!(fast["calls"]["missing"], 0);
    assert_eq!(fast["accuracy"]["graded"], 0);
    let mean = |target: &Value| target["latency_ms"]["mean"]["value"].as_f64().unwrap();
    assert!(mean(fast) < 1_000.0 && mean(slow) > 2_000.0);
    let page = text("report.html");
    for claimed in [
        "temperature",
        "closed loop",
        "Prompt style</dt>",
        "external.invalid",
        "1970",
    ] {
        assert!(!page.contains(claimed), "{claimed}");
    }
    assert!(page.contains("because the samples came without a configuration"));
    // What was written is enough to do it once more.
    let output = rebuild("out/samples.jsonl", &["--out", "again"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    for name in ["samples.jsonl", "summary.csv", "report.html"] {
        let read = |out: &str| fs::read_to_string(folder.path().join(out).join(name)).unwrap();
        assert!(read("out") == read("again"), "{name}");
    }
}

#[test]
fn the_documented_lines_of_another_program_are_read() {
    let guide = include_str!("../../guide/other-programs.md");
    let (_, example) = guide.split_once("```json").expect("an example");
    let (_, example) = example.split_once('\n').expect("lines");
    let (lines, _) = example.split_once("```").expect("its end");
    assert_eq!(lines.lines().count(), 3);
    let folder = with_configuration(&CONFIGURATION.replace("\"a\"", "\"llama-cpp\""));
    fs::write(folder.path().join("theirs.jsonl"), lines).unwrap();
    let report = |more: &[&str]| -> Value {
        let arguments = ["rebuild", "--samples", "theirs.jsonl", "--out", "out"];
        let output = hostbench(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(code(&output), 0, "{}", said(&output));
        let text = fs::read_to_string(folder.path().join("out/report.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let accuracy = |target: &Value| target["accuracy"]["rate"]["value"].clone();
    let external = report(&["--external"]);
    assert_eq!(accuracy(&external["targets"][0]), 1.0);
    assert_eq!(external["targets"][0]["failures"][0]["outcome"], "timeout");
    // Beside a configuration, the same lines are of its targets.
    let own = lines.lines().filter(|line| line.contains("llama-cpp"));
    fs::write(folder.path().join("theirs.jsonl"), own.collect::<String>()).unwrap();
    let configured = report(&["--config", "small.toml"]);
    assert_eq!(configured["targets"][0]["kind"], "http");
    assert_eq!(accuracy(&configured["targets"][0]), 1.0);
}

#[test]
fn a_line_that_lacks_a_required_field_is_named_with_the_field() {
    let folder = TempDir::new().unwrap();
    for field in ["target_id", "prompt_id", "outcome", "latency_us"] {
        let other = format!("\"{field}_of_another\"");
        let mut lines: Vec<String> = foreign_samples().lines().map(str::to_owned).collect();
        lines[2] = lines[2].replace(&format!("\"{field}\""), &other);
        fs::write(folder.path().join("theirs.jsonl"), lines.join("\n")).unwrap();
        let arguments = [
            "rebuild",
            "--samples",
            "theirs.jsonl",
            "--external",
            "--out",
            "out",
        ];
        let output = hostbench(folder.path(), &arguments);
        assert_eq!(code(&output), 2);
        let expected = format!(
            "line 3 of `theirs.jsonl` has no `{field}`; every line needs `target_id`, `prompt_id`, \
             `outcome`, `latency_us`"
        );
        assert!(said(&output).contains(&expected), "{}", said(&output));
    }
}

#[test]
fn a_line_that_is_no_sample_is_refused_with_file_and_line() {
    let folder = with_configuration(CONFIGURATION);
    let lines = format!("{}\n{{\"run_id\": 3}}\n", sample(0, 18));
    fs::write(folder.path().join("bad.jsonl"), lines).unwrap();
    let output = hostbench(
        folder.path(),
        &[
            "rebuild",
            "--samples",
            "bad.jsonl",
            "--config",
            "small.toml",
            "--out",
            "out",
        ],
    );
    assert_eq!(code(&output), 2);
    assert!(
        said(&output).contains("line 2 of `bad.jsonl`"),
        "{}",
        said(&output)
    );
    assert!(!folder.path().join("out").exists(), "nothing is written");
}

/// The encodings that editors and shells of other systems save.
fn utf16(text: &str) -> Vec<u8> {
    let units = format!("\u{feff}{text}");
    units.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_its_name_and_the_remedy() {
    let folder = with_a_last_run();
    let at = |name: &str| folder.path().join(name);
    let own = CONFIGURATION.replace("builtin", "mine.jsonl");
    fs::write(at("own.toml"), own.replace("prompts = 2", "prompts = 1")).unwrap();
    fs::write(at("small.json"), "{}").unwrap();
    let price = "[[prices]]\nsku = \"ec2:a.b\"\nregion = \"us-east-1\"\ncurrency = \"USD\"\n\
                 unit = \"hour\"\nprice = \"1\"\neffective = 2026-01-01\nsource = \"a test\"\n";
    fs::write(at("prices.toml"), price).unwrap();
    let problem = "{\"question\":\"a\",\"answer\":\"#### 1\"}";
    fs::write(at("mine.jsonl"), problem).unwrap();
    let run = "hostbench-runs/old/";
    let files: [(&str, &[&str]); 8] = [
        ("small.toml", &["check", "small.toml"]),
        ("small.json", &["check", "small.json"]),
        ("mine.jsonl", &["check", "own.toml"]),
        (
            "prices.toml",
            &["check", "small.toml", "--prices", "prices.toml"],
        ),
        (
            "prices.toml",
            &["prices", "refresh", "--file", "prices.toml", "--dry-run"],
        ),
        (
            &format!("{run}samples.jsonl"),
            &[
                "rebuild",
                "--samples",
                "hostbench-runs/old/samples.jsonl",
                "--out",
                "again",
            ],
        ),
        (
            &format!("{run}plan.json"),
            &[
                "rebuild",
                "--samples",
                "hostbench-runs/old/samples.jsonl",
                "--out",
                "again",
            ],
        ),
        (&format!("{run}report.json"), &["report", "old"]),
    ];
    for (name, arguments) in files {
        let before = fs::read_to_string(at(name)).unwrap();
        let latin1 = [before.as_bytes(), b"\n# caf\xE9"].concat();
        let line = before.lines().count() + if before.ends_with('\n') { 2 } else { 1 };
        let place = format!("line {line} has the byte 0xE9 at column 6; save it as UTF-8");
        for (bytes, expected) in [
            (latin1, place.as_str()),
            (
                utf16(&before),
                "is in UTF-16, as its line 1 shows; save it as UTF-8",
            ),
        ] {
            fs::write(at(name), bytes).unwrap();
            let output = hostbench(folder.path(), arguments);
            let said = said(&output);
            assert_eq!(code(&output), 2, "{name}: {said}");
            assert!(
                said.contains(name) && said.contains(expected),
                "{name}: {said}"
            );
        }
        fs::write(at(name), "").unwrap();
        let output = hostbench(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{name}: {}", said(&output));
        fs::write(at(name), format!("\u{feff}{before}")).unwrap();
        let output = hostbench(folder.path(), arguments);
        let said = said(&output);
        assert!(!said.contains("UTF"), "{name}: {said}");
        fs::write(at(name), before).unwrap();
    }
}

#[test]
fn a_byte_order_mark_changes_no_result() {
    let folder = with_a_last_run();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let mark = |name: &str| {
        let marked = [b"\xEF\xBB\xBF", &read(name)[..]].concat();
        fs::write(folder.path().join(name), marked).unwrap();
    };
    let run = |out: &str, more: &[&str]| {
        let samples = ["rebuild", "--samples", "hostbench-runs/old/samples.jsonl"];
        let arguments = [&samples[..], &["--out", out], more].concat();
        let output = hostbench(folder.path(), &arguments);
        assert_eq!(code(&output), 0, "{}", said(&output));
        read(&format!("{out}/summary.csv"))
    };
    let by_plan = run("one", &[]);
    let by_configuration = run("two", &["--config", "small.toml"]);
    for name in [
        "small.toml",
        "hostbench-runs/old/samples.jsonl",
        "hostbench-runs/old/plan.json",
    ] {
        mark(name);
    }
    assert_eq!(run("three", &[]), by_plan);
    assert_eq!(run("four", &["--config", "small.toml"]), by_configuration);
}

#[test]
fn a_report_is_costed_with_the_prices_that_are_named() {
    let priced = format!(
        "{CONFIGURATION}instance = \"inf2.8xlarge\"\n\
         pricing = {{ kind = \"hourly\", sku = \"ec2:inf2.8xlarge\" }}\n"
    );
    let folder = with_configuration(&priced);
    let lines = [sample(0, 18), sample(1, 18)].join("\n");
    fs::write(folder.path().join("samples.jsonl"), lines).unwrap();
    let write_prices = |file: &str, price: &str| {
        let text = format!(
            "[[prices]]\nsku = \"ec2:inf2.8xlarge\"\nregion = \"us-east-1\"\n\
             currency = \"USD\"\nunit = \"hour\"\nprice = {price}\n\
             effective = 2026-03-01\nsource = \"a test\"\n"
        );
        fs::write(folder.path().join(file), text).unwrap();
    };
    let rebuild = |arguments: &[&str]| {
        let fixed = ["rebuild", "--json", "--samples"];
        hostbench(folder.path(), &[&fixed[..], arguments].concat())
    };
    let per_request = |arguments: &[&str]| {
        let output = rebuild(arguments);
        assert_eq!(code(&output), 0, "{}", said(&output));
        let run: Value = serde_json::from_slice(&output.stdout).unwrap();
        run["cost"]["targets"][0]["per_request"]["value"]["amount"].clone()
    };
    write_prices("one.toml", "\"3.6\"");
    write_prices("two.toml", "\"7.2\"");
    write_prices("bad.toml", "7.2");
    let first = [
        "samples.jsonl",
        "--config",
        "small.toml",
        "--prices",
        "one.toml",
        "--out",
        "one",
    ];
    // 120 ms at a tenth of a cent a second.
    assert_eq!(per_request(&first), "0.00012");
    // The plan beside the samples keeps the prices, unless others are named.
    let stored = "one/samples.jsonl";
    assert_eq!(per_request(&[stored, "--out", "again"]), "0.00012");
    let other = [stored, "--prices", "two.toml", "--out", "two"];
    assert_eq!(per_request(&other), "0.00024");
    let refused = rebuild(&[stored, "--prices", "bad.toml", "--out", "three"]);
    assert_eq!(code(&refused), 2);
    assert!(said(&refused).contains("bad.toml: "), "{}", said(&refused));
}

#[test]
fn two_runs_are_compared_by_prompt_and_one_run_with_itself_is_refused() {
    let folder = with_configuration(CONFIGURATION);
    for (file, run) in [("one.jsonl", "first-run"), ("two.jsonl", "second-run")] {
        let lines = [sample(0, 18), sample(1, 18)].join("\n");
        let mut renamed = Vec::new();
        for line in lines.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line["run_id"] = run.into();
            renamed.push(line.to_string());
        }
        fs::write(folder.path().join(file), renamed.join("\n")).unwrap();
        let made = hostbench(
            folder.path(),
            &[
                "rebuild",
                "--samples",
                file,
                "--config",
                "small.toml",
                "--out",
                run,
            ],
        );
        assert_eq!(code(&made), 0, "{}", said(&made));
    }
    let compared = hostbench(
        folder.path(),
        &["compare", "first-run", "second-run", "--json"],
    );
    assert_eq!(code(&compared), 0, "{}", said(&compared));
    let found: Value = serde_json::from_slice(&compared.stdout).unwrap();
    assert_eq!(found["prompts"], 2);
    assert_eq!(
        found["targets"][0]["comparison"]["verdict"],
        "not_distinguishable"
    );
    let text = hostbench(folder.path(), &["compare", "first-run", "second-run"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("a in the second run and a in the first run are not distinguishable"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "no color codes off a terminal");
    let itself = hostbench(folder.path(), &["compare", "first-run", "first-run"]);
    assert_eq!(code(&itself), 2);
    let refusal = said(&itself);
    assert!(refusal.contains("`first-run`"), "{refusal}");
}

#[test]
fn an_option_of_local_runs_is_refused_by_its_own_name_before_the_stack_is_looked_up() {
    let folder = with_configuration(CONFIGURATION);
    let run = ["run", "small.toml", "--stack", "none", "--bin-dir", "."];
    let output = hostbench(folder.path(), &run);
    assert_eq!(code(&output), 2);
    let refusal =
        "error: `--bin-dir` cannot be used with `--stack`, only with `--local`; remove it";
    assert_eq!(said(&output).trim_end(), refusal);
}

#[test]
fn a_remedy_names_options_that_the_command_has() {
    let folder = with_a_last_run();
    fs::create_dir_all(folder.path().join("hostbench-runs/bad")).unwrap();
    for name in ["plan.json", "samples.jsonl"] {
        fs::write(folder.path().join("hostbench-runs/bad").join(name), "{}").unwrap();
    }
    let output = hostbench(folder.path(), &["compare", "old", "bad"]);
    assert_eq!(code(&output), 2);
    let help = hostbench(folder.path(), &["rebuild", "--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let refusal = said(&output);
    let (_, remedy) = refusal.split_once("`hostbench rebuild ").expect("a remedy");
    for option in remedy
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
    {
        assert!(help.contains(option), "{option} in {refusal}");
    }
    let elsewhere = hostbench(folder.path(), &["report", "x", "--folder", "other"]);
    assert!(
        said(&elsewhere).contains("`hostbench runs --folder other`"),
        "{}",
        said(&elsewhere)
    );
}

/// A server that gives every request the same answer, until the test ends.
fn server(status: &str, content_type: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut reader = BufReader::new(socket.try_clone().expect("a second handle"));
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                line.clear();
            }
            let _ = reader.read_exact(&mut vec![0; length]);
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    url
}

const CHAT_STREAM: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"}}]}\n\n\
     data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
     data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n\
     data: [DONE]\n\n";

fn chat_target(id: &str, url: &str) -> String {
    format!(
        "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"{url}\"\nrequest = \"openai-chat\"\n"
    )
}

const TWO_PROMPTS: &str = "name = \"small\"\n[dataset]\nsource = \"builtin\"\nprompts = 2\n";

#[test]
fn every_target_is_called_once_when_asked_and_its_failure_has_a_reason_and_a_remedy() {
    let answering = server("200 OK", "text/event-stream", CHAT_STREAM);
    let refusing = server(
        "400 Bad Request",
        "application/json",
        r#"{"error":{"message":"Unrecognized request argument supplied: stream_options"}}"#,
    );
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let mut text = TWO_PROMPTS.to_owned();
    for (id, url) in [
        ("good", &answering),
        ("picky", &refusing),
        ("closed", &closed),
    ] {
        text.push_str(&chat_target(id, url));
    }
    text.push_str(&chat_target("fake", "http://10.0.0.1"));
    text.push_str("simulated = true\n");
    let folder = with_configuration(&text);
    let output = hostbench(folder.path(), &["check", "small.toml", "--probe", "--json"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    let probes = checked["probes"].as_array().unwrap();
    let answered: Vec<_> = probes.iter().map(|probe| &probe["answered"]).collect();
    assert_eq!(
        answered,
        [&json!(true), &json!(false), &json!(false), &Value::Null]
    );
    assert_eq!(probes[0]["outcome"], "ok");
    assert_eq!(
        (&probes[1]["remedy"], &probes[1]["field"]),
        (&json!("omit"), &json!("stream_options"))
    );
    assert_eq!(probes[2]["outcome"], "not_ready");

    let output = hostbench(folder.path(), &["check", "small.toml", "--probe"]);
    assert_eq!(code(&output), 1);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in [
        "probe of `good`: answered",
        "set `omit = [\"stream_options\"]` for this target",
        "probe of `closed`: no answer: not_ready: ",
        "probe of `fake`: not made, the target is simulated",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.to_lowercase().contains("connection refused"), "{text}");

    let only = [
        "check",
        "small.toml",
        "--probe",
        "--set",
        "targets=good,fake",
    ];
    assert_eq!(code(&hostbench(folder.path(), &only)), 0);
    let output = hostbench(folder.path(), &["check", "small.toml", "--json"]);
    let unasked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &unasked["probes"]), (0, &Value::Null));
}

#[test]
fn a_key_whose_variable_is_not_set_is_named_before_a_run() {
    let target = chat_target("a", "http://127.0.0.1:9");
    let key = "api_key = \"env:HOSTBENCH_TEST_NO_SUCH_KEY\"\n";
    let folder = with_configuration(&format!("{TWO_PROMPTS}{target}{key}"));
    let checked = check(folder.path(), &[]);
    let unset = json!([{"target_id": "a", "variable": "HOSTBENCH_TEST_NO_SUCH_KEY"}]);
    assert_eq!(checked["unset_keys"], unset);
    let output = hostbench(folder.path(), &["check", "small.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let warning = "warning: target `a` has its `api_key` in the environment variable \
                   `HOSTBENCH_TEST_NO_SUCH_KEY`, which is not set";
    assert!(text.contains(warning), "{text}");
    let folder = with_configuration(&format!("{TWO_PROMPTS}{target}api_key = \"env:PATH\"\n"));
    assert_eq!(check(folder.path(), &[])["unset_keys"], json!([]));
}

#[test]
fn the_samples_of_an_earlier_run_are_never_overwritten() {
    let folder = with_a_last_run();
    let old = folder.path().join("hostbench-runs/old");
    let files = || -> Vec<_> {
        let names = ["plan.json", "report.json", "samples.jsonl"];
        names.map(|name| fs::read(old.join(name)).unwrap()).into()
    };
    let before = files();
    for place in [["--out", "hostbench-runs/old"], ["--run-id", "old"]] {
        let arguments = [&["run", "small.toml", "--local"][..], &place].concat();
        let output = hostbench(folder.path(), &arguments);
        assert_eq!(code(&output), 2, "{}", said(&output));
        assert!(
            said(&output).contains("`hostbench-runs/old`"),
            "{}",
            said(&output)
        );
    }
    for same in [
        "hostbench-runs/old",
        "./hostbench-runs/../hostbench-runs/old",
    ] {
        let output = hostbench(folder.path(), &["report", "old", "--out", same]);
        assert_eq!(code(&output), 0, "{}", said(&output));
    }
    assert!(files() == before);
    assert!(!old.join("journal").exists());
}

#[test]
fn the_price_catalog_of_hostbench_is_named_from_everywhere() {
    let folder = with_a_last_run();
    check(folder.path(), &["--prices", "infra/prices.toml"]);
    let again = ["--prices", "infra/prices.toml", "--out", "again"];
    let rebuild = ["rebuild", "--samples", "hostbench-runs/old/samples.jsonl"];
    let output = hostbench(folder.path(), &[&rebuild[..], &again].concat());
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn a_configuration_that_cannot_be_written_is_refused_before_anything_is_looked_for() {
    let folder = TempDir::new().unwrap();
    for (file, remedy) in [
        ("none/mine.toml", "there is no folder `none`"),
        (".", "name a file in it"),
    ] {
        let output = hostbench(folder.path(), &["init", file, "--yes", "--force"]);
        assert_eq!(code(&output), 2, "{}", said(&output));
        assert!(said(&output).contains(remedy), "{}", said(&output));
        assert!(!said(&output).contains("looking"), "{}", said(&output));
    }
}

#[test]
fn a_run_on_this_machine_takes_the_profile_that_is_named() {
    let bedrock =
        "[[targets]]\nid = \"b\"\nkind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n";
    let folder = with_configuration(&format!("{TWO_PROMPTS}{bedrock}"));
    let config = folder.path().join("config");
    fs::write(&config, "[profile other]\nregion = eu-west-1\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hostbench"))
        .args(["run", "small.toml", "--local", "--profile", "nobody"])
        .current_dir(folder.path())
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", &config)
        .env("AWS_ACCESS_KEY_ID", "others")
        .env("AWS_SECRET_ACCESS_KEY", "others")
        .output()
        .expect("the command runs");
    assert_eq!(code(&output), 2);
    assert!(
        said(&output).contains("in profile `nobody`"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_certificate_that_is_not_there_is_named_before_a_run() {
    let target = chat_target("a", "https://127.0.0.1:9");
    let folder = with_configuration(&format!("{TWO_PROMPTS}{target}ca = \"configs/ca.pem\"\n"));
    let output = hostbench(folder.path(), &["check", "small.toml"]);
    assert_eq!(code(&output), 2);
    let expected = "`ca = \"configs/ca.pem\"`, and `.` has no such file";
    assert!(said(&output).contains(expected), "{}", said(&output));
}
