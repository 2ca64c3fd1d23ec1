//! Money in reports: currencies, targets that are free, calls without a count.

use bench_core::{
    money::{Currency, Money},
    plan::Plan,
    sample::{Outcome, Sample},
};
use bench_cost::{CostReason, CostWarning, CurrencyTargets};
use bench_report::{Answer, CostAnswer, Report, Separation, artifacts, build, cost_sentences};
use rust_decimal::Decimal;

use crate::making::{call, failure, plan};

/// Answered, correct calls of 50 tokens in and 100 out.
fn calls(target: &str) -> Vec<Sample> {
    let prompts = 0..10_u32;
    prompts
        .flat_map(|prompt| {
            (1..=2).map(move |repetition| call(target, prompt, repetition, 1_000_000))
        })
        .collect()
}

fn pricing(currency: &str, output: &str) -> String {
    format!(
        r#"{{"kind": "tokens", "prices": {{
            "1M input tokens": {{"amount": "1", "currency": "{currency}"}},
            "1M output tokens": {{"amount": "{output}", "currency": "{currency}"}}}}}}"#
    )
}

const FREE: &str = r#"{"kind": "free"}"#;

fn plan_of(targets: &[(&str, String)]) -> Plan {
    let ids: Vec<&str> = targets.iter().map(|(id, _)| *id).collect();
    let mut plan = plan(&ids, 10, 2);
    for (target, (_, pricing)) in plan.config.targets.iter_mut().zip(targets) {
        target.pricing = Some(serde_json::from_str(pricing).unwrap());
        target.max_tokens = 1_000;
    }
    plan
}

fn report(targets: &[(&str, String)], samples: &[Vec<Sample>]) -> Report {
    build(&plan_of(targets), &samples.concat())
}

fn cost(report: &Report) -> (&CostAnswer, &str) {
    let found = report
        .answer
        .iter()
        .find_map(|answer| match &answer.finding {
            Answer::Cost(found) => Some((found, answer.sentence.as_str())),
            _ => None,
        });
    found.unwrap()
}

fn markdown(report: &Report) -> String {
    let files = artifacts(report, &[]);
    let page = files.into_iter().find(|file| file.name == "report.md");
    String::from_utf8(page.unwrap().body).unwrap()
}

fn of_cost(report: &Report, wanted: impl Fn(&CostWarning) -> bool) -> bool {
    let warnings = &report.cost.as_ref().unwrap().warnings;
    warnings.iter().any(|warning| wanted(&warning.finding))
}

#[test]
fn targets_of_different_currencies_are_ranked_each_for_itself_and_it_is_said() {
    let priced = [
        ("euro", pricing("EUR", "0.01")),
        ("a", pricing("USD", "4")),
        ("b", pricing("USD", "8")),
    ];
    let report = report(&priced, &[calls("euro"), calls("a"), calls("b")]);
    let (CostAnswer::DifferentCurrencies { currencies, .. }, sentence) = cost(&report) else {
        panic!("{:?}", cost(&report));
    };
    let ids = |at: usize| -> Vec<&str> {
        let ranked = currencies[at].cheapest_first.iter();
        ranked.map(|priced| priced.target_id.as_str()).collect()
    };
    assert_eq!((ids(0), ids(1)), (vec!["euro"], vec!["a", "b"]));
    assert_eq!(currencies[1].currency, Currency::USD);
    assert!(
        sentence.contains("are not compared") && sentence.contains("In USD: Cheapest was a"),
        "{sentence}"
    );
    assert!(!sentence.contains("Cheapest was euro"), "{sentence}");
    let figures = report.cost.as_ref().unwrap();
    assert_eq!(figures.curve.left_out, ["euro"]);
    let known = |currency: &str, ids: &[&str]| CurrencyTargets {
        currency: Currency::parse(currency).unwrap(),
        target_ids: ids.iter().map(|id| id.parse().unwrap()).collect(),
    };
    let warning = CostWarning::DifferentCurrencies {
        currencies: vec![known("EUR", &["euro"]), known("USD", &["a", "b"])],
    };
    assert!(of_cost(&report, |found| *found == warning));
    assert!(figures.total_low.reason().is_some(), "no sum of both");
    for said in cost_sentences(&report) {
        assert!(!said.text.contains("choose `euro`"), "{}", said.text);
    }
    assert!(markdown(&report).contains("different currencies"));
}

#[test]
fn a_target_that_the_budget_does_not_limit_is_named_with_its_currency() {
    let priced = [("euro", pricing("EUR", "1")), ("a", pricing("USD", "4"))];
    let mut plan = plan_of(&priced);
    let samples = [calls("euro"), calls("a")].concat();
    let outside = |plan: &Plan| {
        let report = build(plan, &samples);
        let warnings = report.cost.unwrap().warnings;
        let mut outside = warnings
            .into_iter()
            .filter(|warning| matches!(warning.finding, CostWarning::OutsideBudget { .. }));
        (outside.next(), outside.next())
    };
    assert_eq!(outside(&plan), (None, None));
    plan.config.budget_usd = Some(2.into());
    let (Some(warning), None) = outside(&plan) else {
        panic!("one warning");
    };
    assert_eq!(
        warning.finding,
        CostWarning::OutsideBudget {
            budget: Money::usd("2").unwrap(),
            currencies: vec![CurrencyTargets {
                currency: Currency::parse("EUR").unwrap(),
                target_ids: vec!["euro".parse().unwrap()],
            }],
        }
    );
    assert_eq!(
        warning.sentence,
        "the budget of $2.00 does not limit targets priced in another currency, whose calls are \
         made whatever they cost: EUR (`euro`)"
    );
}

