//! How far the calls of one target are.

use std::time::{Duration, Instant};

/// The activity of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// None of its calls has ended.
    Waiting,
    /// Its calls are made.
    Measuring,
    /// All of its calls are stored.
    Done,
}

/// The calls of one target.
#[derive(Debug)]
pub struct Calls {
    name: String,
    stored: u64,
    total: u64,
    since: Instant,
    /// The calls that were stored before: those of an earlier part of the run have no
    /// share in its rate.
    first: Option<u64>,
    /// The text in place of the rate.
    detail: Option<String>,
}

impl Calls {
    /// The `total` calls of a target, none of which is stored.
    #[must_use]
    pub fn new(name: &str, total: u64) -> Self {
        Self {
            name: name.to_owned(),
            stored: 0,
            total,
            since: Instant::now(),
            first: None,
            detail: None,
        }
    }

    /// Sets the number of stored calls, which retries can raise above the plan.
    pub fn set(&mut self, count: u64) {
        self.first.get_or_insert(count);
        self.total = self.total.max(count);
        self.stored = count;
        self.detail = None;
    }

    /// Shows a detail in place of the rate: what the target waits for, or its load.
    pub fn set_detail(&mut self, detail: String) {
        self.detail = Some(detail);
    }

    /// The target.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The stored calls.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.stored
    }

    /// The calls that there will be.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The activity of the target.
    #[must_use]
    pub fn doing(&self) -> Doing {
        match self.stored {
            0 => Doing::Waiting,
            stored if stored >= self.total && self.detail.is_none() => Doing::Done,
            _ => Doing::Measuring,
        }
    }

    /// The reason why the target waits, its load, or the rate of its calls and the time left; empty
    /// before the first and after the last call.
    #[must_use]
    pub fn detail(&self) -> String {
        let first = self.first.unwrap_or(0);
        let done = self.stored.saturating_sub(first);
        let rate = || pace(done, self.total.saturating_sub(first), self.since.elapsed());
        self.detail.clone().unwrap_or_else(rate)
    }

    /// The progress as one line, for a log.
    #[must_use]
    pub fn line(&self) -> String {
        let parenthesis = match self.detail() {
            detail if detail.is_empty() => detail,
            detail => format!(" ({detail})"),
        };
        format!("{} {}/{}{parenthesis}", self.name, self.stored, self.total)
    }
}

/// The progress of several targets in a few words: `20 waiting, 5 measuring, 3 done, 640/1280
/// calls`.
#[must_use]
pub fn together(targets: &[&Calls]) -> String {
    let count = |doing: Doing| {
        let targets = targets.iter();
        targets.filter(|calls| calls.doing() == doing).count()
    };
    let kinds = [
        (Doing::Waiting, "waiting"),
        (Doing::Measuring, "measuring"),
        (Doing::Done, "done"),
    ];
    let kinds = kinds.map(|(doing, name)| (count(doing), name));
    let mut parts: Vec<String> = kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let sum = |of: fn(&Calls) -> u64| targets.iter().map(|calls| of(calls)).sum::<u64>();
    parts.push(format!(
        "{}/{} calls",
        sum(Calls::stored),
        sum(Calls::total)
    ));
    parts.join(", ")
}

/// The rate of calls and the remaining time; empty before the first and
/// after the last call.
fn pace(done: u64, total: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if done == 0 || done >= total || seconds < 1.0 {
        return String::new();
    }
    let of = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let rate = of(done) / seconds;
    let left = of(total - done) / rate;
    let left = if left >= 90.0 {
        format!("{:.0} min", left / 60.0)
    } else {
        format!("{left:.0} s")
    };
    if rate >= 0.1 {
        format!("{rate:.1}/s, {left} left")
    } else {
        format!("{:.1}/min, {left} left", rate * 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_grows_when_retries_make_more_calls_than_planned() {
        let mut calls = Calls::new("bedrock", 8);
        calls.set(3);
        assert_eq!(calls.line(), "bedrock 3/8");
        calls.set(9);
        assert_eq!(calls.line(), "bedrock 9/9");
    }

    #[test]
    fn a_target_says_why_it_waits_until_calls_come() {
        let mut calls = Calls::new("a", 8);
        calls.set_detail("waiting for the server: connection refused".to_owned());
        assert_eq!(
            calls.line(),
            "a 0/8 (waiting for the server: connection refused)"
        );
        assert_eq!(calls.doing(), Doing::Waiting);
        calls.set(1);
        assert_eq!(
            (calls.line().as_str(), calls.doing()),
            ("a 1/8", Doing::Measuring)
        );
        calls.set(8);
        assert_eq!(calls.doing(), Doing::Done);
        calls.set_detail("load step 1".to_owned());
        assert_eq!(calls.doing(), Doing::Measuring, "under load");
    }

    #[test]
    fn calls_of_an_earlier_part_of_a_run_have_no_share_in_its_rate() {
        let mut calls = Calls::new("a", 640);
        calls.set(480);
        calls.since = Instant::now()
            .checked_sub(Duration::from_secs(10))
            .expect("the machine runs for longer");
        calls.set(500);
        assert_eq!(calls.line(), "a 500/640 (2.0/s, 70 s left)");
    }

    #[test]
    fn a_pace_tells_rate_and_time_left() {
        let pace = |done, total, seconds| pace(done, total, Duration::from_secs(seconds));
        assert_eq!(pace(20, 160, 10), "2.0/s, 70 s left");
        assert_eq!(pace(8, 160, 400), "1.2/min, 127 min left");
        assert_eq!(
            (pace(0, 160, 10), pace(160, 160, 10)),
            (String::new(), String::new())
        );
    }

    #[test]
    fn many_targets_are_told_together() {
        let mut all: Vec<Calls> = (0..4).map(|_| Calls::new("a", 8)).collect();
        all[0].set(8);
        all[1].set(2);
        assert_eq!(
            together(&all.iter().collect::<Vec<_>>()),
            "2 waiting, 1 measuring, 1 done, 10/32 calls"
        );
    }
}
