//! Invariants of figures, checked on random groups of random values.

use bench_stats::{
    Distribution, Figures, Group, Paired, PairedPrompt, SplitMix64, Summed, Unavailable, fixed_log,
    inconsistencies, percentile, percentile_of, percentile_of_attempts,
};
use proptest::{collection::vec, prelude::*};

/// Calls of a target: the prompt's position and a time in microseconds.
fn calls() -> impl Strategy<Value = Vec<(u32, u64)>> {
    let time = prop_oneof![1..50_u64, 1_000..60_000_000_u64, 1..u64::from(u32::MAX)];
    vec((0..12_u32, time), 1..120)
}

fn summed(calls: &[(u32, u64)]) -> Summed {
    let mut group = Group::default();
    for (prompt, micros) in calls {
        group.push(*prompt, *micros, fixed_log(*micros));
    }
    group.summed(1_000.0, Unavailable::NoValues)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-12)
}

/// Two targets on the same prompts: latency in ms and tokens of every call.
fn pairs() -> impl Strategy<Value = Vec<[Vec<(f64, f64)>; 2]>> {
    let call = || vec((1.0..60_000.0_f64, 1.0..4_000.0_f64), 1..4);
    vec((call(), call()).prop_map(|(a, b)| [a, b]), 1..30)
}

fn paired(prompts: &[[Vec<(f64, f64)>; 2]], value: fn(&(f64, f64)) -> f64) -> Paired {
    let side = |calls: &Vec<(f64, f64)>| calls.iter().map(value).collect::<Vec<f64>>();
    let prompts: Vec<PairedPrompt> = prompts
        .iter()
        .map(|[a, b]| PairedPrompt::of(&side(a), &side(b)))
        .collect();
    Paired::of(&prompts).expect("every prompt has calls at both")
}

fn swapped(prompts: &[[Vec<(f64, f64)>; 2]]) -> Vec<[Vec<(f64, f64)>; 2]> {
    prompts
        .iter()
        .map(|[a, b]| [b.clone(), a.clone()])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_consistent(calls in calls()) {
        let found = summed(&calls);
        prop_assert!(found.inconsistencies.is_empty(), "{:?}", found.inconsistencies);
    }

    #[test]
    fn figures_do_not_depend_on_the_order_of_calls(calls in calls(), seed: u64) {
        let mut shuffled = calls.clone();
        SplitMix64::new(seed).shuffle(&mut shuffled);
        prop_assert_eq!(summed(&calls), summed(&shuffled));
    }

    #[test]
    fn every_interval_that_is_missing_has_its_reason(calls in calls()) {
        let summary = summed(&calls).summary;
        for figure in [&summary.mean, &summary.mean_of_these_prompts, &summary.p50, &summary.p90] {
            let Some(estimate) = figure.estimate() else { continue };
            prop_assert_eq!(estimate.interval.is_none(), estimate.no_interval.is_some());
            if let Some(interval) = &estimate.interval {
                prop_assert_eq!(interval.high.is_none(), interval.high_needs.is_some());
            }
        }
    }

    #[test]
    fn an_interval_holds_its_figure(calls in calls()) {
        let summary = summed(&calls).summary;
        for figure in [&summary.mean, &summary.p50, &summary.p90] {
            if let (Some(interval), Some(value)) = (figure.interval(), figure.value()) {
                prop_assert!(interval.low <= value * (1.0 + 1e-12));
                prop_assert!(interval.high.is_none_or(|high| high >= value * (1.0 - 1e-12)));
            }
        }
    }

    #[test]
    fn percentiles_rise_and_stay_within_the_values(mut values in vec(any::<u32>(), 1..60)) {
        values.sort_unstable();
        let values: Vec<u64> = values.into_iter().map(u64::from).collect();
        let all: Vec<f64> = (0..=1_000).map(|p| percentile(&values, p).unwrap()).collect();
        prop_assert!(all.is_sorted());
        let ends = [all[0], all[1_000]].map(|end| format!("{end:.0}"));
        prop_assert_eq!(ends, [values[0], values[values.len() - 1]].map(|end| end.to_string()));
    }

    #[test]
    fn a_failure_never_makes_a_percentile_better(
        mut values in vec(1..10_000_u64, 1..60),
        failures in 0..20_u64,
        per_mille in 0..=1_000_u32,
    ) {
        values.sort_unstable();
        let before = percentile_of_attempts(values.as_slice(), failures, per_mille);
        let after = percentile_of_attempts(values.as_slice(), failures + 1, per_mille);
        match (before, after) {
            (Some(before), Some(after)) => prop_assert!(after >= before),
            (None, after) => prop_assert_eq!(after, None),
            (Some(_), None) => {}
        }
    }

    #[test]
    fn merged_histograms_are_the_histogram_of_all(
        values in vec(1..u64::from(u32::MAX), 2..400),
        split in 0..400_usize,
        cap in 0..400_usize,
    ) {
        let of = |values: &[u64]| {
            let mut distribution = Distribution::exact_up_to(cap);
            for value in values {
                distribution.push(*value, 0);
            }
            distribution
        };
        let (left, right) = values.split_at(split.min(values.len()));
        let mut merged = of(left);
        merged.merge(&of(right));
        let whole = of(&values);
        for per_mille in [0, 1, 250, 500, 900, 950, 990, 999, 1_000] {
            let [one, two] = [&whole, &merged]
                .map(|all| percentile_of(&all.ordered(), per_mille).unwrap().to_bits());
            prop_assert_eq!(one, two);
        }
    }

    #[test]
    fn ratios_are_symmetric(prompts in pairs()) {
        let there = paired(&prompts, |call| call.0);
        let back = paired(&swapped(&prompts), |call| call.0);
        prop_assert!(close(there.gmr * back.gmr, 1.0));
        prop_assert!(close(there.ratio_of_totals * back.ratio_of_totals, 1.0));
        prop_assert!(close(there.hodges_lehmann * back.hodges_lehmann, 1.0));
        prop_assert_eq!((there.wins, there.losses), (back.losses, back.wins));
        prop_assert!(close(there.wilcoxon.p(), back.wilcoxon.p()));
        if let (Some((low, high)), Some((least, most))) = (there.interval, back.interval) {
            prop_assert!(close(low * most, 1.0) && close(high * least, 1.0));
        }
    }

    #[test]
    fn latency_is_length_times_time_per_token(prompts in pairs()) {
        let latency = paired(&prompts, |call| call.0).gmr;
        let length = paired(&prompts, |call| call.1).gmr;
        let speed = paired(&prompts, |call| call.0 / call.1).gmr;
        prop_assert!(close(latency, length * speed), "{} {} {}", latency, length, speed);
    }
}

#[test]
fn figures_that_contradict_each_other_are_named() {
    let figures = Figures {
        ordered: [1.0, 5.0, 4.0, 6.0, 7.0, 8.0],
        mean: 9.0,
        geometric_mean: 10.0,
        squares: 1.0,
        parts: 2.0,
        n: 4,
    };
    assert_eq!(inconsistencies(&figures).len(), 6);
}
