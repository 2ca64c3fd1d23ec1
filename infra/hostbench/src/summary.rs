//! The results of a run, read from its `report.json` and printed as a table with a
//! few sentences, or as one JSON object.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bench_report::{
    Report, SamplesJsonl, Warning, WithSentence, display, format, metrics::PUBLISHED,
    render::notes, simulation_banner, summary_sentences,
};
use console::Style;
use serde_json::{Value, json};

use crate::{error::Error, execution::ExecutionResult, terminal::Screen, text_file};

mod results;

/// The error of an execution whose report says what is missing.
const INCOMPLETE: &str = "IncompleteRun";

/// A finished run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The run.
    pub run_id: String,
    /// The folder with its artifacts.
    pub out: PathBuf,
    /// Whether every planned call was made, and every target answered.
    pub complete: bool,
    /// Name and cause of the error it ended in; `None` where it did not, or
    /// where only its report is left.
    pub failure: Option<(String, String)>,
    /// Its report; `None` when it failed before there was one.
    pub report: Option<Report>,
}

impl Outcome {
    /// Reads the artifacts of a run from a folder. Without an ending, as for a
    /// run of long ago, the report alone says whether it is complete.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when `report.json` is there and cannot be read.
    pub fn read(run_id: &str, out: &Path, ending: Option<ExecutionResult>) -> Result<Self, Error> {
        let report = read_report(&out.join("report.json"))?;
        let reported = report.as_ref().is_some_and(|report| report.run.complete);
        let run_id = report
            .as_ref()
            .map_or(run_id, |report| &report.run.run_id)
            .to_owned();
        let complete = reported && ending.as_ref().is_none_or(ExecutionResult::is_complete);
        let failure = match ending {
            Some(ExecutionResult::Failed { error, cause }) => Some((error, plain(cause))),
            _ => None,
        };
        Ok(Self {
            run_id,
            out: out.to_path_buf(),
            complete,
            failure,
            report,
        })
    }

    /// The page to open; `None` when there is none.
    #[must_use]
    pub fn report_html(&self) -> Option<PathBuf> {
        let path = self.out.join("report.html");
        path.is_file().then_some(path)
    }

    /// The one object of `--json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = json!({
            "run_id": self.run_id,
            "complete": self.complete,
            "out": self.out,
            "report_html": self.report_html(),
            "answer": self.report.as_ref().map(|report| &report.answer),
            "summary": self.report.as_ref().map(|report| &report.targets),
            "cost": self.report.as_ref().map(|report| &report.cost),
        });
        if let Some((error, cause)) = &self.failure {
            object["error"] = json!({"name": error, "cause": cause});
        }
        object
    }

    /// The table, the answer in sentences, and the page, for a screen.
    #[must_use]
    pub fn to_text(&self, screen: Screen) -> String {
        let mut lines = Vec::new();
        if let Some(report) = &self.report {
            lines.push(format!("run `{}`", self.run_id));
            lines.push(results::table(report, screen).to_string());
            if let Some(said) = simulation_banner(report) {
                lines.push(format!("Simulated targets. {said}"));
            }
            lines.extend(summary_sentences(report));
            lines.extend(notes::missing_in_brief(&report.targets, &PUBLISHED));
            let label = screen.styled("warning:", &Style::new().yellow());
            lines.extend(remedies(report).map(|remedy| format!("{label} {remedy}")));
        }
        lines.extend(self.failures());
        let text = screen.wrap(&format::ordinary_spaces(&lines.join("\n")));
        match self.report_html() {
            // A path is not broken, so that it can be copied.
            Some(page) => format!("{text}\nreport: {}", page.display()),
            None => text,
        }
    }

    /// Failures that are not in the report: of the execution, or a missing report.
    fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let failure = self.failure.as_ref();
        if let Some((error, cause)) = failure.filter(|(error, _)| !self.tells_why(error)) {
            let colon = if cause.is_empty() { "" } else { ": " };
            let cause = display::plain(cause);
            failures.push(format!("The run ended in `{error}`{colon}{cause}"));
        }
        if self.report.is_none() && self.samples().is_file() {
            let remedy = self.rebuild_remedy();
            failures.push(format!("The run has samples and no report; {remedy}."));
        } else if self.report.is_none() {
            failures.push("The run has no report.".to_owned());
        }
        failures
    }

    /// Whether the report has the cause of an error among its own sentences.
    fn tells_why(&self, error: &str) -> bool {
        let report = self.report.as_ref();
        error == INCOMPLETE
            && report.is_some_and(|report| !report.run.incomplete_reasons.is_empty())
    }

    /// The command that makes the report of the samples that are there.
    #[must_use]
    pub fn rebuild_remedy(&self) -> String {
        let (samples, out) = (self.samples(), &self.out);
        format!(
            "`hostbench rebuild --samples {} --out {}` makes it from the samples",
            samples.display(),
            out.display()
        )
    }

    /// The file of its samples, which may not be there.
    #[must_use]
    pub fn samples(&self) -> PathBuf {
        self.out.join(SamplesJsonl::NAME)
    }
}

