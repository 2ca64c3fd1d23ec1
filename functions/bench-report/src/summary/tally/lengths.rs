//! Tokens of answered calls where their number was asked for.

use bench_core::{config::RunConfig, sample::Sample};
use bench_stats::{Distribution, ExactMoments};

/// Prompts this far from the length that was asked for still have it, in percent.
const TOLERANCE_PERCENT: u64 = 10;

/// The lengths that a run asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AskedLengths {
    input: Option<u64>,
    min_output: Option<u64>,
    ignore_eos: bool,
}

impl AskedLengths {
    pub(crate) fn of(config: &RunConfig) -> Self {
        Self {
            input: config.dataset.input_tokens.map(u64::from),
            min_output: config.method.min_tokens.map(u64::from),
            ignore_eos: config.method.ignore_eos,
        }
    }

    fn asks_output(self) -> bool {
        self.min_output.is_some() || self.ignore_eos
    }

    /// The range of input tokens of every call.
    fn input(self) -> Option<(u64, Option<u64>)> {
        let tokens = self.input?;
        let far = tokens * TOLERANCE_PERCENT / 100;
        Some((tokens - far, Some(tokens + far)))
    }

    /// The range of output tokens of a call.
    fn output(self, sample: &Sample) -> Option<(u64, Option<u64>)> {
        if !self.asks_output() {
            return None;
        }
        let most = sample.max_tokens.map(u64::from);
        let least = match most {
            Some(most) if self.ignore_eos => most,
            most => self.min_output.unwrap_or(0).min(most.unwrap_or(u64::MAX)),
        };
        Some((least, most))
    }
}

/// The tokens of answered calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lengths {
    pub(crate) input: LengthTally,
    pub(crate) output: LengthTally,
}

impl Lengths {
    /// Adds an answered measured call.
    pub(super) fn add(&mut self, sample: &Sample, asked: AskedLengths) {
        if let Some(range) = asked.input() {
            self.input.add(sample.input_tokens, range);
        }
        if let Some(range) = asked.output(sample) {
            self.output.add(sample.output_tokens, range);
        }
    }
}

/// Tokens of one side of the calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct LengthTally {
    pub(crate) values: Distribution,
    pub(crate) moments: ExactMoments,
    /// Calls within the range that was asked for.
    pub(crate) kept: u64,
    /// The least and the most that was asked for, over all calls.
    pub(crate) asked: Option<(u64, Option<u64>)>,
}

impl LengthTally {
    fn add(&mut self, tokens: Option<u64>, (least, most): (u64, Option<u64>)) {
        let (lowest, highest) = self.asked.unwrap_or((least, most));
        let highest = highest.zip(most).map(|(highest, most)| highest.max(most));
        self.asked = Some((lowest.min(least), highest));
        let Some(tokens) = tokens.filter(|tokens| *tokens > 0) else {
            return;
        };
        self.values.push(tokens, 0);
        self.moments.push(tokens);
        let is_kept = tokens >= least && most.is_none_or(|most| tokens <= most);
        self.kept += u64::from(is_kept);
    }
}
