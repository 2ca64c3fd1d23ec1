//! The cost of a target's calls, by phase and as billed.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::range::{at_least, at_most, is_partly_counted};
use crate::{
    Bounds, CallLimits, CostReason, Figure, PhaseUsage, Rates, TargetUsage, Windows,
    figure::figure,
    usage::{HOUR_US, cost, token_cost},
};
use bench_core::money::Money;
use bench_core::usage::Usage;

/// The cost of one target's calls: tokens, and machine time while they ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Spend {
    /// The measured calls, failed ones and every attempt included.
    pub measured: Figure,
    /// The calls that came first and are in no other figure.
    pub warmup: Figure,
    /// The probes of its readiness.
    pub probe: Figure,
    /// The calls under load, ramps included; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Figure>,
    /// All of them.
    pub total: Figure,
}

impl Spend {
    pub(crate) fn of(usage: &PhaseUsage, rates: &Rates, concurrency: Decimal) -> Self {
        let of = |usage: Usage| figure(cost(&usage, rates, concurrency));
        let is_loaded = usage.load.attempts > 0;
        // The time of a load is counted once, however many calls share it.
        let load = || cost(&usage.load, rates, Decimal::ONE);
        let total = || {
            let sequential = cost(&usage.sequential(), rates, concurrency)?;
            sequential.plus(load()?).ok_or(CostReason::OutOfRange)
        };
        Self {
            measured: of(usage.measured),
            warmup: of(usage.warmup),
            probe: of(usage.probe),
            load: is_loaded.then(|| figure(load())),
            total: figure(total()),
        }
    }
}

/// The calls of one target as they are billed, all phases together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Billed {
    /// Tokens; machines from the first call to the end of the last, idle time
    /// included; imports by the window, low without and high with one idle window
    /// a session. Where a few answered calls have no token count, low without their
    /// tokens and high with the most that they can be.
    pub cost: Bounds,
    /// The windows, where windows are billed.
    pub windows: Option<Windows>,
    /// The measured calls' share of it by their time, for one answered call;
    /// `None` without one.
    pub per_request: Option<Bounds>,
}

impl Billed {
    /// The bill of the calls; `None` where it is not known. Without `limits` tokens that were
    /// not counted are not known.
    pub(crate) fn of(
        rates: &Rates,
        usage: &TargetUsage,
        limits: Option<&CallLimits>,
    ) -> Option<Self> {
        let (all, measured) = (usage.phases().total(), usage.phases().measured);
        let (cost, windows) = if let Some(per_window) = rates.per_window() {
            let windows = usage.windows();
            (windows.cost(per_window)?, Some(windows))
        } else {
            let elapsed = elapsed(rates, usage)?;
            let cost = token_bounds(all, rates, limits)?;
            (cost.map(|tokens| elapsed.plus(tokens))?, None)
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

/// The cost of the tokens: limits where a few answered calls have no count, and `None`
/// where none has.
pub(super) fn token_bounds(
    all: Usage,
    rates: &Rates,
    limits: Option<&CallLimits>,
) -> Option<Bounds> {
    if rates.tokens().is_none() || !is_partly_counted(&all) {
        return token_cost(&all, rates).ok().map(Bounds::from);
    }
    Some(Bounds {
        low: token_cost(&at_least(all), rates).ok()?,
        high: token_cost(&at_most(all, limits?)?, rates).ok()?,
    })
}

/// The hourly cost from the first call to the end of the last; failed calls count,
/// for the machine was up.
fn elapsed(rates: &Rates, usage: &TargetUsage) -> Option<Money> {
    rates
        .per_hour()?
        .times(Decimal::from(usage.elapsed_us()))?
        .over(Decimal::from(HOUR_US))
}
