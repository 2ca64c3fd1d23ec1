//! The plan of a step.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{config::Load, sample::Sample};

/// Equal sections of a window. Calls of one block are alike, since they meet the same load;
/// blocks stand for themselves.
pub const BLOCKS: usize = 10;

/// A step of a load, fixed before its workers start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepPlan {
    /// Number of the step, from 1.
    pub step: u32,
    /// Callers of a closed loop, or requests per second of an open one, of all workers
    /// together.
    pub level: f64,
    /// Workers that make its requests together.
    pub workers: u32,
    /// When the ramp begins, on the clocks of all workers.
    #[schemars(with = "String")]
    pub start_at: Timestamp,
    /// Seconds from then until the window begins.
    pub ramp_s: u32,
    /// Seconds of the window.
    pub step_s: u32,
    /// Seconds of a part of the step, where it is longer than an invocation can last: at the
    /// end of each part, the workers of the next one take over. `None` of one part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_s: Option<u32>,
}

impl StepPlan {
    /// The step that a sample is of, as the sample tells; `None` outside of a load.
    #[must_use]
    pub fn of(sample: &Sample, load: &Load) -> Option<Self> {
        let ramp = SignedDuration::from_secs(load.ramp_s.into());
        let plan = Self {
            step: sample.step,
            level: sample.level?,
            workers: sample.workers?,
            start_at: sample.window_at?.checked_sub(ramp).ok()?,
            ramp_s: load.ramp_s,
            step_s: load.step_s,
            part_s: sample.part_s,
        };
        sample.is_under_load().then_some(plan)
    }

    /// A sample with what the step and the worker say of it.
    #[must_use]
    pub fn mark(&self, worker: u32, sample: Sample) -> Sample {
        Sample {
            step: self.step,
            worker,
            level: Some(self.level),
            workers: Some(self.workers),
            window_at: Some(self.window_start()),
            part_s: self.part_s,
            ..sample
        }
    }

    /// When the window begins.
    #[must_use]
    pub fn window_start(&self) -> Timestamp {
        self.start_at + SignedDuration::from_secs(self.ramp_s.into())
    }

    /// When the window ends: nothing is sent from then on.
    #[must_use]
    pub fn window_end(&self) -> Timestamp {
        self.window_start() + SignedDuration::from_secs(self.step_s.into())
    }

    /// Parts of the step, each with workers of its own.
    ///
    /// ```
    /// use bench_core::load::StepPlan;
    /// let plan = StepPlan {
    ///     step: 1, level: 10.0, workers: 4, start_at: "2026-03-04T05:06:07Z".parse()?,
    ///     ramp_s: 20, step_s: 1_480, part_s: Some(500),
    /// };
    /// assert_eq!((plan.parts(), plan.all_workers()), (3, 12));
    /// // The second worker of the second part takes over from the second of the first.
    /// assert_eq!((plan.share_of(6), plan.worker_before(6)), (2, Some(2)));
    /// assert_eq!(plan.begins_at(6).to_string(), "2026-03-04T05:14:27Z");
    /// assert_eq!(plan.ends_at(12), plan.window_end());
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn parts(&self) -> u32 {
        let seconds = self.ramp_s + self.step_s;
        let parts = self.part_s.map(|part_s| seconds.div_ceil(part_s.max(1)));
        parts.unwrap_or(1).max(1)
    }

    /// Workers of all parts, numbered from 1: those of the first part first.
    #[must_use]
    pub fn all_workers(&self) -> u32 {
        self.workers * self.parts()
    }

    /// The number of a worker among those of its part, from 1: the same for all that take
    /// over from one another.
    #[must_use]
    pub fn share_of(&self, worker: u32) -> u32 {
        worker.saturating_sub(1) % self.workers.max(1) + 1
    }

    /// The worker that one takes over from; `None` in the first part.
    #[must_use]
    pub fn worker_before(&self, worker: u32) -> Option<u32> {
        worker
            .checked_sub(self.workers)
            .filter(|worker| *worker > 0)
    }

    /// When the part of a worker begins: its first request is not sent before.
    #[must_use]
    pub fn begins_at(&self, worker: u32) -> Timestamp {
        self.part_at(self.part_of(worker))
    }

    /// When the part of a worker ends: it sends nothing from then on.
    #[must_use]
    pub fn ends_at(&self, worker: u32) -> Timestamp {
        if self.is_last(worker) {
            self.window_end()
        } else {
            self.part_at(self.part_of(worker) + 1)
        }
    }

    /// Whether a worker is of the last part, so that nobody takes over from it.
    #[must_use]
    pub fn is_last(&self, worker: u32) -> bool {
        self.part_of(worker) + 1 >= self.parts()
    }

    /// The part of a worker, from 0.
    fn part_of(&self, worker: u32) -> u32 {
        worker.saturating_sub(1) / self.workers.max(1)
    }

    /// When a part begins, from 0.
    fn part_at(&self, part: u32) -> Timestamp {
        let seconds = i64::from(part) * i64::from(self.part_s.unwrap_or(0));
        self.start_at + SignedDuration::from_secs(seconds)
    }

    /// Callers of one worker of a closed loop: the level in shares that differ by one.
    ///
    /// ```
    /// use bench_core::load::StepPlan;
    /// let plan = StepPlan {
    ///     step: 1, level: 10.0, workers: 4, start_at: "2026-03-04T05:06:07Z".parse()?,
    ///     ramp_s: 1, step_s: 10, part_s: None,
    /// };
    /// let callers: Vec<u32> = (1..=4).map(|worker| plan.callers_of(worker)).collect();
    /// assert_eq!(callers, [3, 3, 2, 2]);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a configuration has at most 10,000 callers"
    )]
    pub fn callers_of(&self, worker: u32) -> u32 {
        let callers = self.level.round() as u32;
        let workers = self.workers.max(1);
        callers / workers + u32::from(self.share_of(worker) <= callers % workers)
    }

    /// Requests per second of one worker of an open loop.
    #[must_use]
    pub fn rate_of_worker(&self) -> f64 {
        self.level / f64::from(self.workers.max(1))
    }

    /// Microseconds of a block of the window.
    #[must_use]
    pub fn block_us(&self) -> u64 {
        u64::from(self.step_s) * 1_000_000 / BLOCKS as u64
    }
}
