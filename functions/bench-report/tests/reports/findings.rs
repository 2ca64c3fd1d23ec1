//! The findings of reports about their targets.

use bench_core::{
    config::PromptStyle,
    grading::{AnswerRule, grade},
    sample::{ErrorLayer, FinishReason, Outcome, Sample},
};
use bench_report::{
    Answer, LatencyAnswer, LengthUnit, MAX_DISAGREEMENTS, Report, WarmUpVerdict, Warning,
    artifacts, build, compare_runs, run_comparison,
};
use bench_stats::{Doubt, SplitMix64, Unavailable, Verdict};

use crate::making::{call, comparison, failure, plan, plan_with};

/// Calls of a target whose prompts take `base` times a prompt's own factor, with
/// noise of so many per mille.
fn calls(target: &str, prompts: u32, repetitions: u32, base: u64, noise: u64) -> Vec<Sample> {
    let mut random = SplitMix64::new(base + noise);
    let mut samples = Vec::new();
    for prompt in 0..prompts {
        for repetition in 1..=repetitions {
            let own = base * (10 + u64::from(prompt * 7 % 13)) / 10;
            let jitter = random.below(usize::try_from(2 * noise + 1).unwrap()) as u64;
            samples.push(call(
                target,
                prompt,
                repetition,
                own * (1_000 - noise + jitter) / 1_000,
            ));
        }
    }
    samples
}

fn two(a: Vec<Sample>, b: Vec<Sample>, prompts: u32, repetitions: u32) -> Report {
    let samples: Vec<Sample> = a.into_iter().chain(b).collect();
    build(&plan(&["a", "b"], prompts, repetitions), &samples)
}

/// The answer about latency.
fn latency(report: &Report) -> &LatencyAnswer {
    let found = report
        .answer
        .iter()
        .find_map(|answer| match &answer.finding {
            Answer::Latency(found) => Some(found),
            _ => None,
        });
    found.unwrap()
}

fn warns(report: &Report, warning: &Warning) -> bool {
    report.warnings.iter().any(|said| said.finding == *warning)
}

const fn undecided(doubt: Doubt) -> Verdict {
    Verdict::NotDistinguishable { doubt }
}

#[test]
fn a_clear_difference_is_said_with_its_size() {
    let report = two(
        calls("a", 20, 3, 1_000_000, 20),
        calls("b", 20, 3, 1_300_000, 20),
        20,
        3,
    );
    let found = comparison(&report, "a", "b");
    assert_eq!(found.verdict, Verdict::Faster);
    assert_eq!(
        found.sentence,
        "a was faster than b by 22.9\u{a0}% [22.6\u{a0}% to 23.3\u{a0}%] on 20 prompts. Answers of a \
         were as long, and each of its tokens took 22.9\u{a0}% less time."
    );
    let LatencyAnswer::Fastest {
        target_id,
        lead,
        others: 1,
        undecided,
        ..
    } = latency(&report)
    else {
        panic!("{:?}", latency(&report));
    };
    assert_eq!((target_id.as_str(), lead.over.as_str()), ("a", "b"));
    assert_eq!(
        (Some(lead.ratio), lead.prompts, lead.may_be_negligible),
        (found.latency.ratio.value(), 20, false)
    );
    assert!(undecided.is_empty());
    assert_eq!(
        report.answer[0].sentence,
        "Fastest was a: faster than b by 22.9\u{a0}% [22.6\u{a0}% to 23.3\u{a0}%] on 20 prompts. Mean latency: a 1.54\u{a0}s, \
         b 2.00\u{a0}s."
    );
}

#[test]
fn a_tie_is_said_as_a_tie() {
    let report = two(
        calls("a", 20, 2, 1_000_000, 300),
        calls("b", 20, 2, 1_010_000, 310),
        20,
        2,
    );
    let found = comparison(&report, "a", "b");
    assert_eq!(found.verdict, undecided(Doubt::Noise));
    assert!(found.prompts_to_decide.unwrap() > 20);
    assert_eq!(
        found.sentence,
        "a and b are not distinguishable by latency on 20 prompts: a took 0.960 times \
         [0.902 to 1.022] what b took; 59 prompts would be enough to resolve a \
         difference of 5\u{a0}%."
    );
    let LatencyAnswer::NoFastest { tied, .. } = latency(&report) else {
        panic!("{:?}", latency(&report));
    };
    assert_eq!(*tied, ["a", "b"]);
    assert_eq!(
        report.answer[0].sentence,
        "No target is the fastest: a and b are not distinguishable by latency on the same prompts. Mean \
         latency: a 1.53\u{a0}s, b 1.59\u{a0}s."
    );
}

