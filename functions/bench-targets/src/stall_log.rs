//! Stalls of our own process, watched once for the many calls that one thread makes.

use std::{cmp::Reverse, collections::VecDeque, sync::Mutex, sync::PoisonError, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::stall::TICK;

/// A ticker for all calls of a thread, beside which each call asks for the longest overshoot
/// since it began. One ticker a call would wake the thread more often than the tokens of its
/// calls do.
#[derive(Debug)]
pub struct StallLog {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the ticker is to be polled next.
    due: Instant,
    /// Overshoots by the time of their tick: each is longer than all behind it.
    longest: VecDeque<(Instant, Duration)>,
}

impl Default for StallLog {
    fn default() -> Self {
        Self::new()
    }
}

impl StallLog {
    /// A log whose first tick is due from now on.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State {
                due: Instant::now() + TICK,
                longest: VecDeque::new(),
            }),
        }
    }

    /// Ticks for as long as it is polled, which has to be by the thread that makes the calls.
    pub async fn tick(&self) -> std::convert::Infallible {
        loop {
            let due = self.with(|state| {
                // Time in which nobody polled this is not time in which the thread was held up.
                state.due = Instant::now() + TICK;
                state.due
            });
            sleep_until(due).await;
            self.with(|state| state.note(Instant::now()));
        }
    }

    /// The longest overshoot of a tick from `since` on; one that is due and has not come is
    /// counted up to now.
    #[must_use]
    pub fn longest_since(&self, since: Instant) -> Duration {
        self.with(|state| {
            let pending = Instant::now().saturating_duration_since(state.due);
            let first = state.longest.partition_point(|(at, _)| *at < since);
            let noted = state.longest.get(first).map(|(_, overshoot)| *overshoot);
            noted.unwrap_or_default().max(pending)
        })
    }

    fn with<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        run(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// The longest time that a call can ask for.
    const KEPT: Duration = Duration::from_mins(15);

    fn note(&mut self, now: Instant) {
        let overshoot = now.saturating_duration_since(self.due);
        let shorter = self
            .longest
            .binary_search_by_key(&Reverse(overshoot), |(_, noted)| Reverse(*noted))
            .unwrap_or_else(|place| place);
        self.longest.truncate(shorter);
        self.longest.push_back((now, overshoot));
        let is_old =
            |(at, _): &(Instant, Duration)| now.saturating_duration_since(*at) > Self::KEPT;
        while self.longest.front().is_some_and(is_old) {
            self.longest.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Holds the thread up between two ticks, so many milliseconds beyond the second.
    async fn stall(beyond: u64) {
        sleep(5 * TICK + ms(3)).await;
        advance(TICK + ms(beyond)).await;
        sleep(5 * TICK).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_told_the_longest_stall_since_it_began() {
        let log = StallLog::new();
        let calls = async {
            let mut begins = vec![Instant::now()];
            for beyond in [150, 60, 90] {
                stall(beyond).await;
                begins.push(Instant::now());
            }
            for (since, expected) in begins.into_iter().zip([150, 90, 90, 0]) {
                let longest = log.longest_since(since);
                // The tick before was up to a tick earlier.
                let least = ms(expected);
                assert!((least..=least + TICK).contains(&longest), "{longest:?}");
            }
        };
        tokio::select! {
            biased;
            never = log.tick() => match never {},
            () = calls => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tick_that_is_overdue_counts_before_it_has_come() {
        let log = StallLog::new();
        let start = Instant::now();
        advance(TICK + ms(45)).await;
        assert_eq!(log.longest_since(start), ms(45));
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_of_hours_stays_small() {
        let log = StallLog::new();
        let ticking = tokio::time::timeout(Duration::from_hours(1), log.tick());
        assert!(ticking.await.is_err());
        assert_eq!(log.with(|state| state.longest.len()), 1);
    }
}
