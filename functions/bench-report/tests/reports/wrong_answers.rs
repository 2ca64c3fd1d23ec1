//! A run of targets that answer wrongly in ways that could look fast or cheap, beside
//! an ordinary one.

use bench_core::sample::{ErrorLayer, FinishReason, Outcome, Phase, Sample};
use bench_report::{Answer, CostAnswer, LatencyAnswer, Report, artifacts, build};

use crate::making::{call, failure, plan};

const PROMPTS: u32 = 12;

fn calls(target: &str, latency_us: u64) -> Vec<Sample> {
    let each = (0..PROMPTS).flat_map(|prompt| [(prompt, 1), (prompt, 2)]);
    each.map(|(prompt, repetition)| {
        let jitter = u64::from(prompt * 7 + repetition) * 1_000;
        call(target, prompt, repetition, latency_us + jitter)
    })
    .collect()
}

/// `[DONE]` and nothing before it, after 3 ms.
fn silent() -> Vec<Sample> {
    let mut calls = calls("silent", 3_000);
    for call in &mut calls {
        let key = call.key();
        *call = Sample {
            latency_us: call.latency_us,
            error_class: Some(ErrorLayer::Empty),
            error_message: Some("the answer has no text".into()),
            http_status: Some(200),
            ..failure(
                "silent",
                key.prompt,
                key.repetition,
                Outcome::InvalidResponse,
            )
        };
    }
    calls
}

/// A few tokens, and then the reason `abort`, after 20 ms.
fn aborting() -> Vec<Sample> {
    let mut calls = calls("aborting", 20_000);
    for call in &mut calls {
        call.outcome = Outcome::StreamBroken;
        call.error_class = Some(ErrorLayer::Stream);
        call.error_code = Some("abort".into());
        call.error_message = Some("the server gave up with the reason abort".into());
        call.finish_reason = Some(FinishReason::Aborted);
        call.finish_reason_raw = Some("abort".into());
        (call.answer, call.answer_rule, call.correct) = (None, None, None);
        (call.input_tokens, call.output_tokens) = (Some(1), Some(1));
    }
    calls
}

/// Whole answers, and usage of zeros.
fn uncounted() -> Vec<Sample> {
    let mut calls = calls("uncounted", 1_500_000);
    for call in &mut calls {
        (call.input_tokens, call.output_tokens) = (Some(0), Some(0));
    }
    calls
}

/// The report of these targets, each priced by the token.
fn report(targets: &[(&str, &str, Vec<Sample>)]) -> (Report, Vec<Sample>) {
    let ids: Vec<&str> = targets.iter().map(|(id, ..)| *id).collect();
    let mut plan = plan(&ids, PROMPTS, 2);
    for (target, (_, currency, _)) in plan.config.targets.iter_mut().zip(targets) {
        let price = serde_json::json!({"amount": "2", "currency": currency});
        let pricing = serde_json::json!({
            "kind": "tokens",
            "prices": {"1M input tokens": price, "1M output tokens": price},
        });
        target.pricing = Some(serde_json::from_value(pricing).unwrap());
    }
    let samples: Vec<Sample> = targets
        .iter()
        .flat_map(|(.., calls)| calls.clone())
        .collect();
    (build(&plan, &samples), samples)
}

fn all() -> (Report, Vec<Sample>) {
    report(&[
        ("silent", "USD", silent()),
        ("uncounted", "USD", uncounted()),
        ("aborting", "USD", aborting()),
        ("euro", "EUR", calls("euro", 2_000_000)),
        ("ordinary", "USD", calls("ordinary", 1_000_000)),
    ])
}

#[test]
fn only_the_ordinary_target_is_called_the_fastest() {
    let (report, _) = all();
    let mut answers = report.answer.iter();
    let Some(LatencyAnswer::Fastest {
        target_id,
        others,
        means,
        ..
    }) = answers.find_map(|answer| match &answer.finding {
        Answer::Latency(latency) => Some(latency),
        _ => None,
    })
    else {
        panic!("{:?}", report.answer);
    };
    assert_eq!((target_id.as_str(), *others), ("ordinary", 2));
    let with_mean: Vec<_> = means.iter().map(|mean| mean.target_id.as_str()).collect();
    assert_eq!(with_mean, ["uncounted", "euro", "ordinary"]);
    for target in &report.targets {
        let fails = ["silent", "aborting"].contains(&target.id.as_str());
        assert_eq!(
            target.timings.latency.mean.is_known(),
            !fails,
            "{}",
            target.id
        );
        assert_eq!(target.timings.ttft.mean.is_known(), !fails, "{}", target.id);
        assert_eq!(
            target.success.rate.value(),
            Some(f64::from(u8::from(!fails)))
        );
        // A failure is never a fast call: the percentile falls among the failed.
        assert_eq!(
            target.latency_all_ms.p50.is_known(),
            !fails,
            "{}",
            target.id
        );
    }
}

