//! Answers of the server are read correctly: texts, counts, ends and times.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use hostbench::project::Project;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Server, run};

const MAX_TOKENS: u64 = 48;
const PROMPTS: usize = 3;
const REPETITIONS: usize = 2;

/// Both requests, streamed and in one piece. The run begins while the server is
/// still loading.
fn config(port: u16) -> String {
    let target = |id: &str, request: &str, stream: bool| {
        format!(
            "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"http://127.0.0.1:{port}\"\n\
             request = \"{request}\"\nmodel = \"random\"\nstream = {stream}\n"
        )
    };
    [
        format!("name = \"llama-cpp\"\ndataset = {{ source = \"builtin\", prompts = {PROMPTS} }}\n"),
        format!("method = {{ warmup = 1, repetitions = {REPETITIONS}, temperature = 0.0, max_tokens = {MAX_TOKENS} }}\n"),
        target("chat-streamed", "openai-chat", true),
        target("chat-whole", "openai-chat", false),
        target("completion-streamed", "openai-completion", true),
        target("completion-whole", "openai-completion", false),
    ]
    .concat()
}

/// The measured samples of a run of the command, by target.
fn measured(project: &Project, folder: &Path, port: u16) -> BTreeMap<String, Vec<Value>> {
    let programs = support::programs(project);
    let path = folder.join("llama.toml");
    std::fs::write(&path, config(port)).expect("written");
    let out = folder.join("out");
    run(Command::new(programs.join("hostbench"))
        .args(["run", "--local", "--json"])
        .arg(&path)
        .arg("--out")
        .arg(&out)
        .arg("--bin-dir")
        .arg(&programs)
        .current_dir(project.root()));
    let samples = std::fs::read_to_string(out.join("samples.jsonl")).expect("samples");
    let mut measured = BTreeMap::<_, Vec<_>>::new();
    for line in samples.lines() {
        let sample: Value = serde_json::from_str(line).expect("a sample");
        if sample["phase"] == "measured" {
            let target = sample["target_id"].as_str().expect("a name").to_owned();
            measured.entry(target).or_default().push(sample);
        }
    }
    measured
}

#[test]
fn a_server_that_we_did_not_write_is_read_right() {
    let project = Project::find().unwrap();
    let Some(server) = Server::start(&project) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let measured = measured(&project, folder.path(), server.port);
    assert_eq!(measured.len(), 4);
    let mut ends = BTreeSet::new();
    for request in ["chat", "completion"] {
        let streamed = &measured[&format!("{request}-streamed")];
        let whole = &measured[&format!("{request}-whole")];
        assert_eq!(
            (streamed.len(), whole.len()),
            (PROMPTS * REPETITIONS, PROMPTS * REPETITIONS)
        );
        for (streamed, whole) in streamed.iter().zip(whole) {
            // At temperature 0 both say the same, however it is sent.
            for field in ["prompt_index", "repetition"] {
                assert!(whole[field].is_u64(), "{whole}");
                assert_eq!(streamed[field], whole[field], "{field}");
            }
            for field in [
                "outcome",
                "finish_reason",
                "finish_reason_raw",
                "response_text",
            ] {
                let text = |sample: &Value| sample[field].as_str().unwrap_or_default().to_owned();
                assert_eq!(
                    text(streamed),
                    text(whole),
                    "{field} of {streamed} and {whole}"
                );
            }
            assert_eq!(whole["outcome"], "ok", "{whole}");
            assert_counted(whole);
            assert_timed(streamed);
            // This server counts no tokens of a stream; unknown is not nothing.
            assert!(streamed["input_tokens"].is_null() && streamed["output_tokens"].is_null());
            ends.insert(
                whole["finish_reason"]
                    .as_str()
                    .expect("a reason")
                    .to_owned(),
            );
        }
    }
    let both = ["length", "stop"].map(str::to_owned);
    assert_eq!(
        ends,
        BTreeSet::from(both),
        "the model stops by itself at times"
    );
}

/// Every token is a letter, so the server's count is known: the end of an answer
/// that stopped by itself may be counted, too.
fn assert_counted(sample: &Value) {
    let text = sample["response_text"].as_str().unwrap_or_default();
    let letters = text.chars().count() as u64;
    let tokens = sample["output_tokens"].as_u64().expect("a count");
    if sample["finish_reason"] == "length" {
        assert_eq!((letters, tokens), (MAX_TOKENS, MAX_TOKENS), "{sample}");
    } else {
        assert!(letters < MAX_TOKENS, "{sample}");
        assert!((letters..=letters + 1).contains(&tokens), "{sample}");
    }
    assert!(sample["input_tokens"].as_u64() > Some(0), "{sample}");
    assert!(
        sample["ttft_us"].is_null() && sample["chunks"].is_null(),
        "{sample}"
    );
}

/// The first token comes before the last, and that before the end; a stream
/// without a token has neither.
fn assert_timed(sample: &Value) {
    let time = |field: &str| sample[field].as_u64();
    if sample["response_text"].is_string() {
        let (first, last) = (time("ttft_us").expect("a first"), time("last_token_us"));
        assert!(
            last >= Some(first) && time("latency_us") >= last,
            "{sample}"
        );
        assert_eq!(
            time("chunks"),
            time("response_chars"),
            "a letter a piece: {sample}"
        );
    } else {
        assert_eq!((time("ttft_us"), time("chunks")), (None, None), "{sample}");
    }
}
