//! Two runs compared, in sentences.

use serde::Serialize;

use super::verdicts;
use crate::{
    model::{RunComparison, RunDifference, TargetComparison, WhichRun},
    render::format::counted,
};

/// The sentences of a comparison of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunComparisonSentences {
    /// The verdict on each target, in the order of the comparison.
    pub targets: Vec<String>,
    /// One clause for each difference, in the order of the comparison.
    pub differences: Vec<String>,
    /// The limits of a comparison of two runs.
    pub caution: String,
}

/// The sentences of a comparison.
#[must_use]
pub fn of(found: &RunComparison) -> RunComparisonSentences {
    RunComparisonSentences {
        targets: found.targets.iter().map(verdict).collect(),
        differences: found.differences.iter().map(difference).collect(),
        caution: format!(
            "Runs drift from day to day, and two of them cannot tell drift from a change; a trend \
             needs at least {} runs.",
            found.runs_for_trend
        ),
    }
}

fn verdict(target: &TargetComparison) -> String {
    let [first, second] = [WhichRun::Second, WhichRun::First]
        .map(|run| format!("{} in the {} run", target.target_id, name(run)));
    verdicts::named(&target.comparison, [&first, &second])
}

fn difference(found: &RunDifference) -> String {
    match found {
        RunDifference::PromptsLeftOut { run, prompts } => {
            let prompts = counted(*prompts, "prompt");
            format!(
                "{prompts} of the {} run left out: not the same in the other",
                name(*run)
            )
        }
        RunDifference::FieldChanged {
            field,
            first,
            second,
        } => format!("`{field}` was {first} and is {second}"),
        RunDifference::TargetInOneRun { target_id, run } => {
            format!("target `{target_id}` is in the {} run alone", name(*run))
        }
    }
}

fn name(run: WhichRun) -> &'static str {
    match run {
        WhichRun::First => "first",
        WhichRun::Second => "second",
    }
}
