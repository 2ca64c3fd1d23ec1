//! The times of a step on the clock that calls are measured with, and waiting for them.

use std::time::Duration;

use bench_core::load::StepPlan;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

/// How long before its end a wait leaves the timers of the runtime, which may be late by a
/// millisecond or two.
const LEAD: Duration = Duration::from_millis(3);

/// A step on the monotonic clock. The wall clock is read once: what happens to it later
/// changes no time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// When the step begins, on both clocks.
    start: Instant,
    start_at: Timestamp,
    ramp: Duration,
    /// The part of the worker, from the start of the step.
    part: (Duration, Duration),
}

impl Clock {
    /// The clock of a worker of a step, with the time on the wall clock now.
    pub(super) fn new(step: &StepPlan, worker: u32, now: Timestamp) -> Self {
        let instant = Instant::now();
        let wait = step.start_at.duration_since(now);
        let start = if wait.is_negative() {
            instant.checked_sub(wait.unsigned_abs())
        } else {
            instant.checked_add(wait.unsigned_abs())
        };
        let offset = |at: Timestamp| {
            let offset = Duration::try_from(at.duration_since(step.start_at));
            offset.unwrap_or_default()
        };
        Self {
            start: start.unwrap_or(instant),
            start_at: step.start_at,
            ramp: Duration::from_secs(step.ramp_s.into()),
            part: (offset(step.begins_at(worker)), offset(step.ends_at(worker))),
        }
    }

    /// So long after the start of the step.
    pub(super) fn at(&self, offset: Duration) -> Instant {
        self.start + offset
    }

    /// When the window begins.
    pub(super) fn window_start(&self) -> Instant {
        self.start + self.ramp
    }

    /// When the part of the worker begins: the start of the step, of the first part.
    pub(super) fn begin(&self) -> Instant {
        self.start + self.part.0
    }

    /// When the part of the worker ends: with the window, of the last part. Nothing is sent
    /// from then on.
    pub(super) fn end(&self) -> Instant {
        self.start + self.part.1
    }

    /// The wall clock of an instant that is not before the start of the step.
    pub(super) fn wall(&self, instant: Instant) -> Timestamp {
        let offset = instant.saturating_duration_since(self.start);
        self.start_at + SignedDuration::try_from(offset).unwrap_or(SignedDuration::MAX)
    }

    /// The instant of a time on the wall clock; the start of the step for one before it.
    pub(super) fn instant(&self, wall: Timestamp) -> Instant {
        let offset = wall.duration_since(self.start_at);
        self.start + Duration::try_from(offset).unwrap_or_default()
    }

    /// The begin of the first call of a caller, from 1, of so many: evenly spread over what is
    /// left of the ramp at `from`.
    pub(super) fn first_call(&self, caller: u32, callers: u32, from: Instant) -> Instant {
        let from = from.max(self.start);
        let ramp = self.window_start().saturating_duration_since(from);
        let offset = ramp * (caller - 1) / callers;
        self.whole(from + offset)
    }

    /// An instant behind the start of the step in whole microseconds, as samples have them.
    pub(super) fn whole(&self, instant: Instant) -> Instant {
        self.at(whole_micros(instant.saturating_duration_since(self.start)))
    }
}

/// The duration without its part of a microsecond.
pub(super) fn whole_micros(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// Waits until an instant, and wakes some tens of microseconds behind it: the last
/// milliseconds are slept by a thread of their own.
pub(super) async fn until(instant: Instant) {
    if let Some(near) = instant.checked_sub(LEAD)
        && Instant::now() < near
    {
        sleep_until(near).await;
    }
    let rest = instant.saturating_duration_since(Instant::now());
    if !rest.is_zero() {
        // A pool without a thread to spare, or one that is being shut down, costs exactness.
        let _ = spawn_blocking(move || std::thread::sleep(rest)).await;
    }
    // Where time is not that of threads.
    if Instant::now() < instant {
        sleep_until(instant).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(start_at: &str) -> StepPlan {
        StepPlan {
            step: 1,
            level: 4.0,
            workers: 1,
            start_at: start_at.parse().unwrap(),
            ramp_s: 10,
            step_s: 60,
            part_s: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn both_clocks_agree_on_the_times_of_a_step() {
        let start = Instant::now();
        let now: Timestamp = "2026-03-04T05:06:07.25Z".parse().unwrap();
        let step = step("2026-03-04T05:06:09Z");
        let clock = Clock::new(&step, 1, now);
        assert_eq!(
            clock.at(Duration::ZERO) - start,
            Duration::from_millis(1_750)
        );
        assert_eq!(clock.wall(clock.window_start()), step.window_start());
        assert_eq!(clock.begin(), clock.at(Duration::ZERO));
        assert_eq!(clock.wall(clock.end()), step.window_end());
        assert_eq!(clock.instant(step.window_end()), clock.end());
        let in_parts = StepPlan {
            part_s: Some(30),
            ..step
        };
        let second = Clock::new(&in_parts, 2, now);
        assert_eq!(second.begin(), clock.at(Duration::from_secs(30)));
        assert_eq!(second.end(), clock.at(Duration::from_mins(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn callers_begin_evenly_spread_over_what_is_left_of_the_ramp() {
        let now = "2026-03-04T05:06:09Z".parse().unwrap();
        let clock = Clock::new(&step("2026-03-04T05:06:09Z"), 1, now);
        let begins = |from: Duration| -> Vec<u128> {
            let from = clock.at(from);
            let first = |caller| clock.first_call(caller, 4, from) - clock.at(Duration::ZERO);
            (1..=4).map(|caller| first(caller).as_millis()).collect()
        };
        assert_eq!(begins(Duration::ZERO), [0, 2_500, 5_000, 7_500]);
        assert_eq!(begins(Duration::from_secs(6)), [6_000, 7_000, 8_000, 9_000]);
        assert_eq!(begins(Duration::from_secs(10)), [10_000; 4]);
    }

    #[tokio::test]
    async fn a_wait_never_ends_before_its_instant() {
        for micros in [300, 2_500, 4_321, 7_777, 12_345] {
            let instant = Instant::now() + Duration::from_micros(micros);
            until(instant).await;
            assert!(Instant::now() >= instant);
        }
    }
}
