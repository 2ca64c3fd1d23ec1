//! One prompt at one target, as its calls come in.

use super::bounded::{Counts, Flags, hash_of};
use smol_str::SmolStr;

use crate::model::AnswerCount;
use bench_core::{
    identity::RunId,
    sample::{FinishReason, Sample},
};
use bench_stats::{Answers, ExactMoments, Moments};

/// The most characters of a response that the report quotes; `samples.jsonl`
/// has the whole.
const MAX_EXAMPLE: usize = 4_000;

/// The tally of a prompt's measured calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct PromptTally {
    calls: Vec<(u32, Flags)>,
    pub(crate) ok: u64,
    pub(crate) failed: u64,
    /// Failed attempts whose outcome is that of the target.
    pub(crate) failed_attempts: u64,
    pub(crate) correct: u64,
    pub(crate) graded: u64,
    answers: Counts<Option<SmolStr>>,
    right_answers: Counts<Option<SmolStr>>,
    texts: Counts<()>,
    with_text: u64,
    latency: ExactMoments,
    range: Option<(u64, u64)>,
    tokens: ExactMoments,
    token_logs: ExactMoments,
    speed_logs: ExactMoments,
    char_logs: ExactMoments,
    latency_by_repetition: RepetitionLogs,
    speed_by_repetition: RepetitionLogs,
    example: Option<(Order, String)>,
}

/// Where a sample stands among those of its cell.
type Order = (u32, u32, i128, RunId);

/// Flags of a repetition: any attempt was made, any was answered, and the first
/// attempt was there.
const MADE: usize = 0;
const ANSWERED: usize = 1;
const FIRST: usize = 2;

/// Logarithms of early and of late repetitions.
#[derive(Debug, Clone, Copy, Default)]
struct RepetitionLogs {
    first: ExactMoments,
    later: ExactMoments,
    early: ExactMoments,
    late: ExactMoments,
}

/// The measurements of an answered call, with fixed-point logarithms.
pub(super) struct Measured {
    pub(super) latency_us: u64,
    pub(super) latency_log: i64,
    /// Output tokens, their logarithm and that of latency per token.
    pub(super) tokens: Option<(u64, i64, i64)>,
    pub(super) char_log: Option<i64>,
}

impl RepetitionLogs {
    fn push(&mut self, repetition: u32, repetitions: u32, log: i64) {
        let side = if repetition == 1 {
            &mut self.first
        } else {
            &mut self.later
        };
        side.push_log(log);
        if repetitions >= 4 {
            if repetition <= 2 {
                self.early.push_log(log);
            } else if repetition + 1 >= repetitions {
                self.late.push_log(log);
            }
        }
    }
}

fn difference(early: &ExactMoments, late: &ExactMoments) -> Option<f64> {
    let both = early.count() > 0 && late.count() > 0;
    both.then(|| early.logs().mean - late.logs().mean)
}

impl PromptTally {
    /// Notes that a call was made; whether the very same attempt was noted before.
    pub(super) fn note_call(&mut self, run: u32, sample: &Sample, made: bool) -> bool {
        let known = self.calls.iter().rposition(|(known, _)| *known == run);
        let position = known.unwrap_or_else(|| {
            self.calls.push((run, Flags::default()));
            self.calls.len() - 1
        });
        let calls = &mut self.calls[position].1;
        if made {
            calls.add(MADE, sample.repetition);
        }
        if sample.is_ok() {
            calls.add(ANSWERED, sample.repetition);
        }
        sample.attempt == 1 && !calls.add(FIRST, sample.repetition)
    }

    pub(super) fn push(&mut self, sample: &Sample, measured: &Measured, repetitions: u32) {
        self.ok += 1;
        let latency = measured.latency_us;
        self.latency.push(latency);
        let (least, most) = self.range.unwrap_or((latency, latency));
        self.range = Some((least.min(latency), most.max(latency)));
        self.latency_by_repetition
            .push(sample.repetition, repetitions, measured.latency_log);
        if let Some((tokens, token_log, speed_log)) = measured.tokens {
            self.tokens.push(tokens);
            self.token_logs.push_log(token_log);
            self.speed_logs.push_log(speed_log);
            self.speed_by_repetition
                .push(sample.repetition, repetitions, speed_log);
        }
        if let Some(log) = measured.char_log {
            self.char_logs.push_log(log);
        }
        self.graded += u64::from(sample.correct.is_some());
        let hash = sample.answer.as_deref().map_or(0, hash_of);
        if sample.correct == Some(true) {
            self.correct += 1;
            self.right_answers.add(hash, &sample.answer);
        } else if sample.correct.is_some() || sample.answer.is_some() {
            self.answers.add(hash, &sample.answer);
        }
        if let Some(text) = &sample.response_text {
            self.with_text += 1;
            self.texts.add(hash_of(text), &());
            self.keep_example(sample, text);
        }
    }

