//! The calls of a worker that was killed while they were under way.

use std::collections::BTreeMap;

use bench_core::{
    config::Arrival,
    load::WorkerRecord,
    sample::{Outcome, Sample},
    usage::UsageTotals,
};
use bench_store::Put;
use tokio::time::Instant;

use super::{
    LoadLog, LoadWork,
    calls::{self, Order, free_after},
    clock::Clock,
    loops,
};
use crate::Error;

/// Stores a sample for every call that the killed invocation `request_id` must have begun
/// and that has none: how it ended is not known, and it is not made again.
pub(super) async fn store_interrupted(
    log: &impl LoadLog,
    work: &LoadWork<'_>,
    clock: &Clock,
    request_id: &str,
) -> Result<(), Error> {
    let stored: BTreeMap<u32, Sample> = log
        .samples()
        .await?
        .into_iter()
        .map(|sample| (sample.repetition, sample))
        .collect();
    let until = clock.end().min(Instant::now());
    let calls = match work.load.arrival {
        Arrival::Closed => {
            let before = log.record_before().await?;
            of_callers(work, clock, before.as_ref(), &stored, until)
        }
        Arrival::Open => of_schedule(work, clock, &stored, until),
    };
    let order = Order::new(work);
    let mut usage: Option<UsageTotals> = None;
    for (number, intended) in calls {
        let sample = Sample {
            function_request_id: request_id.to_owned(),
            outcome: Outcome::Interrupted,
            ..calls::blank(work, clock, order.prompt(number), number, intended)
        };
        if log.put(&sample).await? == Put::Stored
            && let Some(call) = UsageTotals::of(&sample)
        {
            usage = Some(usage.map_or(call, |before| before.plus(call)));
        }
    }
    if let Some(usage) = usage.filter(|_| log.is_counted()) {
        log.count(usage).await?;
    }
    Ok(())
}

/// Of a closed loop: the call of each caller behind its last stored one, and those before
/// that whose samples were not stored yet. A caller that the worker `before` had not freed
/// made none.
fn of_callers(
    work: &LoadWork<'_>,
    clock: &Clock,
    before: Option<&WorkerRecord>,
    stored: &BTreeMap<u32, Sample>,
    until: Instant,
) -> Vec<(u32, Instant)> {
    let callers = work.step.callers_of(work.worker);
    let mut missing = Vec::new();
    for caller in 1..=callers {
        let numbers = || loops::numbers_of(caller, callers);
        let last = stored
            .keys()
            .rev()
            .find(|n| (**n - 1) % callers == caller - 1);
        if last.is_none() && before.is_some_and(|before| !before.has_freed(caller)) {
            continue;
        }
        // In the first part there is a ramp.
        let mut free = clock.first_call(caller, callers, clock.begin());
        for number in numbers() {
            let is_behind = last.is_none_or(|last| number > *last);
            if let Some(sample) = stored.get(&number) {
                let intended = sample.intended_at.map_or(free, |at| clock.instant(at));
                free = intended + free_after(sample);
            } else if free < until {
                missing.push((number, free));
            }
            if is_behind {
                break;
            }
        }
    }
    missing
}

/// Of an open loop: every call that was due.
fn of_schedule(
    work: &LoadWork<'_>,
    clock: &Clock,
    stored: &BTreeMap<u32, Sample>,
    until: Instant,
) -> Vec<(u32, Instant)> {
    (1..)
        .zip(loops::schedule(work))
        .map(|(number, offset)| (number, clock.at(offset)))
        .skip_while(|(_, intended)| *intended < clock.begin())
        .take_while(|(_, intended)| *intended < until)
        .filter(|(number, _)| !stored.contains_key(number))
        .collect()
}
