//! The usage of a target's calls, as they come in.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Windows, usage::WINDOW_US, usage::interval_set::IntervalSet, usage::kept_active};
use bench_core::sample::{Outcome, Phase, Sample, service_us};
use bench_core::usage::{Span, Usage};

/// Breaks between calls that are shorter than this are the pipeline's own.
const PAUSE_US: i64 = 1_000_000;

/// The usage of a target's calls, added up one by one and the same whatever their
/// order. Its size grows with prompts, runs and time, not with calls.
///
/// Samples come in measured time, usage is in the service's own: of a simulated target calls
/// take longer, and what lies between them is the pipeline's and stays as it is.
///
/// ```
/// # use bench_core::sample::{Outcome, Phase, Sample};
/// # let sample: Sample = serde_json::from_value(serde_json::json!({
/// #     "run_id": "r", "target_id": "t", "prompt_id": "p/0", "prompt_index": 0,
/// #     "phase": "measured", "repetition": 1, "attempt": 1, "outcome": "ok",
/// #     "started_at": "2026-01-02T03:04:05Z", "latency_us": 2_000_000, "prompt_chars": 4,
/// #     "input_tokens": 150, "output_tokens": 700,
/// #     "function_cold_start": false, "function_request_id": "q",
/// # })).unwrap();
/// use bench_cost::TargetUsage;
/// let mut usage = TargetUsage::new(1);
/// usage.add(0, &sample);
/// assert_eq!(usage.phases().measured.tokens.output, 700);
/// assert_eq!(usage.concurrency().to_string(), "1");
/// ```
#[derive(Debug, Clone)]
pub struct TargetUsage {
    configured: u32,
    /// The service's own time by measured time.
    time_scale: f64,
    /// The sum of all latencies outside of a load, in measured microseconds.
    measured_busy_us: u64,
    phases: PhaseUsage,
    prompts: Vec<PromptUsage>,
    /// The calls outside of a load, and those under it.
    runs: Runs,
    loads: Runs,
    active: IntervalSet,
    /// The longest prompt in characters, and the longest answer that was asked for.
    longest: (Option<u64>, Option<u32>),
    /// Calls that overlap, for a target that may have some: all together, and
    /// when any was under way.
    in_flight: (i64, IntervalSet),
    /// Times in which any call of a load was under way.
    under_load: IntervalSet,
}

/// By run: the first call sent, the last one ended, in measured microseconds.
type Runs = Vec<Option<(i64, i64)>>;

/// The usage of the measured calls of one prompt.
#[derive(Debug, Clone, Copy, Default)]
struct PromptUsage {
    usage: Usage,
    /// Answered calls that were graded.
    graded: u64,
}

impl PromptUsage {
    fn add(&mut self, sample: &Sample, usage: Usage) {
        self.usage = self.usage.plus(usage);
        self.graded += u64::from(sample.correct.is_some());
    }

    /// Whether it was answered and none of its answers was graded.
    fn is_ungraded(&self) -> bool {
        self.usage.answered > 0 && self.graded == 0
    }
}

/// The usage of the calls by phase.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct PhaseUsage {
    /// Finding out whether the target is there.
    pub probe: Usage,
    /// The calls that came first.
    pub warmup: Usage,
    /// The measured calls, failed ones and every attempt included.
    pub measured: Usage,
    /// The calls under load, ramps included. They share the target: their `busy_us` is the
    /// time in which any of them was under way.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub load: Usage,
}

fn is_nothing(usage: &Usage) -> bool {
    *usage == Usage::default()
}

impl PhaseUsage {
    /// All phases together.
    #[must_use]
    pub fn total(&self) -> Usage {
        self.sequential().plus(self.load)
    }

    /// All phases but the load together.
    #[must_use]
    pub fn sequential(&self) -> Usage {
        self.probe.plus(self.warmup).plus(self.measured)
    }
}

impl Default for TargetUsage {
    /// No usage yet, one call after another.
    fn default() -> Self {
        Self::new(1)
    }
}

