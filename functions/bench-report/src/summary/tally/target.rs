//! One target, as its calls come in.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    call_stats::CallStats,
    failure,
    grades::{FailedUngraded, Grades},
    lengths::{AskedLengths, Lengths},
    prompt_tally::{Measured, PromptTally},
};
use crate::model::{FailedCall, FailureClass, MAX_FAILED_CALLS, Timings};
use bench_core::{
    config::PromptStyle,
    identity::RunId,
    objective::{CallTimes, Limits},
    sample::{CLIENT_LIMITED_US, ErrorLayer, Outcome, Phase, Sample, service_us},
};
use bench_cost::TargetUsage;
use bench_stats::{Distribution, ExactCoMoments, ExactMoments, Group, fixed_log};

/// Where a sample stands among those of its target.
type Order = (Phase, u32, u32, u32, i128, RunId);

/// The tally of a target's calls: in the service's own time, but for what is the client's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// The service's own time by measured time.
    pub(crate) time_scale: f64,
    pub(crate) cells: Vec<PromptTally>,
    pub(crate) timings: Timings<Group>,
    pub(crate) overhead: Distribution,
    /// Output tokens against microseconds, plain and as logarithms.
    pub(crate) length: ExactCoMoments,
    pub(crate) length_logs: ExactCoMoments,
    pub(crate) tokens: ExactMoments,
    pub(crate) lengths: Lengths,
    pub(crate) prompt_chars: ExactMoments,
    pub(crate) response_chars: ExactMoments,
    /// Latencies of answered calls, none above the time limit.
    pub(crate) capped: ExactMoments,
    /// Gaps between tokens of streamed calls, and microseconds they took.
    pub(crate) gaps: (u64, u64),
    pub(crate) streamed: u64,
    /// Streamed calls with a token count that had no token after their first piece.
    pub(crate) without_gaps: u64,
    /// By run: first measured call sent, last one ended.
    windows: Vec<Option<(Timestamp, Timestamp)>>,
    /// Measured attempts that were answered, and that failed.
    pub(crate) answered: u64,
    pub(crate) failed: u64,
    pub(crate) warmup: u64,
    pub(crate) probe: u64,
    pub(crate) grades: Grades,
    /// Good calls, good ones with a correct answer, and ones that cannot be judged.
    pub(crate) good: (u64, u64, u64),
    /// Measured calls that were watched for stalls, and that were held up.
    pub(crate) stalls: (u64, u64),
    /// Attempts that were there twice.
    pub(crate) duplicates: u64,
    failures: BTreeMap<FailureKey, (Order, FailureClass)>,
    failed_calls: BTreeMap<Order, FailedCall>,
    pub(crate) probes: Probes,
    pub(crate) call_stats: CallStats,
    /// Usage that is paid for.
    pub(crate) usage: TargetUsage,
}

type FailureKey = (
    Phase,
    Outcome,
    Option<String>,
    Option<u16>,
    Option<ErrorLayer>,
);

/// The tally of a target's probes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probes {
    pub(crate) first: Option<Timestamp>,
    pub(crate) ready: Option<Timestamp>,
    /// The first answer's own latency in microseconds, with when it had come.
    first_answer: Option<(Timestamp, u64)>,
    last_failure: Option<(Order, String)>,
}

impl Probes {
    pub(crate) fn last_error(&self) -> Option<String> {
        self.last_failure.as_ref().map(|(_, error)| error.clone())
    }

    pub(crate) fn first_answer_us(&self) -> Option<u64> {
        self.first_answer.map(|(_, latency)| latency)
    }

    fn add(&mut self, sample: &Sample, order: Order) {
        self.first = self.first.into_iter().chain(sample.start()).min();
        if sample.answers_probe() {
            let ended = ended_at(sample);
            self.ready = Some(self.ready.map_or(ended, |ready| ready.min(ended)));
            let answer = (ended, sample.latency_us);
            self.first_answer = Some(self.first_answer.map_or(answer, |first| first.min(answer)));
        } else if self
            .last_failure
            .as_ref()
            .is_none_or(|(last, _)| order > *last)
        {
            self.last_failure = Some((order, failure::message(sample)));
        }
    }
}

/// When a call ended.
pub(crate) fn ended_at(sample: &Sample) -> Timestamp {
    let micros = i64::try_from(sample.latency_us).unwrap_or(i64::MAX);
    let started = sample.started_at;
    started
        .checked_add(SignedDuration::from_micros(micros))
        .unwrap_or(started)
}

