//! Connections that are open before a call needs them, so that opening one is in no call's
//! time.
//!
//! Callers that build up in the ramp of a closed loop open theirs there; those that a worker
//! takes over begin in the window. Requests of an open loop come in bursts: a few connections
//! more than are in use are kept open throughout, whatever the concurrency turns out to be. A
//! burst beyond them opens its own, and its calls say so.

use std::{convert::Infallible, future::pending, time::Duration};

use bench_core::config::Arrival;
use bench_targets::Model;
use tokio::time::{Instant, sleep};

use super::{LoadWork, clock::Clock};

/// How often it is looked after them. Many more than are kept are not needed within it.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long it is waited where they cannot be opened.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The fewest connections of an open loop that are kept unused.
const MIN_SPARE: usize = 4;

/// As many more as requests come within so many seconds: a connection over a continent takes
/// three round trips.
const SPARE_S: f64 = 0.4;

/// Opens the connections of a worker ahead of its calls, for as long as it makes some.
pub(super) async fn open_ahead(
    model: &impl Model,
    work: &LoadWork<'_>,
    clock: &Clock,
) -> Infallible {
    match work.load.arrival {
        Arrival::Closed if work.step.worker_before(work.worker).is_some() => {
            let callers = work.step.callers_of(work.worker);
            model.open_connections(callers as usize).await;
        }
        Arrival::Closed => {}
        Arrival::Open => {
            let spare = MIN_SPARE + requests_within(SPARE_S, work);
            while Instant::now() < clock.end() {
                let open = model.open_connections(spare).await;
                let pause = if open < spare {
                    AFTER_FAILURE
                } else {
                    INTERVAL
                };
                sleep(pause).await;
            }
        }
    }
    pending().await
}

/// Requests of a worker within so many seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a worker sends at most 50 requests a second"
)]
fn requests_within(seconds: f64, work: &LoadWork<'_>) -> usize {
    (work.step.rate_of_worker() * seconds).ceil() as usize
}