#[test]
fn a_run_in_several_currencies_has_a_total_for_each_and_no_sum() {
    let priced = [("euro", pricing("EUR", "0.01")), ("a", pricing("USD", "4"))];
    let mut plan = plan_of(&priced);
    let catalog = include_str!("../../../../infra/prices.toml");
    plan.prices = Some(bench_cost::read_catalog(catalog).unwrap());
    let report = build(&plan, &[calls("euro"), calls("a")].concat());
    let figures = report.cost.as_ref().unwrap();
    assert!(figures.total_low.reason().is_some(), "no sum of both");
    let totals = figures.totals.iter().map(|sum| sum.high.currency());
    let totals: Vec<String> = totals.map(|currency| currency.to_string()).collect();
    assert_eq!(totals, ["USD", "EUR"]);
    // 20 calls of 50 tokens in and 100 out.
    assert_eq!(figures.totals[1].low.amount().to_string(), "0.00102");
    assert!(
        figures.totals[0].low.amount() > Decimal::new(9, 3),
        "with the pipeline"
    );
    let said = &cost_sentences(&report)[0].text;
    assert!(
        said.contains(" and EUR 0.00102, including") && said.ends_with("are not added."),
        "{said}"
    );
    assert!(markdown(&report).contains("total, EUR"));
}

#[test]
fn with_one_target_in_each_currency_none_is_called_the_cheapest() {
    let priced = [("euro", pricing("EUR", "0.01")), ("a", pricing("USD", "4"))];
    let report = report(&priced, &[calls("euro"), calls("a")]);
    let (_, sentence) = cost(&report);
    assert!(!sentence.contains("Cheapest"), "{sentence}");
    let sentences = cost_sentences(&report);
    let chosen = sentences.iter().find(|said| said.text.contains("choose"));
    assert_eq!(chosen, None);
}

#[test]
fn a_target_that_is_stated_to_be_free_may_be_the_cheapest_in_any_currency() {
    let priced = [("free", FREE.to_owned()), ("euro", pricing("EUR", "4"))];
    let mut uncounted = calls("free");
    for call in &mut uncounted {
        (call.input_tokens, call.output_tokens) = (None, None);
    }
    let report = report(&priced, &[uncounted, calls("euro")]);
    let (
        CostAnswer::Ranked {
            cheapest_first,
            separation,
            ..
        },
        sentence,
    ) = cost(&report)
    else {
        panic!("{:?}", cost(&report));
    };
    assert_eq!(cheapest_first[0].target_id, "free");
    assert_eq!(*separation, Some(Separation::Separate));
    assert!(
        sentence.starts_with("Cheapest was free at $0.00 (stated to be free)"),
        "{sentence}"
    );
}

#[test]
fn neither_of_two_targets_that_cost_the_same_is_chosen_by_load() {
    let priced = [("a", pricing("USD", "4")), ("b", pricing("USD", "4"))];
    let report = report(&priced, &[calls("a"), calls("b")]);
    let chosen = cost_sentences(&report).into_iter().map(|said| said.text);
    assert!(
        chosen
            .into_iter()
            .any(|said| said == "By mean cost, at every rate choose `a` or `b` (the same cost).")
    );
    let (_, sentence) = cost(&report);
    assert!(
        sentence.starts_with("The lowest cost per correct answer was $"),
        "{sentence}"
    );
}

#[test]
fn a_target_that_counts_no_tokens_at_all_is_never_the_cheapest() {
    let priced = [("silent", pricing("USD", "1")), ("a", pricing("USD", "4"))];
    let mut zeros = calls("silent");
    for call in &mut zeros {
        (call.input_tokens, call.output_tokens) = (Some(0), Some(0));
    }
    let report = report(&priced, &[zeros, calls("a")]);
    let (CostAnswer::Ranked { cheapest_first, .. }, _) = cost(&report) else {
        panic!("{:?}", cost(&report));
    };
    let ids: Vec<&str> = cheapest_first
        .iter()
        .map(|priced| priced.target_id.as_str())
        .collect();
    assert_eq!(ids, ["a"]);
    let silent = report.targets.iter().find(|target| target.id == "silent");
    assert!(
        silent.unwrap().mean_output_tokens.value().is_none(),
        "0 is unknown"
    );
    let reason = report.cost_of("silent").unwrap().per_request.reason();
    assert_eq!(reason, Some(&CostReason::TokensNotCounted { calls: 20 }));
}

