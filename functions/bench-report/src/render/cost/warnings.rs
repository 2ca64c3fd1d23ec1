//! Warnings about costs, in a sentence each.

use crate::render::format::folded;
use bench_core::{
    identity::TargetId,
    money::{Money, Unit},
};
use bench_cost::{CostWarning, CurrencyTargets, PricedUnit};

/// The most targets, pairs or prices that a warning names.
const MAX_NAMED: usize = 8;

/// A warning as a sentence, in lower case and without a full stop.
#[must_use]
pub fn cost_warning(warning: &CostWarning) -> String {
    match warning {
        CostWarning::NoCost { target_id, cause } => {
            format!("target `{target_id}` has no cost: {cause}")
        }
        CostWarning::InstanceNotDeclared { target_id, sku } => format!(
            "target `{target_id}` does not declare its `instance`: that `{sku}` served it is \
             taken on trust"
        ),
        CostWarning::CallsBrokenOff { target_id, calls } => format!(
            "{calls} calls to `{target_id}` broke off before their tokens were counted: their cost \
             is not known and in no figure"
        ),
        CostWarning::CachedTokensNotPriced { target_id, tokens } => format!(
            "{tokens} input tokens of `{target_id}` were cached, and no price of `cached input \
             tokens` is known: they are priced as others, which is at most too high"
        ),
        CostWarning::PriceUnusual {
            target_id,
            of,
            price,
            median,
        } => unusual(target_id, of.unit, *price, *median),
        CostWarning::DifferentCurrencies { currencies } => different_currencies(currencies),
        CostWarning::OutsideBudget { budget, currencies } => outside_budget(*budget, currencies),
        CostWarning::CostIsRange {
            target_id,
            calls,
            answered,
        } => format!(
            "{calls} of {answered} answered calls to `{target_id}` came without token counts: its \
             costs are ranges, from no tokens of these calls to their `max_tokens`"
        ),
        CostWarning::OtherModels { pairs } => {
            let pairs = pairs.iter();
            let pairs = pairs.map(|[one, other]| format!("`{one}` and `{other}`"));
            format!(
                "a break-even says nothing about accuracy, and these targets do not claim to serve \
                 the same model: {}",
                joined(pairs)
            )
        }
        CostWarning::PricesMissing { prices } => {
            let missing = prices
                .iter()
                .map(|price| format!("`{}` per {}", price.sku, price.item));
            format!(
                "no price is known of {}: figures that need one are not available",
                joined(missing)
            )
        }
        CostWarning::PricesStale {
            stale,
            prices,
            max_age_days,
            oldest,
        } => {
            let oldest = oldest
                .iter()
                .map(|price| format!("{} ({} days)", unit(&price.of), price.age_days));
            format!(
                "{stale} of {prices} prices were older than {max_age_days} days on the day of the \
                 run, the oldest of them {}: run `hostbench prices refresh`",
                joined(oldest)
            )
        }
        CostWarning::PricesOfOtherRegion {
            wanted,
            region,
            prices,
        } => format!(
            "no price in `{wanted}` is known of {}: that of `{region}` is used",
            joined(prices.iter().map(unit))
        ),
        CostWarning::PricesUnverified { prices } => {
            let prices = prices.iter();
            let prices = prices.map(|price| format!("{} ({})", unit(&price.of), price.source));
            format!(
                "unverified prices: {}",
                folded(prices, MAX_NAMED).join("; ")
            )
        }
        CostWarning::Simulated {
            target_ids,
            time_scale,
        } => format!(
            "costs of simulated targets are not findings: their prices are real, and their times \
             are simulated, {time_scale} times what was measured: {}",
            joined(target_ids.iter().map(ToString::to_string))
        ),
    }
}

fn unit(priced: &PricedUnit) -> String {
    format!("`{}` per {}", priced.sku, priced.unit)
}

fn unusual(target_id: &TargetId, unit: Unit, price: Money, median: Money) -> String {
    let times = price.ratio(median);
    let times = times.map_or_else(|| "more than 100".to_owned(), super::count);
    format!(
        "the price of `{target_id}`, {price} per {unit}, is {times} times the median of the price \
         catalog, {median}: if it is a price {}, give it as one",
        other_count(unit)
    )
}

fn different_currencies(currencies: &[CurrencyTargets]) -> String {
    format!(
        "targets are priced in different currencies, and no amount of one is compared with or \
         added to one of another: {}",
        by_currency(currencies)
    )
}

fn outside_budget(budget: Money, currencies: &[CurrencyTargets]) -> String {
    format!(
        "the budget of {budget} does not limit targets priced in another currency, whose calls are \
         made whatever they cost: {}",
        by_currency(currencies)
    )
}

fn by_currency(currencies: &[CurrencyTargets]) -> String {
    joined(currencies.iter().map(|of| {
        let ids = of.target_ids.iter().map(|id| format!("`{id}`"));
        format!("{} ({})", of.currency, joined(ids))
    }))
}

/// The count of tokens that a price is most easily mixed up with.
fn other_count(unit: Unit) -> String {
    let (item, other) = (
        unit.item(),
        if unit.count() == 1_000_000 {
            1_000
        } else {
            1_000_000
        },
    );
    Unit::new(other, item).map_or_else(String::new, |unit| format!("per {unit}"))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    folded(parts, MAX_NAMED).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_costs_say_what_is_real_of_them() {
        let warning = CostWarning::Simulated {
            target_ids: vec!["a".parse().unwrap(), "b".parse().unwrap()],
            time_scale: 2.0,
        };
        let text = cost_warning(&warning);
        assert!(text.ends_with("2 times what was measured: a, b"), "{text}");
    }
}
