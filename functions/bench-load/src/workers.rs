//! How many workers make the requests of a step.

use bench_core::config::{Arrival, Load, REQUESTS_PER_WORKER, STREAMS_PER_WORKER};

/// How many workers a step of this level has, at most `load.workers`: each holds
/// [`STREAMS_PER_WORKER`] streams and sends [`REQUESTS_PER_WORKER`] requests a second.
///
/// A closed loop has a stream for each caller. An open one has as many as requests are under
/// way, by Little's law `rate · response time`: `response_s` is the mean response time in
/// seconds of the step before, or of the sequential calls; without it the rate alone decides.
///
/// ```
/// use bench_core::config::{Arrival, Load};
/// use bench_load::workers;
/// let closed = Load::default();
/// assert_eq!([1.0, 256.0, 257.0, 1e4].map(|callers| workers(&closed, callers, None)), [1, 1, 2, 20]);
/// let open = Load { arrival: Arrival::Open, ..Load::default() };
/// assert_eq!(workers(&open, 40.0, Some(20.0)), 4);
/// assert_eq!(workers(&open, 120.0, Some(0.5)), 3);
/// ```
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of workers is clamped to at most 40"
)]
pub fn workers(load: &Load, level: f64, response_s: Option<f64>) -> u32 {
    let streams = f64::from(STREAMS_PER_WORKER);
    let needed = match load.arrival {
        Arrival::Closed => level / streams,
        Arrival::Open => {
            let held = level * response_s.unwrap_or(0.0) / streams;
            held.max(level / f64::from(REQUESTS_PER_WORKER))
        }
    };
    let most = f64::from(load.workers.max(1));
    needed.ceil().clamp(1.0, most) as u32
}