    /// The text of the first repetition that was answered.
    fn keep_example(&mut self, sample: &Sample, text: &str) {
        let started = sample.started_at.as_nanosecond();
        let place = (sample.repetition, sample.attempt, started);
        let first = self.example.as_ref().is_none_or(|((r, a, s, run), _)| {
            (place, sample.run_id.as_str()) < ((*r, *a, *s), run.as_str())
        });
        if first {
            let (repetition, attempt, started) = place;
            let order = (repetition, attempt, started, sample.run_id.clone());
            self.example = Some((order, quoted(text)));
        }
    }

    /// How many runs have measured calls here.
    pub(crate) fn runs(&self) -> u64 {
        self.calls.len() as u64
    }

    /// Whether it was answered and none of its answers was graded.
    pub(crate) fn is_ungraded(&self) -> bool {
        self.ok > 0 && self.graded == 0
    }

    /// Calls of which any attempt was made, and of which any was answered.
    pub(crate) fn calls(&self) -> (u64, u64) {
        self.calls
            .iter()
            .fold((0, 0), |(made, answered), (_, calls)| {
                (made + calls.count(MADE), answered + calls.count(ANSWERED))
            })
    }

    pub(crate) fn mean_latency_ms(&self) -> Option<f64> {
        (self.ok > 0).then(|| self.latency.scaled(1_000.0).mean)
    }

    pub(crate) fn range_ms(&self) -> Option<(f64, f64)> {
        self.range.map(|(least, most)| (ms(least), ms(most)))
    }

    pub(crate) fn mean_tokens(&self) -> Option<f64> {
        (self.tokens.count() > 0).then(|| self.tokens.moments().mean)
    }

    /// Moments of the logarithms of output tokens, of latency per token, and of
    /// response characters.
    pub(crate) fn logs(&self) -> [Moments; 3] {
        [&self.token_logs, &self.speed_logs, &self.char_logs].map(ExactMoments::logs)
    }

    /// `mean ln` of the first repetition less that of later ones, and of the first
    /// two less the last two; by speed, or by latency.
    pub(crate) fn repetition_differences(&self, by_speed: bool) -> (Option<f64>, Option<f64>) {
        let logs = if by_speed {
            &self.speed_by_repetition
        } else {
            &self.latency_by_repetition
        };
        (
            difference(&logs.first, &logs.later),
            difference(&logs.early, &logs.late),
        )
    }

    /// Responses with text, and how many of them differ (at least, of very many).
    pub(crate) fn texts(&self) -> Option<(u64, u64)> {
        (self.with_text > 0).then(|| (self.with_text, self.texts.len() as u64))
    }

    pub(crate) fn example(&self) -> Option<&str> {
        self.example.as_ref().map(|(_, text)| text.as_str())
    }

    /// Distinct final answers with their counts, most frequent first.
    pub(crate) fn answer_counts(&self) -> Vec<AnswerCount> {
        let counted = |counts: &Counts<Option<SmolStr>>, correct| {
            counts
                .iter()
                .map(|(answer, count)| AnswerCount {
                    answer: answer.clone(),
                    count,
                    correct,
                })
                .collect::<Vec<_>>()
        };
        let mut all = counted(&self.right_answers, true);
        // A correct answer that is not stated: another program graded it.
        all.retain(|right| right.answer.is_some());
        all.extend(counted(&self.answers, false));
        all.sort_by(|a, b| (b.count, &a.answer).cmp(&(a.count, &b.answer)));
        all
    }

    /// Whether its answers can be compared: graded, and known where they are correct.
    pub(crate) fn has_answers(&self) -> bool {
        self.graded > 0 && self.right_answers.iter().all(|(right, _)| right.is_some())
    }

    /// The final answers, for comparing two targets.
    pub(crate) fn answers(&self) -> Answers<'_> {
        let mut answers = Answers {
            n: self.ok,
            correct: self.correct,
            ..Answers::default()
        };
        for (answer, count) in self.right_answers.iter().chain(self.answers.iter()) {
            if let Some(answer) = answer {
                *answers.counts.entry(answer.as_str()).or_default() += count;
            }
        }
        answers
    }
}

fn ms(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_EXAMPLE) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… [cut here; `samples.jsonl` has the whole]", &text[..at]),
    }
}

pub(super) fn is_truncated(sample: &Sample) -> bool {
    sample.finish_reason == Some(FinishReason::Length)
}
