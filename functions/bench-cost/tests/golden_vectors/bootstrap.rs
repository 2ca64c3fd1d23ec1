//! Vectors of resampling.

use bench_stats::{
    Moments, Paired, PairedPrompt, normal_quantile, percentile_limits, percentile_of, quantile,
    resample_prompts, resample_repetitions,
};
use serde_json::{Value, json};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    comparison::prompts,
    description::replicates,
    input::{groups, sorted, whole},
};

/// Replicates where the vector compares with another generator.
const REFERENCE_REPLICATES: usize = 10_000;

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "bootstrap_within" | "bootstrap_cluster" => statistics(kind, input),
        "bootstrap_paired" => paired(input),
        "bootstrap_reference" => reference(input),
        _ => return None,
    })
}

type Statistic = fn(&mut Vec<f64>) -> f64;

const STATISTICS: [(&str, Statistic); 3] = [
    ("mean", |values| Moments::of(values).mean),
    ("p50", |values| percentile(values, 500)),
    ("p95", |values| percentile(values, 950)),
];

fn percentile(values: &mut [f64], per_mille: u32) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile_of(&*values, per_mille).unwrap()
}

fn statistics(kind: &str, input: &Value) -> Value {
    let groups = groups(&input["groups"]);
    let (count, seed) = (replicates(input), whole(&input["seed"]));
    let mut found = json!({});
    for (name, statistic) in STATISTICS {
        let drawn = if kind == "bootstrap_within" {
            resample_repetitions(&groups, count, seed, statistic)
        } else {
            resample_prompts(&groups, count, seed, statistic)
        };
        let limits = percentile_limits(&drawn);
        let estimate = statistic(&mut groups.concat());
        let left_out: Vec<f64> = (0..groups.len())
            .map(|i| statistic(&mut without(&groups, i).concat()))
            .collect();
        found[name] = json!({
            "fixed_prompt_percentile_ci95": limits,
            "percentile_ci95": limits,
            "replicate_0": drawn[0],
            "replicate_sd": Moments::of(&drawn).standard_deviation(),
            "bca": bca(&drawn, estimate, &left_out, |limit| limit),
        });
    }
    found
}

fn without<T: Clone>(items: &[T], left_out: usize) -> Vec<T> {
    let mut rest = items.to_vec();
    rest.remove(left_out);
    rest
}

fn log_ratios(input: &Value) -> Vec<f64> {
    let ratios = prompts(&input["a"], &input["b"]);
    ratios.iter().map(PairedPrompt::log_ratio).collect()
}

fn mean(values: &[f64]) -> f64 {
    Moments::of(values).mean
}

fn paired(input: &Value) -> Value {
    let d = log_ratios(input);
    let singles: Vec<Vec<f64>> = d.iter().map(|d| vec![*d]).collect();
    let (count, seed) = (replicates(input), whole(&input["seed"]));
    let drawn = resample_prompts(&singles, count, seed, |values| mean(values));
    let limits = percentile_limits(&drawn).map(|(low, high)| [low.exp(), high.exp()]);
    let left_out: Vec<f64> = (0..d.len()).map(|i| mean(&without(&d, i))).collect();
    let found = Paired::of(&prompts(&input["a"], &input["b"])).unwrap();
    json!({
        "percentile_ci95": limits,
        "bca": bca(&drawn, mean(&d), &left_out, f64::exp),
        "t_ci95": found.interval,
    })
}

/// The bias-corrected and accelerated interval (Efron, 1987), which the product
/// does not publish: with few prompts it covers no better.
fn bca(drawn: &[f64], estimate: f64, left_out: &[f64], scale: fn(f64) -> f64) -> Value {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap());
    let below = drawn.iter().filter(|value| **value < estimate).count();
    let equal = drawn.iter().filter(|value| **value == estimate).count();
    let share = (count(below) + 0.5 * count(equal)) / count(drawn.len());
    let Some(z0) = normal_quantile(share) else {
        return Value::Null;
    };
    let middle = mean(left_out);
    let power = |p: i32| left_out.iter().map(|x| (middle - x).powi(p)).sum::<f64>();
    let accel = power(3) / (6.0 * power(2).powf(1.5));
    let alpha = |p: f64| {
        let z = z0 + normal_quantile(p).unwrap();
        Normal::standard().cdf(z0 + z / (1.0 - accel * z))
    };
    let alphas = [alpha(0.025), alpha(0.975)];
    let sorted = sorted(drawn.to_vec());
    let limits = alphas.map(|p| quantile(sorted.as_slice(), p).map(scale));
    json!({"z0": z0, "accel": accel, "alphas": alphas, "ci": limits})
}

fn reference(input: &Value) -> Value {
    let mut found = json!({});
    let groups = groups(&input["groups"]);
    for (name, statistic) in STATISTICS {
        let drawn = resample_prompts(&groups, REFERENCE_REPLICATES, 42, statistic);
        found[name] = json!({"percentile_ci95": percentile_limits(&drawn)});
    }
    let singles: Vec<Vec<f64>> = log_ratios(input).iter().map(|d| vec![*d]).collect();
    let drawn = resample_prompts(&singles, REFERENCE_REPLICATES, 42, |values| mean(values));
    let limits = percentile_limits(&drawn).map(|(low, high)| [low.exp(), high.exp()]);
    found["gmr"] = json!({"percentile_ci95": limits});
    found
}