#[test]
fn what_is_the_same_is_equivalent() {
    let report = two(
        calls("a", 40, 3, 1_000_000, 10),
        calls("b", 40, 3, 1_001_000, 10),
        40,
        3,
    );
    let found = comparison(&report, "a", "b");
    assert_eq!(found.verdict, Verdict::Equivalent);
    assert!(matches!(latency(&report), LatencyAnswer::NoFastest { .. }));
}

#[test]
fn five_prompts_tell_nothing_apart() {
    let report = two(
        calls("a", 5, 3, 1_000_000, 1),
        calls("b", 5, 3, 9_000_000, 1),
        5,
        3,
    );
    let found = comparison(&report, "a", "b");
    assert_eq!(found.verdict, undecided(Doubt::FewPrompts));
    assert_eq!(
        found.sentence,
        "a and b are not distinguishable by latency: that needs at least 6 prompts, \
         both answered 5 prompts; 6 prompts would be enough to resolve a difference of \
         5\u{a0}%."
    );
}

#[test]
fn failures_are_the_finding_where_success_rates_differ() {
    let mut a = calls("a", 20, 2, 1_000_000, 10);
    for sample in a.iter_mut().filter(|sample| sample.repetition == 1) {
        *sample = failure("a", sample.prompt_index, 1, Outcome::Throttled);
    }
    let report = two(a, calls("b", 20, 2, 3_000_000, 10), 20, 2);
    let found = comparison(&report, "a", "b");
    assert_eq!(found.verdict, undecided(Doubt::SuccessRates));
    let (of_a, of_b) = (&found.success.first, &found.success.second);
    assert_eq!((of_a.count, of_a.n, of_b.count, of_b.n), (20, 40, 40, 40));
    let target = &report.targets[0];
    assert_eq!(
        (target.latency_all_ms.n, target.latency_all_ms.failed),
        (40, 20)
    );
    assert!(
        target.latency_all_ms.p90.value().is_none() && target.timings.latency.p90.value().is_some()
    );
    let percentiles = report
        .warnings
        .iter()
        .find_map(|warning| match &warning.finding {
            Warning::InfinitePercentiles { percentiles, .. } => Some(percentiles),
            _ => None,
        });
    assert_eq!(percentiles.unwrap()[..2], ["p50", "p90"]);
}

#[test]
fn latency_is_split_into_length_and_speed() {
    let a = calls("a", 20, 2, 1_000_000, 10);
    let mut b = calls("b", 20, 2, 2_000_000, 10);
    for sample in &mut b {
        sample.output_tokens = Some(200);
        sample.response_chars = Some(800);
    }
    let report = two(a, b, 20, 2);
    let found = comparison(&report, "a", "b");
    let split = found.split.clone().unwrap();
    assert!((split.output_tokens - 0.5).abs() < 1e-9);
    assert!(
        (split.output_tokens * split.ms_per_output_token - found.latency.ratio.value().unwrap())
            .abs()
            < 1e-9
    );
    assert!((found.same_model.length.characters.unwrap() - 0.5).abs() < 1e-9);
    let length = report
        .warnings
        .iter()
        .find_map(|warning| match &warning.finding {
            Warning::DifferentModels { length, .. } => length.as_ref(),
            _ => None,
        });
    let length = length.unwrap();
    assert_eq!(
        (length.unit, Some(length.ratio)),
        (LengthUnit::Characters, found.same_model.length.characters)
    );
}

#[test]
fn different_answers_of_the_same_model_are_warned_of() {
    let a = calls("a", 10, 3, 1_000_000, 10);
    let mut b = calls("b", 10, 3, 1_000_000, 11);
    for sample in &mut b {
        sample.answer = Some("17".into());
        sample.correct = Some(false);
    }
    let report = two(a, b, 10, 3);
    let same = &comparison(&report, "a", "b").same_model;
    assert_eq!(
        (same.agreement, same.self_agreement, same.disagrees),
        (Some(0.0), Some(1.0), Some(true))
    );
    assert!(warns(
        &report,
        &Warning::DifferentModels {
            first: "a".parse().unwrap(),
            second: "b".parse().unwrap(),
            simulated: false,
            agreement: Some(0.0),
            length: None,
        }
    ));
}

