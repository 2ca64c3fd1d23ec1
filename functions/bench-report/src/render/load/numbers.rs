//! Levels and rates of a load as numbers.

use bench_core::config::{Arrival, Load};

/// The unit of a level: `callers` or `requests/s`.
pub(crate) fn unit(load: &Load) -> &'static str {
    match load.arrival {
        Arrival::Closed => "callers",
        Arrival::Open => "requests/s",
    }
}

/// A level as a number: callers are whole.
pub(crate) fn level(level: f64) -> String {
    if level.fract() == 0.0 {
        format!("{level:.0}")
    } else if level >= 10.0 {
        format!("{level:.1}")
    } else if level >= 1.0 {
        format!("{level:.2}")
    } else {
        small(level)
    }
}

/// A level with its unit: `1 caller`.
pub(crate) fn level_with_unit(load: &Load, value: f64) -> String {
    let is_one = value.total_cmp(&1.0).is_eq();
    match load.arrival {
        Arrival::Closed if is_one => "1 caller".to_owned(),
        _ => format!("{} {}", level(value), unit(load)),
    }
}

/// A rate with three significant figures or so.
pub(crate) fn rate(rate: f64) -> String {
    if rate >= 100.0 {
        format!("{rate:.0}")
    } else if rate >= 10.0 {
        format!("{rate:.1}")
    } else if rate >= 0.1 {
        format!("{rate:.2}")
    } else {
        small(rate)
    }
}

/// A number below 1 with three significant figures at most: `0.0188`, `0.5`.
fn small(number: f64) -> String {
    let rounded = format!("{number:.2e}").parse::<f64>();
    rounded.unwrap_or(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_keep_their_figures() {
        assert_eq!(
            [3_460.0, 33.8, 8.25, 0.5, 0.125, 0.005, 0.001_25].map(level),
            ["3460", "33.8", "8.25", "0.5", "0.125", "0.005", "0.00125"]
        );
        assert_eq!(
            [346.2, 33.81, 8.251, 0.5, 0.091_12, 0.018_823, 0.0].map(rate),
            ["346", "33.8", "8.25", "0.50", "0.0911", "0.0188", "0"]
        );
    }
}
