//! What the calls of a target cost, by phase and as billed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Bounds, Figure, Rates, Usage, Windows};
use crate::sample::Phase;

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

/// Windows that calls touched, with what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// The windows, of all phases.
    #[serde(flatten)]
    pub windows: Windows,
    /// Low without, high with one idle window a session.
    pub cost: Bounds,
    /// The measured calls' share of it by their time, for one answered call.
    pub per_request: Option<Bounds>,
}

impl Billed {
    pub(super) fn of(
        rates: &Rates,
        windows: Windows,
        phases: &BTreeMap<Phase, Usage>,
    ) -> Option<Self> {
        let cost = windows.cost(rates.per_window()?)?;
        let measured = phases.get(&Phase::Measured).copied().unwrap_or_default();
        let busy: u64 = phases
            .values()
            .fold(0, |sum, usage| sum.saturating_add(usage.busy_us));
        let per_request = cost.map(|cost| {
            cost.times(Decimal::from(measured.busy_us))?
                .over(Decimal::from(busy))?
                .over(Decimal::from(measured.answered))
        });
        Some(Self {
            windows,
            cost,
            per_request,
        })
    }
}
