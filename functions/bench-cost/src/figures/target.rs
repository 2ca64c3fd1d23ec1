//! The cost of one target, and of one answer of it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{per_correct::per_correct_of, range::at_least, spend::token_bounds};
use crate::{
    AtRate, Billed, Bounds, CallLimits, CostModel, CostRange, CostReason, CostWarning, Figure,
    MissingPrice, PhaseUsage, Quote, Rates, Spend, TargetUsage, Terms, UsedPrice,
    figure::{derived, figure},
    usage::cost,
};
use bench_core::usage::Usage;
use bench_core::{config::Target, identity::TargetId};

/// The cost of one target.
///
/// Machine time is that of the calls: idle time is in no figure but those at a
/// utilization, those at a rate, and the windows as billed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetCost {
    /// The target.
    pub target_id: TargetId,
    /// Whether the target is simulated: then its prices are real and its times are
    /// not, and no figure is a finding.
    pub simulated: bool,
    /// The terms that it is paid by, as declared; `None` when nothing is declared.
    pub terms: Option<Terms>,
    /// Why it has no cost; `None` where it has one.
    pub reason: Option<CostReason>,
    /// The prices all figures are made of.
    pub prices: Vec<UsedPrice>,
    /// The prices that it lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingPrice>,
    /// Calls in flight at a time, as measured.
    pub concurrency: Decimal,
    /// The usage of the calls, by phase.
    pub usage: PhaseUsage,
    /// The cost of the calls, by phase.
    pub spend: Spend,
    /// The calls of all phases as they are billed; `None` where that is not known.
    pub billed: Option<Billed>,
    /// The known cost of the measured calls: all of it, or that of machine time and
    /// the tokens that were counted where some were not.
    pub measured_at_least: Figure,
    /// The limits of costs that are not available since a few answered calls have no
    /// token count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<CostRange>,
    /// Measured spend ÷ measured calls that were made, every attempt for itself.
    pub per_attempt: Figure,
    /// Measured spend ÷ answered measured calls.
    pub per_request: Figure,
    /// The same for a thousand.
    pub per_1k_requests: Figure,
    /// Measured spend ÷ output tokens, reasoning included, for a million.
    pub per_million_output_tokens: Figure,
    /// Measured spend ÷ correct responses, with its 95 % interval over prompts.
    pub per_correct: Figure,
    /// A request at full, half and a tenth of the time in use.
    pub at_utilization: Vec<AtUtilization>,
    /// A request at the stated rate; `None` when none was stated.
    pub at_rate: Option<AtRate>,
    /// The cost over load, for comparisons between targets; `None` without a cost.
    pub cost_model: Option<CostModel>,
    /// The warnings about them.
    pub warnings: Vec<CostWarning>,
}

/// The cost of a request at a utilization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AtUtilization {
    /// The share of time in use, in percent.
    pub percent: u32,
    /// The cost of one request.
    pub per_request: Figure,
    /// Its limits, where it is not available since a few answered calls have no token
    /// count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Bounds>,
}

/// The utilizations that are shown, in percent.
const UTILIZATIONS: [u32; 3] = [100, 50, 10];

impl TargetCost {
    /// The same of a target that sustains so many requests per hour under the objective of its
    /// load: what is said about loads of it is said by that.
    #[must_use]
    pub fn sustaining(mut self, requests_per_hour: Decimal) -> Self {
        if let Some(model) = &mut self.cost_model {
            model.sustained_per_hour = Some(requests_per_hour);
            let stated = self.at_rate.as_ref().map(|rate| rate.requests_per_hour);
            self.at_rate = stated.and_then(|rate| model.at_rate(rate));
        }
        self
    }

