use super::*;
use crate::{
    identity::RunId,
    sample::{Outcome, Phase, Sample, SampleKey},
};

fn sample(outcome: Outcome) -> Sample {
    let run: RunId = "run".parse().unwrap();
    let key = SampleKey {
        target: "target".parse().unwrap(),
        step: 0,
        worker: 0,
        prompt: 0,
        phase: Phase::Measured,
        repetition: 1,
        attempt: 1,
    };
    Sample {
        latency_us: 1_000_000,
        ..Sample::new(
            run,
            "builtin/0".to_owned(),
            key,
            outcome,
            jiff::Timestamp::UNIX_EPOCH,
        )
    }
}

#[test]
fn a_call_that_was_never_made_uses_nothing_and_a_broken_one_is_told() {
    assert_eq!(Usage::of([&sample(Outcome::Budget)]), Usage::default());
    let usage = Usage::of([&sample(Outcome::StreamBroken)]);
    assert_eq!((usage.answered, usage.broken, usage.uncounted), (0, 1, 0));
    let usage = Usage::of([&sample(Outcome::Interrupted)]);
    assert_eq!((usage.attempts, usage.answered, usage.broken), (1, 0, 1));
}

#[test]
fn a_count_of_zero_of_what_is_there_is_unknown() {
    let counted = |outcome, input, output| {
        let mut call = sample(outcome);
        (call.input_tokens, call.output_tokens) = (input, output);
        let usage = Usage::of([&call]);
        (usage.tokens.input, usage.uncounted, usage.broken)
    };
    assert_eq!(counted(Outcome::Ok, Some(31), Some(7)), (31, 0, 0));
    assert_eq!(counted(Outcome::Ok, Some(0), Some(0)), (0, 1, 0));
    assert_eq!(counted(Outcome::Ok, Some(31), Some(0)), (0, 1, 0));
    assert_eq!(counted(Outcome::Ok, Some(0), Some(7)), (0, 1, 0));
    assert_eq!(counted(Outcome::Ok, Some(31), None), (0, 1, 0));
    // A silent answer fails, and its prompt is billed all the same.
    let silent = Outcome::InvalidResponse;
    assert_eq!(counted(silent, Some(31), Some(0)), (31, 0, 0));
    assert_eq!(counted(silent, Some(0), Some(0)), (0, 0, 1));
}

#[test]
fn a_failed_call_may_be_billed_once_the_model_was_reached() {
    let broken = |change: fn(&mut Sample)| {
        let mut call = sample(Outcome::ServerError);
        change(&mut call);
        Usage::of([&call]).broken
    };
    assert_eq!(broken(|_| ()), 0);
    assert_eq!(broken(|call| call.http_status = Some(503)), 0);
    assert_eq!(broken(|call| call.ttft_us = Some(1)), 1);
    assert_eq!(broken(|call| call.response_chars = Some(3)), 1);
    assert_eq!(broken(|call| call.http_status = Some(504)), 1);
    assert_eq!(broken(|call| call.outcome = Outcome::Throttled), 0);
}
