//! `hostbench runs`.

use std::process::ExitCode;

use comfy_table::Table;
use serde_json::{Value, json};

use super::{print_line, stack};
use crate::{cli::Runs, error::Error, history, run_folder, summary::Outcome, terminal};

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
        print_line(format!(
            "no runs in `{folder}`; start one with `hostbench demo`"
        ))?;
    } else {
        if !runs.is_empty() {
            print_line(table(&runs))?;
        }
        for run in resumable {
            print_line(format!(
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
        let targets: Vec<_> = report
            .targets
            .iter()
            .map(|target| target.id.as_str())
            .collect();
        Some([
            run.run_id.clone(),
            report
                .run
                .created_at
                .strftime("%Y-%m-%d %H:%M UTC")
                .to_string(),
            report.run.prompts.to_string(),
            targets.join(", "),
            if run.complete { "yes" } else { "no" }.to_owned(),
        ])
    });
    let header = ["run", "started", "prompts", "targets", "complete"];
    terminal::table(header, rows, header.len())
}
