//! Vectors of one group: moments, percentiles, the parts of its spread.

use bench_stats::{
    CoMoments, Decomposition, Distribution, ExactMoments, Moments, PERCENTILES, SplitMix64,
    cv_within, decode_tps, log_variance, mean_of_prompts_like_these, mean_of_these_prompts,
    ms_per_output_token, nearest_rank, normal_quantile, percentile_of, t_quantile, tpot_ms,
};
use serde_json::{Value, json};

use crate::{
    foreign::mad_scaled,
    input::{groups, list, named_per_mille, number, numbers, size, sorted, whole},
};

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "prng" => prng(input),
        "describe" => describe(numbers(&input["x"])),
        "describe_sd" => moments(Moments::of(&numbers(&input["x"]))),
        "merge_moments" => merged(input),
        "sketch" => sketch(input),
        "variance_decomposition" => decomposition(&groups(&input["groups"])),
        "normalised_latency" => normalised(input),
        _ => return None,
    })
}

fn prng(input: &Value) -> Value {
    let seed = whole(&input["seed"]);
    let draws = input["draws"].as_u64().unwrap_or(0);
    let n = input["n"].as_u64().map(|n| usize::try_from(n).unwrap());
    let mut random = SplitMix64::new(seed);
    let bits: Vec<String> = (0..draws).map(|_| random.next_u64().to_string()).collect();
    let mut random = SplitMix64::new(seed);
    let index: Vec<usize> = (0..draws).map(|_| random.below(n.unwrap_or(0))).collect();
    let mut permutation: Vec<usize> = (0..n.unwrap_or(0)).collect();
    SplitMix64::new(seed).shuffle(&mut permutation);
    json!({"u64": bits, "index": index, "permutation": permutation})
}

fn moments(moments: Moments) -> Value {
    json!({
        "n": moments.n,
        "mean": moments.mean,
        "m2": moments.squares,
        "M2": moments.squares,
        "var": moments.variance(),
        "sd": moments.standard_deviation(),
    })
}

/// Every list of numbers in the input is a part; the parts are merged in order.
fn merged(input: &Value) -> Value {
    fn parts(value: &Value, found: &mut Vec<Moments>) {
        match value {
            Value::Array(items) if items.iter().all(Value::is_number) => {
                found.push(Moments::of(&numbers(value)));
            }
            Value::Array(items) => items.iter().for_each(|item| parts(item, found)),
            Value::Object(fields) => match (fields.get("n"), fields.get("mean")) {
                (Some(n), Some(mean)) => found.push(Moments {
                    n: whole(n),
                    mean: number(mean),
                    squares: ["m2", "M2"]
                        .iter()
                        .find_map(|name| fields.get(*name))
                        .map_or(0.0, number),
                }),
                _ => fields.values().for_each(|field| parts(field, found)),
            },
            _ => {}
        }
    }
    let mut found = Vec::new();
    parts(input, &mut found);
    let all = found.into_iter().fold(Moments::default(), both);
    moments(all)
}

/// The moments of two parts together, after Chan, Golub and Leveque (*COMPSTAT*, 1982).
fn both(one: Moments, other: Moments) -> Moments {
    if one.n == 0 || other.n == 0 {
        return if one.n == 0 { other } else { one };
    }
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    let n = one.n + other.n;
    let apart = other.mean - one.mean;
    let share = count(other.n) / count(n);
    Moments {
        n,
        mean: one.mean + apart * share,
        squares: one.squares + other.squares + apart * apart * count(one.n) * share,
    }
}

fn describe(values: Vec<f64>) -> Value {
    let found = Moments::of(&values);
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let sorted = sorted(values);
    let mut figures = moments(found);
    let mut nearest = json!({});
    for percentile in PERCENTILES {
        let name = format!("{percentile:?}").to_lowercase();
        let per_mille = percentile.per_mille();
        figures[&name] = json!(percentile_of(sorted.as_slice(), per_mille));
        nearest[&name] = json!(nearest_rank(sorted.as_slice(), per_mille));
    }
    figures["min"] = json!(sorted.first());
    figures["max"] = json!(sorted.last());
    figures["geo_mean"] = json!(Moments::of(&logs).mean.exp());
    figures["mad_scaled"] = json!(mad_scaled(&sorted));
    figures["nearest_rank"] = nearest;
    figures
}

