//! Waiting until an instant, as exactly as a thread can.
//!
//! Timers of the runtime have a granularity of 1 ms, which at high time scales
//! is much of an answer. What has to be exact therefore waits in a queue of its
//! own, which one sleeping thread works off; it wakes within some tens of
//! microseconds, however many are waiting, and costs nothing in between. What
//! may be late by a millisecond goes out in bursts by the runtime's timers.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

/// The least time between two bursts of one answer.
pub const BURST: Duration = Duration::from_millis(1);

/// How long before the end of an answer the runtime's timer is left.
const LEAD: Duration = Duration::from_millis(3);

/// Waits until the instant, as exactly as possible.
pub async fn exactly_until(instant: Instant) {
    if Instant::now() < instant {
        // Fails only without a thread to wait in, when nobody could be exact.
        let _ = PACER.wait_for(instant).await;
    }
}

/// Waits until the instant or up to about 2 ms longer; exactly, when `end` is
/// so near that it might be missed.
pub async fn until_before(instant: Instant, end: Instant) {
    if instant + LEAD >= end {
        exactly_until(instant.min(end)).await;
    } else if Instant::now() < instant {
        tokio::time::sleep_until(instant.into()).await;
    }
}

static PACER: LazyLock<Arc<Pacer>> = LazyLock::new(|| {
    let pacer = Arc::new(Pacer::default());
    let working = Arc::clone(&pacer);
    let thread = thread::Builder::new().name("pacer".to_owned());
    if let Err(error) = thread.spawn(move || working.work()) {
        tracing::error!(%error, "no thread to keep time with");
        pacer.queue().closed = true;
    }
    pacer
});

/// Wakes whoever waits for an instant.
#[derive(Default)]
struct Pacer {
    queue: Mutex<Queue>,
    earlier: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: BinaryHeap<Reverse<Waiting>>,
    closed: bool,
}

struct Waiting {
    instant: Instant,
    wake: oneshot::Sender<()>,
}

impl Pacer {
    fn wait_for(&self, instant: Instant) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        let mut queue = self.queue();
        if !queue.closed {
            let first = queue.waiting.peek();
            let is_earlier = first.is_none_or(|Reverse(first)| instant < first.instant);
            queue.waiting.push(Reverse(Waiting { instant, wake }));
            drop(queue);
            if is_earlier {
                self.earlier.notify_one();
            }
        }
        woken
    }

    fn work(&self) {
        wake_promptly();
        let mut queue = self.queue();
        loop {
            let now = Instant::now();
            let mut due = Vec::new();
            while queue
                .waiting
                .peek()
                .is_some_and(|Reverse(first)| first.instant <= now)
            {
                due.extend(queue.waiting.pop());
            }
            if !due.is_empty() {
                // Whoever is woken may want to wait again at once.
                drop(queue);
                for Reverse(waiting) in due {
                    let _ = waiting.wake.send(());
                }
                queue = self.queue();
                continue;
            }
            let first = queue.waiting.peek().map(|Reverse(first)| first.instant);
            queue = if let Some(instant) = first {
                let time = instant.saturating_duration_since(now);
                let waited = self.earlier.wait_timeout(queue, time);
                waited.unwrap_or_else(PoisonError::into_inner).0
            } else {
                let waited = self.earlier.wait(queue);
                waited.unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has this thread woken within microseconds of the time it asked for, instead
/// of the 50 that the system takes to wake several threads at once.
fn wake_promptly() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_timerslack(1) {
        tracing::warn!(%error, "tokens may go out some 50 microseconds late");
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.instant.cmp(&other.instant)
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Waiting {}

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

    #[tokio::test]
    async fn many_wait_at_once_and_all_are_woken_in_order() {
        let start = Instant::now();
        let (sender, mut woken) = tokio::sync::mpsc::unbounded_channel();
        for place in [5_u32, 1, 4, 2, 3] {
            let sender = sender.clone();
            tokio::spawn(async move {
                exactly_until(start + Duration::from_millis(20) * place).await;
                let _ = sender.send(place);
            });
        }
        drop(sender);
        let mut order = Vec::new();
        while let Some(place) = woken.recv().await {
            order.push(place);
        }
        assert_eq!(order, [1, 2, 3, 4, 5]);
    }
}
