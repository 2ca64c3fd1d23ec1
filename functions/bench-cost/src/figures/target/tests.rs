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

/// `answered` calls of which so many have no token count, one prompt each.
fn partly_counted(answered: u32, uncounted: u32) -> Vec<Sample> {
    let mut calls = calls(answered);
    for call in calls.iter_mut().skip(2).take(uncounted as usize) {
        (call.input_tokens, call.output_tokens) = (Some(0), Some(0));
        call.max_tokens = Some(1_000);
    }
    calls
}

#[test]
fn a_few_calls_without_a_count_make_the_cost_a_range_up_to_their_limits() {
    let found = cost(Ok(tokens()), &partly_counted(4, 1));
    let range = found.range.unwrap();
    assert_eq!((range.calls, range.answered), (1, 4));
    // Three calls of 0.0039825; the fourth at most 300 in and 1,000 out.
    assert_eq!(range.measured.low, usd("0.0119475"));
    assert_eq!(range.measured.high, usd("0.0177525"));
    assert_eq!(range.per_request.low, usd("0.002986875"));
    assert_eq!(range.per_correct.unwrap().high, usd("0.004438125"));
    let interval = range.per_correct_interval.unwrap();
    assert!(interval.low.amount() < range.per_correct.unwrap().low.amount());
    let uncounted = CostReason::TokensNotCounted { calls: 1 };
    assert_eq!(found.per_request.reason(), Some(&uncounted));
    // Warm-up and probe are counted: 2 × 0.0039825 on top.
    let billed = found.billed.unwrap().cost;
    assert_eq!(
        (billed.low, billed.high),
        (usd("0.0199125"), usd("0.0257175"))
    );
    let model = found.cost_model.unwrap();
    assert_eq!(model.per_request_bounds(), range.per_request);
    let half = &found.at_utilization[1];
    assert_eq!(half.per_request.reason(), Some(&uncounted));
    assert_eq!(
        half.range,
        Some(range.per_request),
        "tokens have no idle time"
    );
    assert!(found.warnings.contains(&CostWarning::CostIsRange {
        target_id: "t".parse().unwrap(),
        calls: 1,
        answered: 4,
    }));
}

#[test]
fn without_any_count_a_cost_is_not_available_and_with_all_it_is_no_range() {
    let none = cost(Ok(tokens()), &partly_counted(2, 2));
    assert_eq!(none.range, None);
    let uncounted = CostReason::TokensNotCounted { calls: 2 };
    assert_eq!(none.spend.measured.reason(), Some(&uncounted));
    assert_eq!(cost(Ok(tokens()), &partly_counted(2, 0)).range, None);
    let hourly = cost(Ok(Rates::Hourly(usd("1"))), &partly_counted(4, 1));
    assert_eq!(hourly.range, None, "tokens are not paid for");
}

#[test]
fn a_free_target_costs_nothing_whatever_was_counted() {
    let found = cost(Ok(Rates::Free), &partly_counted(2, 2));
    assert_eq!(found.per_request.value(), Money::usd("0"));
    assert_eq!(found.per_correct.value(), Money::usd("0"));
    assert_eq!(found.billed.unwrap().cost, usd("0").into());
    assert_eq!((found.reason, found.range), (None, None));
    assert_eq!(found.cost_model.unwrap().currency(), None);
}
