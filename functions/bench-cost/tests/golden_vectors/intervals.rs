//! Vectors of intervals, of sample sizes and of many comparisons.

use bench_stats::{
    AtOrBelow, benjamini_hochberg, holm, percentile_of_prompts_like_these, prompts_needed,
    t_quantile, wilson_at,
};
use serde_json::{Value, json};

use crate::{
    foreign::{clopper_pearson, order_statistic_interval},
    input::{groups, list, number, numbers, per_mille, sorted, whole},
};

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "quantile_ci_woodruff" => woodruff(input),
        "quantile_ci_ranks" => ranks(input),
        "t_quantile" => {
            let p = number(&input["p"]);
            let t: Vec<_> = numbers(&input["df"])
                .into_iter()
                .map(|df| t_quantile(p, df))
                .collect();
            json!({"t": t})
        }
        "min_n" => {
            let confidence = number(&input["conf"]);
            let n: Vec<_> = numbers(&input["p"])
                .into_iter()
                .map(|p| values_to_bound(p, confidence))
                .collect();
            json!({"n": n})
        }
        "proportion" => proportion(input),
        "sample_size" => {
            let n: Vec<_> = groups(&input["cases"])
                .into_iter()
                .map(|case| prompts_needed(case[0], case[1]))
                .collect();
            json!({"n_prompts": n})
        }
        "multiple_testing" => {
            let p = ["p", "p_values", "pvalues"]
                .iter()
                .find(|name| input[**name].is_array())
                .map(|name| numbers(&input[*name]))?;
            let (holm, q) = (holm(&p), benjamini_hochberg(&p));
            json!({
                "holm": holm, "holm_adjusted": holm,
                "bh": q, "benjamini_hochberg": q, "q": q, "bh_q": q,
            })
        }
        _ => return None,
    })
}

fn woodruff(input: &Value) -> Value {
    let groups = groups(&input["groups"]);
    let values = sorted(groups.concat());
    let shares = |limit: f64| -> Vec<AtOrBelow> {
        groups
            .iter()
            .map(|group| {
                let below = group.iter().filter(|value| **value <= limit).count();
                AtOrBelow {
                    n: group.len() as u64,
                    below: f64::from(u32::try_from(below).unwrap()),
                }
            })
            .collect()
    };
    let rows: Vec<Value> = numbers(&input["p"])
        .into_iter()
        .map(|p| {
            let found = percentile_of_prompts_like_these(values.as_slice(), per_mille(p), shares);
            let found = found.unwrap();
            json!({
                "p": p,
                "estimate": found.estimate,
                "se_cluster": found.se_cluster,
                "se_floor": found.se_floor,
                "half_width_prob": found.half_width,
                "lo": found.low,
                "hi": found.high,
            })
        })
        .collect();
    json!({"rows": rows})
}

fn ranks(input: &Value) -> Value {
    let confidence = number(&input["conf"]);
    let rows: Vec<Value> = list(&input["cases"])
        .iter()
        .map(|case| {
            let (n, p) = (whole(&case[0]), number(&case[1]));
            let (lower, upper, coverage) = order_statistic_interval(n, p, confidence);
            json!({
                "n": n, "p": p,
                "lower_rank": lower, "upper_rank": upper, "coverage": coverage,
            })
        })
        .collect();
    json!({"rows": rows})
}

fn proportion(input: &Value) -> Value {
    let z = input["z"].as_f64().unwrap_or(bench_stats::Z);
    let rows: Vec<Value> = list(&input["cases"])
        .iter()
        .map(|case| {
            let (k, n) = (whole(&case[0]), whole(&case[1]));
            let (low, high) = wilson_at(z, k, n).unwrap();
            json!({
                "k": k, "n": n,
                "rate": count(k) / count(n),
                "wilson95": [low, high],
                "clopper_pearson95": clopper_pearson(k, n),
            })
        })
        .collect();
    json!({"rows": rows})
}

/// The least number of independent values of which the greatest exceeds the
/// percentile with this confidence: the least n with `1 - pⁿ ≥ confidence`.
fn values_to_bound(p: f64, confidence: f64) -> Option<u64> {
    (1..1_000_000).find(|n| 1.0 - p.powf(count(*n)) >= confidence)
}

fn count(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}
