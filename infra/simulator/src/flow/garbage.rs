//! Bytes and documents that are not what a client waits for.

use axum::body::Bytes;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How much text is added at a time where an answer is huge or endless.
pub(super) const FILLER_BYTES: usize = 64 * 1024;

/// Text that is the same wherever it is cut between words.
pub(super) fn filler(bytes: usize) -> String {
    const WORDS: &str = " and so on";
    WORDS.repeat(bytes.div_ceil(WORDS.len()))
}

/// Bytes that are no frame, no line of any protocol and no JSON.
pub(super) fn garbage(seed: u64) -> Bytes {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut bytes = b"\xFF\xFE{]\x00".to_vec();
    bytes.extend((0..251).map(|_| rng.random::<u8>()));
    bytes.push(b'\n');
    bytes.into()
}
