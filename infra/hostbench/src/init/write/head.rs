//! The part of the file before the targets, and the target of one for which nothing was found.

use super::lines::Lines;
use crate::init::{
    candidate::{Candidate, Source},
    toml_text::quoted,
};

const INTRODUCTION: &str = "\
# Written by `hostbench init`. Change what you like: `hostbench check` estimates what a run
# takes, and names what is not understood.

";

const METHOD: &str = r#"
[dataset]
source = "builtin"               # 20 math problems; "prompts.jsonl" beside this file for your own
prompts = 10                     # more prompts give narrower intervals

[method]
warmup = 1                       # calls per prompt before those that count
repetitions = 2                  # calls per prompt that count
max_tokens = 1024                # the longest answer; reasoning models need more

# How many callers does a target sustain? Without the `#`, steps of more and more callers follow.
# [load]
# steps = [1, 2, 4, 8]
# objective = { ttft_p95_ms = 1000 }
"#;

const EXAMPLE: &str = r#"
# Nothing was found to measure. Put your server here: vLLM, llama.cpp, LM Studio, Ollama and
# others have the API of OpenAI.
[[targets]]
id = "my-server"
kind = "http"
url = "http://127.0.0.1:8000"
request = "openai-chat"
# model = "NAME"                 # as the server lists it at `/v1/models`
# api_key = "env:MODEL_KEY"      # where it wants a key: the variable that has it
ready_within_s = 120             # seconds to wait for its first answer

# A model of Amazon Bedrock, with your AWS credentials:
# [[targets]]
# id = "bedrock-deepseek-r1"
# kind = "bedrock"
# model = "us.deepseek.r1-v1:0"
# request = "converse"
# pricing = { kind = "tokens" }
"#;

/// Name, dataset, method and the load that could follow.
pub(super) fn head(lines: &mut Lines, name: &str, candidates: &[&Candidate]) {
    lines.raw(INTRODUCTION);
    lines.explained(
        &format!("name = {}", quoted(name)),
        "groups the runs of this file",
    );
    let is_billed = |one: &&Candidate| !matches!(one.draft.source, Source::Server { .. });
    if candidates.iter().any(is_billed) {
        lines.explained(
            "# budget_usd = 5",
            "no further call once this much may be spent",
        );
    }
    lines.raw(METHOD);
}

/// The target of a file for which nothing was found.
pub(super) fn example(lines: &mut Lines) {
    lines.raw(EXAMPLE);
}
