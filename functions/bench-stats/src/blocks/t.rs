//! Quantiles of Student's t without a library of distributions.

/// The standard normal quantile at 0.975.
const Z: f64 = 1.959_963_984_540_054;

/// The 0.975 quantile with 1 to 30 degrees of freedom.
const TABLE: [f64; 30] = [
    12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004,
    2.262_157, 2.228_139, 2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905,
    2.109_816, 2.100_922, 2.093_024, 2.085_963, 2.079_614, 2.073_873, 2.068_658, 2.063_899,
    2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
];

/// The 0.975 quantile of Student's t to six digits, the factor of a two-sided interval at
/// [`LEVEL`](crate::LEVEL); infinite without degrees of freedom.
///
/// Beyond the table after Cornish and Fisher:
/// `z + (z³+z)/4d + (5z⁵+16z³+3z)/96d² + (3z⁷+19z⁵+17z³-15z)/384d³`.
pub(super) fn t_975(freedom: usize) -> f64 {
    let Some(place) = freedom.checked_sub(1) else {
        return f64::INFINITY;
    };
    TABLE.get(place).copied().unwrap_or_else(|| {
        let d = freedom as f64;
        let (third, fifth, seventh) = (Z.powi(3), Z.powi(5), Z.powi(7));
        Z + (third + Z) / (4.0 * d)
            + (5.0 * fifth + 16.0 * third + 3.0 * Z) / (96.0 * d.powi(2))
            + (3.0 * seventh + 19.0 * fifth + 17.0 * third - 15.0 * Z) / (384.0 * d.powi(3))
    })
}

#[cfg(all(test, feature = "methods"))]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_distribution() {
        for freedom in (1..200).chain([1_000, 100_000]) {
            let exact = crate::t_quantile(0.975, freedom as f64).unwrap();
            let difference = t_975(freedom) - exact;
            assert!(difference.abs() < 5e-6, "{freedom}: {difference}");
        }
        assert!(t_975(0).is_infinite());
    }
}