/// The plan's settings for every call, and the time window of this one where it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct TallyContext {
    pub(super) window: Option<(Timestamp, Timestamp)>,
    pub(super) repetitions: u32,
    pub(super) limits: Limits,
    pub(super) timeout_us: u64,
    pub(super) prompt_style: PromptStyle,
    pub(super) asked: AskedLengths,
}

impl Tally {
    /// Nothing yet, of a target that has so many calls in flight at most.
    pub(super) fn new(concurrency: u32, time_scale: f64) -> Self {
        Self {
            time_scale,
            usage: TargetUsage::new(concurrency).at_time_scale(time_scale),
            ..Self::default()
        }
    }

    pub(super) fn add(
        &mut self,
        run: u32,
        measured: &Sample,
        context: &TallyContext,
        simulated: bool,
    ) {
        self.call_stats.add(measured);
        self.usage.add(run, measured);
        self.add_overhead(measured);
        let sample = &*measured.in_service_time(self.time_scale);
        let is_answered_probe = sample.phase == Phase::Probe && sample.answers_probe();
        if !sample.is_ok() && !is_answered_probe {
            self.add_failure(sample, simulated);
        }
        match sample.phase {
            Phase::Probe => {
                self.probe += 1;
                self.probes.add(sample, order(sample));
            }
            Phase::Warmup | Phase::Ramp => self.warmup += 1,
            Phase::Measured => self.add_measured(run, sample, context),
        }
    }

    /// The time of the client, as it was measured.
    fn add_overhead(&mut self, measured: &Sample) {
        if !measured.is_measured_ok() {
            return;
        }
        if let Some(server) = measured.server_latency_us {
            let overhead = measured.latency_us.saturating_sub(server);
            self.overhead.push(overhead, 0);
        }
    }

    fn add_measured(&mut self, run: u32, sample: &Sample, context: &TallyContext) {
        let position = sample.prompt_index as usize;
        if self.cells.len() <= position {
            self.cells.resize_with(position + 1, PromptTally::default);
        }
        let made = sample.outcome.is_result();
        let cell = &mut self.cells[position];
        self.duplicates += u64::from(cell.note_call(run, sample, made));
        if !sample.is_ok() {
            cell.failed += 1;
            cell.failed_attempts += u64::from(made);
            self.failed += u64::from(made);
        }
        if made && let Some(window) = context.window {
            self.widen_window(run, window);
        }
        if let Some(stall) = sample.stall_us {
            self.stalls.0 += 1;
            self.stalls.1 += u64::from(stall > CLIENT_LIMITED_US);
        }
        if sample.is_ok() {
            self.add_answered(sample, context);
        }
    }

    fn widen_window(&mut self, run: u32, (start, end): (Timestamp, Timestamp)) {
        let run = run as usize;
        if self.windows.len() <= run {
            self.windows.resize(run + 1, None);
        }
        let (first, last) = self.windows[run].unwrap_or((start, end));
        self.windows[run] = Some((first.min(start), last.max(end)));
    }

    fn add_answered(&mut self, sample: &Sample, context: &TallyContext) {
        let prompt = sample.prompt_index;
        self.answered += 1;
        let latency_log = fixed_log(sample.latency_us);
        let timeout_us = service_us(context.timeout_us, self.time_scale);
        self.capped.push(sample.latency_us.min(timeout_us));
        let tokens = sample
            .output_tokens
            .filter(|tokens| *tokens > 0)
            .map(|tokens| {
                let token_log = fixed_log(tokens);
                (tokens, token_log, latency_log - token_log)
            });
        let token_log = tokens.map(|(_, token_log, _)| token_log);
        self.timings
            .push(prompt, Timings::of(sample, latency_log, token_log));
        if let Some((tokens, token_log, _)) = tokens {
            self.length.push(tokens, sample.latency_us);
            self.length_logs.push_logs(token_log, latency_log);
        }
        if let Some((micros, after_first)) = sample.decoding() {
            self.gaps.0 = self.gaps.0.saturating_add(after_first);
            self.gaps.1 = self.gaps.1.saturating_add(micros);
            self.streamed += 1;
        } else if sample.ttft_us.is_some() && sample.output_tokens.is_some_and(|n| n > 0) {
            self.without_gaps += 1;
        }
        self.tokens.merge(&one(tokens.map(|(count, ..)| count)));
        self.prompt_chars.merge(&one(sample.prompt_chars));
        self.response_chars.merge(&one(sample.response_chars));
        self.lengths.add(sample, context.asked);
        self.grades.add(sample, context.prompt_style);
        self.add_goodput(sample, &context.limits);
        let measured = Measured {
            latency_us: sample.latency_us,
            latency_log,
            tokens,
            char_log: sample
                .response_chars
                .filter(|chars| *chars > 0)
                .map(fixed_log),
        };
        self.cells[prompt as usize].push(sample, &measured, context.repetitions);
    }

