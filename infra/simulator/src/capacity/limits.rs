//! The limits of a target, as its name states them.

use std::time::Duration;

use serde::Serialize;

use super::{
    batch::{Batch, count},
    engine::Rule,
    stall::Stall,
    throttle::Rate,
};
use crate::fault::{Fault, Faults};

/// The parameters of a capacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parameters {
    pub(super) slots: Option<Rule>,
    pub(super) batch: Option<Batch>,
    pub(super) stall: Option<Stall>,
    pub(super) rate: Option<Rate>,
    /// The tokens of each answer and their distance, where they are fixed.
    answer: Option<(usize, Duration)>,
}

/// One target: an element of `GET /_simulator/targets`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Limits {
    /// Model id, endpoint name, or the path before that of the protocol.
    name: String,
    /// Calls that are served at the same time at most.
    slots: Option<usize>,
    /// Calls that are served now.
    serving: usize,
    /// Calls that wait for a slot now.
    queued: usize,
    /// Most requests per second that are answered in the long run; `null` where
    /// there is no limit, or where the length of answers is not part of the name.
    requests_per_second: Option<f64>,
    /// Most tokens per second, likewise.
    tokens_per_second: Option<f64>,
    /// Requests per second above which the target throttles.
    throttled_above: Option<f64>,
}

impl Parameters {
    /// The capacity that a name asks for.
    pub(super) fn of(faults: &Faults) -> Option<Self> {
        let slots = faults.find(|fault| match *fault {
            Fault::Slots {
                count, even, queue, ..
            } => Some(Rule {
                count,
                even,
                queue: queue.unwrap_or(usize::MAX),
            }),
            _ => None,
        });
        let batch = faults.find(|fault| match *fault {
            Fault::Batch { per_mille, knee } => Some(Batch {
                slope: f64::from(per_mille) / 1e3,
                knee,
            }),
            _ => None,
        });
        let stall = faults.find(|fault| match *fault {
            Fault::Stall { time, every } => Some(Stall {
                time: nanos(time),
                every: nanos(every),
            }),
            _ => None,
        });
        let rate = faults.find(|fault| match *fault {
            Fault::Throttle {
                requests,
                every,
                burst,
            } => Some(Rate {
                requests,
                every,
                burst,
            }),
            _ => None,
        });
        let answer = faults.find(|fault| match *fault {
            Fault::Tokens { count, every } => Some((count, every)),
            _ => None,
        });
        let limited = slots.is_some() || batch.is_some() || stall.is_some() || rate.is_some();
        limited.then_some(Self {
            slots,
            batch,
            stall,
            rate,
            answer,
        })
    }

    /// Tokens per second that the slots give at most, all of them busy.
    fn tokens_per_second(&self) -> Option<f64> {
        let (_, every) = self.answer?;
        let batch = self.batch.unwrap_or(Batch::INDEPENDENT);
        let alone = match batch.best(self.slots.map(|slots| slots.count)) {
            Some(streams) => count(streams) / batch.slowdown(streams),
            // What `n / slowdown(n)` comes near to as `n` grows.
            None if batch.slope > 0.0 => 1.0 / batch.slope,
            None => return None,
        };
        let running = self
            .stall
            .map_or(1.0, |stall| 1.0 - stall.time / stall.every);
        Some(alone * running / every.as_secs_f64())
    }
}

impl Limits {
    pub(super) fn new(
        name: &str,
        parameters: &Parameters,
        (serving, queued): (usize, usize),
    ) -> Self {
        let throttled_above = parameters
            .rate
            .map(|rate| f64::from(rate.requests) / rate.every.as_secs_f64());
        let tokens = parameters.answer.map(|(tokens, _)| count(tokens));
        let served = parameters.tokens_per_second().zip(tokens);
        let served = served.map(|(rate, tokens)| rate / tokens);
        let requests = match (served, throttled_above) {
            (Some(served), Some(rate)) => Some(served.min(rate)),
            (served, rate) => served.or(rate),
        };
        Self {
            name: name.to_owned(),
            slots: parameters.slots.map(|slots| slots.count),
            serving,
            queued,
            requests_per_second: requests,
            tokens_per_second: requests.zip(tokens).map(|(rate, tokens)| rate * tokens),
            throttled_above,
        }
    }
}

/// Whole nanoseconds, exact for a hundred days.
#[expect(
    clippy::cast_precision_loss,
    reason = "durations are less than 2^52 ns"
)]
pub(super) fn nanos(time: Duration) -> f64 {
    time.as_nanos() as f64
}
