//! Vectors of what other tools compute and the product does not.

use bench_stats::{normal_two_sided, quantile};
use serde_json::{Value, json};
use statrs::function::beta::beta_reg;

use crate::input::{number, numbers, sorted};

pub(crate) fn compute(kind: &str, input: &Value) -> Option<Value> {
    Some(match kind {
        "quantile_defs" => definitions(&sorted(numbers(&input["x"])), number(&input["p"])),
        "mannwhitney" => mann_whitney(&numbers(&input["x"]), &numbers(&input["y"])),
        _ => return None,
    })
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}

/// Median of the distances from the median, scaled to the normal distribution.
pub(crate) fn mad_scaled(values: &[f64]) -> Option<f64> {
    let middle = quantile(values, 0.5)?;
    let away = sorted(values.iter().map(|value| (value - middle).abs()).collect());
    Some(1.482_602_218_505_602 * quantile(away.as_slice(), 0.5)?)
}

/// Hyndman and Fan's definitions and those of some tools.
fn definitions(sorted: &[f64], p: f64) -> Value {
    let n = count(sorted.len());
    let at = |rank: f64| sorted[index(rank.clamp(1.0, n)) - 1];
    // Types 4 to 9: x[j] + g(x[j + 1] - x[j]) at the position h, counted from 1.
    let between = |h: f64| {
        let h = h.clamp(1.0, n);
        at(h.floor()) + (h - h.floor()) * (at(h.floor() + 1.0) - at(h.floor()))
    };
    // A product that is whole but for rounding is whole.
    let np = (n * p * 1e9).round() / 1e9;
    let even = np.fract() == 0.0;
    let nearest_even = {
        let h = np - 0.5;
        let (j, g) = (h.floor(), h - h.floor());
        if g == 0.0 && j.rem_euclid(2.0) == 0.0 {
            j
        } else {
            j + 1.0
        }
    };
    json!({
        "1": at(np.ceil()),
        "2": if even { f64::midpoint(at(np), at(np + 1.0)) } else { at(np.ceil()) },
        "3": at(nearest_even),
        "4": between(np),
        "5": between(np + 0.5),
        "6": between((n + 1.0) * p),
        "7": quantile(sorted, p),
        "8": between((n + 1.0 / 3.0) * p + 1.0 / 3.0),
        "9": between((n + 0.25) * p + 0.375),
        "type7": quantile(sorted, p),
        "oha_floor_pn": at(np.floor() + 1.0),
        "ddsketch_rank_floor_p_n_minus_1": at(((n - 1.0) * p).floor() + 1.0),
        "python_statistics_quantiles_exclusive_n20": python_exclusive(sorted, p, 20),
        "type6_python_exclusive": python_exclusive(sorted, p, 100),
    })
}

fn index(rank: f64) -> usize {
    format!("{rank:.0}").parse().unwrap()
}

/// `statistics.quantiles(x, n=parts, method="exclusive")`, which can leave the data.
fn python_exclusive(sorted: &[f64], p: f64, parts: usize) -> f64 {
    let (m, i) = (sorted.len() + 1, index(p * count(parts)));
    let j = (i * m / parts).clamp(1, sorted.len() - 1);
    let delta = count(i * m) - count(j * parts);
    (sorted[j - 1] * (count(parts) - delta) + sorted[j] * delta) / count(parts)
}

/// `2U/(mn) - 1`: how often an x exceeds a y, less how often a y exceeds an x.
pub(crate) fn cliffs_delta(x: &[f64], y: &[f64]) -> f64 {
    2.0 * u_statistic(x, y) / (count(x.len()) * count(y.len())) - 1.0
}

fn u_statistic(x: &[f64], y: &[f64]) -> f64 {
    let score = |a: f64, b: f64| match a.total_cmp(&b) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    };
    x.iter()
        .map(|a| y.iter().map(|b| score(*a, *b)).sum::<f64>())
        .sum()
}

fn mann_whitney(x: &[f64], y: &[f64]) -> Value {
    let (m, n) = (x.len(), y.len());
    let u = u_statistic(x, y);
    let most = count(m * n);
    // ways[i][s]: choices of i of the ranks so far with U = s, built rank by rank
    // by the recurrence of Mann and Whitney (1947) on the generating function.
    let mut ways = vec![vec![0.0_f64; m * n + 1]; m + 1];
    ways[0][0] = 1.0;
    for rank in 0..m + n {
        for chosen in (1..=m.min(rank + 1)).rev() {
            let shift = rank + 1 - chosen;
            if shift > n {
                continue;
            }
            for sum in (shift..=m * n).rev() {
                let more = ways[chosen - 1][sum - shift];
                ways[chosen][sum] += more;
            }
        }
    }
    let all: f64 = ways[m].iter().sum();
    let least = index(u.min(most - u).floor());
    let exact = (2.0 * ways[m][..=least].iter().sum::<f64>() / all).min(1.0);
    let total = count(m + n);
    let together = sorted(x.iter().chain(y).copied().collect());
    let ties: f64 = together
        .chunk_by(|a, b| a == b)
        .map(|tied| count(tied.len()).powi(3) - count(tied.len()))
        .sum();
    let variance = most / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let away = ((u - most / 2.0).abs() - 0.5).max(0.0);
    json!({
        "u_x": u,
        "p_exact": exact,
        "p_asymptotic_cc": normal_two_sided(away / variance.sqrt()),
        "cliffs_delta": cliffs_delta(x, y),
    })
}

/// The share of a binomial at or below k.
fn binomial(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    let real = |n: u64| f64::from(u32::try_from(n).unwrap());
    beta_reg(real(n - k), real(k + 1), 1.0 - p)
}

/// Ranks from 1 between which a percentile lies with this confidence, for
/// independent values; no upper one where the values cannot give it.
pub(crate) fn order_statistic_interval(
    n: u64,
    p: f64,
    confidence: f64,
) -> (Option<u64>, Option<u64>, Option<f64>) {
    let tail = (1.0 - confidence) / 2.0;
    let lower = (1..=n).rev().find(|rank| binomial(rank - 1, n, p) <= tail);
    let upper = (1..=n).find(|rank| binomial(rank - 1, n, p) >= 1.0 - tail);
    // The whole binomial lies below rank n + 1, so rank n alone is no upper limit.
    let upper = upper.filter(|rank| *rank <= n && binomial(rank - 1, n, p) < 1.0);
    let coverage = lower
        .zip(upper)
        .map(|(lower, upper)| binomial(upper - 1, n, p) - binomial(lower - 1, n, p));
    (lower, upper, coverage)
}

/// The exact interval of a share, by halving on the incomplete beta function.
pub(crate) fn clopper_pearson(k: u64, n: u64) -> [f64; 2] {
    let solve = |wanted: f64, share: &dyn Fn(f64) -> f64| {
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if share(middle) > wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    };
    let low = if k == 0 {
        0.0
    } else {
        // P(X ≥ k) = 0.025
        solve(0.975, &|p| binomial(k - 1, n, p))
    };
    let high = if k == n {
        1.0
    } else {
        solve(0.025, &|p| binomial(k, n, p))
    };
    [low, high]
}