impl TargetUsage {
    /// No usage yet, at a target that has so many calls in flight at most.
    #[must_use]
    pub fn new(concurrency: u32) -> Self {
        Self {
            configured: concurrency,
            time_scale: 1.0,
            measured_busy_us: 0,
            phases: PhaseUsage::default(),
            prompts: Vec::new(),
            runs: Runs::new(),
            loads: Runs::new(),
            active: IntervalSet::new(WINDOW_US),
            longest: (Some(0), None),
            in_flight: (0, IntervalSet::new(PAUSE_US)),
            under_load: IntervalSet::new(PAUSE_US),
        }
    }

    /// The same of a simulated target, whose service takes so many times what is measured.
    #[must_use]
    pub fn at_time_scale(self, time_scale: f64) -> Self {
        // A window is so much shorter in measured time at most.
        let bridge_us = scaled(WINDOW_US, time_scale.recip());
        Self {
            time_scale,
            active: IntervalSet::new(bridge_us.max(1)),
            ..self
        }
    }

    /// Adds a call of the run of that number. One that the budget kept from being
    /// made uses nothing.
    pub fn add(&mut self, run: u32, sample: &Sample) {
        if sample.outcome == Outcome::Budget {
            return;
        }
        let usage = Usage {
            busy_us: service_us(sample.latency_us, self.time_scale),
            ..Usage::of([sample])
        };
        let (prompt, answer) = &mut self.longest;
        *prompt = prompt
            .zip(sample.prompt_chars)
            .map(|(most, chars)| chars.max(most));
        *answer = sample.max_tokens.max(*answer);
        if sample.is_under_load() {
            self.add_of_load(run, sample, usage);
            return;
        }
        let phase = match sample.phase {
            Phase::Probe => &mut self.phases.probe,
            Phase::Warmup | Phase::Ramp => &mut self.phases.warmup,
            Phase::Measured => &mut self.phases.measured,
        };
        *phase = phase.plus(usage);
        if sample.phase == Phase::Measured {
            let position = sample.prompt_index as usize;
            if self.prompts.len() <= position {
                self.prompts.resize(position + 1, PromptUsage::default());
            }
            self.prompts[position].add(sample, usage);
        }
        self.measured_busy_us = self.measured_busy_us.saturating_add(sample.latency_us);
        let call = Span::of(sample);
        widen(&mut self.runs, run, call);
        if kept_active(sample) {
            self.active.add(call);
            if self.configured > 1 {
                let (busy, any) = &mut self.in_flight;
                *busy = busy.saturating_add(call.end_us.saturating_sub(call.start_us));
                any.add(call);
            }
        }
    }

    /// Adds a call of a load, which enters no figure of one caller.
    fn add_of_load(&mut self, run: u32, sample: &Sample, usage: Usage) {
        let call = Span::of(sample);
        self.under_load.add(call);
        self.phases.load = self.phases.load.plus(usage);
        widen(&mut self.loads, run, call);
        if kept_active(sample) {
            self.active.add(call);
        }
    }

    /// The usage of the calls by phase.
    #[must_use]
    pub fn phases(&self) -> PhaseUsage {
        PhaseUsage {
            load: Usage {
                busy_us: u64::try_from(self.under_load_us()).unwrap_or(0),
                ..self.phases.load
            },
            ..self.phases
        }
    }

    /// Characters of the longest prompt that was sent; `None` where a sample does not say.
    pub(crate) fn longest_prompt(&self) -> Option<u64> {
        self.longest.0
    }

    /// Tokens of the longest answer that was asked for; `None` where no sample says.
    pub(crate) fn longest_answer(&self) -> Option<u32> {
        self.longest.1
    }

    /// The usage of the measured calls by prompt, without prompts that had none and those
    /// whose answers were not graded.
    pub(crate) fn graded_prompts(&self) -> impl Iterator<Item = &Usage> {
        let prompts = self.prompts.iter();
        prompts
            .filter(|prompt| prompt.usage.attempts > 0 && !prompt.is_ungraded())
            .map(|prompt| &prompt.usage)
    }

