//! What a list of durations says: the published six figures and the percentiles
//! around them.
//!
//! Durations come in as integer microseconds and go out as milliseconds. A
//! figure that the data cannot support is `None`, and [`Summary::withheld`] says
//! why: unknown is never 0.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The percentiles that are published, as per mille, with their names.
pub const PERCENTILES: [(&str, u32); 4] = [("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990)];

/// Values that must lie beyond a percentile before it is published: with fewer,
/// it is an order statistic of one or two calls.
pub const VALUES_BEYOND: u64 = 4;

/// The percentile of sorted values by linear interpolation between the two
/// nearest ranks: Hyndman and Fan's type 7 (*The American Statistician* 50(4),
/// 1996), the default of numpy, R and Excel.
///
/// `h = (n - 1) · p`, `k = floor(h)`, `Q = x[k] + (h - k) · (x[k + 1] - x[k])`,
/// counted from 0. The rank is computed in whole numbers, so that no rounding of
/// `p · n` can move it.
///
/// `None` when there are no values, or when `per_mille` is above 1,000.
///
/// ```
/// use bench_core::stats::percentile;
/// let sorted = [1, 2, 3, 4, 5];
/// assert_eq!(percentile(&sorted, 500), Some(3.0));
/// assert_eq!(percentile(&sorted, 900), Some(4.6));
/// assert_eq!(percentile(&sorted, 950), Some(4.8));
/// ```
#[must_use]
pub fn percentile(sorted: &[u64], per_mille: u32) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    if per_mille > 1_000 {
        return None;
    }
    let rank = last as u64 * u64::from(per_mille);
    let low = usize::try_from(rank / 1_000).ok()?;
    let fraction = (rank % 1_000) as f64 / 1_000.0;
    let high = (low + 1).min(last);
    let (low, high) = (sorted[low] as f64, sorted[high] as f64);
    Some(low + fraction * (high - low))
}

/// The arithmetic mean; `None` when there are no values.
///
/// ```
/// assert_eq!(bench_core::stats::mean(&[1, 2, 6]), Some(3.0));
/// ```
#[must_use]
pub fn mean(values: &[u64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    // The sum of integers is exact; only the division rounds.
    let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
    Some(sum as f64 / values.len() as f64)
}

/// The sample standard deviation, `sqrt(Σ(x - mean)² / (n - 1))`; `None` for
/// fewer than two values, never 0.
///
/// The mean is taken first and the squares second, so that values far from 0
/// and close to each other do not cancel.
///
/// ```
/// assert_eq!(bench_core::stats::standard_deviation(&[10, 20, 30]), Some(10.0));
/// assert_eq!(bench_core::stats::standard_deviation(&[10]), None);
/// ```
#[must_use]
pub fn standard_deviation(values: &[u64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares: f64 = values
        .iter()
        .map(|value| (*value as f64 - mean).powi(2))
        .sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The figures of one group of durations, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many values.
    pub n: u64,
    /// From how many prompts.
    pub prompts: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Median, type 7.
    pub p50: Option<f64>,
    /// 90th percentile, type 7.
    pub p90: Option<f64>,
    /// 95th percentile, type 7.
    pub p95: Option<f64>,
    /// 99th percentile, type 7.
    pub p99: Option<f64>,
    /// Least.
    pub min: Option<f64>,
    /// Greatest.
    pub max: Option<f64>,
    /// Sample standard deviation, n - 1.
    pub stddev: Option<f64>,
    /// Every figure that is `None`, with the reason.
    pub withheld: BTreeMap<String, String>,
    /// What to bear in mind about figures that are there.
    pub notes: BTreeMap<String, String>,
}

/// Summarises durations in microseconds that came from so many prompts. Their
/// order does not matter.
///
/// ```
/// let summary = bench_core::stats::summarize(&[3_000, 1_000, 2_000], 3);
/// assert_eq!((summary.mean, summary.p50, summary.stddev), (Some(2.0), Some(2.0), Some(1.0)));
/// assert!(summary.p99.is_none() && summary.withheld.contains_key("p99"));
/// ```
#[must_use]
pub fn summarize(micros: &[u64], prompts: u64) -> Summary {
    let mut sorted = micros.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as u64;
    let mut withheld = BTreeMap::new();
    let mut notes = BTreeMap::new();
    let mut percentiles = PERCENTILES.map(|(name, per_mille)| {
        let value = percentile(&sorted, per_mille).map(millis);
        if let Some(reason) = too_few(name, per_mille, n) {
            withheld.insert(name.to_owned(), reason);
            return None;
        }
        value
    });
    if let Some(note) = few_prompts(prompts).filter(|_| percentiles[2].is_some()) {
        notes.insert("p95".to_owned(), note);
    }
    if n == 0 {
        percentiles = [None; 4];
        for name in ["mean", "p50", "p90", "p95", "p99", "min", "max", "stddev"] {
            withheld.insert(
                name.to_owned(),
                "no measured call gave this value".to_owned(),
            );
        }
    } else if n == 1 {
        withheld.insert("stddev".to_owned(), "one value does not spread".to_owned());
    }
    let [p50, p90, p95, p99] = percentiles;
    Summary {
        n,
        prompts,
        mean: mean(&sorted).map(millis),
        p50,
        p90,
        p95,
        p99,
        min: sorted.first().map(|value| millis(*value as f64)),
        max: sorted.last().map(|value| millis(*value as f64)),
        stddev: standard_deviation(&sorted).map(millis),
        withheld,
        notes,
    }
}

fn millis(micros: f64) -> f64 {
    micros / 1_000.0
}

/// Why a percentile above p95 is not published. The published benchmark's own
/// figures, p95 among them, are always given; [`few_prompts`] says what to think.
fn too_few(name: &str, per_mille: u32, n: u64) -> Option<String> {
    let beyond = n * u64::from(1_000 - per_mille) / 1_000;
    (per_mille > 950 && n > 0 && beyond < VALUES_BEYOND).then(|| {
        let needed = (VALUES_BEYOND * 1_000).div_ceil(u64::from(1_000 - per_mille));
        format!(
            "{n} values leave {beyond} beyond {name}; {needed} values are needed for \
             {VALUES_BEYOND} of them"
        )
    })
}

fn few_prompts(prompts: u64) -> Option<String> {
    (prompts < 80).then(|| {
        format!(
            "with {prompts} prompts p95 mostly tells of the prompts with the longest answers; \
             80 prompts are needed for it to tell of the service"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn one_value_is_every_figure_but_the_deviation() {
        let summary = summarize(&[42_000], 1);
        assert_eq!(
            (summary.mean, summary.p50, summary.p95),
            (Some(42.0), Some(42.0), Some(42.0))
        );
        assert_eq!(
            (summary.min, summary.max, summary.stddev),
            (Some(42.0), Some(42.0), None)
        );
        assert!(summary.withheld.contains_key("stddev"));
    }

    #[test]
    fn no_value_is_no_figure_and_every_reason() {
        let summary = summarize(&[], 0);
        assert_eq!(
            (summary.mean, summary.p50, summary.min, summary.stddev),
            (None, None, None, None)
        );
        assert_eq!(summary.withheld.len(), 8);
    }

    #[test]
    fn a_hundred_calls_have_a_p95_and_no_p99() {
        let values: Vec<u64> = (1..=100).map(|value| value * 1_000).collect();
        let summary = summarize(&values, 20);
        assert!(summary.p95.is_some() && summary.notes.contains_key("p95"));
        assert_eq!(summary.p99, None);
        assert!(summary.withheld["p99"].starts_with("100 values leave 1 beyond p99"));
        let many: Vec<u64> = (1..=400).collect();
        assert!(summarize(&many, 400).p99.is_some());
    }

    #[test]
    fn figures_are_in_order_and_do_not_depend_on_the_order_of_values() {
        let values: Vec<u64> = (0..997_u64).map(|i| (i * 7_919) % 10_007 + 1).collect();
        let mut reversed = values.clone();
        reversed.reverse();
        let summary = summarize(&values, 997);
        assert_eq!(summary, summarize(&reversed, 997));
        let figures = [
            summary.min,
            summary.p50,
            summary.p90,
            summary.p95,
            summary.p99,
            summary.max,
        ];
        assert!(figures.is_sorted(), "{figures:?}");
        assert!(summary.min <= summary.mean && summary.mean <= summary.max);
    }

    #[test]
    fn values_far_from_zero_keep_their_deviation() {
        let far = 1_u64 << 52;
        assert_eq!(standard_deviation(&[far, far + 2, far + 4]), Some(2.0));
    }

    fn whole(value: f64) -> u64 {
        format!("{value:.0}").parse().unwrap()
    }

    /// Vectors computed with numpy, where they are at hand.
    #[test]
    fn golden_vectors_hold() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/stats_vectors.json"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            return;
        };
        let file: Value = serde_json::from_str(&text).unwrap();
        let mut held = 0;
        for vector in file["vectors"].as_array().unwrap() {
            let values: Option<Vec<f64>> = vector["input"]["x"]
                .as_array()
                .filter(|_| vector["kind"] == "describe")
                .map(|list| list.iter().map(|value| value.as_f64().unwrap()).collect());
            let Some(values) = values else { continue };
            if values
                .iter()
                .any(|value| value.fract() != 0.0 || *value < 0.0)
            {
                continue;
            }
            let mut sorted: Vec<u64> = values.iter().map(|value| whole(*value)).collect();
            sorted.sort_unstable();
            let expected = &vector["expected"];
            let check = |name: &str, found: Option<f64>| {
                let wanted = expected[name].as_f64();
                let close = match (found, wanted) {
                    (Some(found), Some(wanted)) => (found - wanted).abs() <= wanted.abs() * 1e-9,
                    (found, wanted) => found == wanted,
                };
                assert!(
                    close,
                    "{} {name}: {found:?}, expected {wanted:?}",
                    vector["id"]
                );
            };
            check("mean", mean(&sorted));
            check("sd", standard_deviation(&sorted));
            for (name, per_mille) in PERCENTILES {
                check(name, percentile(&sorted, per_mille));
            }
            held += 1;
        }
        assert!(held >= 3, "{held} vectors were held");
    }
}
