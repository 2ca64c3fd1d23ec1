//! The size of a run, for those who look before they start it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    chunks::{PromptTooLarge, chunk_count, prompts_per_chunk},
    events::{chunk_events, target_events},
    invocations::{max_invocations, max_probes},
    load::{LoadSize, LoadTooLarge},
};
use crate::{
    config::{LoadOrder, RunConfig, Target},
    identity::TargetId,
};

/// Bytes of the planner's answer for the run and for each target, at most, apart from the
/// prompts: id, function ARN, lifecycle and the names of the fields.
const BYTES: (usize, usize) = (512, 768);

/// A run that Step Functions cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunTooLarge {
    /// The calls of a prompt do not fit into a history.
    #[error(transparent)]
    Prompt(#[from] PromptTooLarge),
    /// The steps of the load do not fit into a history.
    #[error(transparent)]
    Load(#[from] LoadTooLarge),
}

/// The size of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSize {
    /// One entry a target.
    pub targets: Vec<TargetSize>,
    /// The load of each target; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadSize>,
    /// Invocations of invokers: one for each prompt and probe, and for each part of a first step
    /// of a load, at least.
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
    /// [`RunTooLarge`] of the first target that cannot be measured, or of the load.
    pub fn of(config: &RunConfig) -> Result<Self, RunTooLarge> {
        let prompts = u64::from(config.dataset.prompts);
        let targets = config.targets.iter();
        let targets: Vec<TargetSize> = targets
            .map(|target| TargetSize::of(config, target))
            .collect::<Result<_, _>>()?;
        let load = LoadSize::of(config)?;
        let probes = config
            .targets
            .iter()
            .map(|target| u64::from(max_probes(target)));
        let most = targets
            .iter()
            .map(|target| prompts * u64::from(target.invocations_per_prompt));
        let workers = load.map_or(0, |load| u64::from(load.steps) * u64::from(load.workers));
        let parts = load.map_or(0, |load| u64::from(load.parts));
        let load_events = load.map_or(0, |load| load.max_events);
        let events = targets.iter().map(|target| target.max_events);
        Ok(Self {
            min_invocations: (prompts + 1 + parts) * targets.len() as u64,
            max_invocations: most.sum::<u64>()
                + probes.sum::<u64>()
                + workers * targets.len() as u64,
            concurrency: concurrency(config, load, &targets),
            max_events: events.max().unwrap_or(0).max(load_events),
            max_state_bytes: max_state_bytes(config.dataset.prompts, &targets),
            targets,
            load,
        })
    }
}

/// Invokers at the same time, at most. A target is under load when its prompts are measured.
fn concurrency(config: &RunConfig, load: Option<LoadSize>, targets: &[TargetSize]) -> u32 {
    let sequential = targets.iter().map(|target| target.concurrency).sum();
    let (Some(size), Some(load)) = (load, &config.load) else {
        return sequential;
    };
    // Workers that a target has beyond the invokers of its prompts.
    let beyond = targets.iter();
    let beyond = beyond.map(|target| size.concurrency.saturating_sub(target.concurrency));
    sequential
        + match load.order {
            LoadOrder::Together => beyond.sum::<u32>(),
            LoadOrder::Apart => beyond.max().unwrap_or(0),
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
    fn a_load_adds_its_workers_one_target_at_a_time_or_all_together() {
        let with = |load: &str| {
            let target = |id: &str| {
                format!(
                    "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
                     request = \"tgi\"\nready_within_s = 0\nmax_attempts = 1\n"
                )
            };
            let text = format!(
                "name = \"x\"\ndataset = {{ source = \"builtin\", prompts = 3 }}\n{load}\n{}{}",
                target("a"),
                target("b")
            );
            RunSize::of(&from_toml(&text, &Overrides::default()).unwrap())
        };
        let load = "load = { steps = [1, 1000], step_s = 60, search = false, max_steps = 5";
        let without = with("").unwrap();
        let together = with(&format!("{load} }}")).unwrap();
        assert_eq!(together.targets, without.targets);
        let size = together.load.unwrap();
        assert_eq!((size.steps, size.workers), (5, 4));
        // Each step 11 + 4 · 3 + 4 · (9 + 5) = 79.
        assert_eq!(size.max_events, 11 + 5 * 79);
        assert_eq!((without.concurrency, together.concurrency), (2, 8));
        assert_eq!(
            together.max_invocations,
            without.max_invocations + 2 * 5 * 4
        );
        assert_eq!(together.min_invocations, without.min_invocations + 2);
        let long = load.replace("step_s = 60", "step_s = 1800");
        let long = with(&format!("{long} }}")).unwrap();
        let size_of_long = long.load.unwrap();
        assert_eq!((size_of_long.parts, size_of_long.workers), (4, 16));
        assert_eq!(long.min_invocations, without.min_invocations + 2 * 4);
        assert_eq!(
            long.max_invocations,
            without.max_invocations + 2 * 5 * 4 * 4
        );
        let apart = with(&format!("{load}, order = \"apart\" }}")).unwrap();
        assert_eq!(apart.concurrency, 4 + 1);
        // Steps of 15 + 20 + 60 + 300 s, asked after every 2 · 30 s.
        let polls = (5_u32 * 395).div_ceil(60);
        assert_eq!(apart.load.unwrap().max_events, size.max_events + 9 * polls);
    }

    #[test]
    fn a_load_that_fits_into_no_history_is_refused_with_its_numbers_and_the_remedy() {
        let text = "name = \"x\"\n\
                    load = { steps = [10000], max_steps = 60, workers = 40, search = false }\n\
                    [[targets]]\nid = \"t\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
                    request = \"tgi\"\n";
        let config = from_toml(text, &Overrides::default()).unwrap();
        assert_eq!(
            RunSize::of(&config).unwrap_err().to_string(),
            "`load` may take 60 steps (`load.max_steps`) of 40 workers (`load.workers`, for each \
             part of a long step), whose history may have 34991 events, expected at most 20000; \
             lower one of the two"
        );
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
