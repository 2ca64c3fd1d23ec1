//! Cost against latency.

use super::{
    super::{
        axis::Axis,
        canvas::{Ink, Stroke},
        frame::{Frame, Key, Sample},
        name,
    },
    amount, range, tick,
};
use crate::{
    model::{Report, TargetReport},
    render::{cost::bounds, format::duration},
};
use bench_core::money::Currency;
use bench_cost::{Bounds, TargetCost};
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// A target with a latency and a cost.
struct Offer<'a> {
    position: usize,
    target: &'a TargetReport,
    mean: f64,
    cost: Bounds,
    /// At least and at most, on the axis.
    amounts: [f64; 2],
}

impl Offer<'_> {
    /// Whether another is at least as fast and as cheap, and better in one, whatever calls
    /// without a token count cost.
    fn is_dominated_by(&self, other: &Self) -> bool {
        let ([least, _], [_, most]) = (self.amounts, other.amounts);
        other.mean <= self.mean && most <= least && (other.mean < self.mean || most < least)
    }

    fn key(&self, is_best: bool) -> Key {
        let (sample, name) = if is_best {
            (Sample::Filled, self.name())
        } else {
            (Sample::Outline, format!("{}, dominated", self.name()))
        };
        Key {
            position: self.position,
            sample,
            name,
        }
    }

    /// Its name, and whether its cost is drawn at the end of a range.
    fn name(&self) -> String {
        let name = name(self.target);
        if self.cost.low == self.cost.high {
            name
        } else {
            format!("{name}, at most")
        }
    }
}

/// Cost of 1,000 requests, the upper bound of a range, against mean latency. Targets that no
/// other dominates are filled and joined; `None` where fewer than two targets have both figures
/// in the currency that targets are compared in.
pub(crate) fn frontier(report: &Report) -> Option<String> {
    let currency = report.cost.as_ref()?.curve.currency?;
    let offers = offers(report, currency);
    if offers.len() < 2 {
        return None;
    }
    let best = |offer: &Offer| !offers.iter().any(|other| offer.is_dominated_by(other));
    let vertical = Axis::logarithmic(
        &format!("cost of 1,000 requests, {currency}"),
        range(offers.iter().map(|offer| offer.amounts[1])),
        tick(currency),
    );
    let keys: Vec<Key> = offers.iter().map(|it| it.key(best(it))).collect();
    let slowest = offers.iter().map(|offer| offer.mean).fold(0.0, f64::max);
    let mut frame = Frame::new(
        "Cost of 1,000 requests against mean latency, per target",
        &description(&offers, best),
        (Axis::time("mean latency", slowest), vertical),
        &keys,
    );
    let mut line: Vec<(f64, f64)> = offers
        .iter()
        .filter(|offer| best(offer))
        .map(|offer| (offer.mean, offer.amounts[1]))
        .collect();
    line.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line = line.into_iter().map(|point| frame.point(point));
    let line: Vec<_> = line.collect();
    frame.canvas.line(Stroke::Fit, Ink::Page, line);
    for offer in &offers {
        let at = frame.point((offer.mean, offer.amounts[1]));
        let stroke = if best(offer) {
            Stroke::Fill
        } else {
            Stroke::Line
        };
        frame.mark(offer.position, at, stroke);
    }
    Some(frame.canvas.finish())
}

fn offers(report: &Report, currency: Currency) -> Vec<Offer<'_>> {
    let targets = report.targets.iter().enumerate();
    targets
        .filter_map(|(position, target)| {
            let cost = per_thousand(report.cost_of(&target.id)?)?;
            if cost.high.currency() != currency {
                return None;
            }
            Some(Offer {
                position,
                target,
                mean: target.timings.latency.mean.value()?,
                cost,
                amounts: [cost.low.amount().to_f64()?, amount(cost.high)?],
            })
        })
        .collect()
}

/// The cost of 1,000 requests, or its range where a few answered calls have no token count.
fn per_thousand(cost: &TargetCost) -> Option<Bounds> {
    if let Some(exact) = cost.per_1k_requests.value() {
        return Some(exact.into());
    }
    let range = cost.range.as_ref()?.per_request;
    range.map(|cost| cost.times(Decimal::ONE_THOUSAND))
}

fn description(offers: &[Offer], best: impl Fn(&Offer) -> bool) -> String {
    let described = offers.iter().map(|offer| {
        let side = if best(offer) {
            "on the frontier"
        } else {
            "dominated"
        };
        format!(
            "{}: {} and {} per 1,000 requests, {side}",
            name(offer.target),
            duration(offer.mean),
            bounds(offer.cost)
        )
    });
    described.collect::<Vec<_>>().join("; ")
}
