//! What the calls of a target cost, by phase and as billed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Bounds, Figure, Money, Rates, Span, Usage, Windows,
    usage::{HOUR_US, span, spans},
};
use crate::sample::{Outcome, Phase, Sample};

/// What the calls of one target cost: tokens, and machine time while they ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// The measured calls, failed ones and every attempt included.
    pub measured: Figure,
    /// The calls that came first and are in no other figure.
    pub warmup: Figure,
    /// Finding out whether the target is there.
    pub probe: Figure,
    /// All of them.
    pub total: Figure,
}

impl Spend {
    pub(super) fn of(phases: &BTreeMap<Phase, Usage>, rates: &Rates, concurrency: Decimal) -> Self {
        let of = |usage: Usage| match usage.cost(rates, concurrency) {
            Ok(cost) => Figure::Known(cost),
            Err(reason) => Figure::unknown(reason),
        };
        let phase = |phase| of(phases.get(&phase).copied().unwrap_or_default());
        Self {
            measured: phase(Phase::Measured),
            warmup: phase(Phase::Warmup),
            probe: phase(Phase::Probe),
            total: of(phases
                .values()
                .fold(Usage::default(), |sum, usage| sum.plus(*usage))),
        }
    }
}

/// What the calls of one target come to on a bill, all phases together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// Tokens; machines from the first call to the end of the last, idle time
    /// included; imports by the window, low without and high with one idle window
    /// a session.
    pub cost: Bounds,
    /// The windows, where windows are billed.
    pub windows: Option<Windows>,
    /// The measured calls' share of it by their time, for one answered call;
    /// `None` without one.
    pub per_request: Option<Bounds>,
}

impl Billed {
    /// The bill of the calls in `samples`; `None` where it is not known.
    pub(super) fn of(rates: &Rates, samples: &[&Sample]) -> Option<Self> {
        let all = Usage::of(samples.iter().copied());
        let measured = samples.iter().filter(|s| s.phase == Phase::Measured);
        let measured = Usage::of(measured.copied());
        let tokens = all.token_cost(rates).ok()?;
        let (cost, windows) = match rates.per_window() {
            Some(per_window) => {
                let windows = Windows::of(&spans(samples));
                (windows.cost(per_window)?, Some(windows))
            }
            None => (elapsed(rates, samples)?.plus(tokens)?.into(), None),
        };
        let per_request = cost.map(|cost| {
            cost.times(Decimal::from(measured.busy_us))?
                .over(Decimal::from(all.busy_us))?
                .over(Decimal::from(measured.answered))
        });
        Some(Self {
            cost,
            windows,
            per_request,
        })
    }
}

/// What stood by from the first call to the end of the last, for as long as that
/// was: failed calls count, for the machine was up.
fn elapsed(rates: &Rates, samples: &[&Sample]) -> Option<Money> {
    let made = samples
        .iter()
        .filter(|sample| sample.measurement.outcome != Outcome::Budget);
    let calls: Vec<Span> = made.map(|sample| span(sample)).collect();
    let first = calls.iter().map(|call| call.start_us).min().unwrap_or(0);
    let last = calls.iter().map(|call| call.end_us).max().unwrap_or(0);
    rates
        .per_hour()?
        .times(Decimal::from(last.saturating_sub(first)))?
        .over(Decimal::from(HOUR_US))
}
