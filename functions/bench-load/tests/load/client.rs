//! Clients of simulated services in virtual time: they make the samples of a step.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use bench_core::{
    config::{Arrival, Load},
    load::{StepPlan, TallyBuilder},
    sample::{Outcome, Phase, Sample},
};
use bench_load::{DoneStep, EndReason, Next, arrivals, next, workers};
use bench_stats::SplitMix64;
use jiff::{SignedDuration, Timestamp};

use crate::service::{Batch, Micros, Service, Slots, Stall, Throttle, Work};

/// Output tokens of every answer.
pub(crate) const TOKENS: u64 = 50;

/// A target under load.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) work: Work,
    /// Requests per second and burst beyond which it refuses.
    pub(crate) throttle: Option<(f64, f64)>,
    pub(crate) stall: Option<Stall>,
    /// Time from the start of one caller to that of the next.
    pub(crate) apart: Micros,
    /// The mean of what the network adds to a call.
    pub(crate) network: Micros,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Slots(usize),
    Batch(f64),
}

impl Target {
    pub(crate) fn slots(slots: usize, work: Work) -> Self {
        Self {
            kind: Kind::Slots(slots),
            work,
            throttle: None,
            stall: None,
            apart: 61_803,
            network: 300,
        }
    }

    pub(crate) fn batch(slope: f64, work: Work) -> Self {
        Self {
            kind: Kind::Batch(slope),
            ..Self::slots(0, work)
        }
    }

    fn service(&self) -> Box<dyn Service> {
        match self.kind {
            Kind::Slots(slots) => Box::new(Slots::new(slots)),
            Kind::Batch(slope) => Box::new(Batch::new(slope)),
        }
    }
}

/// A call that was made: who made it, when it was to start, was sent and ended.
pub(crate) struct Call {
    caller: usize,
    pub(crate) intended: Micros,
    pub(crate) sent: Micros,
    pub(crate) ended: Micros,
    refused: bool,
}

impl Call {
    pub(crate) fn service_us(&self) -> Micros {
        self.ended - self.sent
    }

    pub(crate) fn response_us(&self) -> Micros {
        self.ended - self.intended
    }
}

/// Makes calls: those of `starts`, and those that `after` asks for when one has ended.
pub(crate) fn simulate(
    target: &Target,
    starts: impl IntoIterator<Item = (Micros, usize)>,
    random: &mut SplitMix64,
    after: &mut dyn FnMut(&Call) -> Option<Micros>,
) -> Vec<Call> {
    let mut service = target.service();
    let mut throttle = target
        .throttle
        .map(|(rate, burst)| Throttle::new(rate, burst));
    let own = |now| target.stall.map_or(now, |stall| stall.own(now));
    let real = |own| target.stall.map_or(own, |stall| stall.real(own));
    let mut starts: BinaryHeap<Reverse<(Micros, usize)>> =
        starts.into_iter().map(Reverse).collect();
    let mut open: HashMap<usize, (Micros, usize)> = HashMap::new();
    let mut calls: Vec<Call> = Vec::new();
    let mut number = 0;
    loop {
        let start = starts.peek().map(|next| next.0.0);
        let end = service.next_end().map(real);
        if let Some(now) = end.filter(|end| start.is_none_or(|start| *end <= start)) {
            let request = service.end(own(now));
            let (intended, caller) = open.remove(&request).expect("a request that is open");
            let network = Work::Exponential(target.network).draw(random);
            let call = Call {
                caller,
                intended,
                sent: intended,
                ended: now + network,
                refused: false,
            };
            starts.extend(after(&call).map(|start| Reverse((start, caller))));
            calls.push(call);
        } else if let Some(Reverse((now, caller))) = starts.pop() {
            if throttle
                .as_mut()
                .is_none_or(|throttle| throttle.admits(now))
            {
                open.insert(number, (now, caller));
                service.begin(own(now), number, target.work.draw(random));
                number += 1;
            } else {
                let call = Call {
                    caller,
                    intended: now,
                    sent: now,
                    ended: now + 20_000,
                    refused: true,
                };
                starts.extend(after(&call).map(|start| Reverse((start, caller))));
                calls.push(call);
            }
        } else {
            return calls;
        }
    }
}

