//! A random generator whose stream is fixed for ever.

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): ten lines that give the
/// same numbers in every version and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator that begins at this seed.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// assert_eq!(SplitMix64::new(1234567).next_u64(), 6457827717110365317);
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next number of at least 0 and less than 1, a multiple of 2⁻⁵³.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// let drawn = SplitMix64::new(7).unit();
    /// assert_eq!(drawn, (SplitMix64::new(7).next_u64() >> 11) as f64 / 9_007_199_254_740_992.0);
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (-53.0_f64).exp2()
    }

    /// A whole number below `n`: `(u64 · n) >> 64`. 0 when `n` is 0.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// let mut random = SplitMix64::new(42);
    /// let drawn: Vec<usize> = (0..4).map(|_| random.below(20)).collect();
    /// assert_eq!(drawn, [14, 3, 5, 6]);
    /// ```
    pub fn below(&mut self, n: usize) -> usize {
        let scaled = (u128::from(self.next_u64()) * n as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// Shuffles in place, Fisher and Yates from the top.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// let mut order: Vec<usize> = (0..10).collect();
    /// SplitMix64::new(7).shuffle(&mut order);
    /// assert_eq!(order, [9, 5, 8, 6, 1, 2, 4, 7, 0, 3]);
    /// ```
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            let j = self.below(i + 1);
            values.swap(i, j);
        }
    }
}
