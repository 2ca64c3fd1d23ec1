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
}
