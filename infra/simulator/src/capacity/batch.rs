//! How much slower each stream of a batch is than one alone.

/// The law by which streams that are served at the same time slow each other down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Batch {
    /// By which share of its time alone each stream beyond the knee slows every
    /// token down.
    pub(super) slope: f64,
    /// Up to so many streams none is slowed down, at least 1.
    pub(super) knee: usize,
}

impl Batch {
    /// Streams that do not slow each other down.
    pub(super) const INDEPENDENT: Self = Self {
        slope: 0.0,
        knee: 1,
    };

    /// Time per token in a batch of so many streams, in times of a stream alone:
    /// `1 + slope × max(0, streams − knee)`.
    pub(super) fn slowdown(&self, streams: usize) -> f64 {
        1.0 + self.slope * count(streams.saturating_sub(self.knee))
    }

    /// The number of streams, of at most so many, with which most tokens come in
    /// the same time; `None` where more streams always give more.
    pub(super) fn best(&self, most: Option<usize>) -> Option<usize> {
        // `n / slowdown(n)` falls behind the knee where `slope × knee > 1`.
        let falls = self.slope * count(self.knee) > 1.0;
        match most {
            Some(most) if falls => Some(most.min(self.knee)),
            None if falls => Some(self.knee),
            most => most,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "streams and tokens are far below 2^52"
)]
pub(super) fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_per_token_is_level_up_to_the_knee_and_linear_beyond() {
        let batch = Batch {
            slope: 0.25,
            knee: 4,
        };
        let slowdowns = [0, 1, 4, 5, 8].map(|streams| batch.slowdown(streams).to_bits());
        assert_eq!(slowdowns, [1.0, 1.0, 1.0, 1.25, 2.0].map(f64::to_bits));
        assert_eq!(
            Batch::INDEPENDENT.slowdown(1_000).to_bits(),
            1.0_f64.to_bits()
        );
    }

    #[test]
    fn throughput_is_greatest_at_the_knee_of_a_steep_law_and_at_the_limit_of_another() {
        let law = |slope| Batch { slope, knee: 4 };
        assert_eq!(law(0.2).best(Some(16)), Some(16));
        assert_eq!(law(0.2).best(None), None);
        assert_eq!(law(0.5).best(Some(16)), Some(4));
        assert_eq!(law(0.5).best(Some(2)), Some(2));
        assert_eq!(law(0.5).best(None), Some(4));
    }
}
