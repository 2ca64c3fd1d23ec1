//! Which of several targets is the cheapest per correct answer, as measured.

use super::ranked::ranked;
use crate::model::{CostAnswer, CostPerCorrect, CurrencyRanking, NotRanked, Separation};
use bench_core::money::{Currency, Money};
use bench_cost::{RunCost, TargetCost};

/// The ranked targets by cost per correct answer, each currency for itself; those that
/// are free cost nothing in every one.
pub(super) fn of(cost: Option<&RunCost>) -> CostAnswer {
    let Some(cost) = cost else {
        return CostAnswer::NotAvailable;
    };
    let targets: Vec<&TargetCost> = ranked(&cost.targets, |target| target.simulated);
    let priced: Vec<CostPerCorrect> = targets.iter().copied().filter_map(per_correct).collect();
    let called = targets
        .iter()
        .filter(|target| target.usage.measured.attempts > 0);
    let not_ranked = called
        .filter(|target| {
            !priced
                .iter()
                .any(|priced| priced.target_id == target.target_id)
        })
        .map(|target| NotRanked {
            target_id: target.target_id.clone(),
            at_least: target
                .measured_at_least
                .value()
                .filter(|least| !target.spend.measured.is_known() && !least.is_zero()),
        })
        .collect();
    let mut currencies: Vec<Currency> = Vec::new();
    for priced in priced.iter().filter(|priced| !priced.cost.is_zero()) {
        if !currencies.contains(&priced.cost.currency()) {
            currencies.push(priced.cost.currency());
        }
    }
    if currencies.len() < 2 {
        let cheapest_first = sorted(priced);
        return CostAnswer::Ranked {
            separation: separation(&cheapest_first),
            cheapest_first,
            not_ranked,
        };
    }
    let currencies = currencies.into_iter().map(|currency| {
        let in_currency = priced
            .iter()
            .filter_map(|priced| in_currency(priced, currency));
        let cheapest_first = sorted(in_currency.collect());
        CurrencyRanking {
            currency,
            separation: separation(&cheapest_first),
            cheapest_first,
        }
    });
    CostAnswer::DifferentCurrencies {
        currencies: currencies.collect(),
        not_ranked,
    }
}

fn per_correct(target: &TargetCost) -> Option<CostPerCorrect> {
    let target_id = target.target_id.clone();
    if let Some(cost) = target.per_correct.value() {
        let interval = target.per_correct.interval();
        return Some(CostPerCorrect {
            target_id,
            cost,
            at_least: None,
            low: interval.map(|limits| limits.low),
            high: interval.and_then(|limits| limits.high),
        });
    }
    let range = target.range.as_ref()?;
    let cost = range.per_correct?;
    let interval = range.per_correct_interval;
    Some(CostPerCorrect {
        target_id,
        cost: cost.high,
        at_least: Some(cost.low),
        low: interval.map(|limits| limits.low),
        high: interval.map(|limits| limits.high),
    })
}

/// The cost of a target that is priced in the currency or free.
fn in_currency(priced: &CostPerCorrect, currency: Currency) -> Option<CostPerCorrect> {
    if !priced.cost.is_zero() {
        return (priced.cost.currency() == currency).then(|| priced.clone());
    }
    let nothing = |_| Money::zero(currency);
    Some(CostPerCorrect {
        target_id: priced.target_id.clone(),
        cost: Money::zero(currency),
        at_least: priced.at_least.map(nothing),
        low: priced.low.map(nothing),
        high: priced.high.map(nothing),
    })
}

fn sorted(mut priced: Vec<CostPerCorrect>) -> Vec<CostPerCorrect> {
    priced.sort_by_key(|priced| priced.cost.amount());
    priced
}

/// Whether the intervals of the two cheapest keep them apart, and the range of no other
/// target reaches down to the cheapest.
fn separation(cheapest_first: &[CostPerCorrect]) -> Option<Separation> {
    let [cheapest, next, others @ ..] = cheapest_first else {
        return None;
    };
    let apart = |other: &CostPerCorrect| match (cheapest.high, other.low) {
        // What is free is cheaper than whatever has a price.
        _ if cheapest.cost.is_zero() && !other.cost.is_zero() => Some(true),
        (Some(high), Some(low)) => Some(high.amount() < low.amount()),
        // Without intervals, ranges that overlap are not apart all the same.
        _ => (cheapest.at_least.or(other.at_least).is_some()
            && cheapest.cost.amount() >= other.at_least.unwrap_or(other.cost).amount())
        .then_some(false),
    };
    let reached = |other: &&CostPerCorrect| other.at_least.is_some();
    if others
        .iter()
        .filter(reached)
        .any(|other| apart(other) == Some(false))
    {
        return Some(Separation::Overlapping);
    }
    Some(match apart(next) {
        Some(true) => Separation::Separate,
        Some(false) => Separation::Overlapping,
        None => Separation::NoInterval,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(text: &str) -> Money {
        Money::new(text.parse().unwrap(), Currency::parse("EUR").unwrap())
    }

    fn priced(id: &str, cost: &str, [low, high]: [&str; 2]) -> CostPerCorrect {
        CostPerCorrect {
            target_id: id.parse().unwrap(),
            cost: Money::usd(cost).unwrap(),
            at_least: None,
            low: Money::usd(low),
            high: Money::usd(high),
        }
    }

    fn range(id: &str, [low, high]: [&str; 2]) -> CostPerCorrect {
        CostPerCorrect {
            at_least: Money::usd(low),
            ..priced(id, high, [low, high])
        }
    }

    #[test]
    fn a_range_that_reaches_below_the_cheapest_leaves_none_apart() {
        let exact = priced("a", "2", ["1", "3"]);
        let next = priced("b", "5", ["4", "6"]);
        let of = |third: CostPerCorrect| separation(&[exact.clone(), next.clone(), third]);
        assert_eq!(of(range("c", ["0.5", "9"])), Some(Separation::Overlapping));
        assert_eq!(of(range("c", ["7", "9"])), Some(Separation::Separate));
        let cheapest = range("c", ["0.1", "0.5"]);
        let found = separation(&[cheapest, exact.clone(), next.clone()]);
        assert_eq!(found, Some(Separation::Separate));
    }

    #[test]
    fn ranges_that_overlap_are_not_apart_even_without_intervals() {
        let without = |id, cost| priced(id, cost, ["", ""]);
        let mut ranged = range("b", ["1", "9"]);
        (ranged.low, ranged.high) = (None, None);
        let found = separation(&[without("a", "2"), ranged]);
        assert_eq!(found, Some(Separation::Overlapping));
        let found = separation(&[without("a", "2"), without("b", "3")]);
        assert_eq!(found, Some(Separation::NoInterval));
    }

    #[test]
    fn what_is_free_is_cheaper_than_what_has_a_price() {
        let free = priced("f", "0", ["0", "0"]);
        let found = separation(&[free.clone(), priced("a", "1", ["0", "2"])]);
        assert_eq!(found, Some(Separation::Separate));
        let found = separation(&[free.clone(), free]);
        assert_eq!(found, Some(Separation::Overlapping));
    }

    #[test]
    fn what_is_free_is_so_in_every_currency_and_what_is_not_in_its_own() {
        let euro = euros("1").currency();
        let free = in_currency(&priced("f", "0", ["0", "0"]), euro).unwrap();
        assert_eq!((free.cost, free.high), (euros("0"), Some(euros("0"))));
        assert_eq!(in_currency(&priced("a", "1", ["1", "1"]), euro), None);
    }
}
