//! The cheapest target by load, as text.

use super::count;
use crate::{
    model::{CostReport, WithSentence},
    render::format::folded,
};
use bench_core::identity::TargetId;
use bench_cost::{BreakEven, CapacityBasis, Choice};
use rust_decimal::Decimal;

/// Ranges of load that fit in a sentence.
const MAX_RANGES: usize = 3;
/// Pairs of targets that fit: all those of four targets.
const MAX_PAIRS: usize = 4;
/// Targets that fit.
const MAX_NAMED: usize = 8;

/// The cheapest target by load, in lower case and without a full stop; `None` without
/// a cost.
pub(crate) fn choice_by_load(cost: &CostReport) -> Option<String> {
    let (first, rest) = cost.curve.cheapest.split_first()?;
    let from = |requests: u64| count(Decimal::from(requests));
    let mut parts = vec![match rest.first() {
        None if first.undecided.is_empty() => {
            format!("at every rate choose `{}`", first.target_id)
        }
        None => format!("at every rate {}", chosen(first)),
        Some(second) if first.undecided.is_empty() => format!(
            "below {} requests a day choose `{}`",
            from(second.from_requests_per_day),
            first.target_id
        ),
        Some(second) => format!(
            "below {} requests a day {}",
            from(second.from_requests_per_day),
            chosen(first)
        ),
    }];
    for (place, choice) in rest.iter().take(MAX_RANGES).enumerate() {
        let id = chosen(choice);
        parts.push(match rest.get(place + 1) {
            None => format!("above, {id}"),
            Some(_) if place + 1 == MAX_RANGES => {
                format!("above, {id} or another, depending on the utilization of the last machine")
            }
            Some(next) => format!("up to {}, {id}", from(next.from_requests_per_day)),
        });
    }
    if cost
        .curve
        .cheapest
        .iter()
        .any(|choice| !choice.undecided.is_empty())
    {
        parts.push(
            "where it is not decided, calls without a token count leave their cost open".to_owned(),
        );
    }
    let compared = |pair: &&WithSentence<BreakEven>| {
        let has = |id: &TargetId| cost.curve.targets.iter().any(|line| line.target_id == *id);
        has(&pair.per_use) && has(&pair.per_hour) && !pair.reachable
    };
    let out_of_reach = cost.break_even.iter().filter(compared).filter_map(|pair| {
        let rate = match &pair.range {
            Some(range) => format!("at least {}", count(range.low)),
            None => count(pair.requests_per_day?),
        };
        let at = match pair.capacity_basis {
            CapacityBasis::OneCaller => "the measured concurrency",
            CapacityBasis::Load => "its capacity under the objective of the load",
        };
        Some(format!(
            "`{}` would cost as much as `{}` at {rate} a day, not reachable at {at}",
            pair.per_hour, pair.per_use,
        ))
    });
    parts.extend(folded(out_of_reach, MAX_PAIRS));
    let left_out = cost.curve.left_out.iter().map(|id| format!("`{id}`"));
    let left_out = folded(left_out, MAX_NAMED);
    if !left_out.is_empty() {
        parts.push(format!(
            "not compared, priced in another currency: {}",
            left_out.join(", ")
        ));
    }
    Some(parts.join("; "))
}

/// The target of a choice, or those between which it is not decided.
fn chosen(choice: &Choice) -> String {
    let ids = std::iter::once(&choice.target_id).chain(&choice.undecided);
    let ids = folded(ids.map(|id| format!("`{id}`")), MAX_NAMED);
    let named = ids.join(" or ");
    if choice.undecided.is_empty() {
        named
    } else {
        format!("{named} (not decided)")
    }
}