#[test]
fn goodput_counts_what_kept_every_limit() {
    let plan = plan_with(
        &["a"],
        10,
        1,
        "limits = { latency_ms = 1000, ttft_ms = 90 }",
    );
    let mut samples: Vec<Sample> = (0..10)
        .map(|prompt| call("a", prompt, 1, 800_000))
        .collect();
    samples[0].latency_us = 1_000_001;
    samples[1].ttft_us = Some(90_001);
    samples[2] = failure("a", 2, 1, Outcome::Timeout);
    samples[3].correct = Some(false);
    let good = build(&plan, &samples).targets[0].goodput.clone().unwrap();
    assert_eq!(
        (good.share.count, good.share.n, good.correct.count),
        (7, 10, 6)
    );
    samples[4].ttft_us = None;
    let unknown = build(&plan, &samples).targets[0].goodput.clone().unwrap();
    assert!(matches!(
        unknown.share.rate.reason(),
        Some(Unavailable::LimitNotKnown { calls: 1 })
    ));
}

#[test]
fn reasons_that_are_not_known_and_counts_that_disagree_are_warned_of() {
    let mut samples = calls("a", 4, 1, 1_000_000, 10);
    for (sample, raw) in samples.iter_mut().zip(["moon", "moon", "sun"]) {
        sample.finish_reason = Some(FinishReason::Other);
        sample.finish_reason_raw = Some(raw.into());
    }
    samples[3].counts_disagree = true;
    let report = build(&plan(&["a"], 4, 1), &samples);
    let target_id = || "a".parse().unwrap();
    assert!(warns(
        &report,
        &Warning::UnknownFinishReasons {
            target_id: target_id(),
            reasons: vec!["moon".to_owned(), "sun".to_owned()],
            calls: 3,
        }
    ));
    assert!(warns(
        &report,
        &Warning::CountsDisagree {
            target_id: target_id(),
            calls: 1,
            answered: 4,
        }
    ));
}

#[test]
fn answers_without_text_are_a_class_of_failures_of_their_own() {
    let mut samples = calls("a", 4, 1, 1_000_000, 10);
    for (sample, class) in samples
        .iter_mut()
        .zip([ErrorLayer::Parse, ErrorLayer::Empty])
    {
        sample.outcome = Outcome::InvalidResponse;
        sample.error_class = Some(class);
    }
    let report = build(&plan(&["a"], 4, 1), &samples);
    let target = &report.targets[0];
    let classes: Vec<_> = target
        .failures
        .iter()
        .map(|class| class.error_class)
        .collect();
    assert_eq!(classes, [Some(ErrorLayer::Parse), Some(ErrorLayer::Empty)]);
    assert_eq!((target.calls.ok, target.calls.failed), (2, 2));
    assert_eq!((target.success.count, target.success.n), (2, 4));
    let answered = target
        .timings
        .latency
        .mean
        .estimate()
        .and_then(|mean| mean.n);
    assert_eq!(answered, Some(2));
}

#[test]
fn a_slow_first_repetition_is_warned_of() {
    let mut samples = calls("a", 12, 4, 1_000_000, 10);
    for sample in samples.iter_mut().filter(|sample| sample.repetition == 1) {
        sample.latency_us = sample.latency_us * 12 / 10;
    }
    let report = build(&plan(&["a"], 12, 4), &samples);
    let warm = &report.targets[0].warm_up;
    assert_eq!((warm.verdict, warm.prompts), (WarmUpVerdict::TooShort, 12));
    let ratio = warm.ratio.value().unwrap();
    assert!((ratio - 1.2).abs() < 0.05 && warm.drift.value().unwrap() > 1.05);
    assert!(warns(
        &report,
        &Warning::WarmUpTooShort {
            target_id: "a".parse().unwrap(),
            ratio,
        }
    ));
}

