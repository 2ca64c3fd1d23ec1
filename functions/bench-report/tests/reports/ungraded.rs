//! Prompts without a reference answer: nothing of them is graded, and nothing says that they
//! were answered incorrectly.

use bench_core::{
    plan::Plan,
    sample::{Outcome, Sample},
};
use bench_cost::CostReason;
use bench_report::{Answer, Report, artifacts, build};
use bench_stats::Unavailable;

use crate::making::{call, failure, plan_with};

/// Six prompts of which those from `graded` on have no reference answer.
pub(crate) fn run(graded: u32, head: &str) -> (Plan, Vec<Sample>) {
    let mut plan = plan_with(&["a", "b"], 6, 2, head);
    for target in &mut plan.config.targets {
        let prices = r#"{"kind": "hourly", "sku": "ec2:x.y", "prices": {"hour": {"amount": "1", "currency": "USD"}}}"#;
        target.pricing = serde_json::from_str(prices).unwrap();
    }
    let mut samples = Vec::new();
    for prompt in &mut plan.prompts {
        prompt.expected_answer.take_if(|_| prompt.index >= graded);
        for target in ["a", "b"] {
            for repetition in 1..=2 {
                let mut sample = call(target, prompt.index, repetition, 2_000_000);
                sample.expected_answer.clone_from(&prompt.expected_answer);
                if prompt.expected_answer.is_none() {
                    sample.correct = None;
                    sample.answer = None;
                    sample.answer_rule = None;
                }
                samples.push(sample);
            }
        }
    }
    (plan, samples)
}

fn spent_per_correct(report: &Report) -> Result<String, CostReason> {
    let cost = report.cost.as_ref().unwrap();
    let figure = &cost.targets[0].per_correct;
    match figure.value() {
        Some(value) => Ok(value.to_string()),
        None => Err(figure.reason().unwrap().clone()),
    }
}

#[test]
fn without_reference_answers_accuracy_and_all_that_follows_from_it_are_not_available() {
    let (plan, samples) = run(0, "limits = { latency_ms = 5000 }");
    let report = build(&plan, &samples);
    let target = &report.targets[0];
    let reason = Some(&Unavailable::NoReferenceAnswer);
    for figure in [
        &target.accuracy.rate,
        &target.accuracy.flexible.rate,
        &target.accuracy.strict.rate,
        &target.accuracy.of_attempts.rate,
        &target.goodput.as_ref().unwrap().correct.rate,
    ] {
        assert_eq!(figure.reason(), reason);
    }
    assert!(target.accuracy.rules.is_empty());
    assert_eq!(
        target.goodput.as_ref().unwrap().share.rate.value(),
        Some(1.0)
    );
    assert_eq!(spent_per_correct(&report), Err(CostReason::NotGraded));
    let is_accuracy = |answer: &Answer| matches!(answer, Answer::Accuracy(_));
    assert!(
        !report
            .answer
            .iter()
            .any(|answer| is_accuracy(&answer.finding))
    );
    assert_eq!(report.prompts[0].expected_answer, None);
    let files = artifacts(&report, &samples);
    for file in files.iter().filter(|file| file.name.starts_with("report.")) {
        let page = String::from_utf8_lossy(&file.body);
        let is_data = file.name == "report.json";
        assert_eq!(page.contains("no_reference_answer"), is_data);
        if is_data {
            continue;
        }
        assert!(page.contains("no answered prompt has a reference answer"));
        assert!(
            !page.contains("0\u{a0}%\u{a0}["),
            "nothing says 0 % correct"
        );
    }
}

#[test]
fn only_prompts_with_a_reference_answer_count() {
    let (plan, mut samples) = run(2, "");
    let all = build(&plan, &samples);
    let accuracy = &all.targets[0].accuracy;
    assert_eq!((accuracy.correct, accuracy.graded), (4, 4));
    assert_eq!(accuracy.of_attempts.rate.value(), Some(1.0));
    // Four calls of 2 s at a dollar an hour, for four correct answers.
    let (only, few) = run(2, "");
    let few: Vec<Sample> = few.into_iter().filter(|s| s.prompt_index < 2).collect();
    assert_eq!(
        spent_per_correct(&all),
        spent_per_correct(&build(&only, &few))
    );

    // A failure at a prompt without a reference answer is no incorrect answer.
    let failed = failure("a", 5, 2, Outcome::ServerError);
    let place = samples
        .iter()
        .position(|sample| sample.key() == failed.key());
    samples[place.unwrap()] = Sample {
        expected_answer: None,
        ..failed
    };
    let report = build(&plan, &samples);
    assert_eq!(report.targets[0].calls.failed, 1);
    assert_eq!(
        report.targets[0].accuracy.of_attempts.rate.value(),
        Some(1.0)
    );
}
