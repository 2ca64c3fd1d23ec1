//! Ranges of numbers and durations in the command's words.

use bench_cost::Range;
use rust_decimal::Decimal;

/// A range of whole numbers.
pub(crate) fn whole(range: Range) -> String {
    between(range.low.to_string(), &range.high.to_string())
}

/// A range of durations in seconds.
pub(crate) fn time(seconds: Range) -> String {
    between(duration(seconds.low), &duration(seconds.high))
}

/// One text, or two that differ.
pub(crate) fn between(low: String, high: &str) -> String {
    if low == high {
        low
    } else {
        format!("{low} to {high}")
    }
}

/// A rounded duration: `7 s`, `21 min`, `2.4 h`.
fn duration(seconds: Decimal) -> String {
    let (minute, hour) = (Decimal::from(60), Decimal::from(3_600));
    if seconds < minute {
        format!("{} s", seconds.round_dp(0).normalize())
    } else if seconds < hour {
        format!("{} min", (seconds / minute).round_dp(0).normalize())
    } else {
        format!("{} h", (seconds / hour).round_dp(1).normalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_fits() {
        let rounded = |seconds: &str| duration(seconds.parse().unwrap());
        assert_eq!(rounded("6.6"), "7 s");
        assert_eq!(rounded("1260"), "21 min");
        assert_eq!(rounded("8640"), "2.4 h");
        assert_eq!(rounded("100"), "2 min");
    }
}
