//! Many comparisons at once.

/// Holm's adjusted p-values (*Scandinavian Journal of Statistics* 6(2), 1979),
/// in the order given: comparisons that stay below 0.05 hold together at 5 %.
///
/// The k-th least of m is multiplied by m - k + 1, never below one before it.
///
/// ```
/// use bench_stats::holm;
/// assert_eq!(holm(&[0.5, 0.25, 0.125]), [0.5, 0.5, 0.375]);
/// ```
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![1.0; p.len()];
    let mut greatest = 0.0_f64;
    for (k, position) in order.iter().enumerate() {
        greatest = greatest.max((p.len() - k) as f64 * p[*position]).min(1.0);
        adjusted[*position] = greatest;
    }
    adjusted
}

/// Benjamini and Hochberg's q-values (*JRSS B* 57(1), 1995), in the order given:
/// the expected share of false ones among all that are at most as great.
///
/// The k-th least of m is multiplied by m / k, never above one after it.
///
/// ```
/// use bench_stats::benjamini_hochberg;
/// assert_eq!(benjamini_hochberg(&[0.5, 0.25, 0.125]), [0.5, 0.375, 0.375]);
/// ```
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (k, position) in order.iter().enumerate().rev() {
        least = least.min(p.len() as f64 / (k + 1) as f64 * p[*position]);
        adjusted[*position] = least;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comparison_is_left_as_it_is_and_none_is_none() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert_eq!(benjamini_hochberg(&[0.03]), [0.03]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn adjusted_values_are_never_less_and_keep_their_order() {
        let p = [0.001, 0.04, 0.03, 0.005, 0.9];
        for adjusted in [holm(&p), benjamini_hochberg(&p)] {
            for (i, a) in p.iter().enumerate() {
                assert!(adjusted[i] >= *a && adjusted[i] <= 1.0);
                for (j, b) in p.iter().enumerate() {
                    assert!(a > b || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }
}
