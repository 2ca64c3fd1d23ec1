//! Lengths of prompts and answers that a run asks for.

use bench_core::plan::Plan;
use bench_report::{LengthNotKept, LengthOf, Report, Warning, build};
use bench_stats::Unavailable;

use crate::making::{call, plan};

/// Twenty calls with prompts of 50 tokens and answers of 100, at most 120; of the last the
/// prompt has 60 and the answer 30.
fn report(ask: impl Fn(&mut Plan), counts: bool) -> Report {
    let mut plan = plan(&["a"], 20, 1);
    ask(&mut plan);
    let samples: Vec<_> = (0..20)
        .map(|prompt| {
            let mut sample = call("a", prompt, 1, 1_000_000);
            sample.max_tokens = Some(120);
            if prompt == 19 {
                sample.input_tokens = Some(60);
                sample.output_tokens = Some(30);
            }
            sample.input_tokens.take_if(|_| !counts);
            sample
        })
        .collect();
    build(&plan, &samples)
}

fn not_kept(report: &Report) -> Vec<LengthNotKept> {
    let findings = report.warnings.iter().map(|warning| &warning.finding);
    let of_length = findings.filter_map(|finding| match finding {
        Warning::LengthNotKept(found) => Some(found.clone()),
        _ => None,
    });
    of_length.collect()
}

#[test]
fn without_lengths_that_are_asked_for_nothing_is_said_of_them() {
    let report = report(|_| (), true);
    assert!(report.targets[0].lengths.is_empty());
    assert!(not_kept(&report).is_empty());
    let json = serde_json::to_value(&report).unwrap();
    assert!(json["targets"][0].get("lengths").is_none());
    assert!(json["method"].get("ignore_eos").is_none());
}

#[test]
fn answers_shorter_than_asked_for_are_counted_against_the_target() {
    let report = report(|plan| plan.config.method.min_tokens = Some(80), true);
    let [output] = &report.targets[0].lengths[..] else {
        panic!("{:?}", report.targets[0].lengths);
    };
    assert_eq!((output.at_least, output.at_most), (80, Some(120)));
    assert_eq!(output.mean.value(), Some(96.5));
    assert_eq!(output.p95.value(), Some(100.0));
    let found = not_kept(&report);
    assert_eq!(
        found,
        [LengthNotKept {
            target_id: "a".parse().unwrap(),
            of: LengthOf::Output,
            outside: 1,
            calls: 20,
            at_least: 80,
            at_most: Some(120),
        }]
    );
}

#[test]
fn answers_that_go_on_have_the_length_of_their_limit() {
    let report = report(|plan| plan.config.method.ignore_eos = true, true);
    assert_eq!(not_kept(&report)[0].outside, 20);
}

#[test]
fn prompts_may_be_a_tenth_longer_or_shorter() {
    let ask = |tokens| move |plan: &mut Plan| plan.config.dataset.input_tokens = Some(tokens);
    assert_eq!(not_kept(&report(ask(50), true))[0].outside, 1);
    assert!(not_kept(&report(ask(55), true)).is_empty());
    assert_eq!(not_kept(&report(ask(56), true))[0].outside, 19);
}

#[test]
fn a_target_that_counts_no_input_tokens_is_told() {
    let report = report(|plan| plan.config.dataset.input_tokens = Some(50), false);
    let input = &report.targets[0].lengths[0];
    assert_eq!(input.mean.reason(), Some(&Unavailable::NotReported));
    let is_told = |finding: &Warning| {
        matches!(
            finding,
            Warning::LengthNotCounted {
                of: LengthOf::Input,
                ..
            }
        )
    };
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| is_told(&warning.finding))
    );
}
