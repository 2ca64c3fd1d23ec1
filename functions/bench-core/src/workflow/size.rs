//! The size of a run, for those who look before they start it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    chunks::{PromptTooLarge, chunk_count, prompts_per_chunk},
    events::{chunk_events, target_events},
    invocations::{max_invocations, max_probes},
};
use crate::{
    config::{RunConfig, Target},
    identity::TargetId,
};

/// Bytes of the planner's answer for the run and for each target, at most, apart from the
/// prompts: id, function ARN, lifecycle and the names of the fields.
const BYTES: (usize, usize) = (512, 768);

/// The size of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSize {
    /// One entry a target.
    pub targets: Vec<TargetSize>,
    /// Invocations of invokers: one for each prompt and probe, at least.
    pub min_invocations: u64,
    /// Invocations of invokers, at most, without retries.
    pub max_invocations: u64,
    /// Invokers at the same time, at most.
    pub concurrency: u32,
    /// Events of the longest history, at most, without hours of throttling.
    pub max_events: u32,
    /// Bytes of the largest state, at most.
    pub max_state_bytes: usize,
}

/// The size of one target's part of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetSize {
    /// The target.
    pub target_id: TargetId,
    /// Chunks of prompts, each an execution of its own.
    pub chunks: u32,
    /// Prompts of the largest chunk.
    pub chunk_prompts: u32,
    /// Invocations of the invoker for one prompt, at most.
    pub invocations_per_prompt: u32,
    /// Invokers at the same time, at most.
    pub concurrency: u32,
    /// Events of the longest history, at most.
    pub max_events: u32,
}

impl RunSize {
    /// The size of a run by its configuration.
    ///
    /// # Errors
    ///
    /// [`PromptTooLarge`] of the first target that cannot be measured.
    pub fn of(config: &RunConfig) -> Result<Self, PromptTooLarge> {
        let prompts = u64::from(config.dataset.prompts);
        let targets = config.targets.iter();
        let targets: Vec<TargetSize> = targets
            .map(|target| TargetSize::of(config, target))
            .collect::<Result<_, _>>()?;
        let probes = config
            .targets
            .iter()
            .map(|target| u64::from(max_probes(target)));
        let most = targets
            .iter()
            .map(|target| prompts * u64::from(target.invocations_per_prompt));
        Ok(Self {
            min_invocations: (prompts + 1) * targets.len() as u64,
            max_invocations: most.sum::<u64>() + probes.sum::<u64>(),
            concurrency: targets.iter().map(|target| target.concurrency).sum(),
            max_events: targets.iter().map(|t| t.max_events).max().unwrap_or(0),
            max_state_bytes: max_state_bytes(config.dataset.prompts, &targets),
            targets,
        })
    }
}

impl TargetSize {
    /// The size of a target's part of a run.
    ///
    /// # Errors
    ///
    /// [`PromptTooLarge`] where one prompt fits into no history.
    pub fn of(config: &RunConfig, target: &Target) -> Result<Self, PromptTooLarge> {
        let prompts = config.dataset.prompts;
        let chunks = chunk_count(prompts, prompts_per_chunk(&config.method, target)?);
        let chunk_prompts = prompts.div_ceil(chunks.max(1));
        let invocations = max_invocations(&config.method, target);
        Ok(Self {
            target_id: target.id.clone(),
            chunks,
            chunk_prompts,
            invocations_per_prompt: invocations,
            concurrency: target.concurrency.min(chunk_prompts).max(1),
            max_events: chunk_events(chunk_prompts, invocations).max(target_events(target)),
        })
    }
}

/// Bytes of the planner's answer: the positions of the prompts, each with a comma, in the
/// brackets of their chunks, and the rest of it at most.
fn max_state_bytes(prompts: u32, targets: &[TargetSize]) -> usize {
    let digits = |position: u32| position.checked_ilog10().unwrap_or(0) as usize + 1;
    let positions: usize = (0..prompts).map(|position| digits(position) + 1).sum();
    let each = |target: &TargetSize| BYTES.1 + positions + 2 * target.chunks as usize;
    BYTES.0 + targets.iter().map(each).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, from_toml};

    fn size(targets: u32, concurrency: u32) -> RunSize {
        let target = |number| {
            format!(
                "[[targets]]\nid = \"t{number}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
                 request = \"tgi\"\nmax_attempts = 1\nready_within_s = 30\n\
                 concurrency = {concurrency}\n"
            )
        };
        let targets: String = (0..targets).map(target).collect();
        let text = format!(
            "name = \"x\"\ndataset = {{ source = \"gsm8k\", prompts = 1319 }}\n\
             method = {{ warmup = 3, repetitions = 5, timeout_s = 400 }}\n{targets}"
        );
        RunSize::of(&from_toml(&text, &Overrides::default()).unwrap()).unwrap()
    }

    #[test]
    fn a_run_is_as_large_as_its_targets_together() {
        let size = size(4, 2);
        let target = &size.targets[0];
        assert_eq!((target.chunks, target.chunk_prompts), (8, 165));
        assert_eq!(target.invocations_per_prompt, 4);
        assert_eq!(target.max_events, 165 * 80 + 6);
        assert_eq!(size.max_events, target.max_events);
        assert_eq!(size.min_invocations, 4 * 1_320);
        assert_eq!(size.max_invocations, 4 * (1_319 * 4 + 3));
        assert_eq!(size.concurrency, 8);
        assert!((20_000..40_000).contains(&size.max_state_bytes), "{size:?}");
    }

    #[test]
    fn no_more_invokers_run_than_a_chunk_has_prompts() {
        let mut config =
            "name = \"x\"\ndataset = { source = \"builtin\", prompts = 3 }\n".to_owned();
        config += "[[targets]]\nid = \"t\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
                   request = \"tgi\"\nconcurrency = 40\n";
        let config = from_toml(&config, &Overrides::default()).unwrap();
        assert_eq!(RunSize::of(&config).unwrap().concurrency, 3);
    }
}
