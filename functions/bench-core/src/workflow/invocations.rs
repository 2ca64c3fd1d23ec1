//! Invocations of the invoker, at most.

use super::quotas::{INVOCATION_MARGIN_S, MAX_INVOCATION_S, MAX_PAUSE_S};
use crate::config::{Method, Target};

/// Seconds between two probes of a target that is not ready and asks for no longer wait.
pub const PROBE_INTERVAL_S: u32 = 15;

/// The most invocations that one prompt takes at a target.
///
/// `attempts / ⌊time / (timeout + pause)⌋`, rounded up: every call is attempted as often as
/// it may be, every attempt takes its whole timeout, and each but the first of a call comes
/// after the longest pause. An invocation makes one attempt at least.
///
/// ```
/// use bench_core::config::{Overrides, from_toml};
/// use bench_core::workflow::max_invocations;
///
/// let text = r#"
///     name = "long-answers"
///     method = { warmup = 3, repetitions = 5, timeout_s = 400 }
///     [[targets]]
///     id = "server"
///     kind = "http"
///     url = "http://10.0.0.1"
///     request = "tgi"
///     max_attempts = 1
/// "#;
/// let config = from_toml(text, &Overrides::default())?;
/// // Two calls of 400 s fit into the 895 s of an invocation: 8 calls need 4.
/// assert_eq!(max_invocations(&config.method, &config.targets[0]), 4);
/// # Ok::<(), bench_core::config::ConfigError>(())
/// ```
#[must_use]
pub fn max_invocations(method: &Method, target: &Target) -> u32 {
    let calls = method.warmup.saturating_add(method.repetitions);
    let attempts = calls.saturating_mul(target.max_attempts.max(1));
    let pause = if target.max_attempts > 1 {
        MAX_PAUSE_S
    } else {
        0
    };
    let each = method.timeout_s.saturating_add(pause).max(1);
    let in_one = (MAX_INVOCATION_S - INVOCATION_MARGIN_S) / each;
    attempts.div_ceil(in_one.max(1))
}

/// The most probes of a target until it is ready or given up.
#[must_use]
pub fn max_probes(target: &Target) -> u32 {
    target.ready_within_s.div_ceil(PROBE_INTERVAL_S) + 1
}
