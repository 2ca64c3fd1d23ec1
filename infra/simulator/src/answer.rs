//! Draws one answer: its length, its times, its text, and whether it is right.
//!
//! Everything follows from the seed and from which call of which prompt on
//! which target it is, so the same sequence of calls always gets the same
//! answers at the same times.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::{
    profile::Profile,
    prose::{self, Ending, Kind, Token},
    questions::Question,
};

/// Standard deviation of the logarithm of the service time between calls of
/// the same prompt.
const JITTER: f64 = 0.06;

/// What decides an answer.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// The seed of the simulator.
    pub seed: u64,
    /// The share of right answers, 0 to 1.
    pub accuracy: f64,
    /// How many times faster than the profile.
    pub time_scale: f64,
    /// The service imitated.
    pub profile: Profile,
    /// The model, endpoint or path that was called.
    pub target: &'a str,
    /// The whole prompt.
    pub prompt: &'a str,
    /// The known question in it.
    pub question: Option<&'a Question>,
    /// Which call of this question on this target, from 0.
    pub call: u64,
    /// The most output tokens allowed, at least 1.
    pub max_tokens: usize,
    /// Whether the model reasons first.
    pub reasoning: bool,
    /// So many tokens, so far apart, in place of what is drawn.
    pub fixed: Option<(usize, Duration)>,
}

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
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
    /// Whether the final answer is right; `None` when there is none, or when
    /// the question is not known.
    pub correct: Option<bool>,
    /// Tokens of the prompt.
    pub input_tokens: usize,
    /// Those of them that the model did not have to read again.
    pub cached_tokens: usize,
    /// Whether every token goes out exactly when it is due.
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
    /// only the seed and the question decide, so what is long on one service is
    /// long on all. A jitter of mean 1 is put on top, within the range of the
    /// profile. The number of tokens is that time over the profile's time per
    /// token; a lower limit cuts both the tokens and, in proportion, the time
    /// after the first token.
    #[must_use]
    pub fn draw(draw: &Draw<'_>) -> Self {
        let profile = draw.profile;
        let mut rng = ChaCha8Rng::from_seed(call_seed(draw));
        let typical = profile.quantile(prompt_quantile(draw));
        let jitter = (JITTER * standard_normal(&mut rng) - JITTER * JITTER / 2.0).exp();
        let service_ms = (typical * jitter).clamp(profile.quantile(0.0), profile.quantile(1.0));

        let right = rng.random_bool(draw.accuracy);
        let number = match draw.question {
            Some(question) if right => question.answer.clone(),
            Some(question) => off_by_an_error(&question.answer, &mut rng),
            None => rng.random_range(2..=200_u32).to_string(),
        };
        let ending = if draw.prompt.contains("\\boxed") {
            Ending::Boxed
        } else {
            Ending::AnswerLine
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a service time over a token time is a small positive number"
        )]
        let wanted = (service_ms / profile.ms_per_token()).round() as usize;
        let mut tokens = prose::write(&mut rng, wanted, draw.reasoning, &number, ending);

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
            .question
            .map(|_| right)
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
    fn fixed(draw: &Draw<'_>, written: &[Token], count: usize, every: Duration) -> Self {
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

/// What calls of the same question have in common: the question itself where it
/// is known, so that a nonce or other instructions leave the answer's length.
#[must_use]
pub fn key<'a>(prompt: &'a str, question: Option<&'a Question>) -> &'a str {
    question.map_or(prompt, |question| &question.text)
}

fn prompt_quantile(draw: &Draw<'_>) -> f64 {
    let digest = Sha256::new()
        .chain_update(draw.seed.to_le_bytes())
        .chain_update(b"quantile")
        .chain_update(key(draw.prompt, draw.question))
        .finalize();
    let (head, _) = digest.split_at(4);
    let bits = head
        .iter()
        .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    (f64::from(bits) + 0.5) / (f64::from(u32::MAX) + 1.0)
}

fn call_seed(draw: &Draw<'_>) -> [u8; 32] {
    let length = |text: &str| (text.len() as u64).to_le_bytes();
    Sha256::new()
        .chain_update(draw.seed.to_le_bytes())
        .chain_update(draw.call.to_le_bytes())
        .chain_update(length(draw.target))
        .chain_update(draw.target)
        .chain_update(length(draw.profile.name()))
        .chain_update(draw.profile.name())
        .chain_update(key(draw.prompt, draw.question))
        .finalize()
        .into()
}

/// A standard normal number by the method of Box and Muller.
fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// A wrong answer of the kind that models give: off by one, by a step, by a
/// tenth, or twice as much.
fn off_by_an_error(answer: &str, rng: &mut ChaCha8Rng) -> String {
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
mod tests {
    use super::*;

    fn question(number: usize) -> Question {
        Question {
            text: format!("How much is {number} times seven?"),
            answer: "57,500".into(),
        }
    }

    fn draw(profile: Profile, question: &Question, call: u64) -> Draw<'_> {
        Draw {
            seed: 7,
            accuracy: 0.9,
            time_scale: 100.0,
            profile,
            target: "model",
            prompt: &question.text,
            question: Some(question),
            call,
            max_tokens: 4_096,
            reasoning: true,
            fixed: None,
        }
    }

    #[test]
    fn the_same_call_gets_the_same_answer_and_the_next_call_another() {
        let question = question(1);
        let first = draw(Profile::BedrockCmi, &question, 0);
        assert_eq!(Answer::draw(&first), Answer::draw(&first));
        let second = Answer::draw(&Draw { call: 1, ..first });
        assert_ne!(Answer::draw(&first).total, second.total);
        let seeded = Answer::draw(&Draw { seed: 8, ..first });
        assert_ne!(Answer::draw(&first).total, seeded.total);
    }

    #[test]
    fn calls_of_one_prompt_differ_by_the_jitter_only() {
        let question = question(2);
        let times: Vec<f64> = (0..400)
            .map(|call| Answer::draw(&draw(Profile::Ec2Inf2, &question, call)))
            .map(|answer| answer.total.as_secs_f64().ln())
            .collect();
        let mean = times.iter().sum::<f64>() / 400.0;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / 400.0;
        assert!(
            (0.03..=0.07).contains(&variance.sqrt()),
            "{}",
            variance.sqrt()
        );
    }

    #[test]
    fn a_nonce_and_instructions_leave_the_typical_length_of_the_answer() {
        let question = question(3);
        let plain = draw(Profile::SageMaker, &question, 4);
        let dressed = format!("[nonce 99]\n{}\nThink.", question.text);
        let nonce = Draw {
            prompt: &dressed,
            ..plain
        };
        assert_eq!(Answer::draw(&plain).total, Answer::draw(&nonce).total);
    }

    #[test]
    fn drawn_times_have_the_published_mean_and_median() {
        for profile in Profile::ALL {
            let mut times: Vec<f64> = (0..1_500)
                .map(|number| Answer::draw(&draw(profile, &question(number), 0)))
                .map(|answer| answer.total.as_secs_f64() * 1e3 * 100.0)
                .collect();
            times.sort_by(f64::total_cmp);
            let mean = times.iter().sum::<f64>() / 1_500.0;
            let figures = profile.figures();
            assert!(
                (mean / figures.mean - 1.0).abs() < 0.04,
                "{profile:?} mean {mean}"
            );
            // Next to the median the quantile functions are steep, so it is
            // compared by rank. On Custom Model Import the jitter is wider than
            // the cluster below the median and lifts some answers above it.
            let below = times.partition_point(|time| *time < figures.p50);
            assert!(
                (600..=860).contains(&below),
                "{profile:?}: {below} below the median"
            );
        }
    }

    #[test]
    fn the_share_of_right_answers_is_the_accuracy() {
        for accuracy in [0.0, 0.35, 1.0] {
            let right = (0..1_000)
                .filter(|number| {
                    let question = question(*number);
                    let draw = Draw {
                        accuracy,
                        ..draw(Profile::BedrockCmi, &question, 0)
                    };
                    let answer = Answer::draw(&draw);
                    let says_right = answer.text().ends_with("#### 57,500");
                    assert_eq!(answer.correct, Some(says_right));
                    says_right
                })
                .count();
            assert!(
                (share(right, 1_000) - accuracy).abs() < 0.04,
                "{right} at {accuracy}"
            );
        }
    }

    #[test]
    fn a_token_limit_cuts_tokens_and_time_and_leaves_no_answer_to_grade() {
        let question = question(4);
        let whole = draw(Profile::SageMaker, &question, 0);
        let cut = Answer::draw(&Draw {
            max_tokens: 16,
            ..whole
        });
        let whole = Answer::draw(&whole);
        assert_eq!(
            (cut.tokens.len(), cut.finish, cut.correct),
            (16, Finish::Length, None)
        );
        assert_eq!(cut.tokens[..], whole.tokens[..16]);
        assert_eq!(cut.first, whole.first);
        let decode = |answer: &Answer| answer.total.as_secs_f64() - answer.first.as_secs_f64();
        let expected = decode(&whole) * share(16, whole.tokens.len());
        assert!((decode(&cut) - expected).abs() < 1e-6);
    }

    #[test]
    fn tokens_are_due_in_order_from_the_prefill_to_the_end() {
        let question = question(5);
        let answer = Answer::draw(&draw(Profile::Ec2Inf2, &question, 0));
        let dues: Vec<Duration> = (0..answer.tokens.len())
            .map(|token| answer.due(token))
            .collect();
        assert_eq!(
            (dues[0], dues[dues.len() - 1]),
            (answer.first, answer.total)
        );
        assert!(dues.is_sorted());
    }

    #[test]
    fn a_fixed_answer_has_exactly_its_tokens_exactly_apart() {
        let question = question(7);
        let every = Duration::from_millis(5);
        for count in [1, 2, 3, 64, 2_000] {
            let draw = Draw {
                fixed: Some((count, every)),
                ..draw(Profile::Ec2Inf2, &question, 0)
            };
            let answer = Answer::draw(&draw);
            assert_eq!(answer.tokens.len(), count);
            assert_eq!(answer.count_of(Kind::Reasoning), count / 2);
            assert_eq!(answer.count_of(Kind::Visible), count - count / 2);
            assert!(answer.tokens.iter().all(|token| !token.text.is_empty()));
            for token in 0..count {
                let place = u32::try_from(token + 1).unwrap();
                assert_eq!(answer.due(token), every * place);
            }
        }
        let cut = Answer::draw(&Draw {
            fixed: Some((64, every)),
            max_tokens: 8,
            ..draw(Profile::Ec2Inf2, &question, 0)
        });
        assert_eq!((cut.tokens.len(), cut.finish), (8, Finish::Length));
        assert_eq!(cut.total, every * 8);
    }

    #[test]
    fn unknown_questions_get_some_number_that_nobody_can_grade() {
        let question = question(6);
        let draw = Draw {
            question: None,
            ..draw(Profile::BedrockCmi, &question, 0)
        };
        let answer = Answer::draw(&draw);
        let (_, number) = answer
            .text()
            .rsplit_once("#### ")
            .map(|(a, b)| (a.len(), b.to_owned()))
            .unwrap();
        assert!(number.parse::<u32>().is_ok());
        assert_eq!(answer.correct, None);
    }
}
