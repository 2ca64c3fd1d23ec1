//! A token bucket: so many requests in a time, and a burst.

use std::time::Duration;

/// The parameters of a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// Requests let through in each `every`, at least 1.
    pub(super) requests: u32,
    /// The time in which that many are let through.
    pub(super) every: Duration,
    /// How many a full bucket lets through at once, at least 1.
    pub(super) burst: u32,
}

/// A bucket that is full at first.
///
/// It is kept as the time at which it would be full again, from which its content
/// at any time follows (generic cell rate algorithm, ITU-T I.371).
#[derive(Debug)]
pub(super) struct Throttle {
    rate: Rate,
    full_at: Duration,
}

impl Throttle {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_at: Duration::ZERO,
        }
    }

    /// Takes one request out of the bucket at that time.
    ///
    /// # Errors
    ///
    /// How long it takes until there is one, where the bucket is empty.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let Rate {
            requests,
            every,
            burst,
        } = self.rate;
        let filled_in = |count: u32| every * count / requests;
        let full_at = self.full_at.max(now);
        let there_at = (full_at + filled_in(1)).saturating_sub(filled_in(burst));
        let wait = there_at.saturating_sub(now);
        if wait.is_zero() {
            self.full_at = full_at + filled_in(1);
            Ok(())
        } else {
            Err(wait)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(requests: u32, burst: u32) -> Throttle {
        Throttle::new(Rate {
            requests,
            every: Duration::from_secs(1),
            burst,
        })
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_passes_at_once_and_then_one_for_each_interval() {
        let mut bucket = bucket(10, 3);
        assert!((0..3).all(|_| bucket.take(ms(50)).is_ok()));
        assert_eq!(bucket.take(ms(50)), Err(ms(100)));
        assert_eq!(bucket.take(ms(149)), Err(ms(1)));
        assert_eq!(bucket.take(ms(150)), Ok(()));
        assert_eq!(bucket.take(ms(150)), Err(ms(100)));
    }

    #[test]
    fn no_more_than_the_rate_and_a_burst_pass_in_any_time() {
        for per_second in [5_u64, 12, 40] {
            let mut bucket = bucket(10, 4);
            let arrivals = (0..60 * per_second).map(|place| ms(place * 1_000 / per_second));
            let passed = arrivals.filter(|at| bucket.take(*at).is_ok()).count();
            let expected = match per_second {
                5 => 300..=300,
                // 60 s at 10 a second, and the burst.
                _ => 600..=604,
            };
            assert!(expected.contains(&passed), "{passed} at {per_second}");
        }
    }
}
