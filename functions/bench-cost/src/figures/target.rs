//! What one target cost, and what an answer of it costs.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    AtRate, Billed, CostModel, CostReason, CostWarning, Figure, MissingPrice, PhaseUsage,
    PromptCost, Quote, Rates, Spend, TargetUsage, Terms, Usage, UsedPrice,
    figure::{derived, figure},
    per_correct,
};
use bench_core::{config::Target, identity::TargetId};

/// What one target cost.
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
    /// What it is paid for, as declared; `None` when nothing is declared.
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
    /// What the calls cost.
    pub spend: Spend,
    /// What the calls of all phases come to on a bill; `None` where that is not
    /// known.
    pub billed: Option<Billed>,
    /// What is known of the measured calls' cost: all of it, or that of machine time
    /// and the tokens that were counted where some were not.
    pub measured_at_least: Figure,
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
    /// A request at the rate that was asked about; `None` when none was.
    pub at_rate: Option<AtRate>,
    /// The cost over load, for comparisons between targets; `None` without a cost.
    pub cost_model: Option<CostModel>,
    /// What to bear in mind about them.
    pub warnings: Vec<CostWarning>,
}

/// What a request costs at a utilization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AtUtilization {
    /// The share of time in use, in percent.
    pub percent: u32,
    /// What one request costs.
    pub per_request: Figure,
}

/// The utilizations that are shown, in percent.
const UTILIZATIONS: [u32; 3] = [100, 50, 10];

