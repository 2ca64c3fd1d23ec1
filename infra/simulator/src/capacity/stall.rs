//! A clock that stands still while a whole target does.

/// Stalls at the end of each period, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stall {
    /// How long each one lasts, less than the period.
    pub(super) time: f64,
    /// The period; each one ends with a stall.
    pub(super) every: f64,
}

impl Stall {
    /// The active time until then: the time that has passed, less that of stalls.
    pub(super) fn active(&self, time: f64) -> f64 {
        let run = self.every - self.time;
        let periods = (time / self.every).floor();
        periods * run + (time - periods * self.every).min(run)
    }

    /// The earliest time with so much active time before it.
    pub(super) fn time(&self, active: f64) -> f64 {
        let run = self.every - self.time;
        let periods = ((active / run).ceil() - 1.0).max(0.0);
        periods * self.every + (active - periods * run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Running for 8, standing for 2.
    const STALL: Stall = Stall {
        time: 2.0,
        every: 10.0,
    };

    #[test]
    fn active_time_stands_still_at_the_end_of_each_period() {
        let active = [0.0, 7.0, 8.0, 9.5, 10.0, 11.0, 18.0, 20.0, 23.0].map(|t| STALL.active(t));
        let expected = [0.0, 7.0, 8.0, 8.0, 8.0, 9.0, 16.0, 16.0, 19.0];
        assert_eq!(active.map(f64::to_bits), expected.map(f64::to_bits));
    }

    #[test]
    fn what_is_due_when_a_stall_begins_is_not_held_up_by_it() {
        let times = [0.0, 7.0, 8.0, 8.5, 16.0, 17.0].map(|active| STALL.time(active));
        let expected = [0.0, 7.0, 8.0, 10.5, 18.0, 21.0];
        assert_eq!(times.map(f64::to_bits), expected.map(f64::to_bits));
    }
}
