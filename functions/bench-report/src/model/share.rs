//! A share of calls, with its counts.

use serde::{Deserialize, Serialize};

use bench_stats::{Figure, FigureMethod, Interval, Unavailable, wilson};

/// A share with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub n: u64,
    /// `count ÷ n`, with Wilson's interval.
    pub rate: Figure,
}

impl Share {
    /// So many of so many; of nothing for that reason.
    #[must_use]
    pub fn of(count: u64, n: u64, of_nothing: Unavailable) -> Self {
        if n == 0 {
            return Self {
                count,
                n,
                rate: Figure::unavailable(of_nothing),
            };
        }
        let limits = wilson(count, n);
        let interval = limits.map(|(low, high)| Interval::between(low, high, FigureMethod::Wilson));
        Self {
            count,
            n,
            rate: Figure::of(count as f64 / n as f64, n).with_interval(interval),
        }
    }

    /// Lower limit of the rate.
    #[must_use]
    pub fn low(&self) -> Option<f64> {
        Some(self.rate.interval()?.low)
    }

    /// Upper limit of the rate.
    #[must_use]
    pub fn high(&self) -> Option<f64> {
        self.rate.interval()?.high
    }
}
