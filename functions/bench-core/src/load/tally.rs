//! The tally of the samples of a step, of one worker or of all.

use serde::{Deserialize, Serialize};

use super::plan::{BLOCKS, StepPlan};
use crate::{
    config::Objective,
    sample::{CLIENT_LIMITED_US, Outcome, Phase, Sample},
    usage::Usage,
};

/// A limit of an objective.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Time to the first token.
    Ttft,
    /// Time per output token.
    Tpot,
    /// Response time.
    Latency,
    /// Success.
    Success,
}

impl Criterion {
    /// Every criterion, in the order of [`BlockTally::kept`].
    pub const ALL: [Self; 4] = [Self::Ttft, Self::Tpot, Self::Latency, Self::Success];

    /// The share of requests that have to keep it; `None` where the objective sets no such
    /// limit. A 95th percentile within its limit is a share of 0.95.
    #[must_use]
    pub fn required(self, objective: &Objective) -> Option<f64> {
        let percentile = |limit: Option<f64>| limit.map(|_| 0.95);
        match self {
            Self::Ttft => percentile(objective.ttft_p95_ms),
            Self::Tpot => percentile(objective.tpot_p95_ms),
            Self::Latency => percentile(objective.latency_p95_ms),
            Self::Success => objective.success_rate,
        }
    }

    /// Whether a call keeps it; `None` where that is not known, since the time was not
    /// measured. A call that failed keeps none.
    #[must_use]
    pub fn is_kept_by(self, sample: &Sample, objective: &Objective) -> Option<bool> {
        if !sample.is_ok() {
            return Some(false);
        }
        let within = |limit_ms: Option<f64>, us: Option<f64>| match (limit_ms, us) {
            (None, _) => Some(true),
            (Some(limit_ms), Some(us)) => Some(us <= limit_ms * 1_000.0),
            (Some(_), None) => None,
        };
        let whole = |us: u64| us as f64;
        match self {
            Self::Success => Some(true),
            Self::Latency => within(objective.latency_p95_ms, Some(whole(sample.response_us()))),
            Self::Ttft => within(objective.ttft_p95_ms, sample.response_ttft_us().map(whole)),
            // Without a token after the first piece there is no time to be held to.
            Self::Tpot if sample.output_tokens.is_some() && sample.token_gaps().is_none() => {
                Some(true)
            }
            Self::Tpot => {
                let per_token = sample.decoding().map(|(us, gaps)| whole(us) / whole(gaps));
                within(objective.tpot_p95_ms, per_token)
            }
        }
    }
}

/// The calls of one block of a window, by their intended start unless it is said otherwise.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(default)]
pub struct BlockTally {
    /// Calls that were to start in the block.
    pub arrived: u64,
    /// Those of them that gave a whole answer.
    pub answered: u64,
    /// Those of them that the service refused, since there were too many.
    pub throttled: u64,
    /// Those of them that failed otherwise.
    pub failed: u64,
    /// Those of the failed that ran into the time limit: the target may still be at them.
    pub timed_out: u64,
    /// Those of them that ended before the window did.
    pub ended_inside: u64,
    /// Sum of the response times of the answered ones, in microseconds from the intended
    /// start.
    pub response_us: u64,
    /// Sum of their service times, in microseconds from the send.
    pub service_us: u64,
    /// Calls that were answered within the block, whenever they started, ramp included.
    pub completed: u64,
    /// Output tokens of those.
    pub completed_output_tokens: u64,
    /// Input tokens of those.
    pub completed_input_tokens: u64,
    /// Those of the input tokens that a prefix cache held.
    pub completed_cached_tokens: u64,
    /// Those whose output tokens the service did not count.
    pub completed_uncounted: u64,
    /// Those whose tokens, input or output, the service did not count: by the token, their
    /// cost is not known.
    pub completed_unpriced: u64,
    /// Time that all calls together were under way within the block, from intended start to
    /// end, in microseconds. By the length of the block it is the mean concurrency.
    pub in_flight_us: u64,
    /// Calls that kept each [`Criterion`], in the order of [`Criterion::ALL`].
    pub kept: [u64; 4],
    /// Calls of which that is not known.
    pub unknown: [u64; 4],
    /// Answers that could be graded.
    pub graded: u64,
    /// Those of them that were correct.
    pub correct: u64,
}

impl BlockTally {
    fn merge(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.answered += other.answered;
        self.throttled += other.throttled;
        self.failed += other.failed;
        self.timed_out += other.timed_out;
        self.ended_inside += other.ended_inside;
        add(&mut self.response_us, other.response_us);
        add(&mut self.service_us, other.service_us);
        self.completed += other.completed;
        add(
            &mut self.completed_output_tokens,
            other.completed_output_tokens,
        );
        add(
            &mut self.completed_input_tokens,
            other.completed_input_tokens,
        );
        add(
            &mut self.completed_cached_tokens,
            other.completed_cached_tokens,
        );
        self.completed_uncounted += other.completed_uncounted;
        self.completed_unpriced += other.completed_unpriced;
        self.in_flight_us += other.in_flight_us;
        for (sum, more) in self.kept.iter_mut().zip(other.kept) {
            *sum += more;
        }
        for (sum, more) in self.unknown.iter_mut().zip(other.unknown) {
            *sum += more;
        }
        self.graded += other.graded;
        self.correct += other.correct;
    }
}

/// Adds what a service states, or another program: any number, so the sum stays at the greatest.
fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