#[test]
fn only_the_ordinary_target_is_called_the_cheapest() {
    let cost = |report: &Report| {
        let mut answers = report.answer.iter();
        let cost = answers.find_map(|answer| match &answer.finding {
            Answer::Cost(cost) => Some((cost.clone(), answer.sentence.clone())),
            _ => None,
        });
        cost.unwrap()
    };
    let (report_of_all, _) = all();
    let (
        CostAnswer::DifferentCurrencies {
            currencies,
            not_ranked,
        },
        sentence,
    ) = cost(&report_of_all)
    else {
        panic!("{:?}", report_of_all.answer);
    };
    let ranked: Vec<Vec<&str>> = currencies
        .iter()
        .map(|one| {
            one.cheapest_first
                .iter()
                .map(|at| at.target_id.as_str())
                .collect()
        })
        .collect();
    assert_eq!(ranked, [["euro"], ["ordinary"]]);
    let not_ranked: Vec<_> = not_ranked.iter().map(|at| at.target_id.as_str()).collect();
    assert_eq!(not_ranked, ["silent", "uncounted", "aborting"]);
    assert!(sentence.contains("currenc"), "{sentence}");
    for use_case in &report_of_all.use_cases {
        let cheapest = use_case.cheapest.as_ref();
        assert!(cheapest.is_none_or(|id| id == "ordinary"), "{cheapest:?}");
    }

    let (in_dollars, _) = report(&[
        ("silent", "USD", silent()),
        ("uncounted", "USD", uncounted()),
        ("aborting", "USD", aborting()),
        ("ordinary", "USD", calls("ordinary", 1_000_000)),
    ]);
    let (CostAnswer::Ranked { cheapest_first, .. }, sentence) = cost(&in_dollars) else {
        panic!("{:?}", in_dollars.answer);
    };
    let ranked: Vec<_> = cheapest_first
        .iter()
        .map(|at| at.target_id.as_str())
        .collect();
    assert_eq!(ranked, ["ordinary"]);
    assert!(!sentence.contains("$0.00 "), "{sentence}");
}

#[test]
fn every_failure_has_its_reason_on_the_page() {
    let (report, samples) = all();
    let failures = |id: &str| {
        let target = report.targets.iter().find(|target| target.id == id);
        &target.unwrap().failures
    };
    for id in ["uncounted", "euro", "ordinary"] {
        assert_eq!(failures(id).len(), 0, "{id}");
    }
    for (id, outcome) in [
        ("silent", Outcome::InvalidResponse),
        ("aborting", Outcome::StreamBroken),
    ] {
        let [class] = &failures(id)[..] else {
            panic!("{:?}", failures(id));
        };
        assert_eq!(
            (class.outcome, class.count),
            (outcome, u64::from(2 * PROMPTS))
        );
    }
    let files = artifacts(&report, &samples);
    for name in ["report.html", "report.md", "samples.csv"] {
        let file = files.iter().find(|file| file.name == name).unwrap();
        let text = str::from_utf8(&file.body).unwrap();
        for reason in [
            "the answer has no text",
            "the server gave up with the reason abort",
        ] {
            assert!(text.contains(reason), "{reason} in {name}");
        }
    }
}

#[test]
fn a_probe_that_a_reasoning_model_answered_without_a_word_is_no_failure() {
    let mut samples = calls("ordinary", 1_000_000);
    let probe = Sample {
        phase: Phase::Probe,
        prompt_id: "probe".into(),
        error_class: Some(ErrorLayer::Empty),
        error_message: Some("the answer has no text".into()),
        finish_reason: Some(FinishReason::Length),
        ..failure("ordinary", 0, 1, Outcome::InvalidResponse)
    };
    samples.push(probe);
    let report = build(&plan(&["ordinary"], PROMPTS, 2), &samples);
    let target = &report.targets[0];
    assert!(target.readiness.ready);
    assert_eq!((target.readiness.probes, target.failures.len()), (1, 0));
}
