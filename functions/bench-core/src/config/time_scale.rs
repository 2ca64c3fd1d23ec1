//! The time of a service against that of the client that measures it.
//!
//! A simulated target answers [`Simulation::time_scale`](super::Simulation::time_scale) times
//! faster than the service that it stands for. Samples are in measured time; figures, limits,
//! objectives and use cases are in the service's own.

use super::{Load, Objective, RunConfig, Target};

impl RunConfig {
    /// The service's own time by measured time: 1 for a real target.
    #[must_use]
    pub fn time_scale_of(&self, target: &Target) -> f64 {
        if target.simulated {
            self.simulation.time_scale
        } else {
            1.0
        }
    }

    /// The load of a target as its client meets it, with the limits of the objective in
    /// measured time; `None` without a load.
    ///
    /// ```
    /// use bench_core::config::{self, Overrides};
    /// let text = "name = 'a'\nload = { objective = { latency_p95_ms = 6_000 } }\n\
    ///             simulation = { time_scale = 15 }\n[[targets]]\nid = 't'\nkind = 'http'\n\
    ///             url = 'http://a'\nrequest = 'tgi'\nsimulated = true";
    /// let mut config = config::from_toml(text, &Overrides::default()).unwrap();
    /// let limit = |config: &config::RunConfig| {
    ///     let load = config.measured_load(&config.targets[0]).unwrap();
    ///     load.objective.latency_p95_ms
    /// };
    /// assert_eq!(limit(&config), Some(400.0));
    /// config.targets[0].simulated = false;
    /// assert_eq!(limit(&config), Some(6_000.0));
    /// ```
    #[must_use]
    pub fn measured_load(&self, target: &Target) -> Option<Load> {
        let load = self.load.as_ref()?;
        Some(Load {
            objective: load.objective.measured_at(self.time_scale_of(target)),
            ..load.clone()
        })
    }
}

impl Objective {
    /// The same limits in measured time, where the service's own is so many times as long.
    fn measured_at(self, time_scale: f64) -> Self {
        let measured = |limit: Option<f64>| limit.map(|limit| limit / time_scale);
        Self {
            ttft_p95_ms: measured(self.ttft_p95_ms),
            tpot_p95_ms: measured(self.tpot_p95_ms),
            latency_p95_ms: measured(self.latency_p95_ms),
            success_rate: self.success_rate,
        }
    }
}
