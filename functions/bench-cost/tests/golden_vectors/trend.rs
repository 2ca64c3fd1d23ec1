//! Vectors of runs that follow each other.

use bench_stats::{best_split, predict, t_two_sided};
use serde_json::{Value, json};

use crate::input::{number, numbers};

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "run_regression" => regression(input),
        "change_point" => change_point(input),
        _ => return None,
    })
}

fn regression(input: &Value) -> Value {
    let history = numbers(&input["history_log_index"]);
    let found = predict(&history, number(&input["new"]), number(&input["alpha"])).unwrap();
    json!({
        "K": found.runs,
        "mean": found.mean,
        "sd": found.sd,
        "t_crit": found.t_critical,
        "lo": found.low,
        "hi": found.high,
        "ratio_vs_baseline": found.ratio,
        "t_stat": found.t,
        "p_two_sided": found.p,
        "outside": found.outside,
    })
}

fn change_point(input: &Value) -> Value {
    let found = best_split(&numbers(&input["series"])).unwrap();
    let count = |n: u64| f64::from(u32::try_from(n).unwrap());
    let (a, b) = (found.before, found.after);
    let (n, m) = (count(a.n), count(b.n));
    // As Otava computes it: deviations with n given to a test that expects n - 1.
    let pooled = ((n - 1.0) * a.squares / n + (m - 1.0) * b.squares / m) / (n + m - 2.0);
    let t = (b.mean - a.mean) / (pooled * (1.0 / n + 1.0 / m)).sqrt();
    json!({
        "qhat": found.divergence,
        "tau": found.at,
        "kappa": found.until,
        "mean_before": a.mean,
        "mean_after": b.mean,
        "rel_change": found.relative_change(),
        "student_t_p_ddof1": found.student_p(),
        "welch_p": found.welch_p(),
        "otava_reported_p": t_two_sided(t, n + m - 2.0),
    })
}
