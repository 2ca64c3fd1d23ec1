use super::*;
use crate::{SplitMix64, percentile_of};

fn lognormal_like(n: u64) -> Vec<u64> {
    let mut random = SplitMix64::new(5);
    let mut draw = || random.below(1_000_000) as f64 / 1e6;
    (0..n)
        .map(|_| {
            let value = 6e6 * (1.5 * (draw() + draw() + draw() - 1.5)).exp();
            format!("{value:.0}").parse().unwrap()
        })
        .collect()
}

#[test]
fn a_bin_holds_the_values_between_its_edges() {
    for value in (0..2_000)
        .chain((11..52).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 77]))
    {
        let (from, to) = edges(bin(value));
        assert!(
            from <= value as f64 && (value as f64) < to,
            "{value}: {from} {to}"
        );
        assert!(to - from <= (from / 63.0).max(1.0), "{value}: {from} {to}");
    }
}

#[test]
fn beyond_the_cap_percentiles_change_by_less_than_a_thousandth() {
    let values = lognormal_like(20_000);
    let (mut all, mut binned) = (Distribution::default(), Distribution::exact_up_to(100));
    for (i, value) in values.iter().enumerate() {
        let prompt = u32::try_from(i % 50).unwrap();
        all.push(*value, prompt);
        binned.push(*value, prompt);
    }
    let (all, binned) = (all.ordered(), binned.ordered());
    assert_eq!(
        (all.method(), binned.method()),
        (FigureMethod::Type7, FigureMethod::Type7Hdr3)
    );
    for per_mille in [0, 1, 500, 900, 950, 990, 999, 1_000] {
        let (exact, near) = (
            percentile_of(&all, per_mille),
            percentile_of(&binned, per_mille),
        );
        let (exact, near) = (exact.unwrap(), near.unwrap());
        assert!(
            (near / exact - 1.0).abs() < 1e-3,
            "{per_mille}: {exact} {near}"
        );
        let shares = all
            .at_or_below(exact)
            .into_iter()
            .zip(binned.at_or_below(exact));
        for (exact, near) in shares {
            assert_eq!(exact.n, near.n);
            assert!((exact.below - near.below).abs() < 4.0, "{exact:?} {near:?}");
        }
    }
}

#[test]
fn neither_order_nor_merging_changes_a_percentile() {
    let values = lognormal_like(3_000);
    let of = |values: &[u64]| {
        let mut distribution = Distribution::exact_up_to(500);
        for value in values {
            distribution.push(*value, 0);
        }
        distribution
    };
    let figures = |distribution: &Distribution| {
        let ordered = distribution.ordered();
        [0, 500, 950, 1_000].map(|p| percentile_of(&ordered, p).unwrap().to_bits())
    };
    let whole = figures(&of(&values));
    let mut shuffled = values.clone();
    SplitMix64::new(1).shuffle(&mut shuffled);
    assert_eq!(figures(&of(&shuffled)), whole);
    for split in [0, 1, 400, 1_500, 2_999] {
        let (left, right) = shuffled.split_at(split);
        let mut merged = of(left);
        merged.merge(&of(right));
        assert_eq!(figures(&merged), whole, "{split}");
        let mut merged = of(right);
        merged.merge(&of(left));
        assert_eq!(figures(&merged), whole, "{split}");
    }
}
