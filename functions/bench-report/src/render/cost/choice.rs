//! The cheapest target by load, as text.

use super::count;
use crate::{
    model::CostReport,
    render::format::{folded, listed},
};
use bench_core::identity::TargetId;
use bench_cost::{BreakEven, CapacityBasis, Choice, Curve, CurveLine};
use rust_decimal::Decimal;

/// Ranges of load that fit in a sentence.
const MAX_RANGES: usize = 3;
/// Targets that fit.
const MAX_NAMED: usize = 3;

/// The cheapest target by load, and the break-evens that no target reaches, in sentences; `None`
/// without a cost.
pub(crate) fn choice_by_load(cost: &CostReport) -> Option<String> {
    let choices = &cost.curve.cheapest;
    let mut said = vec![ranges(&cost.curve)?];
    if choices.iter().any(|choice| !choice.undecided.is_empty()) {
        said.push(
            "Where it is not decided, calls without a token count leave their cost open."
                .to_owned(),
        );
    }
    said.extend(out_of_reach(cost));
    let left_out = cost.curve.left_out.iter().map(|id| format!("`{id}`"));
    let left_out = listed(left_out, MAX_NAMED);
    if !left_out.is_empty() {
        said.push(format!(
            "Not compared, priced in another currency: {left_out}."
        ));
    }
    Some(said.join(" "))
}

/// Which target to choose in which range of rates.
fn ranges(curve: &Curve) -> Option<String> {
    let (first, rest) = curve.cheapest.split_first()?;
    let from = |choice: &Choice| count(Decimal::from(choice.from_requests_per_day));
    let verb = if first.undecided.is_empty() {
        "choose "
    } else {
        ""
    };
    let at = rest.first().map_or_else(
        || "at every rate".to_owned(),
        |second| format!("below {} requests a day", from(second)),
    );
    let id = chosen(curve, first, rest.first());
    let mut parts = vec![format!("By mean cost, {at} {verb}{id}")];
    for (place, choice) in rest.iter().take(MAX_RANGES).enumerate() {
        let next = rest.get(place + 1);
        let id = chosen(curve, choice, next);
        parts.push(match next {
            None => format!("above, {id}"),
            Some(_) if place + 1 == MAX_RANGES => {
                format!("above, {id} or another, depending on the utilization of the last machine")
            }
            Some(next) => format!("up to {}, {id}", from(next)),
        });
    }
    Some(format!("{}.", parts.join("; ")))
}

/// The break-evens with the cheapest targets paid by use that no target reaches, in a sentence
/// for each of those and each source of the capacity.
fn out_of_reach(cost: &CostReport) -> Vec<String> {
    let is_compared = |id: &TargetId| cost.curve.targets.iter().any(|line| line.target_id == *id);
    let is_chosen = |id: &TargetId| {
        let mut choices = cost.curve.cheapest.iter();
        choices.any(|choice| choice.target_id == *id || choice.undecided.contains(id))
    };
    let missed = cost.break_even.iter().map(|pair| &pair.finding);
    let missed = missed
        .filter(|pair| is_chosen(&pair.per_use) && is_compared(&pair.per_hour) && !pair.reachable);
    let mut groups: Vec<Vec<(&BreakEven, String)>> = Vec::new();
    for (pair, rate) in missed.filter_map(|pair| Some((pair, rate(pair)?))) {
        let is_alike = |group: &&mut Vec<(&BreakEven, String)>| {
            let (first, _) = &group[0];
            (&first.per_use, first.capacity_basis) == (&pair.per_use, pair.capacity_basis)
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => group.push((pair, rate)),
            None => groups.push(vec![(pair, rate)]),
        }
    }
    let sentences = groups.iter().filter_map(|group| {
        let ((first, at), others) = group.split_first()?;
        let first_pair = format!(
            "`{}` would break even with `{}` at {at} requests a day",
            first.per_hour, first.per_use
        );
        let others = others
            .iter()
            .map(|(pair, at)| format!("`{}` at {at}", pair.per_hour));
        let named = listed(std::iter::once(first_pair).chain(others), MAX_NAMED);
        let subject = if group.len() > 1 {
            "each rate is more than that target sustains"
        } else {
            "that is more than it sustains"
        };
        let basis = match first.capacity_basis {
            CapacityBasis::OneCaller => "at the measured concurrency",
            CapacityBasis::Load => "under the objective of the load",
        };
        Some(format!("{named}; {subject} {basis}."))
    });
    sentences.collect()
}

/// The break-even in requests a day; `None` where there is none.
fn rate(pair: &BreakEven) -> Option<String> {
    match &pair.range {
        Some(range) => Some(format!("at least {}", count(range.low))),
        None => pair.requests_per_day.map(count),
    }
}

/// The target of a choice, or those between which it is not decided, or that cost the same.
fn chosen(curve: &Curve, choice: &Choice, next: Option<&Choice>) -> String {
    let (others, why) = if choice.undecided.is_empty() {
        (equals(curve, choice, next), " (the same cost)")
    } else {
        (choice.undecided.iter().collect(), " (not decided)")
    };
    let why = if others.is_empty() { "" } else { why };
    let ids = std::iter::once(&choice.target_id).chain(others);
    let ids = folded(ids.map(|id| format!("`{id}`")), MAX_NAMED);
    format!("{}{why}", ids.join(" or "))
}

/// Other targets that cost the same as that of a choice, up to the next one.
fn equals<'r>(curve: &'r Curve, choice: &Choice, next: Option<&Choice>) -> Vec<&'r TargetId> {
    let until = next.map_or(u64::MAX, |next| next.from_requests_per_day);
    let range = choice.from_requests_per_day..until;
    let costs = |line: &CurveLine| -> Vec<_> {
        let points = curve.requests_per_day.iter().zip(&line.monthly);
        let within = points.filter(|(rate, _)| range.contains(*rate));
        within.map(|(_, cost)| *cost).collect()
    };
    let mut lines = curve.targets.iter();
    let own = lines.find(|line| line.target_id == choice.target_id);
    let own = own.map(costs).unwrap_or_default();
    let others = curve
        .targets
        .iter()
        .filter(|line| line.target_id != choice.target_id && !own.is_empty() && costs(line) == own);
    others.map(|line| &line.target_id).collect()
}
