//! Stalls of our own process while it waits for an answer.

use std::{pin::Pin, task::Context, time::Duration};

use tokio::time::{Instant, Sleep, sleep_until};

/// Interval at which a waiting task is polled.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// A ticker in the task of a call: a late poll, caused by the call's own work or by
/// anything else, shows as overshoot.
///
/// A poll for another reason counts as a tick, so a stream with a token every few
/// milliseconds costs no further wake-ups.
#[derive(Debug)]
pub(crate) struct StallWatch {
    due: Instant,
    tick: Pin<Box<Sleep>>,
    longest: Duration,
}

impl StallWatch {
    pub(crate) fn start() -> Self {
        let due = Instant::now() + TICK;
        Self {
            due,
            tick: Box::pin(sleep_until(due)),
            longest: Duration::ZERO,
        }
    }

    /// Records that the task is polled now, or has done a piece of work.
    pub(crate) fn record_poll(&mut self) {
        let now = Instant::now();
        self.longest = self.longest.max(now.saturating_duration_since(self.due));
        self.due = now + TICK;
    }

    /// Schedules a wake-up of the task for the next tick.
    pub(crate) fn schedule_wake(&mut self, context: &mut Context<'_>) {
        loop {
            // Not `reset`, after which the old tick still wakes the process.
            self.tick.set(sleep_until(self.due));
            if self.tick.as_mut().poll(context).is_pending() {
                return;
            }
            self.record_poll();
        }
    }

    /// The longest overshoot of a tick.
    pub(crate) fn longest(&self) -> Duration {
        self.longest
    }
}
