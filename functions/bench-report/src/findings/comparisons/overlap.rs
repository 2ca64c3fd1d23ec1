//! Whether two targets were measured at the same time.

use jiff::Timestamp;

use crate::summary::tally::Tally;

/// Time in which both were measured ÷ measured time of the one that was measured for
/// less; `None` where that took no time.
pub(super) fn share(first: &Tally, second: &Tally) -> Option<f64> {
    let [first, second] = [first, second].map(|tally| tally.windows().collect::<Vec<_>>());
    of_windows(&first, &second)
}

type Window = (Timestamp, Timestamp);

fn of_windows(first: &[Window], second: &[Window]) -> Option<f64> {
    let micros = |from: Timestamp, to: Timestamp| {
        let micros = to.as_microsecond().saturating_sub(from.as_microsecond());
        micros.max(0) as f64
    };
    let measured =
        |windows: &[Window]| -> f64 { windows.iter().map(|(from, to)| micros(*from, *to)).sum() };
    let shorter = measured(first).min(measured(second));
    let both: f64 = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| (a, b)))
        .map(|(a, b)| micros(a.0.max(b.0), a.1.min(b.1)))
        .sum();
    (shorter > 0.0).then(|| (both / shorter).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(seconds: &[(i64, i64)]) -> Vec<Window> {
        let at = |second| Timestamp::from_second(second).unwrap();
        seconds
            .iter()
            .map(|(from, to)| (at(*from), at(*to)))
            .collect()
    }

    fn share(first: &[(i64, i64)], second: &[(i64, i64)]) -> Option<f64> {
        of_windows(&windows(first), &windows(second))
    }

    #[test]
    fn the_share_is_of_the_target_that_was_measured_for_less() {
        assert_eq!(share(&[(0, 100)], &[(90, 110)]), Some(0.5));
        assert_eq!(share(&[(90, 110)], &[(0, 100)]), Some(0.5));
        assert_eq!(share(&[(0, 100)], &[(10, 20)]), Some(1.0));
        assert_eq!(share(&[(0, 100)], &[(200, 300)]), Some(0.0));
    }

    #[test]
    fn the_runs_of_a_pooled_report_count_together() {
        let (first, second) = ([(0, 10), (100, 110)], [(0, 10), (200, 210)]);
        assert_eq!(share(&first, &second), Some(0.5));
    }

    #[test]
    fn without_measured_time_there_is_no_share() {
        assert_eq!(share(&[], &[(0, 1)]), None);
        assert_eq!(share(&[(5, 5)], &[(0, 10)]), None);
    }
}
