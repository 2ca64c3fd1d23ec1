//! What a run came to, read from its `report.json` and told in a table, a few
//! sentences, or one JSON object.

use std::{
    fs,
    path::{Path, PathBuf},
};

use comfy_table::Table;
use serde_json::{Value, json};

use crate::{error::Error, execution::Ending, terminal};

/// A finished run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The run.
    pub run_id: String,
    /// The folder with its artefacts.
    pub out: PathBuf,
    /// Whether every planned call was made.
    pub complete: bool,
    /// Why it is not complete; `None` where it is, or where nothing was said.
    pub failure: Option<(String, String)>,
    /// Its `report.json`; `None` when it failed before there was one.
    pub report: Option<Value>,
}

impl Outcome {
    /// Reads the artefacts of a run from a folder. Without an ending, as for a
    /// run of long ago, the report alone says whether it is complete.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when `report.json` is there and is no JSON.
    pub fn read(run_id: &str, out: &Path, ending: Option<Ending>) -> Result<Self, Error> {
        let path = out.join("report.json");
        let report = match fs::read(&path) {
            Ok(bytes) => Some(serde_json::from_slice::<Value>(&bytes).map_err(|error| {
                Error::Unusable(format!("`{}` is no JSON: {error}", path.display()))
            })?),
            Err(_) => None,
        };
        let run = report.as_ref().and_then(|report| report.get("run"));
        let reported = run
            .and_then(|run| run.get("complete"))
            .and_then(Value::as_bool);
        let run_id = run
            .and_then(|run| text(run, "run_id"))
            .unwrap_or_else(|| run_id.to_owned());
        let complete = reported == Some(true) && ending.as_ref().is_none_or(Ending::is_complete);
        let failure = match ending {
            Some(Ending::Failed { error, cause }) => Some((error, cause)),
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

    /// When the run started, as the report has it.
    #[must_use]
    pub fn started_at(&self) -> Option<String> {
        text(self.report.as_ref()?.get("run")?, "started_at")
    }

    /// The targets of the run.
    #[must_use]
    pub fn target_ids(&self) -> Vec<String> {
        self.targets().iter().map(target_id).collect()
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
            "summary": self.report.as_ref().and_then(|report| report.get("targets")),
        });
        if let Some((error, cause)) = &self.failure {
            object["error"] = json!({"name": error, "cause": cause});
        }
        object
    }

    /// The table with its sentences.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        if self.report.is_some() {
            lines.push(self.table().to_string());
        }
        if self.targets().iter().any(is_simulated) {
            lines.push(
                "Simulated targets are test equipment: their figures say nothing about any service."
                    .to_owned(),
            );
        }
        lines.extend(self.troubles());
        if let Some(page) = self.report_html() {
            lines.push(format!("report: {}", page.display()));
        }
        lines.join("\n")
    }

    fn targets(&self) -> &[Value] {
        let targets = self
            .report
            .as_ref()
            .and_then(|report| report.get("targets"));
        targets.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Latency in milliseconds and right answers, a row for each target.
    fn table(&self) -> Table {
        const STATISTICS: [&str; 6] = ["mean", "p50", "p95", "min", "max", "stddev"];
        let mut header = vec!["latency, ms"];
        header.extend(STATISTICS);
        header.extend(["n", "right answers"]);
        let rows = self.targets().iter().map(|target| {
            let latency = target.get("latency_ms").unwrap_or(&Value::Null);
            let id = target_id(target);
            let mut row = vec![if is_simulated(target) {
                format!("{id} (simulated)")
            } else {
                id
            }];
            row.extend(
                STATISTICS
                    .iter()
                    .map(|name| milliseconds(number(latency.get(name)))),
            );
            row.push(number(latency.get("n")).map_or_else(absent, |n| format!("{n:.0}")));
            row.push(right_answers(target));
            row
        });
        terminal::table(header, rows, 1)
    }

    /// What went wrong, a sentence each.
    fn troubles(&self) -> Vec<String> {
        let mut said = Vec::new();
        if let Some((error, cause)) = &self.failure {
            let colon = if cause.is_empty() { "" } else { ": " };
            said.push(format!("The run ended in `{error}`{colon}{cause}"));
        }
        if self.complete {
            return said;
        }
        let run = self.report.as_ref().and_then(|report| report.get("run"));
        let reasons = run
            .and_then(|run| run.get("incomplete_reasons"))
            .and_then(Value::as_array);
        let reasons: Vec<_> = reasons
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        match (&self.report, reasons.is_empty()) {
            (None, _) => said.push("There is no report.".to_owned()),
            (Some(_), true) => said.push("The run is incomplete.".to_owned()),
            (Some(_), false) => {
                said.push("The run is incomplete:".to_owned());
                said.extend(reasons.iter().map(|reason| format!("  - {reason}")));
            }
        }
        said
    }
}

fn text(object: &Value, field: &str) -> Option<String> {
    object.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn target_id(target: &Value) -> String {
    text(target, "id").unwrap_or_else(absent)
}

fn is_simulated(target: &Value) -> bool {
    target
        .get("simulated")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// A figure, which may stand alone or with its interval beside it.
fn number(value: Option<&Value>) -> Option<f64> {
    let value = value?;
    value.as_f64().or_else(|| value.get("value")?.as_f64())
}

fn milliseconds(figure: Option<f64>) -> String {
    figure.map_or_else(absent, |figure| format!("{figure:.1}"))
}

fn absent() -> String {
    "–".to_owned()
}

fn right_answers(target: &Value) -> String {
    let accuracy = target.get("accuracy").unwrap_or(&Value::Null);
    let count = |name: &str| accuracy.get(name).and_then(Value::as_u64);
    match (count("correct"), count("graded")) {
        (Some(correct), Some(graded)) => format!("{correct}/{graded}"),
        _ => absent(),
    }
}
