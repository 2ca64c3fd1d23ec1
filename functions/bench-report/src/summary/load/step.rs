//! The figures of one step of a load.

use std::collections::BTreeMap;

use bench_core::{
    config::{Arrival, Load, Objective},
    load::{BLOCKS, BlockTally, StepPlan, StepTally, TallyBuilder},
    sample::{Connection, ErrorLayer, Outcome, Phase, Sample},
};
use bench_cost::{Rates, StepCost};
use bench_load::{DoneStep, WorkersSent};
use bench_stats::{Figure, Unavailable};
use rust_decimal::{Decimal, prelude::FromPrimitive as _};

use super::times::BlockTimes;
use crate::model::{
    LoadFailure, LoadStep, Share,
    timings::{PICOS_PER_MS, per_token},
};

/// Microseconds of a millisecond.
const MICROS_PER_MS: f64 = 1e3;

/// The most classes of failures of a step that are told apart.
const MAX_FAILURES: usize = 16;

/// How a call failed.
type FailureKey = (Outcome, Option<ErrorLayer>, Option<String>, Option<u16>);

/// The samples of a step, added up: the tally as it was measured, the times in the service's
/// own.
#[derive(Debug, Clone)]
pub(super) struct StepSamples {
    plan: StepPlan,
    time_scale: f64,
    objective: Objective,
    workers: BTreeMap<u32, TallyBuilder>,
    sent: WorkersSent,
    response: BlockTimes,
    response_ttft: BlockTimes,
    service: BlockTimes,
    tpot: BlockTimes,
    connections_opened: u64,
    failures: BTreeMap<FailureKey, Failed>,
}

/// Calls that failed alike.
#[derive(Debug, Clone, Default)]
struct Failed {
    by_block: [u64; BLOCKS],
    /// The message of the call that was to start first, which does not depend on the order.
    first: Option<((jiff::Timestamp, u32, u32), Option<String>)>,
}

