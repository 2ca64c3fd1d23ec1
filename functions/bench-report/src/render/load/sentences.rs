//! Sentences about the load of targets.

use bench_core::{
    config::{Arrival, Load, LoadOrder, Objective},
    load::Criterion,
};
use bench_load::{Capacity, GaveWay, OpenEnd, Steadiness, TooShort};

use super::{
    ends::{gave_way, open_end},
    numbers::{level, level_with_unit, rate},
};
use crate::{
    model::{Ends, LoadReport, Report, TargetLoad},
    render::format::{DASH, counted, duration, percent},
};

/// The limits of an objective: `p95 TTFT ≤ 1.00 s and success rate ≥ 99 %`.
pub(crate) fn objective(objective: &Objective) -> String {
    let at_most = |what: &str, limit: Option<f64>| {
        limit.map(|limit| format!("p95 {what} ≤ {}", duration(limit)))
    };
    let limits = [
        at_most("TTFT", objective.ttft_p95_ms),
        at_most("TPOT", objective.tpot_p95_ms),
        at_most("response time", objective.latency_p95_ms),
        objective
            .success_rate
            .map(|rate| format!("success rate ≥ {}", percent(rate))),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    limits.join(" and ")
}

/// How much a target sustains: `sustains 38 to 44 callers (95 %) with p95 TTFT ≤ 1.00 s`.
pub(crate) fn capacity(load: &Load, target: &TargetLoad) -> String {
    let found = &target.capacity;
    let limits = objective(&load.objective);
    // Without an objective there are levels at which a queue grew.
    let under = if limits.is_empty() {
        String::new()
    } else {
        format!(" with {limits}")
    };
    let sustains = match (found.low, found.high) {
        (Some(low), Some(high)) if level(low) == level(high) => {
            format!("sustains {} (95 %){under}", level_with_unit(load, low))
        }
        (Some(low), Some(high)) => format!(
            "sustains {} to {} (95 %){under}",
            level(low),
            level_with_unit(load, high)
        ),
        (Some(low), None) => format!(
            "sustains at least {} (95 %){under}",
            level_with_unit(load, low)
        ),
        (None, Some(high)) if high < 1.0 && load.arrival == Arrival::Closed => {
            format!("does not keep {limits} even with one caller")
        }
        (None, Some(high)) => format!(
            "sustains less than {} (95 %){under}",
            level_with_unit(load, found.broken_at.unwrap_or(high))
        ),
        (None, None) => "has no known capacity under load".to_owned(),
    };
    let open = match (found.low, found.high) {
        (Some(_), Some(_)) => None,
        (Some(_), None) => found.high_open,
        // One caller is the least there is.
        (None, Some(high)) if high < 1.0 && load.arrival == Arrival::Closed => None,
        (None, Some(_)) => found.low_open,
        // A client that was the bottleneck tells more than calls that were too few.
        (None, None) => found
            .high_open
            .filter(|end| *end == OpenEnd::ClientLimited)
            .or(found.low_open),
    };
    let open = open.map(|end| format!("; {}", open_end(target, end)));
    let (gives, open) = (gives(target), open.unwrap_or_default());
    let way = found
        .gave_way
        .zip(found.broken_at)
        .map(|(way, at)| format!("; at {} {}", level_with_unit(load, at), gave_way(way)));
    format!("{sustains}{gives}{open}{}", way.unwrap_or_default())
}

/// The interval of a capacity as a cell: `38 to 44 callers`, `≥ 32 callers`, `< 2 callers`.
pub(crate) fn capacity_range(load: &Load, found: &Capacity) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) if level(low) == level(high) => level_with_unit(load, low),
        (Some(low), Some(high)) => format!("{} to {}", level(low), level_with_unit(load, high)),
        (Some(low), None) => format!("≥ {}", level_with_unit(load, low)),
        (None, Some(high)) => {
            let below = found.broken_at.unwrap_or(high);
            format!("< {}", level_with_unit(load, below))
        }
        (None, None) => DASH.to_owned(),
    }
}

