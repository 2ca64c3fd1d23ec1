//! How far the load of a target is.

use std::collections::BTreeMap;

use bench_core::{config::Arrival, identity::RunId, load::StepPlan};
use bench_report::format::counted;
use bench_store::{Store, StoreError};
use jiff::Timestamp;

/// The steps and calls of the load of one target, as they were seen last.
#[derive(Debug)]
pub(crate) struct LoadProgress {
    arrival: Arrival,
    last: Option<StepPlan>,
    /// The calls of each step.
    calls: BTreeMap<u32, u64>,
}

impl LoadProgress {
    pub(crate) fn new(arrival: Arrival) -> Self {
        Self {
            arrival,
            last: None,
            calls: BTreeMap::new(),
        }
    }

    /// Reads which steps there are, and counts the calls of those that were not over before.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub(crate) async fn update(
        &mut self,
        store: &Store,
        run_id: &RunId,
        target_id: &str,
    ) -> Result<(), StoreError> {
        let plans = store.step_plans(run_id, target_id).await?;
        // A step before the last one is over, and the last count of it may be old.
        let counted = self.last.as_ref().map_or(0, |last| last.step);
        for plan in plans.iter().filter(|plan| plan.step >= counted) {
            let calls = store.count_samples_of_step(run_id, target_id, plan).await?;
            self.calls.insert(plan.step, calls);
        }
        self.last = plans.into_iter().next_back();
        Ok(())
    }

    /// The calls of the step that was last.
    pub(crate) fn calls_of_step(&self) -> u64 {
        self.calls.values().next_back().copied().unwrap_or(0)
    }

    /// The step that is last, and the calls so far; `None` before the load.
    pub(crate) fn text(&self, now: Timestamp) -> Option<String> {
        let plan = self.last.as_ref()?;
        let level = match self.arrival {
            Arrival::Closed if plan.level.total_cmp(&1.0).is_eq() => "1 caller".to_owned(),
            Arrival::Closed => format!("{} callers", plan.level),
            Arrival::Open => format!("{} requests/s", plan.level),
        };
        let until = |end: Timestamp| now.duration_until(end).as_secs() + 1;
        let phase = if now < plan.window_start() {
            format!("window in {} s", until(plan.window_start()))
        } else if now < plan.window_end() {
            format!("{} s left", until(plan.window_end()))
        } else {
            "window over".to_owned()
        };
        let calls = counted(self.calls.values().sum(), "call");
        Some(format!(
            "load step {}: {level}, {phase}; {calls} under load",
            plan.step
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_load_tells_its_step_the_time_left_and_the_calls_of_all_steps() {
        let mut progress = LoadProgress::new(Arrival::Closed);
        assert_eq!(progress.text(at(0)), None);
        progress.last = Some(StepPlan {
            step: 2,
            level: 8.0,
            workers: 1,
            start_at: at(100),
            ramp_s: 5,
            step_s: 10,
            part_s: None,
        });
        progress.calls = BTreeMap::from([(1, 30), (2, 12)]);
        let text = |second| progress.text(at(second)).unwrap();
        assert_eq!(
            text(103),
            "load step 2: 8 callers, window in 3 s; 42 calls under load"
        );
        assert_eq!(
            text(110),
            "load step 2: 8 callers, 6 s left; 42 calls under load"
        );
        assert_eq!(
            text(120),
            "load step 2: 8 callers, window over; 42 calls under load"
        );
        assert_eq!(progress.calls_of_step(), 12);
    }
}