impl TargetCost {
    /// The cost of `target` by a quote and the usage of its calls in all phases.
    ///
    /// `requests_per_hour` is the rate asked about; `t` the 0.975 quantile of
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
        let spend = Spend::of(usage.phases(), &rates, concurrency);
        let cost_model = measured.token_cost(&rates).ok().and_then(|tokens| {
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
        let counted = Usage {
            uncounted: 0,
            ..measured
        };
        Self {
            target_id: target.id.clone(),
            simulated: target.simulated,
            terms,
            reason: None,
            prices,
            missing,
            concurrency,
            usage: *usage.phases(),
            billed: Billed::of(&rates, usage),
            measured_at_least: figure(counted.cost(&rates, concurrency)),
            per_attempt: per(measured.attempts, CostReason::NoCalls),
            per_1k_requests: derived(&per_request, |cost| cost.times(Decimal::ONE_THOUSAND)),
            per_million_output_tokens: if measured.uncounted == 0 {
                derived(&per_token, |cost| cost.times(Decimal::from(1_000_000)))
            } else {
                Figure::unavailable(CostReason::TokensNotCounted {
                    calls: measured.uncounted,
                })
            },
            per_correct: of_correct(usage, &rates, concurrency, &spend.measured, t),
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
            usage: *usage.phases(),
            spend: Spend {
                measured: none(),
                warmup: none(),
                probe: none(),
                total: none(),
            },
            billed: None,
            measured_at_least: none(),
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
    let reason = || {
        per_request
            .reason()
            .cloned()
            .unwrap_or(CostReason::OutOfRange)
    };
    AtUtilization {
        percent,
        per_request: Figure::or(cost, reason),
    }
}

fn of_correct(
    usage: &TargetUsage,
    rates: &Rates,
    concurrency: Decimal,
    measured: &Figure,
    t: impl Fn(u64) -> f64,
) -> Figure {
    let Some(spent) = measured.value() else {
        return measured.clone();
    };
    let costs: Result<Vec<PromptCost>, CostReason> = usage
        .prompts()
        .map(|usage| {
            Ok(PromptCost {
                cost: usage.cost(rates, concurrency)?.amount(),
                correct: usage.correct,
            })
        })
        .collect();
    match costs {
        Ok(costs) => per_correct(&costs, spent.currency(), t),
        Err(reason) => Figure::unavailable(reason),
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
mod tests {
    use super::*;
    use crate::{TokenRates, fixture::sample};
    use bench_core::{
        config,
        money::Money,
        sample::{Outcome, Phase, Sample},
    };

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    fn target() -> Target {
        let text = "name = \"t\"\n[[targets]]\nid = \"t\"\nkind = \"http\"\n\
                    url = \"http://h:1\"\nrequest = \"tgi\"";
        let mut config = config::from_toml(text, &config::Overrides::default()).unwrap();
        config.targets.remove(0)
    }

    fn cost(rates: Result<Rates, CostReason>, samples: &[Sample]) -> TargetCost {
        let quote = Quote {
            terms: None,
            rates,
            prices: Vec::new(),
            missing: Vec::new(),
            warnings: Vec::new(),
        };
        let mut usage = TargetUsage::new(1);
        for sample in samples {
            usage.add(0, sample);
        }
        TargetCost::of(&target(), quote, &usage, Some(Decimal::TEN), |_| 2.0)
    }

    fn tokens() -> Rates {
        Rates::Tokens(TokenRates {
            input: usd("0.00000135"),
            output: usd("0.0000054"),
            cached_input: None,
        })
    }

    fn calls(measured: u32) -> Vec<Sample> {
        let mut calls = vec![sample(0, Phase::Probe, 500), sample(0, Phase::Warmup, 500)];
        calls.extend((0..measured).map(|prompt| sample(prompt, Phase::Measured, 10_975_000)));
        calls
    }

    fn known(figure: &Figure) -> String {
        figure.value().unwrap().amount().round_dp(9).to_string()
    }

    #[test]
    fn warm_up_and_probes_are_paid_for_on_lines_of_their_own() {
        let found = cost(Ok(tokens()), &calls(2));
        assert_eq!(found.spend.measured.value(), Money::usd("0.007965"));
        assert_eq!(found.spend.warmup.value(), Money::usd("0.0039825"));
        assert_eq!(found.spend.probe.value(), Money::usd("0.0039825"));
        assert_eq!(found.spend.total.value(), Money::usd("0.01593"));
        assert_eq!(found.per_request.value(), Money::usd("0.0039825"));
        assert_eq!(found.per_1k_requests.value(), Money::usd("3.9825"));
    }

    #[test]
    fn failed_calls_are_paid_for_by_the_answered_ones() {
        let mut samples = calls(4);
        samples[5].outcome = Outcome::StreamBroken;
        let found = cost(Ok(Rates::Hourly(usd("9.42"))), &samples);
        // 4 × 10.975 s at 9.42 an hour, for three answers.
        assert_eq!(known(&found.per_request), "0.038290556");
        assert_eq!(known(&found.per_attempt), "0.028717917");
    }

    #[test]
    fn an_import_is_billed_by_the_window_and_compared_by_its_time() {
        let found = cost(Ok(Rates::ModelUnits(usd("0.157"))), &calls(1));
        let billed = found.billed.unwrap();
        let windows = billed.windows.unwrap();
        assert_eq!((windows.sessions, windows.active), (1, 1));
        assert_eq!(billed.cost.low, usd("0.785"));
        assert_eq!(known(&found.per_request), "0.028717917");
        assert!(billed.per_request.unwrap().low.amount() > usd("0.78").amount());
        assert_eq!(found.at_rate.unwrap().per_request.low, usd("0.785"));
    }

    #[test]
    fn a_machine_is_billed_from_the_first_call_to_the_last_and_its_tokens_on_top() {
        let mut samples = calls(2);
        samples[3].started_at = jiff::Timestamp::from_second(100).unwrap();
        let tokens = *tokens().tokens().unwrap();
        let found = cost(Ok(Rates::Mixed(usd("3.6"), tokens)), &samples);
        // 110.975 s of a tenth of a cent, and four calls of 0.0039825.
        assert_eq!(found.billed.unwrap().cost, usd("0.126905").into());
    }

    #[test]
    fn a_target_without_a_cost_has_no_figure_and_every_figure_its_reason() {
        let found = cost(Err(CostReason::NoPricing), &calls(1));
        let reason = Some(&CostReason::NoPricing);
        assert_eq!(found.reason.as_ref(), reason);
        assert_eq!(found.per_correct.reason(), reason);
        assert_eq!(found.spend.total.reason(), reason);
        assert_eq!(found.at_utilization[2].per_request.reason(), reason);
        assert_eq!((found.cost_model, found.billed), (None, None));
    }

    #[test]
    fn a_target_without_answers_has_a_spend_and_no_price_of_an_answer() {
        let mut samples = calls(1);
        samples[2].outcome = Outcome::ServerError;
        let found = cost(Ok(Rates::Hourly(usd("9.42"))), &samples);
        assert_eq!(known(&found.spend.measured), "0.028717917");
        let none = Some(&CostReason::NoAnsweredCalls);
        assert_eq!(found.per_request.reason(), none);
        assert_eq!(found.at_utilization[0].per_request.reason(), none);
        let none = Some(&CostReason::NoCorrectResponses);
        assert_eq!(found.per_correct.reason(), none);
    }

    #[test]
    fn the_cost_of_a_correct_response_counts_all_spend() {
        let mut samples = calls(4);
        samples[2].correct = Some(false);
        let found = cost(Ok(tokens()), &samples);
        assert_eq!(known(&found.per_correct), "0.00531");
        assert!(found.per_correct.interval().is_some());
        assert_eq!(known(&found.per_million_output_tokens), "5.689285714");
    }

    #[test]
    fn the_figures_survive_storage() {
        let found = cost(Ok(Rates::ModelUnits(usd("0.157"))), &calls(3));
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<TargetCost>(&json).unwrap(), found);
    }
}