/// The figures at both ends of a capacity: `12.1 to 13.9`.
pub(crate) fn ends(ends: Ends) -> String {
    range(ends).unwrap_or_else(|| DASH.to_owned())
}

/// The note below the table of capacities: how its figures were measured.
pub(crate) fn capacity_note(load: &Load) -> String {
    let how = match load.arrival {
        Arrival::Closed => {
            "callers that each send their next request when they were answered (closed loop)"
        }
        Arrival::Open => "requests that come at a rate, whatever the answers (open loop)",
    };
    let objective = if load.objective.is_empty() {
        "No objective is configured, so there is no capacity.".to_owned()
    } else {
        format!("Objective: {}.", objective(&load.objective))
    };
    format!(
        "The highest load under the objective, of {how}; figures of the steps at both ends of its \
         interval. {objective}"
    )
}

/// Notes on the load as a whole.
pub(crate) fn notes(report: &Report) -> Vec<String> {
    let Some(load) = &report.load else {
        return Vec::new();
    };
    let (step_s, ramp_s) = durations(load);
    let window = format!(
        "Each step is a window of {step_s} s after a ramp of {ramp_s} s; times count from the \
         intended start of a request, service time from the send. Intervals at 95 % take tenths \
         of the window as groups of calls that are alike."
    );
    vec![order(load).to_owned(), window]
}

/// Seconds of the window and of the ramp: of the steps, in the time of their figures; as
/// configured where targets differ.
fn durations(load: &LoadReport) -> (u32, u32) {
    let steps = load.targets.iter().flat_map(|target| &target.steps);
    let mut all = steps.map(|step| (step.plan.step_s, step.plan.ramp_s));
    let same = all.next().filter(|first| all.all(|other| other == *first));
    same.unwrap_or((load.configured.step_s, load.configured.ramp_s))
}

/// Throughput at capacity: `, 12.1 to 13.9 requests/s and 870 output tokens/s`.
fn gives(target: &TargetLoad) -> String {
    let at = &target.at_capacity;
    let parts: Vec<String> = [
        (at.requests_per_s, "requests/s"),
        (at.output_tokens_per_s, "output tokens/s"),
    ]
    .into_iter()
    .filter_map(|(ends, unit)| Some(format!("{} {unit}", range(ends)?)))
    .collect();
    if target.capacity.low.is_none() || parts.is_empty() {
        return String::new();
    }
    format!(", at {}", parts.join(" and "))
}

fn range(ends: Ends) -> Option<String> {
    let low = ends.low?;
    let high = ends.high.unwrap_or(low);
    let [low, high] = [low.min(high), low.max(high)].map(rate);
    Some(if low == high {
        low
    } else {
        format!("{low} to {high}")
    })
}

/// The limit that gave way first, as a cell.
pub(crate) fn gave_way_name(way: GaveWay) -> &'static str {
    match way {
        GaveWay::Ttft => "TTFT",
        GaveWay::Tpot => "TPOT",
        GaveWay::Latency => "response time",
        GaveWay::Errors => "errors",
        GaveWay::Throttling => "throttling",
        GaveWay::Queue => "growing queue",
    }
}

/// The limit of an objective as a heading.
pub(crate) fn criterion(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Ttft => "TTFT",
        Criterion::Tpot => "TPOT",
        Criterion::Latency => "response time",
        Criterion::Success => "success",
    }
}

/// Whether a step was steady, with the numbers that tell.
pub(crate) fn steadiness(found: &Steadiness) -> String {
    match found {
        Steadiness::Steady => "steady".to_owned(),
        Steadiness::Saturated { growth_per_s, .. } => format!(
            "saturated: the queue grew by {} requests/s",
            rate(growth_per_s.value)
        ),
        Steadiness::Throttled { share } => {
            format!(
                "throttled: {} of the requests were refused",
                percent(*share)
            )
        }
        Steadiness::ClientLimited {
            queued_p99_us,
            limit_us,
            stalled_share,
        } => {
            let ms = |us: u64| duration(us as f64 / 1_000.0);
            if queued_p99_us > limit_us {
                format!(
                    "client-limited: p99 of requests were sent {} late, limit {}",
                    ms(*queued_p99_us),
                    ms(*limit_us)
                )
            } else {
                format!(
                    "client-limited: the client was held up during {} of the calls",
                    percent(*stalled_share)
                )
            }
        }
        Steadiness::Disturbed {
            interrupted_calls,
            lost_workers,
        } => disturbed(*interrupted_calls, *lost_workers),
        Steadiness::TooShort { reason } => format!("too short: {}", too_short(reason)),
    }
}