/// The values are made from the formula that the vector states, kept as whole
/// microseconds, put into two histograms and merged.
fn sketch(input: &Value) -> Value {
    let n = whole(&input["n"]);
    let formula = input["formula"].as_str().unwrap();
    let after = |mark: &str| -> f64 {
        let (_, rest) = formula.split_once(mark).unwrap();
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap();
        rest[..end].parse().unwrap()
    };
    let (median, spread) = (after("ln("), after(")+"));
    let count = f64::from(u32::try_from(n).unwrap());
    let mut values: Vec<u64> = (1..=n)
        .map(|i| {
            let i = f64::from(u32::try_from(i).unwrap());
            let z = normal_quantile((i - 0.5) / count).unwrap();
            let ms = (median.ln() + spread * z).exp();
            format!("{:.0}", ms * 1_000.0).parse().unwrap()
        })
        .collect();
    SplitMix64::new(1).shuffle(&mut values);
    let histogram = |values: &[u64]| {
        let mut histogram = Distribution::exact_up_to(0);
        for value in values {
            histogram.push(*value, 0);
        }
        histogram
    };
    let whole = histogram(&values);
    let (left, right) = values.split_at(values.len() / 2);
    let mut merged = histogram(left);
    merged.merge(&histogram(right));
    let mut exact = ExactMoments::default();
    for value in &values {
        exact.push(*value);
    }
    let exact = exact.scaled(1_000.0);
    let mut percentiles = json!({});
    for name in ["p50", "p90", "p95", "p99", "p999"] {
        let per_mille = named_per_mille(name).unwrap();
        let one = percentile_of(&whole.ordered(), per_mille).unwrap();
        let two = percentile_of(&merged.ordered(), per_mille).unwrap();
        assert_eq!(one.to_bits(), two.to_bits(), "merging changed {name}");
        percentiles[name] = json!(two / 1_000.0);
    }
    let ms = |micros: u64| f64::from(u32::try_from(micros).unwrap()) / 1_000.0;
    let (min, max) = merged.range().unwrap();
    json!({
        "type7": percentiles,
        "mean": exact.mean,
        "sd": exact.standard_deviation(),
        "min": ms(min),
        "max": ms(max),
    })
}

pub(crate) fn decomposition(groups: &[Vec<f64>]) -> Value {
    let of = |values: &Vec<f64>| Moments::of(values);
    let logs =
        |values: &Vec<f64>| Moments::of(&values.iter().map(|value| value.ln()).collect::<Vec<_>>());
    let plain: Vec<Moments> = groups.iter().map(of).collect();
    let logs: Vec<Moments> = groups.iter().map(logs).collect();
    let parts = Decomposition::of(&plain).unwrap();
    let total = parts.total_squares();
    let interval = |interval: bench_stats::MeanInterval| {
        json!({
            "se": interval.se,
            "df": interval.df,
            "t_crit": interval.t,
            "lo": interval.low,
            "hi": interval.high,
        })
    };
    json!({
        "n": parts.n,
        "n_prompts": parts.prompts,
        "grand_mean": parts.mean,
        "sst": total,
        "ssb": parts.between_squares,
        "ssw": parts.within_squares,
        "eta2_between": (total > 0.0).then(|| parts.between_squares / total),
        "msb": parts.between_mean_square,
        "msw": parts.within_mean_square,
        "n0": parts.repetitions,
        "sd_total": Moments::of(&groups.concat()).standard_deviation(),
        "sd_within_pooled": parts.within_deviation(),
        "sd_between": parts.between_deviation(),
        "icc1": parts.icc(),
        "design_effect": parts.design_effect(),
        "n_effective": parts.effective_n(),
        "cv_within_rms": cv_within_rms(&plain),
        "sd_within_log": Decomposition::of(&logs).unwrap().within_deviation(),
        "cv_within_log": cv_within(&logs),
        "mean_ci95_cluster_t": mean_of_prompts_like_these(&plain).map(interval),
        "mean_ci95_fixed_prompts": mean_of_these_prompts(&plain).map(interval),
        "mean_ci95_naive_iid_DO_NOT_USE": independent(groups),
    })
}

