//! Student's t and the normal distribution: quantiles and two-sided p-values.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

/// The quantile of Student's t with `df` degrees of freedom; `None` outside of
/// 0 < p < 1 and without degrees of freedom.
///
/// The library's own inverse is refined by Newton's method on its distribution
/// function, so that limits agree with other tools to ten digits.
///
/// ```
/// use bench_stats::t_quantile;
/// let t = t_quantile(0.975, 19.0).unwrap();
/// assert!((t - 2.0930240544083087).abs() < 1e-9);
/// assert_eq!(t_quantile(0.975, 0.0), None);
/// ```
#[must_use]
pub fn t_quantile(p: f64, df: f64) -> Option<f64> {
    let inside = p > 0.0 && p < 1.0;
    let t = StudentsT::new(0.0, 1.0, df).ok().filter(|_| inside)?;
    // The upper tail alone is refined: there 1 - p is small and exact.
    let tail = p.min(1.0 - p);
    let mut quantile = -t.inverse_cdf(tail);
    for _ in 0..8 {
        let step = (t.sf(quantile) - tail) / t.pdf(quantile);
        quantile += step;
        if step.abs() <= f64::EPSILON * quantile.abs() {
            break;
        }
    }
    let signed = if p < 0.5 { -quantile } else { quantile };
    signed.is_finite().then_some(signed)
}

/// The chance of a t at least as far from 0, two-sided; `None` without degrees
/// of freedom. Infinite t has p = 0.
///
/// ```
/// use bench_stats::t_two_sided;
/// assert!((t_two_sided(12.706204736174694, 1.0).unwrap() - 0.05).abs() < 1e-12);
/// assert_eq!(t_two_sided(f64::INFINITY, 4.0), Some(0.0));
/// ```
#[must_use]
pub fn t_two_sided(t: f64, df: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, df).ok()?;
    if t.is_infinite() {
        return Some(0.0);
    }
    (!t.is_nan()).then(|| (2.0 * distribution.sf(t.abs())).min(1.0))
}

/// The quantile of the standard normal distribution; `None` outside of 0 < p < 1.
///
/// ```
/// use bench_stats::normal_quantile;
/// assert!((normal_quantile(0.975).unwrap() - 1.959963984540054).abs() < 1e-9);
/// ```
#[must_use]
pub fn normal_quantile(p: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let normal = Normal::standard();
    let mut quantile = normal.inverse_cdf(p);
    for _ in 0..4 {
        let error = if p < 0.5 {
            normal.cdf(quantile) - p
        } else {
            (1.0 - p) - normal.sf(quantile)
        };
        quantile -= error / normal.pdf(quantile);
    }
    Some(quantile)
}

/// The chance of a standard normal at least as far from 0, two-sided.
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_symmetric_and_invert_the_distribution() {
        for df in [1.0, 2.0, 5.0, 19.0, 80.0, 1_318.0] {
            for p in [0.6, 0.9, 0.975, 0.995] {
                let t = t_quantile(p, df).unwrap();
                assert!((t + t_quantile(1.0 - p, df).unwrap()).abs() < 1e-9);
                assert!((t_two_sided(t, df).unwrap() - 2.0 * (1.0 - p)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_middle_of_t_is_zero() {
        assert!(t_quantile(0.5, 3.0).unwrap().abs() < 1e-12);
        assert_eq!(t_quantile(1.0, 3.0), None);
    }
}
