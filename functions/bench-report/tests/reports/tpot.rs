//! Time per output token, where first pieces carry several tokens.

use bench_core::sample::Sample;
use bench_report::{TargetReport, build};
use bench_stats::Unavailable;

use crate::making::{call, plan_with};

/// 100 tokens a call, of which the first comes after 100 ms and the last after 1 s.
fn target(change: impl Fn(&mut Sample)) -> TargetReport {
    with_head("", change)
}

fn with_head(head: &str, change: impl Fn(&mut Sample)) -> TargetReport {
    let plan = plan_with(&["a"], 20, 1, head);
    let samples: Vec<Sample> = (0..20)
        .map(|prompt| {
            let mut sample = call("a", prompt, 1, 1_000_000);
            change(&mut sample);
            sample
        })
        .collect();
    build(&plan, &samples).targets.remove(0)
}

fn p50(target: &TargetReport) -> f64 {
    target.timings.tpot.p50.value().unwrap()
}

fn reasons(target: &TargetReport) -> [Option<Unavailable>; 2] {
    let tpot = target.timings.tpot.p50.reason();
    [tpot, target.rates.decode_tps.reason()].map(Option::<&Unavailable>::copied)
}

#[test]
fn the_tokens_of_the_first_piece_are_no_gaps_where_the_stream_tells() {
    let one = target(|_| ());
    assert!((p50(&one) - 900.0 / 99.0).abs() < 1e-6);
    let ten = target(|call| call.first_piece_tokens = Some(10));
    assert!((p50(&ten) - 10.0).abs() < 1e-6);
    let tps = ten.rates.decode_tps.value().unwrap();
    assert!((tps - 100.0).abs() < 1e-6, "{tps}");
    let said = target(|call| call.first_piece_tokens = Some(1));
    assert_eq!(p50(&said).to_bits(), p50(&one).to_bits());
}

#[test]
fn a_withheld_time_per_token_has_its_true_reason() {
    let one_token = target(|call| call.output_tokens = Some(1));
    assert_eq!(reasons(&one_token), [Some(Unavailable::NoTokenGaps); 2]);
    let one_piece = target(|call| {
        call.chunks = Some(1);
        call.last_token_us = call.ttft_us;
    });
    assert_eq!(reasons(&one_piece), [Some(Unavailable::NoTokenGaps); 2]);
    let whole = target(|call| call.first_piece_tokens = Some(100));
    assert_eq!(reasons(&whole), [Some(Unavailable::NoTokenGaps); 2]);
    let uncounted = target(|call| call.output_tokens = None);
    let reason = Some(Unavailable::TokensNotCounted);
    assert_eq!(reasons(&uncounted), [reason; 2]);
    let not_streamed = target(|call| {
        (call.ttft_us, call.ttfo_us, call.last_token_us) = (None, None, None);
        call.chunks = None;
    });
    assert_eq!(reasons(&not_streamed), [Some(Unavailable::NotStreamed); 2]);
}

#[test]
fn a_limit_of_the_time_per_token_is_held_to_the_same_time() {
    let goodput = |first_piece_tokens| {
        let head = "[limits]\ntpot_ms = 9.5";
        let target = with_head(head, |call| call.first_piece_tokens = first_piece_tokens);
        target.goodput.unwrap().share.count
    };
    assert_eq!((goodput(None), goodput(Some(10))), (20, 0));
    assert_eq!(goodput(Some(100)), 20, "no token after it is held to it");
}
