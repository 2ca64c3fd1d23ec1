//! Which beginnings of prompts a server has read before.
//!
//! As servers do it: a prompt is cut into blocks of 16 tokens, and a block is
//! known only together with everything before it. A nonce at the start of a
//! prompt, or a `cache_salt` of its own, therefore leaves nothing to be found.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
};

/// Tokens of a block.
const BLOCK_TOKENS: usize = 16;

/// Characters of a block: four for each token.
const BLOCK_CHARS: usize = 4 * BLOCK_TOKENS;

/// How many blocks are remembered before all are forgotten.
const KEPT: usize = 1 << 18;

/// The blocks read so far.
#[derive(Debug, Default)]
pub(crate) struct PrefixCache {
    blocks: Mutex<HashSet<u64>>,
}

impl PrefixCache {
    /// How many tokens of a prompt were read before on that target, and from now
    /// on all of them are.
    pub(crate) fn read(&self, target: &str, salt: Option<&str>, prompt: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        (target, salt).hash(&mut hasher);
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if blocks.len() > KEPT {
            blocks.clear();
        }
        let mut known = 0;
        let mut all_known = true;
        for (count, character) in prompt.chars().enumerate() {
            character.hash(&mut hasher);
            if (count + 1) % BLOCK_CHARS == 0 {
                all_known &= !blocks.insert(hasher.finish());
                known += usize::from(all_known);
            }
        }
        known * BLOCK_TOKENS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_read_before_is_cached_as_far_as_it_is_the_same() {
        let cache = PrefixCache::default();
        let prompt = "How many legs have nineteen spiders? ".repeat(6);
        assert_eq!(cache.read("a", None, &prompt), 0);
        let blocks = prompt.len() / BLOCK_CHARS;
        assert_eq!(cache.read("a", None, &prompt), blocks * BLOCK_TOKENS);
        assert_eq!(cache.read("b", None, &prompt), 0);
        assert_eq!(cache.read("a", Some("salt"), &prompt), 0);
        assert_eq!(cache.read("a", None, &format!("[nonce] {prompt}")), 0);
        let other = format!("{}{}", &prompt[..BLOCK_CHARS], "x".repeat(200));
        assert_eq!(cache.read("a", None, &other), BLOCK_TOKENS);
    }
}
