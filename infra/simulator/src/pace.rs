//! Waiting until an instant, as exactly as a thread can.
//!
//! Timers of the runtime have a granularity of 1 ms, which at high time scales
//! is much of an answer. Writes that have to be exact therefore wait in a queue of
//! their own, which one sleeping thread works off; it wakes within some tens of
//! microseconds, however many are waiting, and costs nothing in between. Writes
//! that may be late by a millisecond go out in bursts by the runtime's timers.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{
        Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// The least time between two bursts of one answer.
pub const BURST: Duration = Duration::from_millis(1);

/// How long before the end of an answer the runtime's timer is left.
const LEAD: Duration = Duration::from_millis(3);

/// Waits until the instant, as exactly as possible.
pub async fn exactly_until(instant: Instant) {
    if Instant::now() < instant {
        Metronome::new(instant, Duration::ZERO, 1)
            .until(instant)
            .await;
    }
}

/// Waits for many instants, equally far apart, at less cost than for each alone.
#[derive(Debug)]
pub struct Metronome(Arc<Ticks>);

#[derive(Debug)]
struct Ticks {
    every: Duration,
    /// How often this is still to be woken.
    count: AtomicUsize,
    tick: Notify,
}

impl Metronome {
    /// Ticks at `first` and then `every` so long, `count` times in all.
    #[must_use]
    pub fn new(first: Instant, every: Duration, count: usize) -> Self {
        let ticks = Arc::new(Ticks {
            every,
            count: AtomicUsize::new(count),
            tick: Notify::new(),
        });
        let alarm: Weak<Ticks> = Arc::downgrade(&ticks);
        set_alarm(first, alarm);
        Self(ticks)
    }

    /// Waits until an instant at which this ticks, as exactly as possible.
    pub async fn until(&self, instant: Instant) {
        // A tick of an instant that nobody waited for is still there.
        while Instant::now() < instant {
            self.0.tick.notified().await;
        }
    }
}

/// Something that is woken at an instant, by the thread that keeps the time: it must
/// not wait for anything.
pub trait Alarm: Send + Sync {
    /// Called at the instant, as exactly as possible, and never before; gives the next
    /// one.
    fn ring(&self, instant: Instant) -> Option<Instant>;
}

/// Has something woken at an instant, as long as it is there.
pub fn set_alarm(instant: Instant, alarm: Weak<dyn Alarm>) {
    PACER.add(Waiting { instant, alarm });
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
        tracing::error!(%error, "no thread to keep time with: no answer will come");
    }
    pacer
});

/// Wakes whoever waits for an instant.
#[derive(Default)]
struct Pacer {
    queue: Mutex<BinaryHeap<Reverse<Waiting>>>,
    earlier: Condvar,
}

struct Waiting {
    instant: Instant,
    /// Gone when nobody waits any more.
    alarm: Weak<dyn Alarm>,
}

impl Waiting {
    /// Wakes, and gives what is next to be waited for.
    fn wake(self) -> Option<Self> {
        let instant = self.alarm.upgrade()?.ring(self.instant)?;
        Some(Self { instant, ..self })
    }
}

impl Alarm for Ticks {
    fn ring(&self, instant: Instant) -> Option<Instant> {
        self.tick.notify_one();
        // Only the thread that keeps the time counts.
        let left = self.count.load(Ordering::Relaxed).saturating_sub(1);
        self.count.store(left, Ordering::Relaxed);
        (left > 0).then(|| instant + self.every)
    }
}

impl Pacer {
    fn add(&self, waiting: Waiting) {
        let mut queue = self.queue();
        let first = queue.peek().map(|Reverse(first)| first.instant);
        let is_earlier = first.is_none_or(|first| waiting.instant < first);
        queue.push(Reverse(waiting));
        drop(queue);
        if is_earlier {
            self.earlier.notify_one();
        }
    }

    fn work(&self) {
        wake_promptly();
        let mut queue = self.queue();
        let mut due = Vec::new();
        loop {
            let now = Instant::now();
            let is_due = |Reverse(first): &Reverse<Waiting>| first.instant <= now;
            while queue.peek().is_some_and(is_due) {
                due.extend(queue.pop());
            }
            if !due.is_empty() {
                // Whoever is woken may want to wait again at once.
                drop(queue);
                let next: Vec<_> = due
                    .drain(..)
                    .filter_map(|Reverse(waiting)| waiting.wake())
                    .collect();
                queue = self.queue();
                queue.extend(next.into_iter().map(Reverse));
                continue;
            }
            let first = queue.peek().map(|Reverse(first)| first.instant);
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

    fn queue(&self) -> MutexGuard<'_, BinaryHeap<Reverse<Waiting>>> {
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
    async fn a_metronome_ticks_at_every_instant_and_never_before() {
        let every = Duration::from_millis(3);
        let first = Instant::now() + every;
        let metronome = Metronome::new(first, every, 5);
        for place in 0..5 {
            let instant = first + every * place;
            metronome.until(instant).await;
            assert!(Instant::now() >= instant);
        }
        // Ticks that nobody waited for do no harm.
        let metronome = Metronome::new(first, every, 200);
        tokio::time::sleep(every * 4).await;
        let instant = first + every * 100;
        metronome.until(instant).await;
        assert!(Instant::now() >= instant);
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
