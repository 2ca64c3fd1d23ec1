//! Whether a step was steady, and what it was instead.

use bench_core::config::Arrival;
use bench_stats::BlockEstimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dynamics::Dynamics;

/// The share of calls during which the client may be held up. One in twenty leaves a 95th
/// percentile to the target: the slowest twentieth may be the client's own.
const MAX_STALLED: f64 = 0.05;

/// From this share of refused requests on a target is said to throttle: the usual objective
/// of 99 % success is then out of reach.
const MIN_THROTTLED: f64 = 0.01;

/// From this growth on, as a share of the requests that come, a queue is said to grow: below
/// it takes a window fifty times as long to fill the queue with one window's requests.
const MIN_GROWTH: f64 = 0.02;

/// How much later response times and rates may differ from earlier ones, as a factor: the
/// 5 % within which Little's law has to hold.
const MAX_DRIFT: f64 = 1.05;

/// The share of requests that have to end inside of the window. With `k` response times in a
/// window about `1/k` of them do not: four fifths are five response times, so that the first
/// four see what the load before them left behind.
const MIN_ENDED_INSIDE: f64 = 0.8;

/// Whether a step was steady: the first of these that holds, in the order client-limited,
/// disturbed, throttled, saturated, too short, steady.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Steadiness {
    /// Neither early and late nor arrivals and answers differ by more than chance explains.
    Steady,
    /// Requests came faster than they were answered: the queue grew.
    Saturated {
        /// By how many requests a second more were under way.
        growth_per_s: BlockEstimate,
        /// That growth as a share of the requests that came.
        growth_share: f64,
    },
    /// The service refused requests, since there were too many.
    Throttled {
        /// The share that it refused.
        share: f64,
    },
    /// The client was the bottleneck: it measured itself.
    ClientLimited {
        /// The 99th percentile of the time from intended start to send, in microseconds.
        queued_p99_us: u64,
        /// The limit.
        limit_us: u64,
        /// The share of calls during which the client was held up.
        stalled_share: f64,
    },
    /// Not all of the load was made.
    Disturbed {
        /// Calls whose ends are not known, since their worker was killed or at its deadline.
        interrupted_calls: u64,
        /// Workers that did not make their requests to the end.
        lost_workers: u32,
    },
    /// The window, or the ramp before it, was too short to see a steady state.
    TooShort {
        /// The reason.
        #[serde(flatten)]
        reason: TooShort,
    },
}

/// The reason why a window was too short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum TooShort {
    /// No request came.
    NoCalls,
    /// It has room for too few response times.
    Turnover {
        /// The share of requests that ended inside.
        ended_inside: f64,
        /// The least value.
        needed: f64,
    },
    /// The later half of it differs from the earlier one by more than 5 %, beyond chance.
    Drift {
        /// Mean response time, late as a multiple of early.
        response: Option<BlockEstimate>,
        /// Rate of answers, late as a multiple of early.
        rate: Option<BlockEstimate>,
    },
    /// Requests under way are not rate times response time.
    Imbalance {
        /// Those under way by rate times response time.
        littles_ratio: f64,
        /// How far from 1 it may be.
        tolerance: f64,
    },
}

impl Steadiness {
    /// The steadiness of a window by how it went.
    #[must_use]
    pub fn of(
        arrival: Arrival,
        dynamics: &Dynamics,
        interrupted_calls: u64,
        lost_workers: u32,
    ) -> Self {
        if dynamics.queued_p99_us > dynamics.queued_limit_us || dynamics.stalled > MAX_STALLED {
            return Self::ClientLimited {
                queued_p99_us: dynamics.queued_p99_us,
                limit_us: dynamics.queued_limit_us,
                stalled_share: dynamics.stalled,
            };
        }
        if interrupted_calls > 0 || lost_workers > 0 {
            return Self::Disturbed {
                interrupted_calls,
                lost_workers,
            };
        }
        if dynamics.throttled >= MIN_THROTTLED {
            return Self::Throttled {
                share: dynamics.throttled,
            };
        }
        if let Some(growth_per_s) = growth(arrival, dynamics) {
            return Self::Saturated {
                growth_per_s,
                growth_share: dynamics.growth_share,
            };
        }
        too_short(arrival, dynamics).map_or(Self::Steady, |reason| Self::TooShort { reason })
    }

    /// Whether no request of the window ended inside it although some were under way.
    pub(crate) fn is_silent(self) -> bool {
        matches!(
            self,
            Self::TooShort {
                reason: TooShort::Turnover { ended_inside, .. }
            } if ended_inside <= 0.0
        )
    }
}

/// The growth of the queue, where it grew beyond chance. It grows where more requests came
/// than ended in the mean of the blocks, where more were under way later than earlier, and
/// where those that came later waited longer: the last tells a queue from a ramp that was
/// too short to fill a target with long answers. In a closed loop no queue grows.
fn growth(arrival: Arrival, dynamics: &Dynamics) -> Option<BlockEstimate> {
    let grew = |ratio: Option<BlockEstimate>| ratio.is_some_and(|ratio| ratio.low > MAX_DRIFT);
    // Where no later request was answered at all, there is no ratio of response times.
    let waited = dynamics.late_to_early_response.is_none() && dynamics.failed > 0.0
        || grew(dynamics.late_to_early_response);
    let is_growing = may_grow(arrival, dynamics.growth_share)
        && grew(dynamics.late_to_early_in_flight)
        && waited;
    dynamics
        .growth_per_s
        .filter(|growth| is_growing && growth.low > 0.0)
}

/// Whether as many more requests came than ended as where a queue grows, so that a level is
/// not shown to be sustained although no growth is proven.
pub(crate) fn may_grow(arrival: Arrival, growth_share: f64) -> bool {
    arrival == Arrival::Open && growth_share >= MIN_GROWTH
}

fn too_short(arrival: Arrival, dynamics: &Dynamics) -> Option<TooShort> {
    let Dynamics {
        ended_inside,
        late_to_early_response: response,
        late_to_early_rate,
        ..
    } = *dynamics;
    // Calls that fail within a microsecond were never under way.
    if dynamics.mean_in_flight <= 0.0 && ended_inside <= 0.0 {
        return Some(TooShort::NoCalls);
    }
    if ended_inside < MIN_ENDED_INSIDE {
        return Some(TooShort::Turnover {
            ended_inside,
            needed: MIN_ENDED_INSIDE,
        });
    }
    // In an open loop the rate of answers is that of the schedule.
    let rate = late_to_early_rate.filter(|_| arrival == Arrival::Closed);
    let drifts = |ratio: Option<BlockEstimate>| {
        ratio.is_some_and(|ratio| ratio.low > MAX_DRIFT || ratio.high < 1.0 / MAX_DRIFT)
    };
    if drifts(response) || drifts(rate) {
        return Some(TooShort::Drift { response, rate });
    }
    let tolerance = dynamics.littles_tolerance;
    dynamics
        .littles_ratio
        .filter(|ratio| (ratio - 1.0).abs() > tolerance)
        .map(|littles_ratio| TooShort::Imbalance {
            littles_ratio,
            tolerance,
        })
}