    /// The cost of `target` by a quote and the usage of its calls in all phases.
    ///
    /// `requests_per_hour` is the stated rate; `t` the 0.975 quantile of
    /// Student's t for degrees of freedom.
    #[must_use]
    pub fn of(
        target: &Target,
        quote: Quote,
        usage: &TargetUsage,
        requests_per_hour: Option<Decimal>,
        t: impl Fn(u64) -> f64,
    ) -> Self {
        let concurrency = usage.concurrency();
        let Quote {
            terms,
            rates,
            prices,
            missing,
            mut warnings,
        } = quote;
        let rates = match rates {
            Ok(rates) => rates,
            Err(reason) => {
                return Self {
                    terms,
                    prices,
                    missing,
                    warnings,
                    ..Self::unavailable(target, usage, &reason)
                };
            }
        };
        let measured = usage.phases().measured;
        warnings.extend(uncounted(target, usage.phases().total(), &rates));
        let spend = Spend::of(&usage.phases(), &rates, concurrency);
        let limits = usage.longest_prompt().map(|input_tokens| CallLimits {
            input_tokens,
            output_tokens: usage.longest_answer().unwrap_or(target.max_tokens).into(),
            concurrency: target.concurrency,
        });
        let tokens = token_bounds(measured, &rates, limits.as_ref());
        let cost_model = tokens.and_then(|tokens| {
            let Usage {
                busy_us, answered, ..
            } = measured;
            let cost_model =
                CostModel::new(&target.id, &rates, tokens, busy_us, answered, concurrency)?;
            Some(CostModel {
                simulated: target.simulated,
                ..cost_model
            })
        });
        let per = |count: u64, reason: CostReason| match spend.measured.value() {
            Some(cost) => Figure::or(cost.over(Decimal::from(count)), || reason),
            None => spend.measured.clone(),
        };
        let per_request = per(measured.answered, CostReason::NoAnsweredCalls);
        let per_token = per(measured.tokens.output, CostReason::NoOutputTokens);
        let range = limits
            .as_ref()
            .and_then(|limits| CostRange::of(usage, &rates, limits, concurrency, &t));
        warnings.extend(range.as_ref().map(|range| CostWarning::CostIsRange {
            target_id: target.id.clone(),
            calls: range.calls,
            answered: range.answered,
        }));
        let of_correct = match &spend.measured {
            Figure::Known(_) => {
                per_correct_of(usage.graded_prompts().copied(), &rates, concurrency, t)
            }
            Figure::Unavailable(_) => spend.measured.clone(),
        };
        Self {
            target_id: target.id.clone(),
            simulated: target.simulated,
            terms,
            reason: None,
            prices,
            missing,
            concurrency,
            usage: usage.phases(),
            billed: Billed::of(&rates, usage, limits.as_ref()),
            measured_at_least: figure(cost(&at_least(measured), &rates, concurrency)),
            range,
            per_attempt: per(measured.attempts, CostReason::NoCalls),
            per_1k_requests: derived(&per_request, |cost| cost.times(Decimal::ONE_THOUSAND)),
            per_million_output_tokens: if measured.uncounted == 0 {
                derived(&per_token, |cost| cost.times(Decimal::from(1_000_000)))
            } else {
                Figure::unavailable(CostReason::TokensNotCounted {
                    calls: measured.uncounted,
                })
            },
            per_correct: of_correct,
            at_utilization: UTILIZATIONS
                .map(|percent| at_utilization(percent, cost_model.as_ref(), &per_request))
                .into(),
            at_rate: requests_per_hour.and_then(|rate| cost_model.as_ref()?.at_rate(rate)),
            per_request,
            spend,
            cost_model,
            warnings,
        }
    }

    fn unavailable(target: &Target, usage: &TargetUsage, reason: &CostReason) -> Self {
        let none = || Figure::unavailable(reason.clone());
        Self {
            target_id: target.id.clone(),
            simulated: target.simulated,
            terms: None,
            reason: Some(reason.clone()),
            prices: Vec::new(),
            missing: Vec::new(),
            concurrency: usage.concurrency(),
            usage: usage.phases(),
            spend: Spend {
                measured: none(),
                warmup: none(),
                probe: none(),
                load: usage.phases().load.attempts.gt(&0).then(none),
                total: none(),
            },
            billed: None,
            measured_at_least: none(),
            range: None,
            per_attempt: none(),
            per_request: none(),
            per_1k_requests: none(),
            per_million_output_tokens: none(),
            per_correct: none(),
            at_utilization: UTILIZATIONS
                .map(|percent| at_utilization(percent, None, &none()))
                .into(),
            at_rate: None,
            cost_model: None,
            warnings: Vec::new(),
        }
    }
}

fn at_utilization(
    percent: u32,
    cost_model: Option<&CostModel>,
    per_request: &Figure,
) -> AtUtilization {
    let share = Decimal::new(i64::from(percent), 2);
    let cost = cost_model.and_then(|model| model.at_utilization(share));
    let is_range = cost_model.is_some_and(CostModel::is_range);
    let exact = cost.filter(|_| !is_range).map(|cost| cost.high);
    let reason = || {
        per_request
            .reason()
            .cloned()
            .unwrap_or(CostReason::OutOfRange)
    };
    AtUtilization {
        percent,
        per_request: Figure::or(exact, reason),
        range: cost.filter(|_| is_range),
    }
}

/// Calls that may be billed although nobody counted their tokens, and cached
/// tokens without a price of their own.
fn uncounted(target: &Target, all: Usage, rates: &Rates) -> Vec<CostWarning> {
    let mut warnings = Vec::new();
    let Some(tokens) = rates.tokens() else {
        return warnings;
    };
    if all.broken > 0 {
        warnings.push(CostWarning::CallsBrokenOff {
            target_id: target.id.clone(),
            calls: all.broken,
        });
    }
    if all.tokens.cached > 0 && tokens.cached_input.is_none() {
        warnings.push(CostWarning::CachedTokensNotPriced {
            target_id: target.id.clone(),
            tokens: all.tokens.cached,
        });
    }
    warnings
}

#[cfg(test)]
mod tests;
