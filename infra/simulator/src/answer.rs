//! Draws one answer: its length, times, text, and whether it is correct.
//!
//! The seed, the target, the prompt and the number of the call determine an
//! answer, so the same sequence of calls always gets the same answers at the same
//! times.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::{
    profile::Profile,
    prompts::KnownPrompt,
    prose::{self, AnswerFormat, Kind, Token},
};

/// Standard deviation of the logarithm of the service time between calls of
/// the same prompt.
const JITTER: f64 = 0.06;

/// The inputs of an answer.
#[derive(Debug, Clone, Copy)]
pub struct AnswerDraw<'a> {
    /// The seed of the simulator.
    pub seed: u64,
    /// The share of correct answers, 0 to 1.
    pub accuracy: f64,
    /// The speed-up relative to the profile.
    pub time_scale: f64,
    /// The simulated service.
    pub profile: Profile,
    /// The model, endpoint or path that was called.
    pub target: &'a str,
    /// The whole prompt.
    pub prompt: &'a str,
    /// The known prompt in it.
    pub known: Option<&'a KnownPrompt>,
    /// The number of the call with this prompt on this target, from 0.
    pub call: u64,
    /// The most output tokens allowed, at least 1.
    pub max_tokens: usize,
    /// Whether the model reasons first.
    pub reasoning: bool,
    /// A fixed number of tokens and their distance, in place of drawn ones.
    pub fixed: Option<(usize, Duration)>,
    /// Whether the time is drawn from an exponential distribution whose mean is the
    /// time that the answer would have taken.
    pub exponential: bool,
}

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model has finished.
    Stop,
    /// The token limit cut it off.
    Length,
}

impl Finish {
    /// The name in the ground truth, in Llama bodies and in OpenAI ones.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
        }
    }
}

/// An answer, and when its tokens are due.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The tokens, at least one.
    pub tokens: Vec<Token>,
    /// Why it ends.
    pub finish: Finish,
    /// Whether the final answer is correct; `None` when there is none, or when the
    /// prompt is not known.
    pub correct: Option<bool>,
    /// Tokens of the prompt.
    pub input_tokens: usize,
    /// Those of them that were read from the prefix cache.
    pub cached_tokens: usize,
    /// Whether every token is sent exactly when it is due.
    pub exact: bool,
    /// From the reception of the request to the first token.
    pub first: Duration,
    /// From the reception of the request to the last token.
    pub total: Duration,
}

impl Answer {
    /// Draws an answer.
    ///
    /// The service time of a prompt is the profile's quantile at a place that
    /// only the seed and the prompt determine, so what is long on one service is
    /// long on all. A jitter of mean 1 is put on top, within the range of the
    /// profile. The number of tokens is that time over the profile's time per
    /// token; a lower limit cuts both the tokens and, in proportion, the time
    /// after the first token.
    #[must_use]
    pub fn draw(draw: &AnswerDraw<'_>) -> Self {
        let answer = Self::draw_typical(draw);
        if draw.exponential {
            let mut rng = ChaCha8Rng::from_seed(call_seed(draw));
            rng.set_stream(1);
            answer.stretched(-(1.0 - rng.random::<f64>()).ln())
        } else {
            answer
        }
    }

    fn draw_typical(draw: &AnswerDraw<'_>) -> Self {
        let profile = draw.profile;
        let mut rng = ChaCha8Rng::from_seed(call_seed(draw));
        let typical = profile.quantile(prompt_quantile(draw));
        let jitter = (JITTER * standard_normal(&mut rng) - JITTER * JITTER / 2.0).exp();
        let service_ms = (typical * jitter).clamp(profile.quantile(0.0), profile.quantile(1.0));

        let correct_drawn = rng.random_bool(draw.accuracy);
        let number = match draw.known {
            Some(known) if correct_drawn => known.answer.clone(),
            Some(known) => wrong_answer(&known.answer, &mut rng),
            None => rng.random_range(2..=200_u32).to_string(),
        };
        let format = if draw.prompt.contains("\\boxed") {
            AnswerFormat::Boxed
        } else {
            AnswerFormat::AnswerLine
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a service time over a token time is a small positive number"
        )]
        let wanted = (service_ms / profile.ms_per_token()).round() as usize;
        let mut tokens = prose::write(&mut rng, wanted, draw.reasoning, &number, format);

