//! The five-minute windows of Custom Model Import, reconstructed from calls.
//!
//! AWS bills a copy from its first successful call in windows of five minutes.
//! Whether the idle window before it is removed is billed too is not published,
//! so the cost has a low and a high figure.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Bounds, prices::WINDOW_MINUTES, usage::interval_set::IntervalSet};
use bench_core::money::Money;
use bench_core::usage::Span;

/// Length of a window in microseconds.
pub(crate) const WINDOW_US: i64 = WINDOW_MINUTES as i64 * 60 * 1_000_000;

/// Windows that calls touched.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Windows {
    /// Times the import woke up.
    pub sessions: u64,
    /// Windows in which a call was under way.
    pub active: u64,
}

impl Windows {
    /// The windows that calls touched, whatever their order.
    ///
    /// Windows are half-open, `[anchor + 300 s·k, anchor + 300 s·(k + 1))`, from
    /// the start of the first answered call of a session. A call bills every
    /// window it overlaps. A call in the window right after the last billed one
    /// continues the session; a later one opens the next.
    ///
    /// ```
    /// use bench_core::usage::Span;
    /// use bench_cost::Windows;
    /// let call = |start: i64, end: i64| Span {
    ///     start_us: start * 1_000_000, end_us: end * 1_000_000, answered: true,
    /// };
    /// let touched = Windows::of(&[call(0, 10), call(299, 301)]);
    /// assert_eq!((touched.sessions, touched.active), (1, 2));
    /// assert_eq!(Windows::of(&[call(0, 6), call(3600, 3606)]).sessions, 2);
    /// ```
    #[must_use]
    pub fn of(calls: &[Span]) -> Self {
        let mut active = IntervalSet::new(WINDOW_US);
        for call in calls {
            active.add(*call);
        }
        Self::of_intervals(&active, WINDOW_US)
    }

    /// The windows of `window_us` microseconds of calls that are joined where less than that
    /// lies between them: every window that such an interval touches has a call in it.
    pub(crate) fn of_intervals(active: &IntervalSet, window_us: i64) -> Self {
        let index =
            |at_us: i64, anchor_us: i64| at_us.saturating_sub(anchor_us).div_euclid(window_us);
        let mut windows = Self::default();
        // The session that is open: its anchor and its last billed window.
        let mut session: Option<(i64, i64)> = None;
        for (start, interval) in active.iter() {
            let (anchor, last, from) = match session {
                Some((anchor, last)) if index(start, anchor) <= last + 1 => (anchor, last, start),
                _ => {
                    let Some(answered) = interval.answered_us else {
                        continue;
                    };
                    windows.sessions += 1;
                    (answered, -1, answered)
                }
            };
            // A call that ends on an edge does not touch the window behind it.
            let until = index(interval.end_us.saturating_sub(1), anchor)
                .max(index(from, anchor))
                .max(last);
            windows.active += u64::try_from(until - last).unwrap_or(0);
            session = Some((anchor, until));
        }
        windows
    }

    /// The cost of the windows: low without, high with one idle window a session.
    ///
    /// ```
    /// use bench_core::money::Money;
    /// use bench_cost::Windows;
    /// let published = Windows { sessions: 1, active: 6 };
    /// let cost = published.cost(Money::usd("0.785").unwrap()).unwrap();
    /// assert_eq!(cost.low, Money::usd("4.71").unwrap());
    /// assert_eq!(cost.high, Money::usd("5.495").unwrap());
    /// ```
    #[must_use]
    pub fn cost(self, per_window: Money) -> Option<Bounds> {
        let with_idle = self.active.checked_add(self.sessions)?;
        Some(Bounds {
            low: per_window.times(Decimal::from(self.active))?,
            high: per_window.times(Decimal::from(with_idle))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(seconds: &[(i64, i64)]) -> Vec<Span> {
        let span = |(start, end): &(i64, i64)| Span {
            start_us: start * 1_000_000,
            end_us: end * 1_000_000,
            answered: true,
        };
        seconds.iter().map(span).collect()
    }

    fn windows(seconds: &[(i64, i64)]) -> (u64, u64) {
        let Windows { sessions, active } = Windows::of(&calls(seconds));
        (sessions, active)
    }

    #[test]
    fn a_call_that_ends_on_the_edge_bills_one_window() {
        assert_eq!(windows(&[(0, 300)]), (1, 1));
        assert_eq!(windows(&[(0, 301)]), (1, 2));
        assert_eq!(windows(&[(5, 5)]), (1, 1));
    }

    #[test]
    fn the_next_window_continues_a_session_and_a_later_one_does_not() {
        assert_eq!(windows(&[(0, 6), (599, 605)]), (1, 3));
        assert_eq!(windows(&[(0, 6), (600, 606)]), (2, 2));
    }

    #[test]
    fn a_long_call_bills_every_window_it_overlaps() {
        assert_eq!(windows(&[(0, 1_000), (10, 20)]), (1, 4));
    }

    #[test]
    fn the_order_of_the_calls_changes_nothing() {
        assert_eq!(
            windows(&[(299, 301), (0, 10)]),
            windows(&[(0, 10), (299, 301)])
        );
    }

    #[test]
    fn only_an_answered_call_wakes_the_import() {
        let mut idle = calls(&[(0, 10), (20, 30)]);
        idle[0].answered = false;
        assert_eq!(
            Windows::of(&idle),
            Windows {
                sessions: 1,
                active: 1
            }
        );
        idle[1].answered = false;
        assert_eq!(Windows::of(&idle), Windows::default());
        // In a session that is open, a call that broke off kept it active.
        let mut broken = calls(&[(0, 10), (310, 320)]);
        broken[1].answered = false;
        assert_eq!(
            Windows::of(&broken),
            Windows {
                sessions: 1,
                active: 2
            }
        );
    }

    #[test]
    fn no_call_costs_nothing() {
        assert_eq!(Windows::of(&[]), Windows::default());
    }
}
