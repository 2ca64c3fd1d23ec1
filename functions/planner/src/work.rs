//! The work at each target, as the state machine is told of it.

use bench_core::{
    config::{Lifecycle, Network, RunConfig, Target},
    dataset::Prompt,
    identity::{RunId, TargetId},
    plan::FunctionVersions,
    workflow::{self, MAX_WORK_BYTES},
};
use bench_store::keys;
use serde::Serialize;

use crate::Error;

/// The output for the state machine: keys and indices, no texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReply {
    /// The run.
    pub run_id: RunId,
    /// The work at each target.
    pub targets: Vec<TargetWork>,
    /// The functions that the run itself calls.
    pub functions: RunFunctions,
}

/// The functions that a run calls beside those of its targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunFunctions {
    /// The version of the aggregator, as an ARN.
    pub aggregator: String,
}

/// The work at one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetWork {
    /// The target.
    pub id: TargetId,
    /// Concurrency: prompts in flight at a time.
    pub concurrency: u32,
    /// Positions of the prompts in the dataset, by the child execution that measures them.
    pub chunks: Vec<Vec<u32>>,
    /// The version of the invoker that can reach the target, as an ARN.
    pub function_arn: String,
    /// Whether it is put under load after its prompts.
    pub load: bool,
    /// The machine or endpoint that is started for it and stopped after it.
    pub lifecycle: Start,
}

/// A machine or endpoint that is started for a target and stopped after it. The state machine looks
/// at the kind, so nothing is a kind as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Start {
    /// A machine or endpoint.
    This {
        /// The machine, and how it is started and stopped.
        #[serde(flatten)]
        lifecycle: Lifecycle,
        /// Its id or name, whichever it is.
        machine: String,
        /// Sort key of its lease.
        lease: String,
    },
    /// Nothing.
    Nothing {
        /// `none`.
        kind: &'static str,
    },
}

impl Start {
    /// Nothing is started.
    pub const NOTHING: Self = Self::Nothing { kind: "none" };

    /// This machine or endpoint.
    #[must_use]
    pub fn of(lifecycle: Lifecycle) -> Self {
        Self::This {
            machine: lifecycle.machine().to_owned(),
            lease: keys::lease(lifecycle.machine()),
            lifecycle,
        }
    }
}

/// The work at every target.
pub(crate) fn work(
    config: &RunConfig,
    prompts: &[Prompt],
    functions: &FunctionVersions,
) -> Result<Vec<TargetWork>, Error> {
    let prompts: Vec<u32> = prompts.iter().map(|prompt| prompt.index).collect();
    config
        .targets
        .iter()
        .map(|target| {
            Ok(TargetWork {
                id: target.id.clone(),
                concurrency: target.concurrency,
                chunks: workflow::chunks(
                    &prompts,
                    workflow::prompts_per_chunk(&config.method, target)?,
                ),
                function_arn: invoker_of(target, functions)?.to_owned(),
                load: config.load.is_some(),
                lifecycle: target.lifecycle.clone().map_or(Start::NOTHING, Start::of),
            })
        })
        .collect()
}

fn invoker_of<'a>(target: &Target, functions: &'a FunctionVersions) -> Result<&'a str, Error> {
    match target.network {
        Network::Public => Ok(&functions.invoker),
        Network::Vpc => functions
            .vpc_invoker
            .as_deref()
            .ok_or_else(|| Error::NoVpc {
                target: target.id.clone(),
            }),
    }
}

/// A reply has to fit into a state of the state machine, with room for what Lambda adds.
pub(crate) fn validate_size(reply: &RunReply) -> Result<(), Error> {
    let bytes = serde_json::to_vec(reply).map_or(usize::MAX, |json| json.len());
    if bytes > MAX_WORK_BYTES {
        let chunks = reply.targets.first().map(|target| &target.chunks);
        return Err(Error::TooLarge {
            bytes,
            targets: reply.targets.len(),
            prompts: chunks.into_iter().flatten().map(Vec::len).sum(),
        });
    }
    Ok(())
}
