//! The plan of a step.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{config::Load, sample::Sample};

/// Equal parts of a window. Calls of one block are alike, since they meet the same load;
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
    /// Workers that make its requests together, numbered from 1.
    pub workers: u32,
    /// When the ramp begins, on the clocks of all workers.
    #[schemars(with = "String")]
    pub start_at: Timestamp,
    /// Seconds from then until the window begins.
    pub ramp_s: u32,
    /// Seconds of the window.
    pub step_s: u32,
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

    /// Callers of one worker of a closed loop: the level in parts that differ by one.
    ///
    /// ```
    /// use bench_core::load::StepPlan;
    /// let plan = StepPlan {
    ///     step: 1, level: 10.0, workers: 4, start_at: "2026-03-04T05:06:07Z".parse()?,
    ///     ramp_s: 1, step_s: 10,
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
        callers / workers + u32::from(worker <= callers % workers)
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
