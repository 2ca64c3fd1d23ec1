//! A step of a simulated target in the time of the service that it stands for.

use super::{BlockTally, StepPlan};
use crate::{config::Arrival, sample::service_us};

impl StepPlan {
    /// The plan in the service's own time, which is `time_scale` times as long as it was
    /// measured: seconds are as many times more, to the next whole one, and requests per
    /// second as many times fewer. `start_at` stays.
    #[must_use]
    pub fn in_service_time(&self, arrival: Arrival, time_scale: f64) -> Self {
        let seconds = |measured: u32| {
            u32::try_from(service_us(measured.into(), time_scale)).unwrap_or(u32::MAX)
        };
        Self {
            level: level_in_service_time(self.level, arrival, time_scale),
            ramp_s: seconds(self.ramp_s),
            step_s: seconds(self.step_s),
            part_s: self.part_s.map(seconds),
            ..self.clone()
        }
    }
}

/// A level in the service's own time: callers are as many, requests per second fewer.
#[must_use]
pub fn level_in_service_time(level: f64, arrival: Arrival, time_scale: f64) -> f64 {
    match arrival {
        Arrival::Closed => level,
        Arrival::Open => level / time_scale,
    }
}

impl BlockTally {
    /// The tally with its times in the service's own.
    #[must_use]
    pub fn in_service_time(self, time_scale: f64) -> Self {
        let of = |measured_us| service_us(measured_us, time_scale);
        Self {
            response_us: of(self.response_us),
            service_us: of(self.service_us),
            in_flight_us: of(self.in_flight_us),
            ..self
        }
    }
}
