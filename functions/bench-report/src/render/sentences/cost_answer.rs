//! The answer about cost, in a few sentences.

use crate::{
    model::{
        CostAnswer, CostPerCorrect, CostReport, CurrencyRanking, NotRanked, Report, Separation,
    },
    render::{
        cost::{bounds, choice::choice_by_load, cost as money},
        format::{DASH, counted, folded, listed},
    },
};
use bench_cost::{CostReason, Figure};

/// The most targets that a sentence names of a kind.
const MAX_NAMED: usize = 3;

/// The answer about cost, with the reasons that stand in the cost of the run.
pub(crate) fn sentence(answer: &CostAnswer, report: &Report) -> String {
    let reason = report.cost_reason.as_ref().map(ToString::to_string);
    match (answer, &report.cost) {
        (
            CostAnswer::Ranked {
                cheapest_first,
                separation,
                not_ranked,
            },
            Some(cost),
        ) => {
            let cheapest = cheapest(cheapest_first, *separation, cost);
            ranked(cheapest, cheapest_first, not_ranked, cost)
        }
        (
            CostAnswer::DifferentCurrencies {
                currencies,
                not_ranked,
            },
            Some(cost),
        ) => {
            let all: Vec<CostPerCorrect> = currencies
                .iter()
                .flat_map(|of| of.cheapest_first.clone())
                .collect();
            ranked(
                different_currencies(currencies, cost),
                &all,
                not_ranked,
                cost,
            )
        }
        (CostAnswer::NotAvailable, _) | (_, None) => format!(
            "Cost is not available: {}.",
            reason.as_deref().unwrap_or("there are no prices")
        ),
    }
}

fn ranked(
    cheapest: String,
    priced: &[CostPerCorrect],
    not_ranked: &[NotRanked],
    cost: &CostReport,
) -> String {
    let mut said = vec![cheapest];
    let is_mixed = cost.simulated && cost.targets.iter().any(|target| !target.simulated);
    if !is_mixed && cost.curve.targets.len() > 1 {
        said.extend(choice_by_load(cost));
    }
    said.extend(all_without(not_ranked, cost));
    let open = not_ranked.iter().any(|target| target.at_least.is_some());
    if open && !priced.is_empty() {
        said.push("So which is cheaper is not settled.".to_owned());
    }
    said.join(" ")
}

/// The ranking of each currency for itself.
fn different_currencies(currencies: &[CurrencyRanking], cost: &CostReport) -> String {
    let each = currencies.iter().map(|of| {
        let cheapest = cheapest(&of.cheapest_first, of.separation, cost);
        format!("In {}: {cheapest}", of.currency)
    });
    let each: Vec<String> = each.collect();
    format!(
        "Targets are priced in different currencies, and amounts of one are not compared with \
         those of another. {}",
        each.join(" ")
    )
}

