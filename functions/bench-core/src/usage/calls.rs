//! Usage of a target's calls: attempts, tokens and machine time.

use serde::{Deserialize, Serialize};

use super::Tokens;
use crate::sample::{Outcome, Sample};

/// Usage of some calls of one target.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Usage {
    /// Calls that were made, every attempt for itself.
    pub attempts: u64,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that were answered correctly.
    pub correct: u64,
    /// The sum of all latencies in microseconds, failed calls included.
    pub busy_us: u64,
    /// Tokens, as the service counted them.
    pub tokens: Tokens,
    /// Answered calls whose tokens the service did not count.
    pub uncounted: u64,
    /// Calls that began and failed without a count: what they cost is not known.
    pub broken: u64,
}

impl Usage {
    /// Usage of calls. A call that the budget kept from being made uses nothing;
    /// a refused one uses machine time only.
    #[must_use]
    pub fn of<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Self {
        samples
            .into_iter()
            .fold(Self::default(), |sum, sample| sum.plus(Self::one(sample)))
    }

    fn one(sample: &Sample) -> Self {
        if sample.outcome == Outcome::Budget {
            return Self::default();
        }
        let tokens = counted(sample);
        let answered = sample.is_ok();
        Self {
            attempts: 1,
            answered: u64::from(answered),
            correct: u64::from(answered && sample.correct == Some(true)),
            busy_us: sample.latency_us,
            tokens: tokens.unwrap_or_default(),
            uncounted: u64::from(answered && tokens.is_none()),
            broken: u64::from(reached_model(sample) && tokens.is_none()),
        }
    }

    /// The sum, each count at most `u64::MAX`.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            attempts: self.attempts.saturating_add(other.attempts),
            answered: self.answered.saturating_add(other.answered),
            correct: self.correct.saturating_add(other.correct),
            busy_us: self.busy_us.saturating_add(other.busy_us),
            tokens: self.tokens.plus(other.tokens),
            uncounted: self.uncounted.saturating_add(other.uncounted),
            broken: self.broken.saturating_add(other.broken),
        }
    }
}

/// The tokens of a call; `None` where the service did not count them. A count of 0
/// of what is there, the prompt or a whole answer, is none.
fn counted(sample: &Sample) -> Option<Tokens> {
    let (input, output) = sample.input_tokens.zip(sample.output_tokens)?;
    (input > 0 && (output > 0 || !sample.is_ok())).then(|| Tokens {
        input,
        output,
        cached: sample.cached_input_tokens.unwrap_or(0),
    })
}

/// Statuses of a gateway that no longer waited for the model, which went on.
const GATEWAY_TIMEOUTS: [u16; 2] = [504, 524];

/// Whether a failed call had reached the model, as far as we know: then it may be
/// billed.
#[must_use]
pub fn reached_model(sample: &Sample) -> bool {
    let broke_off = matches!(
        sample.outcome,
        Outcome::Timeout
            | Outcome::StreamBroken
            | Outcome::InvalidResponse
            | Outcome::Deadline
            | Outcome::Interrupted
    );
    let began = sample.ttft_us.is_some() || sample.response_chars.is_some_and(|chars| chars > 0);
    let given_up = sample
        .http_status
        .is_some_and(|status| GATEWAY_TIMEOUTS.contains(&status));
    !sample.is_ok() && sample.outcome != Outcome::Budget && (broke_off || began || given_up)
}
