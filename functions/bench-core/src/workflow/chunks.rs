//! The chunks that the prompts of a target are measured in.

use super::{
    events::{CHUNK_EVENTS, chunk_events, prompt_events},
    invocations::max_invocations,
    quotas::{MAX_CHUNK_EVENTS, MAX_CHUNK_PROMPTS},
};
use crate::{
    config::{Method, Target},
    identity::TargetId,
};

/// A prompt whose calls do not fit into the history of an execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "target `{target}` may take {invocations} invocations for one prompt: {calls} calls \
     (`method.warmup` and `method.repetitions`) of up to {max_attempts} attempts (`max_attempts`) \
     of up to {timeout_s} s (`method.timeout_s`); the history of the prompt may have {events} \
     events, expected at most {MAX_CHUNK_EVENTS}; lower one of the four"
)]
pub struct PromptTooLarge {
    /// The target.
    pub target: TargetId,
    /// Invocations of the prompt, at most.
    pub invocations: u32,
    /// Calls of the prompt.
    pub calls: u32,
    /// Attempts at each call.
    pub max_attempts: u32,
    /// The longest attempt, in seconds.
    pub timeout_s: u32,
    /// Events of a chunk with this prompt alone, at most.
    pub events: u32,
}

/// The most prompts of a chunk at a target: [`MAX_CHUNK_PROMPTS`], or fewer where their
/// history would have more than [`MAX_CHUNK_EVENTS`] events.
///
/// # Errors
///
/// [`PromptTooLarge`] where not even one fits.
pub fn prompts_per_chunk(method: &Method, target: &Target) -> Result<u32, PromptTooLarge> {
    let invocations = max_invocations(method, target);
    let fitting = (MAX_CHUNK_EVENTS - CHUNK_EVENTS) / prompt_events(invocations);
    match fitting.min(MAX_CHUNK_PROMPTS) {
        0 => Err(PromptTooLarge {
            target: target.id.clone(),
            invocations,
            calls: method.warmup.saturating_add(method.repetitions),
            max_attempts: target.max_attempts,
            timeout_s: method.timeout_s,
            events: chunk_events(1, invocations),
        }),
        fitting => Ok(fitting),
    }
}

/// The number of chunks of so many prompts.
#[must_use]
pub fn chunk_count(prompts: u32, prompts_per_chunk: u32) -> u32 {
    prompts.div_ceil(prompts_per_chunk.max(1))
}

/// Prompts, in their order, in as few chunks as may be, whose sizes differ by one at most.
///
/// ```
/// use bench_core::workflow::chunks;
/// assert_eq!(chunks(&[0, 1, 2, 3, 4], 2), [vec![0, 1], vec![2, 3], vec![4]]);
/// assert_eq!(chunks(&[0, 1, 2, 3, 4], 4), [vec![0, 1, 2], vec![3, 4]]);
/// ```
#[must_use]
pub fn chunks(prompts: &[u32], prompts_per_chunk: u32) -> Vec<Vec<u32>> {
    let count = u32::try_from(prompts.len()).unwrap_or(u32::MAX);
    let mut left = prompts;
    let mut open = chunk_count(count, prompts_per_chunk) as usize;
    let mut chunks = Vec::with_capacity(open);
    while open > 0 {
        let (chunk, rest) = left.split_at(left.len().div_ceil(open));
        chunks.push(chunk.to_vec());
        (left, open) = (rest, open - 1);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, RunConfig, from_toml};

    fn config(method: &str, max_attempts: u32) -> RunConfig {
        let text = format!(
            "name = \"x\"\nmethod = {{ {method} }}\n[[targets]]\nid = \"t\"\nkind = \"http\"\n\
             url = \"http://10.0.0.1\"\nrequest = \"tgi\"\nmax_attempts = {max_attempts}\n"
        );
        from_toml(&text, &Overrides::default()).unwrap()
    }

    fn most(method: &str, max_attempts: u32) -> Result<u32, PromptTooLarge> {
        let config = config(method, max_attempts);
        prompts_per_chunk(&config.method, &config.targets[0])
    }

    #[test]
    fn a_chunk_has_at_most_500_prompts() {
        assert_eq!(
            most("warmup = 0, repetitions = 1, timeout_s = 60", 1),
            Ok(500)
        );
    }

    #[test]
    fn prompts_that_take_more_invocations_come_in_smaller_chunks() {
        // 8 calls, two to an invocation: 4 invocations, 80 events.
        assert_eq!(
            most("warmup = 3, repetitions = 5, timeout_s = 400", 1),
            Ok(187)
        );
        // 8 calls, one to an invocation.
        assert_eq!(
            most("warmup = 3, repetitions = 5, timeout_s = 840", 1),
            Ok(96)
        );
        // The defaults: 24 attempts, two of 330 s to an invocation.
        assert_eq!(
            most("warmup = 3, repetitions = 5, timeout_s = 300", 3),
            Ok(64)
        );
    }

    #[test]
    fn the_largest_chunk_keeps_within_its_events() {
        for repetitions in [1, 5, 20, 60] {
            for timeout in [1, 90, 300, 440, 450, 840] {
                let method = format!("repetitions = {repetitions}, timeout_s = {timeout}");
                let config = config(&method, 3);
                let target = &config.targets[0];
                let most = prompts_per_chunk(&config.method, target).unwrap();
                let invocations = max_invocations(&config.method, target);
                assert!(
                    chunk_events(most, invocations) <= MAX_CHUNK_EVENTS,
                    "{method}"
                );
                let is_largest = most == MAX_CHUNK_PROMPTS
                    || chunk_events(most + 1, invocations) > MAX_CHUNK_EVENTS;
                assert!(is_largest, "{method}");
            }
        }
    }

    #[test]
    fn a_prompt_that_fits_into_no_history_is_refused_with_its_numbers_and_the_remedy() {
        let error = most("warmup = 100, repetitions = 100, timeout_s = 840", 10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "target `t` may take 2000 invocations for one prompt: 200 calls (`method.warmup` and \
             `method.repetitions`) of up to 10 attempts (`max_attempts`) of up to 840 s \
             (`method.timeout_s`); the history of the prompt may have 38010 events, expected at \
             most 15000; lower one of the four"
        );
    }

    #[test]
    fn chunks_hold_every_prompt_once_in_order_and_are_of_one_size() {
        for count in [0, 1, 499, 500, 501, 1_319, 2_000] {
            let prompts: Vec<u32> = (0..count).collect();
            for most in [1, 64, 187, 500] {
                let chunks = chunks(&prompts, most);
                assert_eq!(chunks.concat(), prompts);
                assert_eq!(chunks.len(), chunk_count(count, most) as usize);
                let sizes: Vec<_> = chunks.iter().map(Vec::len).collect();
                let (least, largest) = (sizes.iter().min(), sizes.iter().max());
                assert!(largest.is_none_or(|largest| *largest <= most as usize));
                assert!(
                    largest
                        .zip(least)
                        .is_none_or(|(largest, least)| largest - least <= 1)
                );
            }
        }
    }
}
