//! Rules about the fields of `[load]`, and about those that have to go together with it.

use serde_json::Value;

use super::{
    Arrival, Fault, Load, MAX_WORKERS, Method, REQUESTS_PER_WORKER, STREAMS_PER_WORKER,
    entry::Entry,
};
use crate::workflow::{
    INVOCATION_MARGIN_S, LOAD_LEAD_S, MAX_INVOCATION_S, MAX_WORKERS_OF_STEP, Parts, max_workers,
};

/// Every fault of a load whose fields are valid by themselves.
pub(super) fn check(configuration: &Value, faults: &mut Vec<Fault>) {
    let written = &configuration["load"];
    if faults.iter().any(|fault| fault.field.starts_with("load")) {
        return;
    }
    let Ok(load) = serde_json::from_value::<Load>(written.clone()) else {
        return;
    };
    levels(&load, written, faults);
    faults.extend(has_something_to_search(&load, written));
    faults.extend(can_be_shown(&load, written));
    faults.extend(has_room_for_its_steps(&load));
    faults.extend(has_time_for_a_step(&load));
    faults.extend(fits_into_invocations(&load, &configuration["method"]));
    let targets = Entry::list(configuration, "targets");
    faults.extend(targets.iter().filter_map(|target| streams(&load, target)));
}

/// Levels rise, callers are whole, and the workers are enough for them.
fn levels(load: &Load, written: &Value, faults: &mut Vec<Fault>) {
    let (unit, per_worker) = match load.arrival {
        Arrival::Closed => ("callers", STREAMS_PER_WORKER),
        Arrival::Open => ("requests per second", REQUESTS_PER_WORKER),
    };
    let most = f64::from(load.workers * per_worker);
    let mut before = None;
    for (place, level) in load.steps.iter().copied().enumerate() {
        let remedy = if load.arrival == Arrival::Closed && level.fract() != 0.0 {
            Some("callers are whole; set a whole number, or `arrival = \"open\"` for a rate".into())
        } else if let Some(before) = before.filter(|before| level <= *before) {
            Some(format!("expected more than the step before, {before}"))
        } else if level > most {
            Some(format!(
                "expected at most {most} {unit}, {per_worker} for each of {} workers; raise \
                 `load.workers` or lower the level",
                load.workers
            ))
        } else {
            None
        };
        if let Some(remedy) = remedy {
            let field = format!("load.steps[{place}]");
            faults.push(Fault::of(field, &written["steps"][place], remedy));
        }
        before = Some(level);
    }
}

/// A search looks for the level from which on the objective is not kept. Without one there is
/// none, unless it is asked for.
fn has_something_to_search(load: &Load, written: &Value) -> Option<Fault> {
    let search = &written["search"];
    let remedy = "a search needs a limit that the load has to keep; set one such as \
                  `load.objective.ttft_p95_ms`, or `search = false`";
    (*search == true && load.objective.is_empty()).then(|| Fault::of("load.search", search, remedy))
}

fn can_be_shown(load: &Load, written: &Value) -> Option<Fault> {
    load.objective.success_rate.filter(|rate| *rate >= 1.0)?;
    let remedy = "no number of requests shows that none ever fails; expected less than 1, such \
                  as `0.99`";
    Some(Fault::of(
        "load.objective.success_rate",
        &written["objective"]["success_rate"],
        remedy,
    ))
}

fn has_room_for_its_steps(load: &Load) -> Option<Fault> {
    let levels = load.steps.len();
    let remedy = format!(
        "expected at least {levels}, one for each level of `load.steps`; raise it or remove levels"
    );
    ((load.max_steps as usize) < levels)
        .then(|| Fault::of("load.max_steps", &Value::from(load.max_steps), remedy))
}

fn has_time_for_a_step(load: &Load) -> Option<Fault> {
    let minutes = load.max_minutes?;
    let step_s = load.ramp_s + load.step_s;
    let remedy = format!(
        "a step takes {step_s} s with its ramp; raise it, or lower `load.step_s` or `load.ramp_s`"
    );
    (minutes.saturating_mul(60) < step_s)
        .then(|| Fault::of("load.max_minutes", &Value::from(minutes), remedy))
}

/// A worker waits for its begin, sends until its part of the step is over, and awaits the
/// answers, all in one invocation; workers of the next part take over.
fn fits_into_invocations(load: &Load, method: &Value) -> Option<Fault> {
    let default = Method::default().timeout_s;
    let timeout_s = match &method["timeout_s"] {
        Value::Null => default,
        written => u32::try_from(written.as_u64()?).ok()?,
    };
    let fault = |remedy| Fault::of("load.step_s", &Value::from(load.step_s), remedy);
    let other_s = LOAD_LEAD_S + INVOCATION_MARGIN_S;
    let parts = Parts::of(load, timeout_s);
    let sends_s = MAX_INVOCATION_S.saturating_sub(timeout_s.saturating_add(other_s));
    // The load builds up within the first part.
    if sends_s == 0 || parts.part_s.is_some_and(|part_s| part_s <= load.ramp_s) {
        return Some(fault(format!(
            "with a ramp of {} s, a `method.timeout_s` of {timeout_s} and {other_s} s to begin \
             and to end, a step does not fit into the {MAX_INVOCATION_S} s of a Lambda; lower \
             `load.ramp_s` or `method.timeout_s`",
            load.ramp_s
        )));
    }
    let most = (MAX_WORKERS / parts.at_once).min(MAX_WORKERS_OF_STEP / parts.count);
    (parts.count > 1 && max_workers(load) > most).then(|| {
        let fewer_workers = if most > 0 {
            format!("lower `load.workers` to at most {most}, or lower ")
        } else {
            "lower ".to_owned()
        };
        fault(format!(
            "with a `method.timeout_s` of {timeout_s}, a step has {} parts of {} s, of which {} \
             overlap, each with a Lambda for each of {} workers; {fewer_workers}`load.step_s` or \
             `method.timeout_s`",
            parts.count,
            parts.part_s.unwrap_or(0),
            parts.at_once,
            max_workers(load),
        ))
    })
}

/// An answer that comes in one piece has no time to its first token, and none between tokens.
fn streams(load: &Load, target: &Entry) -> Option<Fault> {
    let stream = &target.fields["stream"];
    let field = if load.objective.ttft_p95_ms.is_some() {
        "ttft_p95_ms"
    } else {
        load.objective.tpot_p95_ms.map(|_| "tpot_p95_ms")?
    };
    let remedy = format!(
        "`load.objective.{field}` is measured on streams alone; remove `stream`, or set \
         `load.objective.latency_p95_ms` instead"
    );
    (*stream == false).then(|| target.fault("stream", stream, remedy))
}