/// The pooled coefficient of variation from the values, which the product takes from
/// logarithms: `sqrt(Σ(nᵢ - 1)(sᵢ/x̄ᵢ)² / Σ(nᵢ - 1))`.
fn cv_within_rms(groups: &[Moments]) -> Option<f64> {
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    let repeated = || groups.iter().filter(|group| group.n > 1);
    let freedom: u64 = repeated().map(|group| group.n - 1).sum();
    let squares: f64 = repeated()
        .map(|group| group.squares / group.mean.powi(2))
        .sum();
    let cv = (squares / count(freedom)).sqrt();
    cv.is_finite().then_some(cv)
}

/// The interval that takes calls for independent, which the product does not have.
fn independent(groups: &[Vec<f64>]) -> Value {
    let all: Vec<f64> = groups.concat();
    let moments = Moments::of(&all);
    let n = f64::from(u32::try_from(moments.n).unwrap());
    let se = moments.standard_deviation().unwrap_or(f64::NAN) / n.sqrt();
    let half = t_quantile(0.975, n - 1.0).unwrap_or(f64::NAN) * se;
    json!({"se": se, "df": n - 1.0, "lo": moments.mean - half, "hi": moments.mean + half})
}

fn normalised(input: &Value) -> Value {
    let calls: Vec<Vec<(f64, Option<f64>, u64)>> = list(&input["e2e_ms"])
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let cell = |name: &str, j: usize| &input[name][i][j];
            list(row)
                .iter()
                .enumerate()
                .map(|(j, latency)| {
                    let ttft = cell("ttft_ms", j).as_f64();
                    (number(latency), ttft, whole(cell("output_tokens", j)))
                })
                .collect()
        })
        .collect();
    let all: Vec<_> = calls.concat();
    let per_token: Vec<Vec<f64>> = calls
        .iter()
        .map(|row| {
            row.iter()
                .filter_map(|(latency, _, tokens)| ms_per_output_token(*latency, *tokens))
                .collect()
        })
        .collect();
    let tpot: Vec<f64> = all
        .iter()
        .filter_map(|(latency, ttft, tokens)| tpot_ms((*ttft)?, *latency, *tokens))
        .collect();
    // The vector has no time of the last token: it ends with the call.
    let decoding: f64 = all
        .iter()
        .filter_map(|(latency, ttft, _)| Some(latency - (*ttft)?))
        .sum();
    let gaps: u64 = all.iter().map(|(.., tokens)| tokens - 1).sum();
    let tokens: u64 = all.iter().map(|(.., tokens)| tokens).sum();
    let latency: f64 = all.iter().map(|(latency, ..)| latency).sum();
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    let pairs: Vec<(f64, f64)> = all.iter().map(|(x, _, o)| (count(*o), *x)).collect();
    let logs: Vec<(f64, f64)> = pairs.iter().map(|(o, x)| (o.ln(), x.ln())).collect();
    let line = CoMoments::of(&pairs).line().unwrap();
    let parts = log_variance(&CoMoments::of(&logs)).unwrap();
    let decode = decode_tps(gaps, decoding).unwrap();
    let each: Vec<f64> = tpot.iter().map(|tpot| 1_000.0 / tpot).collect();
    json!({
        "tpot_ms": describe(tpot),
        "ms_per_output_token": describe(per_token.concat()),
        "tpot_token_weighted_ms": 1_000.0 / decode,
        "decode_tokens_per_s_token_weighted": decode,
        "e2e_tokens_per_s_token_weighted": 1_000.0 * count(tokens) / latency,
        "mean_of_per_request_decode_tps": Moments::of(&each).mean,
        "ols_e2e_on_tokens": {
            "intercept_ms": line.intercept,
            "slope_ms_per_token": line.slope,
            "r2": line.r2,
        },
        "log_variance_identity": {
            "var_ln_e2e": parts.latency,
            "var_ln_tokens": parts.tokens,
            "var_ln_ms_per_token": parts.ms_per_token,
            "two_cov": parts.twice_covariance,
        },
        "anova_on_ms_per_token": decomposition(&per_token),
    })
}

/// How many draws an input asks for.
pub(crate) fn replicates(input: &Value) -> usize {
    size(&input["B"])
}
