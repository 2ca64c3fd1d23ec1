//! How long our own process was held up while it waited for an answer.

use std::{pin::Pin, task::Context, time::Duration};

use tokio::time::{Instant, Sleep, sleep_until};

/// How long a task that waits may go without being looked after.
const TICK: Duration = Duration::from_millis(10);

/// A ticker in the task of a call: whatever keeps the task from being polled in
/// time, the call's own work included, shows as overshoot.
///
/// A poll that something else has caused is as good as a tick, so a stream that
/// brings a token every few milliseconds costs no further wake-ups.
#[derive(Debug)]
pub(crate) struct StallWatch {
    due: Instant,
    tick: Pin<Box<Sleep>>,
    worst: Duration,
}

impl StallWatch {
    pub(crate) fn start() -> Self {
        let due = Instant::now() + TICK;
        Self {
            due,
            tick: Box::pin(sleep_until(due)),
            worst: Duration::ZERO,
        }
    }

    /// The task is being polled, or has done a piece of work.
    pub(crate) fn alive(&mut self) {
        let now = Instant::now();
        self.worst = self.worst.max(now.saturating_duration_since(self.due));
        self.due = now + TICK;
    }

    /// Has the task woken when the next tick is due.
    pub(crate) fn wake_in_time(&mut self, context: &mut Context<'_>) {
        loop {
            // Not `reset`, after which the old tick still wakes the process.
            self.tick.set(sleep_until(self.due));
            if self.tick.as_mut().poll(context).is_pending() {
                return;
            }
            self.alive();
        }
    }

    /// The worst overshoot of a tick.
    pub(crate) fn worst(&self) -> Duration {
        self.worst
    }
}