fn cheapest(
    cheapest_first: &[CostPerCorrect],
    separation: Option<Separation>,
    cost: &CostReport,
) -> String {
    let is_range = |priced: &&CostPerCorrect| priced.at_least.is_some();
    let ranges = cheapest_first.iter().filter(is_range).take(MAX_NAMED);
    let ranges = ranges.map(|priced| range(priced, cost));
    std::iter::once(first(cheapest_first, separation, cost))
        .chain(ranges)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The cheapest target, as one sentence.
pub(super) fn first(
    cheapest_first: &[CostPerCorrect],
    separation: Option<Separation>,
    cost: &CostReport,
) -> String {
    let has_ranges = cheapest_first
        .iter()
        .any(|priced| priced.at_least.is_some());
    match cheapest_first {
        [] => "No target has a cost per correct answer.".to_owned(),
        [only] => {
            let id = &only.target_id;
            let target = cost.targets.iter().find(|target| target.target_id == *id);
            let of = target.map_or_else(String::new, |target| {
                let answered = counted(target.usage.measured.answered, "answered call");
                let range = target.range.as_ref().map(|range| bounds(range.measured));
                let spent = range.unwrap_or_else(|| money(&target.spend.measured));
                format!(", {spent} for {answered}")
            });
            format!("{id} cost {} per correct answer{of}.", each(only))
        }
        several if separation != Some(Separation::Separate) && has_ranges => {
            let each = several
                .iter()
                .map(|priced| format!("{} {}", priced.target_id, each(priced)));
            format!(
                "Which target is cheapest is not settled. Cost per correct answer: {}.",
                folded(each, MAX_NAMED).join(", ")
            )
        }
        [cheapest, next, ..] => {
            let (at, then) = (each(cheapest), each(next));
            let (cheapest_id, next_id) = (&cheapest.target_id, &next.target_id);
            let is_free = cheapest.cost.is_zero() && !next.cost.is_zero();
            let certainty = match separation {
                _ if is_free => "what is free is cheaper than whatever has a price",
                Some(Separation::Separate) => "their intervals do not overlap",
                Some(Separation::Overlapping) => {
                    "their intervals overlap, so neither is ranked as the cheaper"
                }
                Some(Separation::NoInterval) | None => "there are too few prompts for intervals",
            };
            if is_free || separation == Some(Separation::Separate) {
                format!(
                    "Cheapest was {cheapest_id} at {at} per correct answer, then {next_id} at \
                     {then}; {certainty}."
                )
            } else {
                format!(
                    "The lowest cost per correct answer was {at}, of {cheapest_id}, then {then}, \
                     of {next_id}; {certainty}."
                )
            }
        }
    }
}

/// Why the cost of a target is a range.
fn range(priced: &CostPerCorrect, cost: &CostReport) -> String {
    let id = &priced.target_id;
    let target = cost.targets.iter().find(|target| target.target_id == *id);
    match target.and_then(|target| target.range.as_ref()) {
        Some(range) => format!(
            "The cost of {id} is a range: {} of {} came without token counts, and cost from nothing \
             to their `max_tokens`.",
            range.calls,
            counted(range.answered, "answered call")
        ),
        None => format!("The cost of {id} is a range."),
    }
}

fn each(priced: &CostPerCorrect) -> String {
    if priced.cost.is_zero() {
        return format!("{} (stated to be free)", priced.cost);
    }
    let cost = match priced.at_least {
        Some(least) => format!("{least} to {}", priced.cost),
        None => priced.cost.to_string(),
    };
    match (priced.low, priced.high) {
        (Some(low), Some(high)) => format!("{cost} [{low} to {high}]"),
        _ => cost,
    }
}

/// The targets that have no cost per correct answer, and why: each for itself, or where there
/// are many all of a reason together.
fn all_without(targets: &[NotRanked], cost: &CostReport) -> Vec<String> {
    if targets.len() <= MAX_NAMED {
        return targets.iter().map(|target| without(target, cost)).collect();
    }
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for target in targets {
        let why = reason(target, cost);
        let id = target.target_id.to_string();
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(id),
            None => reasons.push((why, vec![id])),
        }
    }
    let reasons = reasons.into_iter().map(|(why, ids)| {
        let ids = listed(ids, MAX_NAMED);
        format!("The cost per correct answer of {ids} is not available: {why}.")
    });
    reasons.collect()
}

/// Why a target has no cost per correct answer.
pub(super) fn reason(target: &NotRanked, cost: &CostReport) -> String {
    let mut costs = cost.targets.iter();
    let found = costs.find(|cost| cost.target_id == target.target_id);
    found
        .and_then(|found| found.reason.as_ref().or(found.per_correct.reason()))
        .map_or_else(|| "no reason is known".to_owned(), ToString::to_string)
}

/// A target that has no cost per correct answer, and why.
fn without(target: &NotRanked, cost: &CostReport) -> String {
    let id = &target.target_id;
    let found = cost.targets.iter().find(|cost| cost.target_id == *id);
    let reason = reason(target, cost);
    let per_correct = found.map(|found| &found.per_correct);
    let is_graded = per_correct.and_then(Figure::reason) != Some(&CostReason::NotGraded);
    match target.at_least {
        None if !is_graded => {
            let spent = found.map_or_else(|| DASH.to_owned(), |found| money(&found.spend.measured));
            let answered = found.map_or(0, |found| found.usage.measured.answered);
            let answered = counted(answered, "answered call");
            format!("{id} cost {spent} for {answered}: {reason}.")
        }
        Some(least) => {
            let answered = found.map_or(0, |found| found.usage.measured.answered);
            let answered = counted(answered, "answered call");
            format!("{id} cost at least {least} for {answered}: {reason}.")
        }
        None => format!("The cost of {id} is not available: {reason}."),
    }
}