/// The tally of the samples of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct StepTally {
    /// Calls of the ramp.
    pub ramp: u64,
    /// The window in [`BLOCKS`] equal sections.
    pub blocks: [BlockTally; BLOCKS],
    /// Calls whose ends are not known, since their worker was killed or at its deadline.
    pub interrupted: u64,
    /// Calls of the window during which the client was held up: for longer than
    /// [`CLIENT_LIMITED_US`], and than 1 % of their service time.
    pub client_limited: u64,
    /// The 99th percentile of the time from intended start to send, in microseconds: of the
    /// worker where it is longest.
    pub queued_p99_us: u64,
    /// The median service time of that worker, in microseconds.
    pub service_p50_us: u64,
}

impl StepTally {
    /// All blocks together.
    #[must_use]
    pub fn window(&self) -> BlockTally {
        let mut sum = BlockTally::default();
        self.blocks.iter().for_each(|block| sum.merge(block));
        sum
    }

    /// Adds the calls of another worker of the same step.
    pub fn merge(&mut self, other: &Self) {
        self.ramp += other.ramp;
        for (sum, more) in self.blocks.iter_mut().zip(&other.blocks) {
            sum.merge(more);
        }
        self.interrupted += other.interrupted;
        self.client_limited += other.client_limited;
        let is_later = other.queued_p99_us > self.queued_p99_us;
        let is_first = other.queued_p99_us == self.queued_p99_us && self.service_p50_us == 0;
        if is_later || is_first {
            self.queued_p99_us = other.queued_p99_us;
            self.service_p50_us = other.service_p50_us;
        }
    }
}

/// Adds up the samples of one worker of a step, in any order.
#[derive(Debug, Clone)]
pub struct TallyBuilder {
    plan: StepPlan,
    objective: Objective,
    tally: StepTally,
    queued_us: Vec<u64>,
    service_us: Vec<u64>,
}

impl TallyBuilder {
    /// Nothing added yet.
    #[must_use]
    pub fn new(plan: StepPlan, objective: Objective) -> Self {
        Self {
            plan,
            objective,
            tally: StepTally::default(),
            queued_us: Vec::new(),
            service_us: Vec::new(),
        }
    }

    /// Adds a sample of the step. One that does not say when it was to start is of no block.
    pub fn add(&mut self, sample: &Sample) {
        let Some(intended) = sample.intended_at else {
            return;
        };
        // A call that was not made was not under way.
        if sample.outcome == Outcome::Budget {
            return;
        }
        let begin = intended
            .duration_since(self.plan.window_start())
            .as_micros();
        let end = begin + i128::from(sample.response_us());
        let block_us = i128::from(self.plan.block_us().max(1));
        let window_us = block_us * BLOCKS as i128;
        for (place, block) in (0..).zip(&mut self.tally.blocks) {
            let (first, last) = (place * block_us, (place + 1) * block_us);
            let under_way = end.min(last) - begin.max(first);
            block.in_flight_us += u64::try_from(under_way).unwrap_or(0);
            if sample.is_ok() && (first..last).contains(&end) {
                block.completed += 1;
                add(
                    &mut block.completed_output_tokens,
                    sample.output_tokens.unwrap_or(0),
                );
                add(
                    &mut block.completed_input_tokens,
                    sample.input_tokens.unwrap_or(0),
                );
                block.completed_uncounted += u64::from(sample.output_tokens.is_none());
                let usage = Usage::of([sample]);
                add(&mut block.completed_cached_tokens, usage.tokens.cached);
                block.completed_unpriced += usage.uncounted;
            }
        }
        if sample.phase != Phase::Measured || !(0..window_us).contains(&begin) {
            self.tally.ramp += 1;
            return;
        }
        let place = usize::try_from(begin / block_us).unwrap_or(0);
        let block = &mut self.tally.blocks[place.min(BLOCKS - 1)];
        block.arrived += 1;
        block.ended_inside += u64::from(end <= window_us);
        match sample.outcome {
            Outcome::Ok => {
                block.answered += 1;
                add(&mut block.response_us, sample.response_us());
                add(&mut block.service_us, sample.latency_us);
                self.service_us.push(sample.latency_us);
            }
            Outcome::Throttled => block.throttled += 1,
            Outcome::Interrupted | Outcome::Deadline => {
                self.tally.interrupted += 1;
                block.failed += 1;
            }
            _ => block.failed += 1,
        }
        for (place, criterion) in Criterion::ALL.into_iter().enumerate() {
            match criterion.is_kept_by(sample, &self.objective) {
                Some(kept) => block.kept[place] += u64::from(kept),
                None => block.unknown[place] += 1,
            }
        }
        block.timed_out += u64::from(sample.outcome == Outcome::Timeout);
        block.graded += u64::from(sample.correct.is_some());
        block.correct += u64::from(sample.correct == Some(true));
        self.tally.client_limited += u64::from(was_held_up(sample));
        self.queued_us.extend(sample.queued_us);
    }

    /// The finished tally.
    #[must_use]
    pub fn finish(mut self) -> StepTally {
        self.tally.queued_p99_us = rank(&mut self.queued_us, 0.99);
        self.tally.service_p50_us = rank(&mut self.service_us, 0.5);
        self.tally
    }
}

/// Whether the client was held up during a call by more than the call can take: a worker of
/// hundreds of streams is held up for some milliseconds now and then, in the middle of calls
/// that last for many seconds.
fn was_held_up(sample: &Sample) -> bool {
    sample.stall_us.map_or(sample.client_limited, |stall_us| {
        stall_us > CLIENT_LIMITED_US.max(sample.latency_us / 100)
    })
}

/// The smallest value that a share of all values does not exceed; 0 of none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is between 1 and the number of values"
)]
fn rank(values: &mut [u64], share: f64) -> u64 {
    let Some(last) = values.len().checked_sub(1) else {
        return 0;
    };
    let rank = (share * values.len() as f64).ceil() as usize;
    *values
        .select_nth_unstable(rank.saturating_sub(1).min(last))
        .1
}
