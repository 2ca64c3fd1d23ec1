//! The calls of a worker, one at a time.

use std::time::Duration;

use bench_core::{
    prompt::Prompt,
    sample::{Outcome, Phase, Sample, SampleKey},
};
use bench_targets::{CompletionRequest, Model, Scheduled, StallLog, measure_scheduled, requested};
use rand::{SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use tokio::{sync::mpsc, time::Instant};

use super::{
    LoadLog, LoadWork,
    clock::Clock,
    stop::{Halt, Stop},
};
use crate::{TimeLeft, measure::grade};

/// The shortest time from one call of a caller to its next where the first failed: what
/// refuses at once is not asked without a pause.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The calls that have numbers of their own in a nonce.
const MAX_NUMBER: u32 = 1 << 20;

/// Makes the calls of a worker, whoever decides when.
pub(super) struct Calls<'a, M, L> {
    model: &'a M,
    log: &'a L,
    pub(super) work: &'a LoadWork<'a>,
    pub(super) clock: &'a Clock,
    time_left: &'a TimeLeft,
    stalls: &'a StallLog,
    stop: &'a Stop,
    order: Order<'a>,
    samples: mpsc::Sender<Sample>,
}

impl<'a, M: Model, L: LoadLog> Calls<'a, M, L> {
    #[expect(clippy::too_many_arguments, reason = "all that one call needs")]
    pub(super) fn new(
        model: &'a M,
        log: &'a L,
        work: &'a LoadWork<'a>,
        time_left: &'a TimeLeft,
        clock: &'a Clock,
        stalls: &'a StallLog,
        stop: &'a Stop,
        samples: mpsc::Sender<Sample>,
    ) -> Self {
        Self {
            model,
            log,
            work,
            clock,
            time_left,
            stalls,
            stop,
            order: Order::new(work),
            samples,
        }
    }

    /// Whether nothing more is to be sent.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_set()
    }

    /// Makes the call with a number, which was to be sent at `intended`, hands its sample to
    /// the writer, and gives the time of its caller's next call. `None` where it was not made.
    pub(super) async fn make(&self, number: u32, intended: Instant) -> Option<Instant> {
        let timeout = Duration::from_secs(self.work.plan.config.method.timeout_s.into());
        let Some(limit) = self.time_left.limit_under_load(timeout) else {
            self.stop.halt(Halt::Deadline);
            return None;
        };
        let prompt = self.order.prompt(number);
        let (work, target) = (self.work, self.work.target);
        // Ramps are of loads alone, so no call outside of one has the same nonce.
        let rendered = prompt.rendered(
            &work.plan.config.method,
            target,
            Phase::Ramp,
            number_in_load(work, number),
        );
        let request = CompletionRequest::of(&rendered, target);
        let blank = blank(work, self.clock, prompt, number, intended);
        let blank = requested(blank, &request);
        if let Err(error) = self.log.begin(&blank) {
            self.stop.fail(error);
            return None;
        }
        let scheduled = Scheduled {
            intended,
            stalls: self.stalls,
        };
        let mut sample = measure_scheduled(self.model, &request, limit, blank, scheduled).await;
        grade(&mut sample);
        if sample.is_ok() && !work.load.keep_texts {
            sample.response_text = None;
        }
        let mut free = intended + free_after(&sample);
        if sample.held_open {
            free = free.max(Instant::now());
        }
        // The writer takes everything until there is no sender.
        let _ = self.samples.send(sample).await;
        Some(free)
    }
}

/// The time from the intended start of a call until its caller is free for the next.
pub(super) fn free_after(sample: &Sample) -> Duration {
    let response = Duration::from_micros(sample.response_us());
    if sample.is_ok() {
        response
    } else {
        response.max(AFTER_FAILURE)
    }
}

/// A call as it is known before it is made.
pub(super) fn blank(
    work: &LoadWork<'_>,
    clock: &Clock,
    prompt: &Prompt,
    number: u32,
    intended: Instant,
) -> Sample {
    let key = SampleKey {
        target: work.target.id.clone(),
        step: work.step.step,
        worker: work.worker,
        prompt: prompt.index,
        phase: if intended < clock.window_start() {
            Phase::Ramp
        } else {
            Phase::Measured
        },
        repetition: number,
        attempt: 1,
    };
    let intended_at = clock.wall(intended);
    let sample = Sample {
        expected_answer: prompt.expected_answer.clone(),
        function_cold_start: Some(work.invocation.cold_start),
        function_request_id: work.invocation.request_id.clone(),
        intended_at: Some(intended_at),
        ..Sample::new(
            work.plan.run_id.clone(),
            prompt.id.as_str(),
            key,
            Outcome::Interrupted,
            intended_at,
        )
    };
    work.step.mark(work.worker, sample)
}

/// The number of a call among all of a load, for as many calls of a worker as nobody makes.
fn number_in_load(work: &LoadWork<'_>, number: u32) -> u32 {
    (work.step.step << 26) | ((work.worker & 0x3f) << 20) | (number % MAX_NUMBER)
}

/// The prompts of a worker in an order of its own, over and over.
#[derive(Debug)]
pub(super) struct Order<'a>(Vec<&'a Prompt>);

impl<'a> Order<'a> {
    pub(super) fn new(work: &LoadWork<'a>) -> Self {
        let mut prompts: Vec<_> = work.prompts.iter().collect();
        let worker = (u64::from(work.step.step) << 32) | u64::from(work.worker);
        let mut random = ChaCha8Rng::seed_from_u64(work.load.seed ^ worker.rotate_left(16));
        prompts.shuffle(&mut random);
        Self(prompts)
    }

    /// The prompt of the call with a number, from 1.
    pub(super) fn prompt(&self, number: u32) -> &'a Prompt {
        self.0[(number - 1) as usize % self.0.len()]
    }
}
