//! Sets of bounded size whose content does not depend on the order of insertion.

use std::collections::BTreeMap;

/// The most keys of a [`Counts`].
pub(super) const MAX_KEYS: usize = 64;

/// Which of many repetitions have which of three flags.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags(Vec<[u64; 3]>);

impl Flags {
    /// Gives a number a flag; whether it had it not. Numbers above 16 million are all
    /// the same.
    pub(super) fn add(&mut self, flag: usize, number: u32) -> bool {
        let number = number.min(1 << 24) as usize;
        let (word, bit) = (number / 64, 1 << (number % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, [0; 3]);
        }
        let new = self.0[word][flag] & bit == 0;
        self.0[word][flag] |= bit;
        new
    }

    /// How many numbers have a flag.
    pub(super) fn count(&self, flag: usize) -> u64 {
        self.0
            .iter()
            .map(|words| u64::from(words[flag].count_ones()))
            .sum()
    }
}

/// The hash that decides what is kept of too much: eight bytes at a time, since it
/// is taken of every response.
pub(super) fn hash_of(text: &str) -> u64 {
    let mix = |hash: u64, word: u64| {
        (hash ^ word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
    };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = words.iter().fold(text.len() as u64, |hash, word| {
        mix(hash, u64::from_le_bytes(*word))
    });
    let hash = mix(mix(hash, u64::from_le_bytes(last)), 0);
    hash ^ (hash >> 32)
}

/// Counts by key, of at most [`MAX_KEYS`] keys: those with the least hashes. A key that
/// is there at the end was never out, so its count is whole.
#[derive(Debug, Clone)]
pub(crate) struct Counts<K> {
    counts: BTreeMap<u64, (K, u64)>,
    more: bool,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self {
            counts: BTreeMap::new(),
            more: false,
        }
    }
}

impl<K: Clone> Counts<K> {
    pub(super) fn add(&mut self, hash: u64, key: &K) {
        if let Some((_, count)) = self.counts.get_mut(&hash) {
            *count += 1;
            return;
        }
        if self.more
            && self
                .counts
                .last_key_value()
                .is_some_and(|(last, _)| hash > *last)
        {
            return;
        }
        self.counts.insert(hash, (key.clone(), 1));
        if self.counts.len() > MAX_KEYS {
            self.counts.pop_last();
            self.more = true;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.counts.values().map(|(key, count)| (key, *count))
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench_stats::SplitMix64;

    #[test]
    fn what_is_kept_does_not_depend_on_the_order_and_is_counted_whole() {
        let mut values: Vec<u32> = (0..300)
            .flat_map(|value| vec![value; value as usize % 4 + 1])
            .collect();
        let kept = |values: &[u32]| {
            let mut counts = Counts::default();
            for value in values {
                counts.add(hash_of(&value.to_string()), value);
            }
            let mut kept: Vec<(u32, u64)> = counts.iter().map(|(value, n)| (*value, n)).collect();
            kept.sort_unstable();
            kept
        };
        let first = kept(&values);
        assert_eq!(first.len(), MAX_KEYS);
        assert!(
            first
                .iter()
                .all(|(value, n)| *n == u64::from(value % 4 + 1))
        );
        for seed in 0..20 {
            SplitMix64::new(seed).shuffle(&mut values);
            assert_eq!(kept(&values), first);
        }
    }

    #[test]
    fn texts_that_differ_hash_apart() {
        let texts: Vec<String> = (0..20_000)
            .map(|i| format!("It is {i}.\n#### {}", i % 7))
            .collect();
        let hashes: std::collections::BTreeSet<u64> =
            texts.iter().map(|text| hash_of(text)).collect();
        assert_eq!(hashes.len(), texts.len());
        assert_ne!(hash_of(""), hash_of("\0"));
    }

    #[test]
    fn a_number_is_new_once() {
        let mut flags = Flags::default();
        assert!(flags.add(1, 0) && flags.add(1, 200) && !flags.add(1, 200));
        assert_eq!([0, 1, 2].map(|flag| flags.count(flag)), [0, 2, 0]);
    }
}
