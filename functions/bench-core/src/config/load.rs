//! The load that a target is put under after its sequential calls, `[load]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{Arrival, ArrivalProcess, LoadOrder};

/// The most streams that one worker holds.
pub const STREAMS_PER_WORKER: u32 = 256;

/// The most requests per second that one worker sends in an open loop.
pub const REQUESTS_PER_WORKER: u32 = 50;

/// The most workers of a step: as many as an inline Map runs at a time.
pub const MAX_WORKERS: u32 = 40;

/// The most steps of a load.
pub const MAX_STEPS: u32 = 60;

/// The most callers or requests per second of a step.
pub const MAX_LEVEL: f64 = 10_000.0;

/// The longest window of a step, in seconds: four hours.
const MAX_STEP_S: u32 = 14_400;

/// The longest percentile that an objective may set, in milliseconds.
const MAX_MS: u32 = 840_000;

/// The load that targets are put under, in steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Load {
    /// Closed loop: callers that each send their next request when they were answered.
    /// Open loop: requests that come at a rate, whatever the answers.
    pub arrival: Arrival,
    /// Of an open loop: how requests come at their rate.
    pub process: ArrivalProcess,
    /// Levels of the first steps, in rising order: callers of a closed loop, requests per
    /// second of an open one.
    #[schemars(
        length(min = 1, max = MAX_STEPS),
        inner(range(min = 0.01, max = MAX_LEVEL)),
        extend("errorMessage" = "expected a list of callers (whole numbers) or requests per second, such as `[1, 2, 4, 8]`")
    )]
    pub steps: Vec<f64>,
    /// Length of a step's measured window, in seconds.
    #[schemars(range(min = 1, max = MAX_STEP_S))]
    pub step_s: u32,
    /// Seconds before the window in which the load builds up; its calls are not counted.
    #[schemars(range(min = 0, max = 300))]
    pub ramp_s: u32,
    /// Whether further steps narrow down the highest load under the objective.
    pub search: bool,
    /// The most steps of a target.
    #[schemars(range(min = 1, max = MAX_STEPS))]
    pub max_steps: u32,
    /// The search ends when the interval of the capacity is at most so wide, as a share of
    /// its middle.
    #[schemars(range(min = 0.01, max = 1))]
    pub precision: f64,
    /// The most minutes that the load of a target may take; no limit unless it is set.
    #[schemars(range(min = 1, max = 10_080))]
    pub max_minutes: Option<u32>,
    /// The most Lambdas that make the requests of a step together.
    #[schemars(range(min = 1, max = MAX_WORKERS))]
    pub workers: u32,
    /// Whether targets are under load at the same time or one after another.
    pub order: LoadOrder,
    /// Whether response texts are kept; those of failures always are.
    pub keep_texts: bool,
    /// Seed of the arrivals of an open loop and of the order of prompts.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub seed: u64,
    /// The limits that the load has to keep; needed for a search.
    pub objective: Objective,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            arrival: Arrival::Closed,
            process: ArrivalProcess::Poisson,
            steps: vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
            step_s: 120,
            ramp_s: 20,
            search: true,
            max_steps: 12,
            precision: 0.15,
            max_minutes: None,
            workers: 20,
            order: LoadOrder::Together,
            keep_texts: false,
            seed: 7,
            objective: Objective::default(),
        }
    }
}

/// Limits that a load has to keep; those that are `None` are not set. Times count from the
/// intended start of a request; a failed request keeps none of them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Objective {
    /// The longest 95th percentile of the time to the first token, in milliseconds.
    #[schemars(range(min = 0, max = MAX_MS))]
    pub ttft_p95_ms: Option<f64>,
    /// The longest 95th percentile of the time per output token, in milliseconds.
    #[schemars(range(min = 0, max = MAX_MS))]
    pub tpot_p95_ms: Option<f64>,
    /// The longest 95th percentile of response time, in milliseconds.
    #[schemars(range(min = 0, max = MAX_MS))]
    pub latency_p95_ms: Option<f64>,
    /// The lowest success rate, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub success_rate: Option<f64>,
}

impl Objective {
    /// Whether no limit is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
