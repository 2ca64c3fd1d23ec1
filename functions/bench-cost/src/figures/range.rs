//! Limits of costs of which some calls have no token count.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::per_correct::per_correct_of;
use crate::{Bounds, CallLimits, Figure, Rates, TargetUsage, usage::cost};
use bench_core::{
    money::Money,
    usage::{Tokens, Usage},
};

/// Costs of a target's measured calls of which only limits are known, since a few
/// answered ones have no token count. At least: those cost no tokens. At most: a token
/// for each character of the longest prompt, and `max_tokens` of output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostRange {
    /// Answered, measured calls without a token count.
    pub calls: u64,
    /// Answered, measured calls.
    pub answered: u64,
    /// The cost of the measured calls, failed ones and every attempt included.
    pub measured: Bounds,
    /// Measured spend ÷ answered measured calls.
    pub per_request: Bounds,
    /// Measured spend ÷ correct responses; `None` without a correct one.
    pub per_correct: Option<Bounds>,
    /// The lower limit of the 95 % interval of the least, and the upper one of the most;
    /// `None` without intervals.
    pub per_correct_interval: Option<Bounds>,
}

impl CostRange {
    /// The limits; `None` where every answered call has a count, or none has.
    pub(crate) fn of(
        usage: &TargetUsage,
        rates: &Rates,
        limits: &CallLimits,
        concurrency: Decimal,
        t: impl Fn(u64) -> f64,
    ) -> Option<Self> {
        let measured = usage.phases().measured;
        if rates.tokens().is_none() || !is_partly_counted(&measured) {
            return None;
        }
        let cost = |usage| cost(&usage, rates, concurrency).ok();
        let spent = Bounds {
            low: cost(at_least(measured))?,
            high: cost(at_most(measured, limits)?)?,
        };
        let least = usage.graded_prompts().map(|usage| Some(at_least(*usage)));
        let most = usage.graded_prompts().map(|usage| at_most(*usage, limits));
        let each = [
            per_correct_of(least.collect::<Option<Vec<_>>>()?, rates, concurrency, &t),
            per_correct_of(most.collect::<Option<Vec<_>>>()?, rates, concurrency, &t),
        ];
        Some(Self {
            calls: measured.uncounted,
            answered: measured.answered,
            measured: spent,
            per_request: spent.map(|cost| cost.over(Decimal::from(measured.answered)))?,
            per_correct: bounds(&each, Figure::value),
            per_correct_interval: interval(&each),
        })
    }
}

/// Whether some answered calls have a token count and others have none.
pub(crate) fn is_partly_counted(usage: &Usage) -> bool {
    usage.uncounted > 0 && usage.uncounted < usage.answered
}

/// As if calls without a count had cost no tokens.
pub(crate) fn at_least(usage: Usage) -> Usage {
    Usage {
        uncounted: 0,
        ..usage
    }
}

/// As if answered calls without a count had been at their limits; `None` where that is
/// out of range.
pub(crate) fn at_most(usage: Usage, limits: &CallLimits) -> Option<Usage> {
    let uncounted = Tokens {
        input: limits.input_tokens.checked_mul(usage.uncounted)?,
        output: limits.output_tokens.checked_mul(usage.uncounted)?,
        cached: 0,
    };
    Some(Usage {
        tokens: usage.tokens.plus(uncounted),
        ..at_least(usage)
    })
}

fn bounds(each: &[Figure; 2], of: impl Fn(&Figure) -> Option<Money>) -> Option<Bounds> {
    let [least, most] = each;
    Some(Bounds {
        low: of(least)?,
        high: of(most)?,
    })
}

fn interval([least, most]: &[Figure; 2]) -> Option<Bounds> {
    Some(Bounds {
        low: least.interval()?.low,
        high: most.interval()?.high?,
    })
}