    /// Microseconds from the first call of a run to the end of its last, the runs
    /// together: for as long as that something stood by.
    pub(crate) fn elapsed_us(&self) -> i64 {
        let under_load = self.under_load_us() - self.under_load.total_us();
        self.measured_elapsed_us()
            .saturating_add(self.longer_us())
            .saturating_add(under_load)
    }

    fn measured_elapsed_us(&self) -> i64 {
        let runs = self.runs.len().max(self.loads.len());
        let runs = (0..runs).filter_map(|run| {
            let of = |runs: &Runs| runs.get(run).copied().flatten();
            match (of(&self.runs), of(&self.loads)) {
                (Some(calls), Some(load)) => Some((calls.0.min(load.0), calls.1.max(load.1))),
                (calls, load) => calls.or(load),
            }
        });
        total_us(runs)
    }

    /// Time in which any call of a load was under way, in the service's own microseconds.
    fn under_load_us(&self) -> i64 {
        scaled(self.under_load.total_us(), self.time_scale)
    }

    /// By how many microseconds the calls outside of a load take longer than was measured:
    /// those that overlap do so together.
    fn longer_us(&self) -> i64 {
        let busy_us = self.phases.sequential().busy_us;
        let longer = Decimal::from(busy_us) - Decimal::from(self.measured_busy_us);
        let longer = longer.checked_div(self.concurrency()).unwrap_or(longer);
        i64::try_from(longer.round()).unwrap_or(i64::MAX)
    }

    /// The time from the first call outside of a load to the end of the last by what was
    /// measured of it: 1 but for a simulated target.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 microseconds are 285 years"
    )]
    pub fn stretch(&self) -> f64 {
        match total_us(self.runs.iter().flatten().copied()) {
            0 => 1.0,
            measured => 1.0 + self.longer_us() as f64 / measured as f64,
        }
    }

    /// The five-minute windows in which calls kept an import active: the time of the runs is
    /// taken to be longer evenly where calls take longer than was measured.
    #[must_use]
    pub fn windows(&self) -> Windows {
        let (measured, elapsed) = (self.measured_elapsed_us(), self.elapsed_us());
        let window = i128::from(WINDOW_US) * i128::from(measured) / i128::from(elapsed.max(1));
        let window_us = i64::try_from(window).unwrap_or(WINDOW_US);
        let is_measured = elapsed == measured;
        let window_us = if is_measured { WINDOW_US } else { window_us };
        Windows::of_intervals(&self.active, window_us.max(1))
    }

    /// Calls in flight on average while any was: Σ latency ÷ time with a call in
    /// flight, breaks of less than a second included, at least 1 and at most what
    /// was configured. Exactly 1 where calls follow each other.
    #[must_use]
    pub fn concurrency(&self) -> Decimal {
        if self.configured <= 1 {
            return Decimal::ONE;
        }
        let (busy, any) = &self.in_flight;
        Decimal::from(*busy)
            .checked_div(Decimal::from(any.total_us()))
            .unwrap_or(Decimal::ONE)
            .clamp(Decimal::ONE, Decimal::from(self.configured))
    }
}

fn widen(runs: &mut Runs, run: u32, call: Span) {
    let run = run as usize;
    if runs.len() <= run {
        runs.resize(run + 1, None);
    }
    let (first, last) = runs[run].unwrap_or((call.start_us, call.end_us));
    runs[run] = Some((first.min(call.start_us), last.max(call.end_us)));
}

fn total_us(runs: impl Iterator<Item = (i64, i64)>) -> i64 {
    runs.fold(0, |sum: i64, (first, last)| {
        sum.saturating_add(last.saturating_sub(first))
    })
}

