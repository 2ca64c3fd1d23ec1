//! What a run cost, and which target to choose, in sentences that every form of
//! the report shares.

use crate::model::Report;
use bench_cost::{Bounds, BreakEven, Curve, Figure, RunCost};

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
    // Where one target alone has a cost there is nothing to choose from.
    let choice =
        (cost.curve.targets.len() > 1).then(|| (cost.curve.sentence.clone(), cost.simulated));
    let pairs = cost
        .break_even
        .iter()
        .filter(|pair| !is_said_by(&cost.curve, pair))
        .map(|pair| {
            let text = format!(
                "`{}` or `{}`: {}",
                pair.per_use, pair.per_hour, pair.verdict
            );
            (text, pair.simulated)
        });
    let awake = cost
        .idle_break_even
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

/// Whether the choice among all targets has said where these two cost the same.
fn is_said_by(curve: &Curve, pair: &BreakEven) -> bool {
    let is_out_of_reach = pair.requests_per_hour.is_some() && !pair.reachable;
    let is_a_turn = curve
        .cheapest
        .windows(2)
        .any(|two| two[0].target_id == pair.per_use && two[1].target_id == pair.per_hour);
    is_out_of_reach || is_a_turn || curve.targets.len() <= 2
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture};

    fn said(change: impl Fn(&mut bench_core::plan::Plan)) -> Vec<String> {
        let (mut plan, samples) = fixture::priced_run();
        plan.config.targets[0].simulated = false;
        change(&mut plan);
        let sentences = cost_sentences(&build(&plan, &samples));
        assert!(sentences.iter().all(|said| !said.simulated));
        sentences.into_iter().map(|said| said.text).collect()
    }

    #[test]
    fn a_choice_is_said_once_and_with_its_rate() {
        let said = said(|plan| {
            plan.config.targets.remove(1);
        });
        assert!(said[0].starts_with("This run cost $0.0"), "{said:?}");
        // 24 × 1.96786 an hour against 0.0006075 a request; one machine sustains
        // 86,400,000 / 700.001 a day, and two pay from twice the first rate on.
        assert_eq!(
            said[1],
            "Below 77,743 requests a day choose `good`; up to 123,429, `hostile`; up to 155,486, \
             `good`; above, `hostile`."
        );
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn a_total_that_lacks_a_part_says_which() {
        let said = said(|_| ());
        let lacks = "What this run cost in all is not known: target `broken`: `ml.g6.2xlarge` was";
        assert!(said[0].starts_with(lacks), "{said:?}");
        assert!(said[1].starts_with("`broken` has no cost: `ml.g6.2xlarge` was measured"));
    }
}
