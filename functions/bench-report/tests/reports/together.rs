//! Whether targets were measured at the same time, in reports.

use bench_core::sample::Sample;
use bench_report::{Answer, ApartPair, LatencyAnswer, Report, Warning, build};
use jiff::SignedDuration;

use crate::making::{call, comparison, plan};

/// A call of one to two seconds every two, from so many seconds on.
fn calls(target: &str, from: i64) -> Vec<Sample> {
    let prompts = (0..20_u32).zip(0_i64..);
    prompts
        .flat_map(|(prompt, position)| {
            (1..=2_u32).zip(0..).map(move |(repetition, at)| {
                let latency_us = 1_000_000 + u64::from(prompt) * 40_000;
                let mut call = call(target, prompt, repetition, latency_us);
                call.started_at += SignedDuration::from_secs(from + 4 * position + 2 * at);
                call
            })
        })
        .collect()
}

fn report(second_from: i64) -> Report {
    let samples = [calls("a", 0), calls("b", second_from)].concat();
    build(&plan(&["a", "b"], 20, 2), &samples)
}

fn apart(report: &Report) -> Option<&[ApartPair]> {
    report
        .warnings
        .iter()
        .find_map(|warning| match &warning.finding {
            Warning::MeasuredApart { pairs } => Some(pairs.as_slice()),
            _ => None,
        })
}

#[test]
fn targets_that_were_measured_one_after_another_are_compared_with_a_warning() {
    let report = report(3_600);
    let found = comparison(&report, "a", "b");
    assert_eq!((found.time_overlap, found.is_apart()), (Some(0.0), true));
    assert!(
        found
            .sentence
            .contains("a and b were not measured at the same time"),
        "{}",
        found.sentence
    );
    let pairs = apart(&report).unwrap();
    assert_eq!((pairs.len(), pairs[0].time_overlap), (1, 0.0));
    let latency = report
        .answer
        .iter()
        .find_map(|answer| match &answer.finding {
            Answer::Latency(LatencyAnswer::NoFastest { measured_apart, .. }) => {
                Some((measured_apart, &answer.sentence))
            }
            _ => None,
        });
    let (measured_apart, sentence) = latency.unwrap();
    assert_eq!(measured_apart.len(), 1);
    assert!(
        sentence.contains("Not measured at the same time"),
        "{sentence}"
    );
}

#[test]
fn half_of_the_shorter_time_together_is_at_the_same_time() {
    for (from, is_apart) in [(0, false), (30, false), (60, true)] {
        let report = report(from);
        assert_eq!(comparison(&report, "a", "b").is_apart(), is_apart, "{from}");
        assert_eq!(apart(&report).is_some(), is_apart, "{from}");
    }
}