#[test]
fn strict_and_flexible_accuracy_stand_apart_and_cut_off_answers_too() {
    let mut samples: Vec<Sample> = (0..10)
        .map(|prompt| call("a", prompt, 1, 1_000_000))
        .collect();
    samples[0].answer_rule = Some(AnswerRule::LastNumber);
    samples[1].answer_rule = Some(AnswerRule::Boxed);
    samples[1].response_text = Some("\\boxed{18}\n#### 18".into());
    samples[2].answer_rule = Some(AnswerRule::Boxed);
    samples[2].response_text = Some("\\boxed{18}".into());
    samples[3].finish_reason = Some(FinishReason::Length);
    samples[3].correct = Some(false);
    let accuracy = build(&plan(&["a"], 10, 1), &samples).targets[0]
        .accuracy
        .clone();
    assert_eq!((accuracy.flexible.count, accuracy.flexible.n), (9, 10));
    assert_eq!((accuracy.strict.count, accuracy.strict.n), (7, 10));
    assert_eq!((accuracy.truncated.count, accuracy.truncated.n), (0, 1));
    assert_eq!(accuracy.rules["answer-line"], 7);
    assert_eq!(accuracy.disagreements, 2);
}

#[test]
fn answers_that_strict_and_flexible_grading_judge_differently_are_shown() {
    let mut samples: Vec<Sample> = (0..6)
        .flat_map(|prompt| [1, 2].map(|repetition| call("a", prompt, repetition, 1_000_000)))
        .collect();
    for sample in samples.iter_mut().filter(|sample| sample.prompt_index > 0) {
        let text = if sample.prompt_index == 1 {
            "#### 17\nWait: \\boxed{18}"
        } else {
            "It is \\boxed{18}"
        };
        sample.expected_answer = Some("18".into());
        sample.set_grade(&grade(text, "18"));
        sample.response_text = Some(text.into());
    }
    let report = build(&plan(&["a"], 6, 2), &samples);
    let accuracy = &report.targets[0].accuracy;
    assert_eq!((accuracy.flexible.count, accuracy.strict.count), (12, 2));
    assert_eq!(accuracy.disagreements, 10);
    let examples = &accuracy.disagreement_examples;
    assert_eq!(examples.len(), MAX_DISAGREEMENTS);
    assert!(examples.iter().all(|example| example.repetition == 1
        && example.answer.as_deref() == Some("18")
        && example.rule == Some(AnswerRule::Boxed)));
    let lines: Vec<Option<&str>> = examples
        .iter()
        .map(|example| example.strict_answer.as_deref())
        .collect();
    assert_eq!(lines, [Some("17"), None, None]);
    assert_eq!(examples[0].prompt_id, samples[2].prompt_id);

    samples.reverse();
    let reversed = build(&plan(&["a"], 6, 2), &samples);
    assert_eq!(&reversed.targets[0].accuracy, accuracy);
    let pages_that_say_so = |report: &Report, samples: &[Sample]| {
        artifacts(report, samples)
            .iter()
            .filter(|file| ["report.html", "report.md"].contains(&file.name))
            .filter(|file| {
                let text = String::from_utf8_lossy(&file.body);
                text.contains("Strict and flexible grading disagree")
            })
            .count()
    };
    assert_eq!(pages_that_say_so(&report, &samples), 2);
    let agreed = [call("a", 0, 1, 1_000_000)];
    let none = build(&plan(&["a"], 6, 2), &agreed);
    assert_eq!(pages_that_say_so(&none, &agreed), 0);
}

#[test]
fn strict_grading_reads_the_form_that_the_prompt_asks_for() {
    let texts = [
        "It is \\boxed{18}",
        "\\boxed{17}\n#### 18",
        "#### 18",
        "It is 18",
    ];
    let mut samples: Vec<Sample> = (0..4)
        .map(|prompt| call("a", prompt, 1, 1_000_000))
        .collect();
    for (sample, text) in samples.iter_mut().zip(texts) {
        sample.expected_answer = Some("18".into());
        sample.set_grade(&grade(text, "18"));
        sample.response_text = Some(text.into());
    }
    let of_style = |style| {
        let mut plan = plan(&["a"], 4, 1);
        plan.config.method.prompt_style = style;
        let report = build(&plan, &samples);
        let page = artifacts(&report, &samples)
            .into_iter()
            .find(|file| file.name == "report.md")
            .unwrap();
        let accuracy = report.targets[0].accuracy.clone();
        (accuracy, String::from_utf8(page.body).unwrap())
    };
    let (boxed, page) = of_style(PromptStyle::Boxed);
    assert_eq!((boxed.strict.count, boxed.disagreements), (1, 3));
    let found = boxed.disagreement_examples[0].strict_answer.as_deref();
    assert_eq!(found, Some("17"));
    assert!(page.contains("answer, strict (\\\\boxed{})"), "{page}");
    let (line, _) = of_style(PromptStyle::AnswerLine);
    assert_eq!((line.strict.count, line.disagreements), (2, 2));
    let (raw, _) = of_style(PromptStyle::Raw);
    assert_eq!(
        (raw.strict.count, raw.disagreements),
        (2, 0),
        "no form is asked for"
    );
}