fn disturbed(interrupted: u64, lost: u32) -> String {
    let lost = (lost > 0).then(|| {
        let workers = counted(lost.into(), "worker");
        format!("{workers} did not send everything")
    });
    let interrupted =
        (interrupted > 0).then(|| format!("{} interrupted", counted(interrupted, "call")));
    let parts: Vec<String> = lost.into_iter().chain(interrupted).collect();
    format!("disturbed: {}", parts.join(", "))
}

fn too_short(reason: &TooShort) -> String {
    match reason {
        TooShort::NoCalls => "no request was to start in the window".to_owned(),
        TooShort::Turnover {
            ended_inside,
            needed,
        } => format!(
            "{} of the requests ended inside the window, {} needed",
            percent(*ended_inside),
            percent(*needed)
        ),
        TooShort::Drift { .. } => "its later half differs from the earlier one".to_owned(),
        TooShort::Imbalance { littles_ratio, .. } => format!(
            "calls under way are {littles_ratio:.2} times rate × response time (Little's law)"
        ),
    }
}

/// How many workers made the requests of steps, as sentences.
pub(crate) fn workers(target: &TargetLoad) -> String {
    let workers = target.steps.iter().map(|step| step.plan.workers);
    let (least, most) = (workers.clone().min(), workers.max());
    let workers = match (least.unwrap_or(0), most.unwrap_or(0)) {
        (least, most) if least == most => {
            format!("Each step had {}.", counted(most.into(), "worker"))
        }
        (least, most) => format!("Steps had {least} to {most} workers."),
    };
    match target.steps.iter().map(|step| step.plan.parts()).max() {
        Some(parts) if parts > 1 => format!(
            "{workers} A step is longer than a Lambda can last, so it had {parts} parts, at whose \
             ends other workers took over."
        ),
        _ => workers,
    }
}

/// The connections that were opened within windows, as a sentence; `None` where none was.
pub(crate) fn connections(target: &TargetLoad) -> Option<String> {
    let opened: u64 = target.steps.iter().map(|it| it.connections_opened).sum();
    let calls: u64 = target.steps.iter().map(|step| step.success.n).sum();
    (opened > 0).then(|| {
        format!(
            "{} of {} found no open connection; the time to open one is in their times.",
            opened,
            counted(calls, "request")
        )
    })
}

/// How targets were under load, as a sentence.
fn order(report: &LoadReport) -> &'static str {
    match report.configured.order {
        _ if report.targets.len() < 2 => "One target was under load.",
        LoadOrder::Together => {
            "Targets were under load at the same time: those that share a machine or an account \
             quota took from each other (`load.order`)."
        }
        LoadOrder::Apart => "Targets were under load one after another.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AtCapacity;

    #[test]
    fn a_queue_that_grew_is_told_without_an_objective_too() {
        let load = Load {
            arrival: Arrival::Open,
            objective: Objective::default(),
            ..Load::default()
        };
        let target = TargetLoad {
            target_id: "a".parse().unwrap(),
            steps: Vec::new(),
            capacity: Capacity {
                low: None,
                high: Some(0.05),
                low_open: Some(OpenEnd::NoObjective),
                high_open: None,
                broken_at: Some(0.05),
                gave_way: Some(GaveWay::Queue),
                unmeasured: None,
                undecided: Vec::new(),
                contradicted: false,
            },
            at_capacity: AtCapacity::default(),
            ended: None,
        };
        assert_eq!(
            capacity(&load, &target),
            "sustains less than 0.05 requests/s (95 %); no objective is configured; at 0.05 \
             requests/s the queue grew"
        );
    }
}
