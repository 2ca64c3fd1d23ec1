//! Times in the unit that a column has in common.

use crate::render::{cell::Cell, format::TimeUnit};
use bench_stats::Figure;

/// A time of a column, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Time {
    /// The time; `None` where it is not available.
    pub(crate) value: Option<f64>,
    /// Both ends of its interval; without an upper limit where none is known.
    interval: Option<(f64, Option<f64>)>,
}

impl From<Option<f64>> for Time {
    fn from(value: Option<f64>) -> Self {
        Self {
            value,
            interval: None,
        }
    }
}

/// A figure with its interval.
impl From<&Figure> for Time {
    fn from(figure: &Figure) -> Self {
        let interval = figure.interval();
        Self {
            value: figure.value(),
            interval: interval.map(|interval| (interval.low, interval.high)),
        }
    }
}

impl Time {
    /// Its cell in that unit.
    pub(super) fn cell(self, unit: TimeUnit) -> Cell {
        let Some(value) = self.value else {
            return Cell::missing();
        };
        let cell = Cell::in_unit(unit.number(value), unit.as_str());
        match self.interval {
            Some((low, high)) => {
                let high = high.map(|high| unit.number(high));
                cell.within(&unit.number(low), high.as_deref())
            }
            None => cell,
        }
    }
}