/// The calls of a step.
pub(crate) fn calls(load: &Load, target: &Target, plan: &StepPlan, seed: u64) -> Vec<Call> {
    let mut random = SplitMix64::new(seed.wrapping_mul(1_000).wrapping_add(plan.step.into()));
    let ramp = u64::from(plan.ramp_s) * 1_000_000;
    let end = ramp + u64::from(plan.step_s) * 1_000_000;
    match load.arrival {
        Arrival::Closed => {
            let callers = plan.level as usize;
            let starts: Vec<(Micros, usize)> = (0..callers)
                .map(|caller| (caller as Micros * target.apart % ramp.max(1), caller))
                .collect();
            let mut again = |call: &Call| (call.ended < end).then_some(call.ended);
            simulate(target, starts, &mut random, &mut again)
        }
        Arrival::Open => {
            let starts: Vec<(Micros, usize)> = (1..=plan.workers)
                .flat_map(|worker| {
                    arrivals(load.process, plan, worker, seed)
                        .map(|offset| offset.as_micros() as Micros)
                        .take_while(|offset| *offset < end)
                        .map(move |offset| (offset, worker as usize))
                })
                .collect();
            simulate(target, starts, &mut random, &mut |_| None)
        }
    }
}

/// The step that calls were made in.
pub(crate) fn step(load: &Load, plan: &StepPlan, calls: &[Call]) -> DoneStep {
    let mut tally = TallyBuilder::new(plan.clone(), load.objective);
    for call in calls {
        tally.add(&sample(plan, call));
    }
    DoneStep::whole(plan.clone(), tally.finish())
}

fn sample(plan: &StepPlan, call: &Call) -> Sample {
    let ramp = u64::from(plan.ramp_s) * 1_000_000;
    let service = call.service_us();
    Sample {
        step: plan.step,
        worker: 1,
        phase: if call.intended < ramp {
            Phase::Ramp
        } else {
            Phase::Measured
        },
        outcome: if call.refused {
            Outcome::Throttled
        } else {
            Outcome::Ok
        },
        intended_at: Some(at(plan, call.intended)),
        queued_us: Some(call.sent - call.intended),
        latency_us: service,
        ttft_us: Some(service / TOKENS),
        last_token_us: Some(service),
        output_tokens: Some(TOKENS),
        repetition: u32::try_from(call.caller).unwrap_or(0),
        ..Sample::default()
    }
}

fn at(plan: &StepPlan, offset: Micros) -> Timestamp {
    plan.start_at + SignedDuration::from_micros(offset.try_into().expect("an offset"))
}

/// The plan of a step.
pub(crate) fn plan(load: &Load, step: u32, level: f64, response_s: Option<f64>) -> StepPlan {
    StepPlan {
        step,
        level,
        workers: workers(load, level, response_s),
        start_at: "2026-03-04T05:06:07Z".parse().expect("a timestamp"),
        ramp_s: load.ramp_s,
        step_s: load.step_s,
        part_s: None,
    }
}

/// A whole load: its steps and why there is none after them.
pub(crate) fn run(load: &Load, target: &Target, seed: u64) -> (Vec<DoneStep>, EndReason) {
    let mut steps: Vec<DoneStep> = Vec::new();
    loop {
        let minutes = f64::from(load.ramp_s + load.step_s) / 60.0 * steps.len() as f64;
        let level = match next(load, &steps, minutes, false) {
            Next::Step { level, .. } => level,
            Next::Done { reason } => return (steps, reason),
        };
        let number = u32::try_from(steps.len()).expect("few steps") + 1;
        let response_s = steps.last().and_then(DoneStep::mean_response_s);
        let plan = plan(load, number, level, response_s);
        let calls = calls(load, target, &plan, seed);
        steps.push(step(load, &plan, &calls));
    }
}
