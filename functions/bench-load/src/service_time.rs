//! Steps of a simulated target, in the time of the service that it stands for.
//!
//! Steps are judged as they were measured, by the planner and by the report alike: what the
//! client was late by is judged in its own time, and whether a limit was kept does not depend
//! on the unit. Only rates differ.

use bench_core::{config::Arrival, load::level_in_service_time};
use bench_stats::BlockEstimate;

use crate::{
    capacity::Capacity, dynamics::Dynamics, judgment::StepJudgment, steadiness::Steadiness,
};

impl Capacity {
    /// The capacity in the service's own time, which is `time_scale` times as long as it was
    /// measured: requests per second are as many times fewer, callers as many.
    ///
    /// ```
    /// use bench_core::config::{Arrival, Load};
    /// let nothing = bench_load::capacity(&Load::default(), &[]);
    /// let measured = bench_load::Capacity { low: Some(20.0), ..nothing };
    /// let of = |arrival| measured.clone().in_service_time(arrival, 40.0).low;
    /// assert_eq!([Arrival::Open, Arrival::Closed].map(of), [Some(0.5), Some(20.0)]);
    /// ```
    #[must_use]
    pub fn in_service_time(self, arrival: Arrival, time_scale: f64) -> Self {
        let of = |level| level_in_service_time(level, arrival, time_scale);
        Self {
            low: self.low.map(of),
            high: self.high.map(of),
            broken_at: self.broken_at.map(of),
            undecided: self.undecided.into_iter().map(of).collect(),
            ..self
        }
    }
}

impl StepJudgment {
    /// The same with the growth of a queue in requests a second of the service's own time.
    #[must_use]
    pub fn in_service_time(self, time_scale: f64) -> Self {
        Self {
            steadiness: match self.steadiness {
                Steadiness::Saturated {
                    growth_per_s,
                    growth_share,
                } => Steadiness::Saturated {
                    growth_per_s: slower(growth_per_s, time_scale),
                    growth_share,
                },
                other => other,
            },
            dynamics: Dynamics {
                growth_per_s: self
                    .dynamics
                    .growth_per_s
                    .map(|growth| slower(growth, time_scale)),
                ..self.dynamics
            },
            ..self
        }
    }
}

fn slower(rate: BlockEstimate, times: f64) -> BlockEstimate {
    BlockEstimate {
        value: rate.value / times,
        low: rate.low / times,
        high: rate.high / times,
    }
}