        if let Some((count, every)) = draw.fixed {
            return Self::fixed(draw, &tokens, count, every);
        }
        let prefill = profile.prefill();
        let mut decode = Duration::from_secs_f64(service_ms / 1e3).saturating_sub(prefill);
        let mut finish = Finish::Stop;
        let full = tokens.len();
        if draw.max_tokens < full {
            tokens.truncate(draw.max_tokens.max(1));
            decode = decode.mul_f64(share(tokens.len(), full));
            finish = Finish::Length;
        }
        let scaled = |time: Duration| time.div_f64(draw.time_scale);
        let correct = draw
            .known
            .map(|_| correct_drawn)
            .filter(|_| finish == Finish::Stop);
        Self {
            tokens,
            finish,
            correct,
            input_tokens: count_input(draw.prompt),
            cached_tokens: 0,
            exact: false,
            first: scaled(prefill),
            total: scaled(prefill + decode),
        }
    }

    /// An answer of exactly so many tokens, each with a text, so far apart: the
    /// end of what was written, led by reasoning where the model reasons.
    fn fixed(draw: &AnswerDraw<'_>, written: &[Token], count: usize, every: Duration) -> Self {
        let sent = count.min(draw.max_tokens).max(1);
        let reasoning = if draw.reasoning { count / 2 } else { 0 };
        let of_kind = |kind| written.iter().filter(move |token| token.kind == kind);
        let thoughts = of_kind(Kind::Reasoning).cycle().take(reasoning);
        let visible: Vec<&Token> = of_kind(Kind::Visible).collect();
        let filler = of_kind(Kind::Visible).cycle();
        let missing = (count - reasoning).saturating_sub(visible.len());
        let end = visible.len() - (count - reasoning - missing);
        let tokens = thoughts
            .chain(filler.take(missing))
            .chain(visible[end..].iter().copied());
        let cut = sent < count;
        Self {
            tokens: tokens.take(sent).cloned().collect(),
            finish: if cut { Finish::Length } else { Finish::Stop },
            correct: None,
            input_tokens: count_input(draw.prompt),
            cached_tokens: 0,
            exact: true,
            first: every,
            total: every * u32::try_from(sent).unwrap_or(u32::MAX),
        }
    }

    /// The same with all its times so many times as long.
    fn stretched(self, factor: f64) -> Self {
        Self {
            first: self.first.mul_f64(factor),
            total: self.total.mul_f64(factor),
            ..self
        }
    }

    /// When a token is due, from the reception of the request on: the first
    /// after the prefill, the others evenly until the end.
    #[must_use]
    pub fn due(&self, token: usize) -> Duration {
        let last = self.tokens.len() - 1;
        if token >= last {
            return self.total;
        }
        if self.exact {
            return self.first * u32::try_from(token + 1).unwrap_or(u32::MAX);
        }
        self.first
            + self
                .total
                .saturating_sub(self.first)
                .mul_f64(share(token, last))
    }

    /// The whole text, reasoning and its tags included.
    #[must_use]
    pub fn text(&self) -> String {
        self.tokens
            .iter()
            .map(|token| token.text.as_ref())
            .collect()
    }

    /// How many tokens are of one kind.
    #[must_use]
    pub fn count_of(&self, kind: Kind) -> usize {
        self.tokens
            .iter()
            .filter(|token| token.kind == kind)
            .count()
    }

    /// The text of the tokens of one kind.
    #[must_use]
    pub fn text_of(&self, kind: Kind) -> String {
        let tokens = self.tokens.iter().filter(|token| token.kind == kind);
        tokens.map(|token| token.text.as_ref()).collect()
    }
}

/// Input tokens of a prompt: one for every four characters, and one to begin.
#[must_use]
pub fn count_input(prompt: &str) -> usize {
    prompt.chars().count().div_ceil(4) + 1
}

/// The key that calls of the same prompt share: the known prompt if there is one,
/// so that a nonce or other instructions do not change the answer's length.
#[must_use]
pub fn key<'a>(prompt: &'a str, known: Option<&'a KnownPrompt>) -> &'a str {
    known.map_or(prompt, |known| &known.text)
}

fn prompt_quantile(draw: &AnswerDraw<'_>) -> f64 {
    let digest = Sha256::new()
        .chain_update(draw.seed.to_le_bytes())
        .chain_update(b"quantile")
        .chain_update(key(draw.prompt, draw.known))
        .finalize();
    let (head, _) = digest.split_at(4);
    let bits = head
        .iter()
        .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    (f64::from(bits) + 0.5) / (f64::from(u32::MAX) + 1.0)
}

fn call_seed(draw: &AnswerDraw<'_>) -> [u8; 32] {
    let length = |text: &str| (text.len() as u64).to_le_bytes();
    Sha256::new()
        .chain_update(draw.seed.to_le_bytes())
        .chain_update(draw.call.to_le_bytes())
        .chain_update(length(draw.target))
        .chain_update(draw.target)
        .chain_update(length(draw.profile.name()))
        .chain_update(draw.profile.name())
        .chain_update(key(draw.prompt, draw.known))
        .finalize()
        .into()
}

/// A standard normal number by the method of Box and Muller.
fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// A wrong answer as models give them: off by one, by a step, by a tenth, or
/// doubled.
fn wrong_answer(answer: &str, rng: &mut ChaCha8Rng) -> String {
    let plain: String = answer
        .chars()
        .filter(|c| !matches!(c, ',' | '$' | '%'))
        .collect();
    if let Ok(number) = plain.parse::<i64>() {
        let error = match rng.random_range(0..4_u8) {
            0 => 1,
            1 => rng.random_range(2..=12),
            2 => (number / 10).abs().max(1),
            _ => number.abs().max(1),
        };
        let sign = if rng.random_bool(0.5) { 1 } else { -1 };
        return number.saturating_add(error * sign).to_string();
    }
    match plain.parse::<f64>() {
        Ok(number) => format!("{:.2}", number + 1.5),
        Err(_) => "0".to_owned(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "token counts are far below 2^52"
)]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests;