#[test]
fn a_repeated_attempt_is_one_call_and_pooled_runs_are_two() {
    let mut samples: Vec<Sample> = (0..3)
        .map(|prompt| call("a", prompt, 1, 1_000_000))
        .collect();
    let mut again = failure("a", 0, 1, Outcome::ServerError);
    again.attempt = 2;
    samples.push(again);
    let once = build(&plan(&["a"], 3, 1), &samples);
    assert_eq!(
        (once.targets[0].calls.measured, once.targets[0].calls.failed),
        (3, 0)
    );
    let mut other: Vec<Sample> = samples.clone();
    for sample in &mut other {
        sample.run_id = "made-2".parse().unwrap();
    }
    samples.extend(other);
    let pooled = build(&plan(&["a"], 3, 1), &samples);
    let calls = pooled.targets[0].calls;
    assert_eq!(
        (calls.planned, calls.measured, calls.ok, calls.missing),
        (6, 6, 6, 0)
    );
    assert_eq!(pooled.run.runs, ["made-1", "made-2"]);
    samples.push(samples[0].clone());
    let doubled = build(&plan(&["a"], 3, 1), &samples);
    assert!(warns(&doubled, &Warning::DuplicateSamples { samples: 1 }));
}

#[test]
fn two_runs_are_compared_in_sentences() {
    let (first, mut second) = (plan(&["a"], 20, 3), plan(&["a"], 20, 3));
    second.run_id = "made-2".parse().unwrap();
    second.config.method.max_tokens = 100;
    second.prompts[1].question = "another".into();
    let (old, new) = (
        calls("a", 20, 3, 1_000_000, 20),
        calls("a", 20, 3, 1_300_000, 20),
    );
    let found = compare_runs((&first, &old), (&second, &new));
    let said = run_comparison::of(&found);
    assert_eq!(
        said.targets,
        [
            "a in the second run was slower than a in the first run by 29.7\u{a0}% [29.1\u{a0}% to 30.4\u{a0}%] on \
             19 prompts. Answers of a in the second run were as long, and each of its tokens took \
             29.7\u{a0}% more time."
        ]
    );
    assert_eq!(
        said.differences,
        [
            "1 prompt of the first run left out: not the same in the other",
            "1 prompt of the second run left out: not the same in the other",
            "`method.max_tokens` was 4096 and is 100",
        ]
    );
    assert_eq!(
        said.caution,
        "Runs drift from day to day, and two of them cannot tell drift from a change; a trend needs \
         at least 5 runs."
    );
}

#[test]
fn the_longest_pause_of_a_stream_is_a_figure_of_those_that_have_one() {
    let mut samples = calls("a", 20, 1, 1_000_000, 0);
    let none = build(&plan(&["a"], 20, 1), &samples);
    let pause = &none.targets[0].timings.max_gap.p50;
    assert_eq!(pause.reason(), Some(&Unavailable::NoValues));
    for (sample, gap) in samples.iter_mut().zip(1..) {
        sample.max_gap_us = Some(gap * 10_000);
    }
    let report = build(&plan(&["a"], 20, 1), &samples);
    let pause = &report.targets[0].timings.max_gap;
    assert_eq!(pause.p50.value(), Some(105.0));
    let p95 = pause.p95.value().unwrap();
    assert!((p95 - 190.5).abs() < 1e-9, "{p95}");
    let page = pages_of(&report, &samples);
    assert!(page.contains("longest pause p50") && page.contains("105<i>\u{a0}ms</i>"));
}

/// `report.html`.
fn pages_of(report: &Report, samples: &[Sample]) -> String {
    let files = bench_report::artifacts(report, samples);
    let page = files.into_iter().find(|file| file.name == "report.html");
    String::from_utf8(page.unwrap().body).unwrap()
}
