//! How calls went about their way: attempts, connections, caches, limits.

use std::collections::BTreeMap;

use bench_core::sample::{Connection, FinishReason, Phase, Sample};
use bench_stats::Distribution;
use smol_str::SmolStr;

use super::bounded::{Counts, hash_of};

/// Counts and times of a target's attempts, connections and probes.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallStats {
    /// Attempts at warm-up and measured calls, and those of them that were not the first.
    pub(crate) attempts: (u64, u64),
    /// Measured calls whose connection was seen, and those that had to make it.
    pub(crate) connections: (u64, u64),
    /// Times to connect, in microseconds, of all phases.
    pub(crate) connecting: Distribution,
    /// Measured, answered calls that a prefix cache served.
    pub(crate) cached: u64,
    /// Measured, answered calls longer than they were asked to be.
    pub(crate) too_long: u64,
    /// Reasons of measured, answered calls to end that are not known.
    pub(crate) unknown_reasons: Counts<SmolStr>,
    /// Measured, answered calls whose token counts contradict each other.
    pub(crate) counts_disagree: u64,
    /// Probes that were not answered, by how they ended.
    pub(crate) refusals: BTreeMap<String, u64>,
}

impl CallStats {
    pub(super) fn add(&mut self, sample: &Sample) {
        if let Some(took) = sample.connect_us {
            self.connecting.push(took, 0);
        }
        if sample.phase == Phase::Probe {
            if !sample.answers_probe() {
                let outcome = sample.outcome.as_str().to_owned();
                *self.refusals.entry(outcome).or_default() += 1;
            }
            return;
        }
        self.attempts.0 += 1;
        self.attempts.1 += u64::from(sample.attempt > 1);
        if sample.phase != Phase::Measured {
            return;
        }
        if let Some(connection) = sample.connection {
            self.connections.0 += 1;
            self.connections.1 += u64::from(connection == Connection::New);
        }
        if sample.is_ok() {
            self.cached += u64::from(sample.cached_input_tokens.is_some_and(|tokens| tokens > 0));
            self.counts_disagree += u64::from(sample.counts_disagree);
            if sample.finish_reason == Some(FinishReason::Other)
                && let Some(reason) = &sample.finish_reason_raw
            {
                self.unknown_reasons.add(hash_of(reason), reason);
            }
            let context = sample.max_tokens.map(u64::from);
            let is_longer = sample
                .output_tokens
                .zip(context)
                .is_some_and(|(said, context)| said > context);
            self.too_long += u64::from(is_longer);
        }
    }
}
