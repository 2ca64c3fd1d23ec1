//! `hostbench compare`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use bench_core::plan::Plan;
use bench_report::{
    RunComparer, RunComparison, RunComparisonSentences, WhichRun, display, format,
    rebuild::Rebuild, run_comparison,
};
use comfy_table::Table;
use serde::Serialize;

use super::{
    print_line, print_text,
    rebuild::{read_plan, read_samples},
    report::find,
    stack,
};
use crate::{cli::Compare, error::Error, progress::Console, terminal::Screen};

pub(super) async fn compare(arguments: &Compare, console: &Console) -> Result<ExitCode, Error> {
    if let Some(deployed) = stack::select(&arguments.stack).await? {
        for run in [&arguments.first, &arguments.second] {
            stack::fetch(&deployed, run, &arguments.folder.join(run), console).await?;
        }
    }
    let folder = |run: &str| find(&arguments.folder, run);
    let (first, second) = (folder(&arguments.first)?, folder(&arguments.second)?);
    let (old, new) = (plan(&first)?, plan(&second)?);
    if old.run_id == new.run_id {
        return Err(Error::InvalidInput(format!(
            "both arguments are run `{}`; name two runs, `hostbench runs` lists them",
            old.run_id
        )));
    }
    let mut comparer = RunComparer::new(&old, &new);
    for (run, folder, plan) in [
        (WhichRun::First, &first, &old),
        (WhichRun::Second, &second, &new),
    ] {
        let mut graded = Rebuild::with_plan(plan.clone());
        let samples = part(folder, "samples.jsonl")?;
        read_samples(&mut graded, &samples, |sample| comparer.add(run, sample))?;
    }
    let found = comparer.finish();
    if found.targets.is_empty() || found.prompts == 0 {
        let what = if found.prompts == 0 {
            "prompt"
        } else {
            "target"
        };
        return Err(Error::InvalidInput(format!(
            "runs `{}` and `{}` have no {what} in common; compare runs of one configuration",
            found.first.run_id, found.second.run_id
        )));
    }
    if arguments.json {
        let output = Output {
            comparison: &found,
            sentences: run_comparison::of(&found),
        };
        let object = serde_json::to_string_pretty(&output).map_err(|error| {
            Error::InvalidInput(format!("cannot serialize the comparison: {error}"))
        })?;
        print_line(object)?;
    } else {
        print_text(text(&found))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan of a run, from its folder.
fn plan(folder: &Path) -> Result<Plan, Error> {
    read_plan(
        &part(folder, "plan.json")?,
        "rebuild the run with `hostbench rebuild --samples FILE.jsonl --config CONFIG --out DIR`",
    )
}

/// A file of a run.
fn part(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::InvalidInput(format!(
        "`{}` has no `{name}`; a comparison needs `plan.json` and `samples.jsonl` of both runs, \
         and `hostbench rebuild` writes both",
        folder.display()
    )))
}

/// The comparison as JSON, with its sentences beside it.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    comparison: &'a RunComparison,
    sentences: RunComparisonSentences,
}

fn text(found: &RunComparison) -> String {
    let sentences = run_comparison::of(found);
    let mut lines = vec![
        format!(
            "`{}` ({}) compared with `{}` ({}), {} common prompts",
            found.second.run_id,
            format::minute(found.second.created_at),
            found.first.run_id,
            format::minute(found.first.created_at),
            found.prompts
        ),
        table(found).to_string(),
    ];
    for (target, sentence) in found.targets.iter().zip(&sentences.targets) {
        let simulated = if target.comparison.simulated {
            "Simulated, not a result: "
        } else {
            ""
        };
        lines.push(format!("{simulated}{sentence}"));
    }
    if !sentences.differences.is_empty() {
        lines.push("Other differences:".to_owned());
        let each = sentences.differences.iter();
        lines.extend(each.map(|said| format!("  - {}", display::plain(said))));
    }
    lines.push(sentences.caution);
    format::ordinary_spaces(&lines.join("\n"))
}

fn table(found: &RunComparison) -> Table {
    let rows = found.targets.iter().map(|target| {
        let comparison = &target.comparison;
        [
            target.target_id.to_string(),
            format::duration_or_dash(target.first_mean_ms),
            format::duration_or_dash(target.second_mean_ms),
            display::ratio(&comparison.latency).to_string(),
            display::ratio(&comparison.ms_per_output_token).to_string(),
            display::p_value(comparison.latency.p_holm),
            comparison.prompts.to_string(),
        ]
    });
    let header = [
        "mean latency",
        "first",
        "second",
        "second ÷ first",
        "per token",
        "p, Holm",
        "prompts",
    ];
    Screen::stdout().table(header, rows, 1)
}