/// So many times a duration.
fn scaled(us: i64, times: f64) -> i64 {
    let us = u64::try_from(us).unwrap_or(0);
    i64::try_from(service_us(us, times)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::fixture::sample;

    fn at(second: i64, phase: Phase, latency_us: u64) -> Sample {
        let mut sample = sample(0, phase, latency_us);
        sample.started_at = Timestamp::from_second(second).unwrap();
        sample
    }

    fn usage(concurrency: u32, samples: &[(u32, Sample)]) -> TargetUsage {
        let mut usage = TargetUsage::new(concurrency);
        for (run, sample) in samples {
            usage.add(*run, sample);
        }
        usage
    }

    #[test]
    fn phases_and_prompts_are_kept_apart() {
        let found = usage(
            1,
            &[
                (0, sample(0, Phase::Probe, 1)),
                (0, sample(0, Phase::Warmup, 2)),
                (0, sample(0, Phase::Measured, 3)),
                (0, sample(2, Phase::Measured, 4)),
            ],
        );
        let phases = found.phases();
        assert_eq!(
            [phases.probe, phases.warmup, phases.measured].map(|usage| usage.busy_us),
            [1, 2, 7]
        );
        let prompts: Vec<u64> = found.graded_prompts().map(|usage| usage.busy_us).collect();
        assert_eq!(prompts, [3, 4]);
    }

    #[test]
    fn calls_that_overlap_are_in_flight_together() {
        let calls = [
            (0, at(0, Phase::Measured, 10_000_000)),
            (0, at(5, Phase::Measured, 10_000_000)),
        ];
        // 10 + 10 s of calls in 15 s.
        assert_eq!(
            usage(2, &calls).concurrency().round_dp(4).to_string(),
            "1.3333"
        );
        assert_eq!(usage(1, &calls).concurrency(), Decimal::ONE);
        assert_eq!(usage(4, &[]).concurrency(), Decimal::ONE);
    }

    #[test]
    fn time_between_runs_is_nobodys() {
        let calls = [
            (0, at(0, Phase::Probe, 1_000_000)),
            (0, at(50, Phase::Measured, 10_000_000)),
            (1, at(86_400, Phase::Measured, 10_000_000)),
        ];
        assert_eq!(usage(1, &calls).elapsed_us(), 70_000_000);
        assert_eq!(usage(1, &calls).windows().sessions, 2);
    }

    #[test]
    fn calls_of_a_simulated_target_take_longer_and_the_pauses_between_them_do_not() {
        // 160 calls of 27.5 ms, 10 ms apart: at 400 times that they take 11 s each, 1,760 s
        // together, and the pauses 1.59 s.
        let calls = (0..160).map(|call| {
            let mut sample = sample(0, Phase::Measured, 27_500);
            sample.started_at = Timestamp::from_microsecond(1_000_000 + call * 37_500).unwrap();
            (0, sample)
        });
        let mut found = TargetUsage::new(1).at_time_scale(400.0);
        calls.for_each(|(run, call)| found.add(run, &call));
        assert_eq!(found.phases().measured.busy_us, 1_760_000_000);
        assert_eq!(found.elapsed_us(), 1_761_590_000);
        assert_eq!((found.windows().sessions, found.windows().active), (1, 6));
        assert!((found.stretch() - 1_761.59 / 5.99).abs() < 1e-9);
        let measured = usage(1, &[(0, at(5, Phase::Measured, 2_000_000))]);
        assert_eq!(measured.stretch().to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn the_time_of_a_simulated_load_is_longer_as_a_whole() {
        let under_load = |millis: i64| {
            let mut call = sample(0, Phase::Measured, 2_000_000);
            call.started_at = Timestamp::from_millisecond(millis).unwrap();
            call.step = 1;
            call
        };
        let mut found = TargetUsage::new(1).at_time_scale(15.0);
        for start in [10_000, 10_500, 12_000] {
            found.add(0, &under_load(start));
        }
        // 4 s in which any was under way.
        assert_eq!(found.phases().load.busy_us, 60_000_000);
        assert_eq!(found.elapsed_us(), 60_000_000);
        assert_eq!(
            found.stretch().to_bits(),
            1.0_f64.to_bits(),
            "there is no other call"
        );
    }

    #[test]
    fn a_call_that_was_never_made_leaves_no_trace() {
        let mut refused = at(1_000, Phase::Measured, 0);
        refused.outcome = Outcome::Budget;
        let found = usage(1, &[(0, refused)]);
        assert_eq!((found.elapsed_us(), found.graded_prompts().count()), (0, 0));
        assert_eq!(found.phases().total(), Usage::default());
    }
}
