//! Costs as text: tables, sentences, warnings and columns of CSV.

pub(crate) mod choice;
pub(crate) mod csv;
pub(crate) mod sentences;
pub(crate) mod tables;
pub(crate) mod warnings;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::render::format::DASH;
use bench_cost::{Bounds, Figure};

/// A cost, or a dash where it is not available.
#[must_use]
pub fn cost(figure: &Figure) -> String {
    figure
        .value()
        .map_or_else(|| DASH.to_owned(), |money| money.to_string())
}

/// Limits, as one amount where they agree: `$4.71`, `$4.71 to $5.50`.
#[must_use]
pub fn bounds(bounds: Bounds) -> String {
    if bounds.low == bounds.high {
        bounds.low.to_string()
    } else {
        format!("{} to {}", bounds.low, bounds.high)
    }
}

/// Limits, or a dash without any.
pub(crate) fn bounds_or_dash(limits: Option<Bounds>) -> String {
    limits.map_or_else(|| DASH.to_owned(), bounds)
}

/// Both limits of an interval.
pub(crate) fn interval(figure: &Figure) -> Option<Bounds> {
    let interval = figure.interval()?;
    Some(Bounds {
        low: interval.low,
        high: interval.high?,
    })
}

/// Requests, rounded, with a comma between thousands: `56,768`.
pub(crate) fn count(requests: Decimal) -> String {
    let whole = requests.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    bench_core::money::grouped(&whole.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use bench_core::money::Money;

    use super::*;

    #[test]
    fn limits_that_agree_read_as_one() {
        let usd = |text: &str| Money::usd(text).unwrap();
        assert_eq!(bounds(usd("4.71").into()), "$4.71");
        let apart = Bounds {
            low: usd("4.71"),
            high: usd("5.495"),
        };
        assert_eq!(bounds(apart), "$4.71 to $5.50");
    }
}
