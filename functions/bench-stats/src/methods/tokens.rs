//! Latency for the length of the answer: time per token, tokens per second.

use super::CoMoments;

/// `latency / output tokens` in ms, of any call with a token count; `None`
/// without tokens.
///
/// ```
/// assert_eq!(bench_stats::ms_per_output_token(5_000.0, 200), Some(25.0));
/// assert_eq!(bench_stats::ms_per_output_token(5_000.0, 0), None);
/// ```
#[must_use]
pub fn ms_per_output_token(latency_ms: f64, output_tokens: u64) -> Option<f64> {
    (output_tokens > 0).then(|| latency_ms / output_tokens as f64)
}

/// Time per output token after the first, in ms:
/// `(last token - first token) / (output tokens - 1)`. `None` for fewer than two
/// tokens: one token has no gap.
///
/// ```
/// assert_eq!(bench_stats::tpot_ms(420.0, 1_400.0, 26), Some(39.2));
/// assert_eq!(bench_stats::tpot_ms(420.0, 420.0, 1), None);
/// ```
#[must_use]
pub fn tpot_ms(first_token_ms: f64, last_token_ms: f64, output_tokens: u64) -> Option<f64> {
    let gaps = output_tokens.checked_sub(1).filter(|gaps| *gaps > 0)?;
    Some((last_token_ms - first_token_ms) / gaps as f64)
}

/// Output tokens per second of a window: throughput, all calls together. `None`
/// when the window has no width.
///
/// ```
/// assert_eq!(bench_stats::system_output_tps(26, 1_412.0), Some(18.413597733711047));
/// ```
#[must_use]
pub fn system_output_tps(output_tokens: u64, window_ms: f64) -> Option<f64> {
    (window_ms > 0.0).then(|| 1_000.0 * output_tokens as f64 / window_ms)
}

/// Output tokens per second that one user sees once they flow, weighed by
/// tokens: `1000 · Σ(O - 1) / Σ(last - first)` over streamed calls. `None` when
/// no time passed.
///
/// ```
/// assert_eq!(bench_stats::decode_tps(25, 980.0), Some(25.510204081632654));
/// ```
#[must_use]
pub fn decode_tps(gaps: u64, decoding_ms: f64) -> Option<f64> {
    (decoding_ms > 0.0 && gaps > 0).then(|| 1_000.0 * gaps as f64 / decoding_ms)
}

/// The variance of log latency in its three parts, exactly:
/// `Var ln latency = Var ln tokens + Var ln(ms per token) + 2 Cov`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogVariance {
    /// Of the logarithm of latency.
    pub latency: f64,
    /// Of the logarithm of output tokens: length.
    pub tokens: f64,
    /// Of the logarithm of ms per output token: speed.
    pub ms_per_token: f64,
    /// Twice the covariance of length and speed.
    pub twice_covariance: f64,
}

/// Takes the variance apart, from co-moments of `(ln tokens, ln latency)`.
/// `None` for fewer than two calls.
///
/// ```
/// use bench_stats::{CoMoments, log_variance};
/// // Latency is 10 ms a token, so length explains all of it.
/// let pairs = [(1_f64, 10_f64), (2.0, 20.0), (4.0, 40.0)].map(|(o, x)| (o.ln(), x.ln()));
/// let parts = log_variance(&CoMoments::of(&pairs)).unwrap();
/// assert!((parts.latency - parts.tokens).abs() < 1e-12 && parts.ms_per_token.abs() < 1e-12);
/// ```
#[must_use]
pub fn log_variance(logs: &CoMoments) -> Option<LogVariance> {
    let (tokens, latency) = (logs.x.variance()?, logs.y.variance()?);
    let together = logs.covariance()?;
    Some(LogVariance {
        latency,
        tokens,
        ms_per_token: (latency + tokens - 2.0 * together).max(0.0),
        twice_covariance: 2.0 * (together - tokens),
    })
}
