//! Measured time as the time of the service that a simulated target stands for.

use std::borrow::Cow;

use super::Sample;

/// A measured time in the service's own, which is `time_scale` times as long; whole
/// microseconds. The same at a scale of 1.
///
/// ```
/// use bench_core::sample::service_us;
/// assert_eq!(service_us(27_437, 400.0), 10_974_800);
/// assert_eq!(service_us(u64::MAX, 1.0), u64::MAX);
/// ```
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "2^53 microseconds are 285 years, and a cast of more than that saturates"
)]
pub fn service_us(measured_us: u64, time_scale: f64) -> u64 {
    if is_real(time_scale) {
        return measured_us;
    }
    (measured_us as f64 * time_scale).round() as u64
}

impl Sample {
    /// The call with its durations in the service's own time, for figures of a simulated
    /// target. When it began and the delays of the client (`connect_us`, `stall_us`) stay as
    /// they were measured.
    #[must_use]
    pub fn in_service_time(&self, time_scale: f64) -> Cow<'_, Self> {
        if is_real(time_scale) {
            return Cow::Borrowed(self);
        }
        let of = |measured_us| service_us(measured_us, time_scale);
        Cow::Owned(Self {
            latency_us: of(self.latency_us),
            ttft_us: self.ttft_us.map(of),
            ttfo_us: self.ttfo_us.map(of),
            last_token_us: self.last_token_us.map(of),
            max_gap_us: self.max_gap_us.map(of),
            server_latency_us: self.server_latency_us.map(of),
            queued_us: self.queued_us.map(of),
            ..self.clone()
        })
    }
}

/// Whether the service's own time is measured time.
fn is_real(time_scale: f64) -> bool {
    time_scale.total_cmp(&1.0).is_eq()
}
