//! When the calls of a worker are made: in a closed loop or in an open one.

use std::{pin::pin, time::Duration};

use bench_core::config::Arrival;
use bench_targets::Model;
use futures::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use tokio::time::Instant;

use super::{
    LoadLog, LoadWork,
    calls::Calls,
    clock::{until, whole_micros},
    handover::{Handover, Takeover},
};

/// The most calls of an open loop that are under way at a time: each has a connection, and a
/// Lambda has 1,024 files. More wait for one of them, and are late.
const MAX_OPEN: usize = 900;

/// Makes the calls of the worker's part of the step, and waits for those under way at its end.
pub(super) async fn send<M: Model, L: LoadLog>(
    calls: Calls<'_, M, L>,
    takeover: Option<&Takeover<'_, L>>,
    handover: &Handover<'_, L>,
) {
    match calls.work.load.arrival {
        Arrival::Closed => closed(&calls, takeover, handover).await,
        Arrival::Open => open(&calls).await,
    }
}

/// Callers that each make their next call when they were answered.
async fn closed<M: Model, L: LoadLog>(
    calls: &Calls<'_, M, L>,
    takeover: Option<&Takeover<'_, L>>,
    handover: &Handover<'_, L>,
) {
    let callers = calls.work.step.callers_of(calls.work.worker);
    let now = Instant::now();
    let each = (1..=callers).map(async |caller| {
        let mut intended = match takeover {
            None => calls.clock.first_call(caller, callers, now),
            Some(takeover) => takeover.caller(caller).await,
        };
        for number in numbers_of(caller, callers) {
            until(intended).await;
            if calls.is_stopped() {
                return;
            }
            if intended >= calls.clock.end() {
                handover.free(caller);
                return;
            }
            let Some(free) = calls.make(number, intended).await else {
                return;
            };
            intended = free;
        }
    });
    join_all(each).await;
}

/// The numbers of the calls of a caller among those of its worker: a number tells its caller.
pub(super) fn numbers_of(caller: u32, callers: u32) -> impl Iterator<Item = u32> {
    (caller..=u32::MAX).step_by(callers as usize)
}

/// Calls that come by their schedule, whatever becomes of those before.
async fn open<M: Model, L: LoadLog>(calls: &Calls<'_, M, L>) {
    let begin = calls.clock.begin().max(Instant::now());
    let mut under_way = FuturesUnordered::new();
    for (number, offset) in (1..).zip(schedule(calls.work)) {
        let intended = calls.clock.at(offset);
        if intended >= calls.clock.end() {
            break;
        }
        // A worker takes up the schedule at its part, or where it is in the ramp.
        if intended < begin {
            continue;
        }
        let mut due = pin!(until(intended));
        let mut is_due = false;
        while !is_due || under_way.len() >= MAX_OPEN {
            tokio::select! {
                biased;
                // First, so that the call before is sent before this one.
                Some(_) = under_way.next(), if !under_way.is_empty() => {
                    is_due |= Instant::now() >= intended;
                }
                () = &mut due, if !is_due => is_due = true,
            }
        }
        if calls.is_stopped() {
            break;
        }
        under_way.push(calls.make(number, intended));
    }
    while under_way.next().await.is_some() {}
}

/// The times of the calls of a worker of an open loop, from the start of the step.
pub(super) fn schedule(work: &LoadWork<'_>) -> impl Iterator<Item = Duration> + use<> {
    let (process, seed) = (work.load.process, work.load.seed);
    bench_load::arrivals(process, &work.step, work.worker, seed).map(whole_micros)
}