impl StepSamples {
    pub(super) fn new(plan: StepPlan, objective: Objective, time_scale: f64) -> Self {
        Self {
            plan,
            time_scale,
            objective,
            workers: BTreeMap::new(),
            sent: WorkersSent::default(),
            response: BlockTimes::default(),
            response_ttft: BlockTimes::default(),
            service: BlockTimes::default(),
            tpot: BlockTimes::default(),
            connections_opened: 0,
            failures: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, arrival: Arrival, sample: &Sample) {
        self.sent.add(arrival, sample);
        self.workers
            .entry(sample.worker)
            .or_insert_with(|| TallyBuilder::new(self.plan.clone(), self.objective))
            .add(sample);
        let Some(block) = self.block(sample) else {
            return;
        };
        self.connections_opened += u64::from(sample.connection == Some(Connection::New));
        if !sample.is_ok() {
            self.add_failure(block, sample);
            return;
        }
        let group = u32::try_from(block).unwrap_or(0);
        let sample = sample.in_service_time(self.time_scale);
        self.response.push(group, sample.response_us());
        self.service.push(group, sample.latency_us);
        if let Some(ttft) = sample.response_ttft_us() {
            self.response_ttft.push(group, ttft);
        }
        if let Some((micros, tokens)) = sample.decoding() {
            self.tpot.push(group, per_token(micros, tokens));
        }
    }

    /// The block of the window that a call was to start in; `None` of the ramp and of calls
    /// that were not made.
    fn block(&self, sample: &Sample) -> Option<usize> {
        if sample.phase != Phase::Measured || sample.outcome == Outcome::Budget {
            return None;
        }
        let begin = sample.intended_at?.duration_since(self.plan.window_start());
        let place = u64::try_from(begin.as_micros()).ok()? / self.plan.block_us().max(1);
        usize::try_from(place).ok().filter(|place| *place < BLOCKS)
    }

    fn add_failure(&mut self, block: usize, sample: &Sample) {
        let key = (
            sample.outcome,
            sample.error_class,
            sample.error_code.clone(),
            sample.http_status,
        );
        let failed = self.failures.entry(key).or_default();
        failed.by_block[block] += 1;
        let at = sample.intended_at.unwrap_or_default();
        let order = (at, sample.worker, sample.repetition);
        if failed
            .first
            .as_ref()
            .is_none_or(|(first, _)| order < *first)
        {
            failed.first = Some((order, sample.error_message.clone()));
        }
        // The same ones are left whatever the order: one that is left was never taken out.
        if self.failures.len() > MAX_FAILURES {
            self.failures.pop_last();
        }
    }

    /// The step as it is judged.
    pub(super) fn done(&self, load: &Load) -> DoneStep {
        let mut tally = StepTally::default();
        for worker in self.workers.values() {
            tally.merge(&worker.clone().finish());
        }
        DoneStep {
            lost_workers: self.sent.lost(load, &self.plan),
            plan: self.plan.clone(),
            tally,
        }
    }

    pub(super) fn figures(&self, load: &Load, rates: Option<&Rates>) -> LoadStep {
        let done = self.done(load);
        let tally = &done.tally;
        let window = tally.window();
        let blocks = tally.blocks.iter();
        let streamed = Unavailable::NotStreamed;
        let ungraded = match window.answered {
            0 => Unavailable::NoAnswers,
            _ => Unavailable::NoReferenceAnswer,
        };
        let tpot = self
            .tpot
            .figures(PICOS_PER_MS, Unavailable::TokensNotCounted);
        LoadStep {
            judgment: bench_load::judge(load, &done).in_service_time(self.time_scale),
            ramp_calls: tally.ramp,
            success: Share::of(window.answered, window.arrived, Unavailable::NoCalls),
            accuracy: Share::of(window.correct, window.graded, ungraded),
            requests_per_s: self.per_second(window.completed, window.completed),
            output_tokens_per_s: self.tokens_per_second(&window, window.completed_output_tokens),
            input_tokens_per_s: self.tokens_per_second(&window, window.completed_input_tokens),
            response_ms: self.response.figures(MICROS_PER_MS, Unavailable::NoAnswers),
            response_ttft_ms: self.response_ttft.figures(MICROS_PER_MS, streamed),
            service_ms: self.service.figures(MICROS_PER_MS, Unavailable::NoAnswers),
            user_tokens_per_s: per_user(&tpot.p50),
            tpot_ms: tpot,
            queued_p99_ms: tally.queued_p99_us as f64 / MICROS_PER_MS,
            connections_opened: self.connections_opened,
            cost: rates.map(|rates| StepCost::of(rates, &window, self.paid_s())),
            failures: self.failures(),
            blocks: blocks
                .map(|block| block.in_service_time(self.time_scale))
                .collect(),
            plan: self.plan.in_service_time(load.arrival, self.time_scale),
        }
    }

    fn seconds(&self) -> f64 {
        f64::from(self.plan.step_s.max(1)) * self.time_scale
    }

    /// The seconds of the window that are paid for.
    fn paid_s(&self) -> Decimal {
        let time_scale = Decimal::from_f64(self.time_scale).unwrap_or(Decimal::ONE);
        Decimal::from(self.plan.step_s)
            .checked_mul(time_scale)
            .unwrap_or(Decimal::MAX)
    }

    fn per_second(&self, count: u64, n: u64) -> Figure {
        Figure::of(count as f64 / self.seconds(), n)
    }

    fn tokens_per_second(&self, window: &BlockTally, tokens: u64) -> Figure {
        match window.completed {
            0 => Figure::unavailable(Unavailable::NoAnswers),
            _ if window.completed_uncounted > 0 => {
                Figure::unavailable(Unavailable::TokensNotCounted)
            }
            n => self.per_second(tokens, n),
        }
    }

    fn failures(&self) -> Vec<LoadFailure> {
        let all = self.failures.iter();
        let mut failures: Vec<LoadFailure> = all
            .map(|((outcome, class, code, status), failed)| LoadFailure {
                outcome: *outcome,
                error_class: *class,
                error_code: code.clone(),
                http_status: *status,
                count: failed.by_block.iter().sum(),
                by_block: failed.by_block.to_vec(),
                message: failed.first.as_ref().and_then(|(_, text)| text.clone()),
            })
            .collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        failures
    }
}

/// Output tokens per second at a time per token in milliseconds.
fn per_user(tpot_ms: &Figure) -> Figure {
    match tpot_ms.result() {
        Ok(ms) if ms > 0.0 => Figure::of(
            1_000.0 / ms,
            tpot_ms.estimate().and_then(|it| it.n).unwrap_or(0),
        ),
        Ok(_) => Figure::unavailable(Unavailable::NoTokenGaps),
        Err(reason) => Figure::unavailable(reason),
    }
}