fn read_report(path: &Path) -> Result<Option<Report>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("read", path)(error)),
    };
    let text = text_file::decode(path, &bytes)?;
    serde_json::from_str(text).map(Some).map_err(|error| {
        Error::InvalidInput(format!(
            "`{}` is not a report of this version of hostbench: {error}; `hostbench rebuild` makes \
             a new one from `samples.jsonl`",
            path.display()
        ))
    })
}

/// The error message of a Lambda, without the JSON that Step Functions wraps around it.
fn plain(cause: String) -> String {
    #[derive(serde::Deserialize)]
    struct Wrapped {
        #[serde(rename = "errorMessage")]
        message: String,
    }
    serde_json::from_str::<Wrapped>(&cause).map_or(cause, |wrapped| wrapped.message)
}

/// The settings with which targets would no longer refuse a field of requests.
fn remedies(report: &Report) -> impl Iterator<Item = String> {
    let refused =
        |warning: &&WithSentence<Warning>| matches!(warning.finding, Warning::RefusedField { .. });
    let warnings = report.warnings.iter().filter(refused);
    warnings.map(|warning| display::plain(&warning.sentence))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_run_that_failed_before_its_report_tells_the_error_as_the_lambda_put_it() {
        let folder = TempDir::new().unwrap();
        let cause = r#"{"errorType": "RunIdTaken", "errorMessage": "choose another `run_id`"}"#;
        let ending = ExecutionResult::Failed {
            error: "RunIdTaken".into(),
            cause: cause.into(),
        };
        let outcome = Outcome::read("mine", folder.path(), Some(ending)).unwrap();
        assert!(!outcome.complete);
        assert_eq!(
            outcome.to_text(Screen::PLAIN),
            "The run ended in `RunIdTaken`: choose another `run_id`\nThe run has no report."
        );
        let object = outcome.to_json();
        assert_eq!(object["run_id"], "mine");
        assert_eq!(object["error"]["name"], "RunIdTaken");
        assert!(object["report_html"].is_null() && object["summary"].is_null());
    }

    #[test]
    fn a_run_with_samples_and_no_report_tells_the_command_that_makes_it() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("samples.jsonl"), "").unwrap();
        let outcome = Outcome::read("mine", folder.path(), None).unwrap();
        let out = folder.path().display();
        let expected = format!(
            "The run has samples and no report; `hostbench rebuild --samples {out}/samples.jsonl \
             --out {out}` makes it from the samples."
        );
        assert_eq!(outcome.to_text(Screen::PLAIN), expected);
    }

    #[test]
    fn without_a_report_no_run_is_complete() {
        let folder = TempDir::new().unwrap();
        let outcome =
            Outcome::read("mine", folder.path(), Some(ExecutionResult::Complete)).unwrap();
        assert!(!outcome.complete);
    }

    #[test]
    fn a_file_that_is_no_report_is_refused() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("report.json"), "{}").unwrap();
        let error = Outcome::read("mine", folder.path(), None).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
