//! Waiting until an instant, as exactly as a thread can.
//!
//! Timers of the runtime have a granularity of 1 ms, which at high time scales
//! is much of an answer. The first and the last token therefore wait in a
//! sleeping thread, which wakes within some tens of microseconds; those between
//! go out in bursts of about a millisecond.

use std::{
    thread,
    time::{Duration, Instant},
};

/// The least time between two bursts of one answer.
pub const BURST: Duration = Duration::from_millis(1);

/// How long before the instant the runtime's timer is left.
const THREAD_LEAD: Duration = Duration::from_millis(3);

/// Waits until the instant, as exactly as possible.
pub async fn exactly_until(instant: Instant) {
    if let Some(early) = instant.checked_sub(THREAD_LEAD) {
        roughly_until(early).await;
    }
    if Instant::now() < instant {
        let sleep = move || thread::sleep(instant.saturating_duration_since(Instant::now()));
        // Fails only while the runtime ends, when nobody waits any more.
        let _ = tokio::task::spawn_blocking(sleep).await;
    }
}

/// Waits until the instant or up to about 2 ms longer; exactly, when `end` is
/// so near that it might be missed.
pub async fn until_before(instant: Instant, end: Instant) {
    if instant + THREAD_LEAD >= end {
        exactly_until(instant.min(end)).await;
    } else {
        roughly_until(instant).await;
    }
}

async fn roughly_until(instant: Instant) {
    if Instant::now() < instant {
        tokio::time::sleep_until(instant.into()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_never_ends_early_and_a_past_instant_is_not_waited_for() {
        let start = Instant::now();
        for wait in [Duration::from_micros(300), Duration::from_millis(7)] {
            let instant = Instant::now() + wait;
            exactly_until(instant).await;
            assert!(Instant::now() >= instant);
            until_before(Instant::now() + wait, Instant::now() + wait).await;
        }
        assert!(start.elapsed() >= Duration::from_micros(14_600));
        let late = Instant::now();
        exactly_until(start).await;
        until_before(start, late).await;
        assert!(late.elapsed() < Duration::from_millis(200));
    }
}
