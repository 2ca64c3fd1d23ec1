//! A report that could not be written: what is told of it, and to whom.

use bench_core::identity::RunId;
use bench_report::SamplesJsonl;
use bench_store::keys;
use serde::Deserialize;
use serde_json::Value;

/// The most characters of a text in the cause of an execution, which takes 32,768.
pub(crate) const MAX_CAUSE_CHARS: usize = 30_000;

/// The most characters of the error that are told.
const MAX_ERROR_CHARS: usize = 2_000;

/// The error that the first invocation ended in, as the state machine caught it: one of
/// this Lambda, or of a process that was killed for its memory or its time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReportFailure {
    /// Its name.
    pub error: String,
    /// Its cause: JSON with the message where the Lambda failed.
    #[serde(default)]
    pub cause: String,
}

/// Where the samples of a run are, for somebody who wants its report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whereabouts<'a> {
    pub(crate) run_id: &'a RunId,
    pub(crate) bucket: &'a str,
    pub(crate) stack: Option<&'a str>,
}

impl ReportFailure {
    /// The failure, and how to make the report all the same.
    pub(crate) fn sentence(&self, of: &Whereabouts<'_>) -> String {
        let Whereabouts {
            run_id,
            bucket,
            stack,
        } = of;
        let error = cut(&self.error, MAX_ERROR_CHARS);
        let message = cut(&self.message(), MAX_ERROR_CHARS);
        let colon = if message.is_empty() { "" } else { ": " };
        let samples = keys::artifact(run_id, SamplesJsonl::NAME);
        let stack = stack.unwrap_or("STACK");
        let folder = format!("hostbench-runs/{run_id}");
        format!(
            "the report of run `{run_id}` could not be written: `{error}`{colon}{message}; its \
             samples are complete in `s3://{bucket}/{samples}`: `hostbench report {run_id} \
             --stack {stack}` fetches them, then `hostbench rebuild --samples \
             {folder}/samples.jsonl --out {folder}` makes the report; or raise \
             `AggregatorMemory` of the stack, and `hostbench run --resume {run_id} --stack \
             {stack}` makes it without repeating a call"
        )
    }

    /// The message within the JSON of a failed Lambda, else the cause as it is.
    fn message(&self) -> String {
        let cause: Value = serde_json::from_str(&self.cause).unwrap_or_default();
        let message = cause.get("errorMessage").and_then(Value::as_str);
        message.unwrap_or(&self.cause).to_owned()
    }
}

/// The first characters of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(error: &str, cause: &str) -> String {
        let failure: ReportFailure =
            serde_json::from_value(serde_json::json!({"Error": error, "Cause": cause})).unwrap();
        failure.sentence(&Whereabouts {
            run_id: &"nightly-7".parse().unwrap(),
            bucket: "results",
            stack: Some("mine"),
        })
    }

    #[test]
    fn a_failed_report_is_told_with_the_commands_that_make_it_from_the_samples() {
        let cause = r#"{"errorType":"Runtime.ExitError","errorMessage":"signal: killed"}"#;
        let told = sentence("Runtime.ExitError", cause);
        for part in [
            "`Runtime.ExitError`: signal: killed;",
            "`s3://results/runs/nightly-7/samples.jsonl`",
            "`hostbench report nightly-7 --stack mine`",
            "`hostbench rebuild --samples hostbench-runs/nightly-7/samples.jsonl --out \
             hostbench-runs/nightly-7`",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }

    #[test]
    fn a_cause_of_any_length_fits_into_that_of_an_execution() {
        let told = sentence("StoreFailed", &"é".repeat(100_000));
        assert!(told.chars().count() < MAX_CAUSE_CHARS);
        assert!(told.contains("hostbench rebuild"));
        assert!(sentence("X", "").contains("`X`; its samples"));
    }
}
