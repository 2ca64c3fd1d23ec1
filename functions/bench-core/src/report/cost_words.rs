//! What a run cost, and which target to choose, in sentences that every form of
//! the report shares.

use super::model::Report;
use crate::cost::{Bounds, BreakEven, Figure, RunCost};

/// One thing that is to be said about cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostSentence {
    /// The sentence.
    pub text: String,
    /// Whether it is about a simulated target: then it is no finding.
    pub simulated: bool,
}

/// What the run cost, where lines cross, and what has no cost.
#[must_use]
pub fn cost_sentences(report: &Report) -> Vec<CostSentence> {
    let Some(cost) = &report.cost else {
        let reason = report.cost_reason.as_deref().unwrap_or("it has no price");
        return vec![CostSentence {
            text: format!("What this run cost is not known: {reason}."),
            simulated: false,
        }];
    };
    let mut said = vec![CostSentence {
        text: total(cost),
        simulated: cost.simulated,
    }];
    let refused = cost.targets.iter().filter_map(|target| {
        let reason = target.refused.as_deref()?;
        Some((
            format!("`{}` has no cost: {reason}", target.target_id),
            target.simulated,
        ))
    });
    let choice = Some((cost.curve.sentence.clone(), cost.simulated));
    // What the choice has said is not said again.
    let said_already = |pair: &&BreakEven| {
        let names: Vec<&str> = cost
            .curve
            .cheapest
            .iter()
            .map(|choice| choice.target_id.as_str())
            .collect();
        cost.curve.targets.len() <= 2
            || names
                .windows(2)
                .any(|two| *two == [&pair.per_use, &pair.per_hour])
    };
    let pairs = cost
        .break_even
        .iter()
        .filter(|pair| !said_already(pair))
        .map(|pair| {
            let text = format!(
                "`{}` or `{}`: {}",
                pair.per_use, pair.per_hour, pair.verdict
            );
            (text, pair.simulated)
        });
    let awake = cost
        .awake
        .iter()
        .map(|pair| (pair.verdict.clone(), pair.simulated));
    let all = refused.chain(choice).chain(pairs).chain(awake);
    said.extend(
        all.filter(|(text, _)| !text.is_empty())
            .map(|(text, simulated)| CostSentence {
                text: sentence(&text),
                simulated,
            }),
    );
    said
}

fn total(cost: &RunCost) -> String {
    let pipeline = &cost.pipeline.total;
    match (&cost.total_low, &cost.total_high) {
        (Figure::Known(low), Figure::Known(high)) => {
            let (low, high) = (*low, *high);
            format!(
                "This run cost {}, the pipeline's {pipeline} included.",
                Bounds { low, high }
            )
        }
        (low, high) => {
            let reason = low.reason().or(high.reason()).unwrap_or_default();
            format!("What this run cost in all is not known: {reason}.")
        }
    }
}

/// A verdict as a sentence.
fn sentence(verdict: &str) -> String {
    let mut letters = verdict.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
