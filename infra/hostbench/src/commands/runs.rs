//! `hostbench runs`.

use std::process::ExitCode;

use bench_report::format::{self, folded};
use comfy_table::Table;
use serde_json::{Value, json};

use super::{print_line, print_text, stack};
use crate::{cli::Runs, error::Error, history, run_folder, summary::Outcome, terminal::Screen};

/// The most targets of a run that are named.
const MAX_NAMED: usize = 4;

pub(super) async fn runs(arguments: &Runs) -> Result<ExitCode, Error> {
    if let Some(deployed) = stack::select(&arguments.stack).await? {
        return stack::runs(&deployed, &arguments.stack, arguments.json).await;
    }
    let runs = history::list(&arguments.folder)?;
    let resumable = run_folder::resumable(&arguments.folder);
    if arguments.json {
        let runs: Vec<Value> = runs.iter().map(Outcome::to_json).collect();
        print_line(json!({ "runs": runs, "resumable": resumable }))?;
    } else if runs.is_empty() && resumable.is_empty() {
        let folder = arguments.folder.display();
        print_text(format!(
            "no runs in `{folder}`; start one with `hostbench demo`"
        ))?;
    } else {
        if !runs.is_empty() {
            print_line(table(&runs))?;
        }
        for run in resumable {
            print_text(format!(
                "run `{run}` was not finished; `hostbench run CONFIG --local --resume {run}` \
                 continues it"
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(runs: &[Outcome]) -> Table {
    let rows = runs.iter().filter_map(|run| {
        let report = run.report.as_ref()?;
        let targets = report.targets.iter().map(|target| target.id.to_string());
        Some([
            run.run_id.clone(),
            format::minute(report.run.created_at),
            report.run.prompts.to_string(),
            folded(targets, MAX_NAMED).join(", "),
            if run.complete { "yes" } else { "no" }.to_owned(),
        ])
    });
    let header = ["run", "started", "prompts", "targets", "complete"];
    Screen::stdout().table(header, rows, header.len())
}
