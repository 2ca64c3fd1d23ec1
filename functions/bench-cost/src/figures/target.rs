//! What one target cost, and what an answer of it costs.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    AtRate, Billed, CostModel, Figure, MissingPrice, PerCorrect, PhaseUsage, PromptCost, Quote,
    Rates, Spend, TargetUsage, Terms, Usage, UsedPrice, usage::OUT_OF_RANGE,
};
use bench_core::{config::Target, identity::TargetId};

/// What one target cost.
///
/// Machine time is that of the calls: idle time is in no figure but those at a
/// utilization, those at a rate, and the windows as billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetCost {
    /// The target.
    pub target_id: TargetId,
    /// Whether the target is simulated: then its prices are real and its times are
    /// not, and no figure is a finding.
    pub simulated: bool,
    /// What it is paid for, as declared; `None` when nothing is declared.
    pub terms: Option<Terms>,
    /// Why no cost is stated; `None` where one is.
    pub refused: Option<String>,
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
    /// Measured spend ÷ right answers.
    pub per_correct: PerCorrect,
    /// A request at full, half and a tenth of the time in use.
    pub at_utilization: Vec<AtUtilization>,
    /// A request at the rate that was asked about; `None` when none was.
    pub at_rate: Option<AtRate>,
    /// The cost over load, for comparisons between targets; `None` without a cost.
    pub cost_model: Option<CostModel>,
    /// What may mislead, a sentence each.
    pub warnings: Vec<String>,
}

/// What a request costs at a utilization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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
                    ..Self::unknown(target, usage, &reason)
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
        let per = |count: u64, reason: &str| match &spend.measured {
            Figure::Known(cost) => Figure::or(cost.over(Decimal::from(count)), reason),
            unknown @ Figure::Unknown { .. } => unknown.clone(),
        };
        let per_request = per(measured.answered, "no measured call was answered");
        let per_token = per(
            measured.tokens.output,
            "the service counted no output tokens",
        );
        let complete = measured.uncounted == 0;
        let counted = Usage {
            uncounted: 0,
            ..measured
        };
        let measured_at_least = match counted.cost(&rates, concurrency) {
            Ok(cost) => Figure::Known(cost),
            Err(reason) => Figure::unknown(reason),
        };
        Self {
            target_id: target.id.clone(),
            simulated: target.simulated,
            terms,
            refused: None,
            prices,
            missing,
            concurrency,
            usage: *usage.phases(),
            billed: Billed::of(&rates, usage),
            measured_at_least,
            per_attempt: per(measured.attempts, "no measured call was made"),
            per_1k_requests: per_request.map(|cost| cost.times(Decimal::ONE_THOUSAND)),
            per_million_output_tokens: if complete {
                per_token.map(|cost| cost.times(Decimal::from(1_000_000)))
            } else {
                Figure::unknown("the service did not count the tokens of every answered call")
            },
            per_correct: per_correct(usage, &rates, concurrency, &spend.measured, t),
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

    fn unknown(target: &Target, usage: &TargetUsage, reason: &str) -> Self {
        let none = || Figure::unknown(reason);
        Self {
            target_id: target.id.clone(),
            simulated: target.simulated,
            terms: None,
            refused: Some(reason.to_owned()),
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
            per_correct: PerCorrect::unknown(reason),
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
    let reason = per_request.reason().unwrap_or(OUT_OF_RANGE);
    AtUtilization {
        percent,
        per_request: Figure::or(
            cost_model.and_then(|cost_model| cost_model.at_utilization(share)),
            reason,
        ),
    }
}

fn per_correct(
    usage: &TargetUsage,
    rates: &Rates,
    concurrency: Decimal,
    measured: &Figure,
    t: impl Fn(u64) -> f64,
) -> PerCorrect {
    let Figure::Known(spent) = measured else {
        return PerCorrect::unknown(measured.reason().unwrap_or(OUT_OF_RANGE));
    };
    let costs: Result<Vec<PromptCost>, String> = usage
        .prompts()
        .map(|usage| {
            Ok(PromptCost {
                cost: usage.cost(rates, concurrency)?.amount(),
                correct: usage.correct,
            })
        })
        .collect();
    match costs {
        Ok(costs) => PerCorrect::of(&costs, spent.currency(), t),
        Err(reason) => PerCorrect::unknown(&reason),
    }
}

/// Calls that may be billed although nobody counted their tokens, and cached
/// tokens without a price of their own.
fn uncounted(target: &Target, all: Usage, rates: &Rates) -> Vec<String> {
    let mut warnings = Vec::new();
    let Some(tokens) = rates.tokens() else {
        return warnings;
    };
    if all.broken > 0 {
        warnings.push(format!(
            "{} calls to `{}` broke off before their tokens were counted: what they cost is not \
             known and in no figure",
            all.broken, target.id
        ));
    }
    if all.tokens.cached > 0 && tokens.cached_input.is_none() {
        warnings.push(format!(
            "{} input tokens of `{}` were cached, and no price of `cached input tokens` is known: \
             they are priced as others, which is at most too high",
            all.tokens.cached, target.id
        ));
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

    fn cost(rates: Result<Rates, String>, samples: &[Sample]) -> TargetCost {
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
        figure.money().unwrap().amount().round_dp(9).to_string()
    }

    #[test]
    fn warm_up_and_probes_are_paid_for_on_lines_of_their_own() {
        let found = cost(Ok(tokens()), &calls(2));
        assert_eq!(found.spend.measured.money(), Money::usd("0.007965"));
        assert_eq!(found.spend.warmup.money(), Money::usd("0.0039825"));
        assert_eq!(found.spend.probe.money(), Money::usd("0.0039825"));
        assert_eq!(found.spend.total.money(), Money::usd("0.01593"));
        assert_eq!(found.per_request.money(), Money::usd("0.0039825"));
        assert_eq!(found.per_1k_requests.money(), Money::usd("3.9825"));
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
    fn a_refused_target_has_no_figure_and_every_figure_says_why() {
        let found = cost(Err("because".to_owned()), &calls(1));
        assert_eq!(found.refused.as_deref(), Some("because"));
        assert_eq!(found.per_correct.figure.reason(), Some("because"));
        assert_eq!(found.spend.total.reason(), Some("because"));
        assert_eq!(
            found.at_utilization[2].per_request.reason(),
            Some("because")
        );
        assert_eq!((found.cost_model, found.billed), (None, None));
    }

    #[test]
    fn a_target_without_answers_has_a_spend_and_no_price_of_an_answer() {
        let mut samples = calls(1);
        samples[2].outcome = Outcome::ServerError;
        let found = cost(Ok(Rates::Hourly(usd("9.42"))), &samples);
        assert_eq!(known(&found.spend.measured), "0.028717917");
        let none = Some("no measured call was answered");
        assert_eq!(found.per_request.reason(), none);
        assert_eq!(found.at_utilization[0].per_request.reason(), none);
        assert_eq!(
            found.per_correct.figure.reason(),
            Some("no answer was right")
        );
    }

    #[test]
    fn the_price_of_a_right_answer_counts_all_spend() {
        let mut samples = calls(4);
        samples[2].correct = Some(false);
        let found = cost(Ok(tokens()), &samples);
        assert_eq!(known(&found.per_correct.figure), "0.00531");
        assert!(found.per_correct.interval.is_some());
        assert_eq!(known(&found.per_million_output_tokens), "5.689285714");
    }

    #[test]
    fn the_figures_survive_storage() {
        let found = cost(Ok(Rates::ModelUnits(usd("0.157"))), &calls(3));
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<TargetCost>(&json).unwrap(), found);
    }
}
