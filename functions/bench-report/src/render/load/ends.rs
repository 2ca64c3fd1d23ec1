//! Why a load and its capacity end where they do, in words.

use std::borrow::Cow;

use bench_core::load::Criterion;
use bench_load::{EndReason, GaveWay, OpenEnd};

use crate::model::{LoadStep, TargetLoad};

/// Why an end of a capacity is open, as the end of a sentence.
pub(super) fn open_end(target: &TargetLoad, end: OpenEnd) -> Cow<'static, str> {
    let reason = match end {
        OpenEnd::NoSteps => "no step was made",
        OpenEnd::NoObjective => "no objective is configured",
        OpenEnd::AllKept => "every step kept it, so the capacity may be higher",
        OpenEnd::NoneKept => "no step kept it",
        OpenEnd::Undecided => return too_few(target),
        OpenEnd::Unmeasured if target.capacity.unmeasured == Some(Criterion::Tpot) => {
            "its responses do not state their output tokens, without which there is no TPOT"
        }
        OpenEnd::Unmeasured => "too few of its responses have a first token in their stream",
        OpenEnd::ClientLimited => "the client was the bottleneck",
        OpenEnd::Disturbed => "a worker did not make its requests to the end",
        OpenEnd::TooShort => "the window was too short",
    };
    reason.into()
}

/// Why the calls of a target do not tell more: with how many a step could have.
fn too_few(target: &TargetLoad) -> Cow<'static, str> {
    let requests = |step: &LoadStep| step.judgment.criteria.iter().map(|share| share.n).max();
    let largest = target.steps.iter().max_by_key(|step| requests(step));
    let needed = |step: &LoadStep| {
        let shares = step.judgment.criteria.iter();
        shares.filter_map(|share| share.needed).max()
    };
    let most = largest.and_then(|step| requests(step).zip(needed(step)));
    match most {
        Some((made, needed)) if made < needed => format!(
            "the calls are too few to tell more: the largest step had {made} requests, and {needed} \
             are needed at least"
        )
        .into(),
        _ => "the calls are too few to tell more".into(),
    }
}

/// The limit that gave way first, as the end of a sentence.
pub(super) fn gave_way(way: GaveWay) -> &'static str {
    match way {
        GaveWay::Ttft => "TTFT gave way first",
        GaveWay::Tpot => "TPOT gave way first",
        GaveWay::Latency => "response time gave way first",
        GaveWay::Errors => "requests failed first",
        GaveWay::Throttling => "throttling came first",
        GaveWay::Queue => "the queue grew",
    }
}

/// Why a load ended, as a sentence.
pub(super) fn ended(reason: Option<EndReason>) -> &'static str {
    match reason {
        Some(EndReason::Narrow) => "The interval is as narrow as it was to be.",
        Some(EndReason::StepsDone) => "All configured steps were made.",
        Some(EndReason::NoneKept) => "Not even the lowest level kept the objective.",
        Some(EndReason::MaxSteps) => "`load.max_steps` was reached.",
        Some(EndReason::Time) => "`load.max_minutes` was reached.",
        Some(EndReason::Budget) => "The budget was spent.",
        Some(EndReason::ClientLimited) => {
            "The client was the bottleneck: raise `load.workers` or lower `load.steps`."
        }
        Some(EndReason::Disturbed) => "Workers were lost each time.",
        Some(EndReason::Unmeasured) => {
            "Too many responses lack a figure that the objective limits: have the server report \
             its token usage, or limit `latency_p95_ms` instead."
        }
        Some(EndReason::Undecided) => {
            "What is left is too close to the objective to be told by a few more steps; a longer \
             `load.step_s` tells more."
        }
        None => {
            "The load ended before the search did: time or budget was used up, or the run was \
             stopped."
        }
    }
}