#[test]
fn a_few_calls_without_a_count_leave_the_cheapest_open_only_where_ranges_overlap() {
    let with_one_uncounted = |output: &str| {
        let priced = [("a", pricing("USD", "4")), ("b", pricing("USD", output))];
        let mut b = calls("b");
        (b[0].input_tokens, b[0].output_tokens) = (None, None);
        report(&priced, &[calls("a"), b])
    };
    // A call of a costs 450 millionths; of b 19 do, and the last is at most 1,000 tokens.
    let open = with_one_uncounted("3");
    let (CostAnswer::Ranked { separation, .. }, sentence) = cost(&open) else {
        panic!("{:?}", cost(&open));
    };
    assert_eq!(*separation, Some(Separation::Overlapping));
    assert!(
        sentence.starts_with("Which target is cheapest is not settled"),
        "{sentence}"
    );
    assert!(sentence.contains("1 of 20 answered calls came without token counts"));
    let recommended = |report: &Report| {
        let research = report.use_cases.iter().find(|found| {
            found
                .targets
                .iter()
                .filter(|fit| fit.fits == Some(true))
                .count()
                == 2
        });
        research.unwrap().cheapest.clone()
    };
    assert_eq!(recommended(&open), None);
    let settled = with_one_uncounted("30");
    assert_eq!(recommended(&settled).as_deref(), Some("a"));
    let choice = |report: &Report| {
        let said = cost_sentences(report).into_iter().map(|said| said.text);
        said.filter(|said| said.contains("By mean cost, at every rate"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        choice(&settled),
        ["By mean cost, at every rate choose `a`."]
    );
    assert_eq!(
        choice(&open),
        [
            "By mean cost, at every rate `a` or `b` (not decided). Where it is not decided, calls \
             without a token count leave their cost open."
        ]
    );
    let undecided = "Which of them is cheapest is not decided";
    assert!(
        open.use_cases
            .iter()
            .any(|found| found.sentence.contains(undecided))
    );
    let (_, sentence) = cost(&settled);
    assert!(sentence.starts_with("Cheapest was a at"), "{sentence}");
    assert!(of_cost(&settled, |found| matches!(
        found,
        CostWarning::CostIsRange {
            calls: 1,
            answered: 20,
            ..
        }
    )));
    let page = markdown(&settled);
    assert!(page.contains("$0.0029 to $0.00441"), "{page}");
}

#[test]
fn a_break_even_of_a_target_with_calls_without_a_count_is_a_range() {
    let hourly = r#"{"kind": "hourly", "sku": "ec2:a.b", "prices": {"hour": {"amount": "1", "currency": "USD"}}}"#;
    let priced = [
        ("tokens", pricing("USD", "4")),
        ("machine", hourly.to_owned()),
    ];
    let mut tokens = calls("tokens");
    (tokens[0].input_tokens, tokens[0].output_tokens) = (None, None);
    let report = report(&priced, &[tokens, calls("machine")]);
    let found = &report.cost.as_ref().unwrap().break_even[0];
    let range = found.range.as_ref().unwrap();
    assert!(range.low < range.high.unwrap());
    assert!(
        found.sentence.contains("it is not decided"),
        "{}",
        found.sentence
    );
    let choices = &report.cost.as_ref().unwrap().curve.cheapest;
    let undecided: Vec<usize> = choices
        .iter()
        .map(|choice| choice.undecided.len())
        .collect();
    assert_eq!(undecided[..2], [0, 1], "{choices:?}");
    assert!(
        report.cost_of("tokens").unwrap().at_utilization[1]
            .range
            .is_some()
    );
    assert!(markdown(&report).contains("(not decided)"));
}

#[test]
fn of_a_silent_an_uncounted_an_aborting_a_euro_and_an_ordinary_target_one_is_ranked() {
    let ids = ["silent", "uncounted", "aborting", "euro", "ordinary"];
    let priced = ids.map(|id| {
        let currency = if id == "euro" { "EUR" } else { "USD" };
        (id, pricing(currency, "4"))
    });
    let failed = |target: &str, outcome: Outcome| -> Vec<Sample> {
        let each = (0..10).flat_map(|prompt| (1..=2).map(move |repetition| (prompt, repetition)));
        each.map(|(prompt, repetition)| failure(target, prompt, repetition, outcome))
            .collect()
    };
    let mut uncounted = calls("uncounted");
    for call in &mut uncounted {
        (call.input_tokens, call.output_tokens) = (Some(0), Some(0));
    }
    let report = report(
        &priced,
        &[
            failed("silent", Outcome::InvalidResponse),
            uncounted,
            failed("aborting", Outcome::StreamBroken),
            calls("euro"),
            calls("ordinary"),
        ],
    );
    let (_, sentence) = cost(&report);
    for other in &ids[..4] {
        assert!(
            !sentence.contains(&format!("Cheapest was {other}")),
            "{sentence}"
        );
    }
    let texts = cost_sentences(&report);
    assert!(texts.iter().all(|said| !said.text.contains("choose")));
}
