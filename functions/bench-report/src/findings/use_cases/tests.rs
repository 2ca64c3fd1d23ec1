//! Which target fits which use case.

use super::*;
use crate::{Report, build as report, fixture, model::UseCaseLimit};
use bench_core::config::{self, default_use_cases};
use bench_stats::Unavailable;

/// The fixture with its hostile target paid by the token: 50 in, 100 out.
fn report_with_price() -> Report {
    let (mut plan, samples) = fixture::run();
    let priced = r#"
        name = "x"
        [[targets]]
        id = "hostile"
        kind = "http"
        url = "http://10.0.0.1"
        request = "tgi"
        pricing = { kind = "tokens", sku = "http:m", prices = { "1M input tokens" = "20", "1M output tokens" = "30" } }
    "#;
    let config = config::from_toml(priced, &config::Overrides::default()).unwrap();
    plan.config.targets[2]
        .pricing
        .clone_from(&config.targets[0].pricing);
    report(&plan, &samples)
}

fn use_cases(use_case: UseCase) -> UseCaseReport {
    let found = report_with_price();
    build(&[use_case], &found.targets, found.cost.as_deref()).remove(0)
}

#[test]
fn a_target_that_keeps_every_limit_fits_and_simulated_ones_are_never_recommended() {
    let found = use_cases(UseCase {
        accuracy: Some(0.1),
        cost_per_1k_usd: Some(5.0),
        ..UseCase::default()
    });
    let fit = |id: &str| {
        found
            .targets
            .iter()
            .find(|fit| fit.target_id == id)
            .unwrap()
    };
    assert_eq!((fit("good").fits, fit("good").simulated), (None, true));
    assert_eq!(
        (fit("hostile").fits, fit("broken").fits),
        (Some(true), None)
    );
    assert_eq!(found.cheapest.as_deref(), Some("hostile"));
}

#[test]
fn a_broken_limit_is_named_with_what_was_found_and_what_is_allowed() {
    let expensive = use_cases(UseCase {
        cost_per_1k_usd: Some(3.9),
        success_rate: Some(0.99),
        ..UseCase::default()
    });
    assert_eq!(expensive.cheapest, None);
    let missed = |id: &str| {
        let fit = expensive
            .targets
            .iter()
            .find(|fit| fit.target_id == *id)
            .unwrap();
        let mut missed = fit.checks.iter().filter(|check| check.kept == Some(false));
        let check = missed.next().unwrap();
        (fit.fits, check.limit, check.found, check.allowed)
    };
    assert_eq!(
        missed("hostile"),
        (Some(false), UseCaseLimit::CostPer1kUsd, Some(4.0), 3.9)
    );
    assert_eq!(
        missed("broken"),
        (Some(false), UseCaseLimit::SuccessRate, Some(0.0), 0.99)
    );
}

#[test]
fn what_these_questions_do_not_measure_is_said_of_no_target() {
    let (plan, samples) = fixture::run();
    let targets = report(&plan, &samples).targets;
    let uses = default_use_cases();
    let found = build(&uses, &targets, None);
    assert_eq!(found.len(), 5);
    for of_none in &found[3..] {
        assert!(of_none.targets.is_empty() && of_none.cheapest.is_none());
    }
    assert_eq!(found[0].targets[2].fits, Some(false));
    let reasons = found[0].targets[2].checks.iter();
    let reasons: Vec<NotKnown> = reasons.filter_map(|check| check.reason).collect();
    assert_eq!(
        reasons,
        [
            NotKnown::FigureNotAvailable {
                why: Unavailable::TooFewPrompts {
                    prompts: 2,
                    needed: 20
                }
            },
            NotKnown::NoPrices
        ]
    );
}