    fn add_goodput(&mut self, sample: &Sample, limits: &Limits) {
        if limits.is_empty() {
            return;
        }
        let ms = |micros: u64| micros as f64 / 1_000.0;
        let times = CallTimes {
            latency_ms: Some(ms(sample.latency_us)),
            ttft_ms: sample.ttft_us.map(ms),
            tpot_ms: sample
                .decoding()
                .map(|(micros, gaps)| ms(micros) / gaps as f64),
            one_token: sample.output_tokens.is_some() && sample.token_gaps().is_none(),
        };
        match limits.are_met_by(&times) {
            Some(true) => {
                self.good.0 += 1;
                self.good.1 += u64::from(sample.correct == Some(true));
            }
            Some(false) => {}
            None => self.good.2 += 1,
        }
    }

    fn add_failure(&mut self, sample: &Sample, simulated: bool) {
        let order = order(sample);
        let key = (
            sample.phase,
            sample.outcome,
            sample.error_code.clone(),
            sample.http_status,
            sample.error_class,
        );
        let (first, class) = self.failures.entry(key).or_insert_with(|| {
            let class = FailureClass {
                phase: sample.phase,
                outcome: sample.outcome,
                error_class: sample.error_class,
                error_code: sample.error_code.clone(),
                http_status: sample.http_status,
                count: 0,
                message: sample.error_message.clone(),
            };
            (order.clone(), class)
        });
        class.count += 1;
        if order < *first {
            first.clone_from(&order);
            class.message.clone_from(&sample.error_message);
        }
        let full = self.failed_calls.len() >= MAX_FAILED_CALLS;
        if full
            && self
                .failed_calls
                .last_key_value()
                .is_some_and(|(last, _)| order > *last)
        {
            return;
        }
        let call = FailedCall {
            target_id: sample.target_id.clone(),
            simulated,
            prompt_id: sample.prompt_id.clone(),
            phase: sample.phase,
            repetition: sample.repetition,
            attempt: sample.attempt,
            outcome: sample.outcome,
            after_ms: sample.latency_us as f64 / 1_000.0,
            message: sample.error_message.clone(),
        };
        self.failed_calls.insert(order, call);
        if self.failed_calls.len() > MAX_FAILED_CALLS {
            self.failed_calls.pop_last();
        }
    }

    pub(crate) fn failures(&self) -> Vec<FailureClass> {
        self.failures
            .values()
            .map(|(_, class)| class.clone())
            .collect()
    }

    pub(crate) fn failed_calls(&self) -> impl Iterator<Item = &FailedCall> {
        self.failed_calls.values()
    }

    /// Time that measured calls were under way, the windows of several runs together, pauses
    /// of the pipeline included.
    pub(crate) fn window_ms(&self) -> f64 {
        let measured: f64 = self
            .windows
            .iter()
            .flatten()
            .map(|(start, end)| end.duration_since(*start).as_secs_f64() * 1_000.0)
            .sum();
        measured * self.usage.stretch()
    }

    /// From the first measured call of a run to the end of its last, for each run, as it was
    /// measured.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.windows.iter().flatten().copied()
    }

    /// The failures at prompts none of whose answers was graded.
    pub(crate) fn failed_ungraded(&self) -> FailedUngraded {
        FailedUngraded::of(&self.cells)
    }

    pub(crate) fn correct(&self) -> u64 {
        self.cells.iter().map(|cell| cell.correct).sum()
    }

    /// The prompt at that position, where it has a measured call.
    pub(crate) fn cell(&self, position: usize) -> Option<&PromptTally> {
        self.cells
            .get(position)
            .filter(|cell| cell.ok + cell.failed > 0)
    }
}

fn order(sample: &Sample) -> Order {
    (
        sample.phase,
        sample.prompt_index,
        sample.repetition,
        sample.attempt,
        sample.started_at.as_nanosecond(),
        sample.run_id.clone(),
    )
}

fn one(value: Option<u64>) -> ExactMoments {
    let mut moments = ExactMoments::default();
    if let Some(value) = value {
        moments.push(value);
    }
    moments
}
