//! Vectors of two targets on the same prompts.

use bench_stats::{Moments, Paired, PairedPrompt, WILCOXON_EXACT_UP_TO, Wilcoxon, wilson};
use serde_json::{Value, json};

use crate::{
    foreign::cliffs_delta,
    input::{groups, numbers},
};

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "paired_ratio" => paired(&input["a"], &input["b"]),
        "paired_ratio_decomposition" => decomposition(input)?,
        "wilcoxon" => wilcoxon(&Wilcoxon::of(&numbers(&input["d"]))),
        _ => return None,
    })
}

pub(crate) fn prompts(a: &Value, b: &Value) -> Vec<PairedPrompt> {
    groups(a)
        .iter()
        .zip(&groups(b))
        .map(|(a, b)| PairedPrompt::of(a, b))
        .collect()
}

/// The exact p, which the product takes where there are few enough differences.
pub(crate) fn exact(test: &Wilcoxon) -> Option<f64> {
    (test.n <= WILCOXON_EXACT_UP_TO).then(|| test.p())
}

fn wilcoxon(test: &Wilcoxon) -> Value {
    json!({
        "n_nonzero": test.n,
        "w_plus": test.plus,
        "w_minus": test.minus,
        "statistic": test.statistic(),
        "p_two_sided_exact": exact(test),
        "p_two_sided_asymptotic_no_cc": test.normal(false),
        "p_two_sided_asymptotic_cc": test.normal(true),
        "scipy_exact": exact(test),
    })
}

fn paired(a: &Value, b: &Value) -> Value {
    let prompts = prompts(a, b);
    let found = Paired::of(&prompts).unwrap();
    let ratios: Vec<f64> = prompts.iter().map(PairedPrompt::log_ratio).collect();
    let of_means: Vec<f64> = prompts
        .iter()
        .map(|prompt| (prompt.a_mean / prompt.b_mean).ln())
        .collect();
    let means = |value: &Value| -> Vec<f64> {
        groups(value)
            .iter()
            .map(|group| Moments::of(group).mean)
            .collect()
    };
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    json!({
        "n_prompts": found.prompts,
        "gmr_fixed_prompts": found.fixed.map(|fixed| json!({
            "se_log": fixed.se,
            "df": fixed.df,
            "ci95": fixed.interval,
        })),
        "mean_log_ratio": Moments::of(&ratios).mean,
        "sd_log_ratio": found.sd_log_ratio,
        "gmr": found.gmr,
        "gmr_ci95_t": found.interval,
        "t_stat": found.t,
        "t_p_two_sided": found.p,
        "gmr_of_arithmetic_prompt_means": Moments::of(&of_means).mean.exp(),
        "ratio_of_totals": found.ratio_of_totals,
        "hodges_lehmann_ratio": found.hodges_lehmann,
        "wilcoxon": wilcoxon(&found.wilcoxon),
        "sign_test": {
            "a_faster": found.wins,
            "ties": found.prompts - found.wins - found.losses,
            "p_two_sided_exact": found.sign_p,
        },
        "prob_a_faster": count(found.wins) / count(found.prompts),
        "prob_a_faster_wilson95": wilson(found.wins, found.prompts),
        "cliffs_delta_unpaired_prompt_means": cliffs_delta(&means(a), &means(b)),
    })
}

/// Latency as answer length × time per token, under the names of the two sides.
fn decomposition(input: &Value) -> Option<Value> {
    let side = |names: [&str; 2]| {
        names
            .into_iter()
            .map(|name| &input[name])
            .find(|value| value.is_array())
    };
    let latency = (side(["a_e2e_ms", "a_e2e"])?, side(["b_e2e_ms", "b_e2e"])?);
    let tokens = (
        side(["a_output_tokens", "a_tokens"])?,
        side(["b_output_tokens", "b_tokens"])?,
    );
    let per_token = |latency: &Value, tokens: &Value| -> Value {
        let rows: Vec<Vec<f64>> = groups(latency)
            .into_iter()
            .zip(groups(tokens))
            .map(|(x, o)| x.into_iter().zip(o).map(|(x, o)| x / o).collect())
            .collect();
        json!(rows)
    };
    let speed = (
        per_token(latency.0, tokens.0),
        per_token(latency.1, tokens.1),
    );
    let gmr = |a: &Value, b: &Value| Paired::of(&prompts(a, b)).map(|found| found.gmr);
    let (e2e, length, speed) = (
        gmr(latency.0, latency.1)?,
        gmr(tokens.0, tokens.1)?,
        gmr(&speed.0, &speed.1)?,
    );
    Some(json!({
        "gmr_e2e": e2e,
        "gmr_output_tokens": length, "gmr_tokens": length,
        "gmr_ms_per_output_token": speed, "gmr_ms_per_token": speed,
        "product": length * speed,
    }))
}
