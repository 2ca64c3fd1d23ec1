//! The answer about cost, in a few sentences.

use crate::{
    model::{CostAnswer, CostPerCorrect, CostReport, NotRanked, Report, Separation},
    render::{
        cost::{cost as money, sentences::choice_by_load},
        format::counted,
    },
};

/// The answer about cost, with the reasons that stand in the cost of the run.
pub(crate) fn sentence(answer: &CostAnswer, report: &Report) -> String {
    if let (
        CostAnswer::Ranked {
            cheapest_first,
            separation,
            not_ranked,
        },
        Some(cost),
    ) = (answer, &report.cost)
    {
        return ranked(cheapest_first, *separation, not_ranked, cost);
    }
    let reason = report.cost_reason.as_ref().map(ToString::to_string);
    format!(
        "Cost is not available: {}.",
        reason.as_deref().unwrap_or("there are no prices")
    )
}

fn ranked(
    cheapest_first: &[CostPerCorrect],
    separation: Option<Separation>,
    not_ranked: &[NotRanked],
    cost: &CostReport,
) -> String {
    let mut said = vec![cheapest(cheapest_first, separation, cost)];
    if !cost.simulated && cost.curve.targets.len() > 1 {
        said.extend(choice_by_load(cost).map(|choice| format!("By load: {choice}.")));
    }
    said.extend(not_ranked.iter().map(|target| without(target, cost)));
    let open = not_ranked.iter().any(|target| target.at_least.is_some());
    if open && !cheapest_first.is_empty() {
        said.push("So which is cheaper is not settled.".to_owned());
    }
    said.join(" ")
}

fn cheapest(
    cheapest_first: &[CostPerCorrect],
    separation: Option<Separation>,
    cost: &CostReport,
) -> String {
    match cheapest_first {
        [] => "No target has a cost per correct answer.".to_owned(),
        [only] => {
            let id = &only.target_id;
            let target = cost.targets.iter().find(|target| target.target_id == *id);
            let of = target.map_or_else(String::new, |target| {
                let answered = counted(target.usage.measured.answered, "answered call");
                format!(", {} for {answered}", money(&target.spend.measured))
            });
            format!("{id} cost {} per correct answer{of}.", each(only))
        }
        [cheapest, next, ..] => format!(
            "Cheapest was {} at {} per correct answer, then {} at {}; {}.",
            cheapest.target_id,
            each(cheapest),
            next.target_id,
            each(next),
            certainty(separation)
        ),
    }
}

fn certainty(separation: Option<Separation>) -> &'static str {
    match separation {
        Some(Separation::Separate) => "their intervals do not overlap",
        Some(Separation::Overlapping) => {
            "their intervals overlap, so neither is ranked as the cheaper"
        }
        Some(Separation::NoInterval) | None => "there are too few prompts for intervals",
    }
}

fn each(priced: &CostPerCorrect) -> String {
    match (priced.low, priced.high) {
        (Some(low), Some(high)) => format!("{} [{low} to {high}]", priced.cost),
        _ => priced.cost.to_string(),
    }
}

/// A target that has no cost per correct answer, and why.
fn without(target: &NotRanked, cost: &CostReport) -> String {
    let id = &target.target_id;
    let found = cost.targets.iter().find(|cost| cost.target_id == *id);
    let reason = found
        .and_then(|found| found.reason.as_ref().or(found.per_correct.reason()))
        .map_or_else(|| "no reason is known".to_owned(), ToString::to_string);
    match target.at_least {
        Some(least) => {
            let answered = found.map_or(0, |found| found.usage.measured.answered);
            let answered = counted(answered, "answered call");
            format!("{id} cost at least {least} for {answered}: {reason}.")
        }
        None => format!("The cost of {id} is not available: {reason}."),
    }
}
