//! The engine on a clock that moves from event to event.

use std::collections::{BTreeMap, HashMap};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Four tokens, ten apart.
const FOUR: Demand = tokens(4, 10.0);

/// A service time of 40.
const S: f64 = 40.0;

const fn tokens(tokens: usize, every: f64) -> Demand {
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let total = every * tokens as f64;
    Demand {
        first: every,
        total,
        tokens,
        spacing: 0.0,
    }
}

fn one(total: f64) -> Demand {
    tokens(1, total)
}

const fn rule(count: usize, even: bool) -> Rule {
    Rule {
        count,
        even,
        queue: usize::MAX,
    }
}

fn slots(count: usize) -> Engine {
    Engine::new(Some(rule(count, false)), Batch::INDEPENDENT)
}

fn even_slots(count: usize) -> Engine {
    Engine::new(Some(rule(count, true)), Batch::INDEPENDENT)
}

fn batch(slope: f64, knee: usize, slots: Option<usize>) -> Engine {
    let rule = |count| self::rule(count, false);
    Engine::new(slots.map(rule), Batch { slope, knee })
}

/// When the tokens of each call were due, until nothing more comes.
fn dues(engine: &mut Engine) -> BTreeMap<u64, Vec<f64>> {
    engine.advance(f64::INFINITY);
    let mut dues: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for event in engine.events() {
        if let Event::Due { id, at, .. } = event {
            dues.entry(id).or_default().push(at);
        }
    }
    dues
}

fn begun(engine: &mut Engine) -> Vec<(u64, f64, usize)> {
    let begun = engine.events().filter_map(|event| match event {
        Event::Begun { id, at, streams } => Some((id, at, streams)),
        _ => None,
    });
    begun.collect()
}

/// Times in the system of calls of a closed loop, those of the first rounds left out:
/// each caller asks again when it is answered, and all begin a while apart.
fn closed_loop(engine: &mut Engine, callers: u64, apart: f64, demand: Demand) -> Vec<f64> {
    let mut arrived = HashMap::new();
    let mut ids = 0;
    let mut ask = |engine: &mut Engine, arrived: &mut HashMap<u64, f64>, at: f64| {
        ids += 1;
        arrived.insert(ids, at);
        engine.arrive(ids, at, demand);
    };
    let mut at = 0.0;
    for _ in 0..callers {
        ask(engine, &mut arrived, at);
        at += apart;
    }
    let rounds = usize::try_from(callers).unwrap();
    let mut times = Vec::new();
    while times.len() < 30 * rounds {
        let next = engine.next().expect("somebody is served");
        engine.advance(next);
        let ended: Vec<(u64, f64)> = engine
            .events()
            .filter_map(|event| match event {
                Event::Ended { id, at, .. } => Some((id, at)),
                _ => None,
            })
            .collect();
        for (id, at) in ended {
            times.push(at - arrived[&id]);
            ask(engine, &mut arrived, at);
        }
    }
    times.split_off(10 * rounds)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

fn near(actual: f64, expected: f64, tolerance: f64) -> bool {
    (actual - expected).abs() <= tolerance
}

#[test]
fn a_closed_loop_takes_the_service_time_up_to_the_slots_and_in_proportion_beyond() {
    for c in [1_u64, 3, 8] {
        let slot_count = usize::try_from(c).unwrap();
        let per_slot = S / count(slot_count);
        for callers in 1..=3 * c {
            let n = count(usize::try_from(callers).unwrap());
            let expected = S.max(n * per_slot);
            // Evenly apart, every call takes the same; begun together, calls come in
            // groups, and the mean is the same.
            let even = closed_loop(&mut slots(slot_count), callers, per_slot, FOUR);
            assert!(
                even.iter().all(|time| near(*time, expected, 1e-6)),
                "{even:?}"
            );
            let together = closed_loop(&mut slots(slot_count), callers, 0.0, FOUR);
            let together = mean(&together);
            assert!(near(together, expected, 0.01 * expected), "{together}");
        }
    }
}

#[test]
fn in_a_closed_loop_on_even_slots_every_call_takes_the_same() {
    for c in [1_u64, 3, 8] {
        let slot_count = usize::try_from(c).unwrap();
        for callers in 1..=3 * c {
            let n = count(usize::try_from(callers).unwrap());
            let expected = S.max(n * S / count(slot_count));
            for apart in [0.0, 3.0] {
                let times = closed_loop(&mut even_slots(slot_count), callers, apart, FOUR);
                assert!(
                    times.iter().all(|time| near(*time, expected, 1e-6)),
                    "{times:?}"
                );
            }
        }
    }
}

#[test]
fn a_closed_loop_of_a_batch_takes_what_its_law_says_for_every_call() {
    for callers in 1..=24_u64 {
        let n = count(usize::try_from(callers).unwrap());
        // The same as of eight slots, without a queue.
        let knee = closed_loop(&mut batch(0.125, 8, None), callers, 0.0, FOUR);
        let expected = S.max(n * S / 8.0);
        assert!(
            knee.iter().all(|time| near(*time, expected, 1e-6)),
            "{knee:?}"
        );
        let linear = closed_loop(&mut batch(0.05, 1, None), callers, 0.0, FOUR);
        let expected = S * (1.0 + 0.05 * (n - 1.0));
        assert!(
            linear.iter().all(|time| near(*time, expected, 1e-6)),
            "{linear:?}"
        );
    }
}

/// The mean wait in the queue of Poisson arrivals, one each `S / utilization`.
fn mean_wait(mut engine: Engine, utilization: f64, time: impl Fn(f64) -> f64) -> f64 {
    let (arrivals, seed) = (200_000_u64, 7);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || -(1.0 - rng.random::<f64>()).ln();
    let mut arrived = HashMap::new();
    let (mut at, mut waited) = (0.0, 0.0);
    for id in 0..arrivals {
        at += draw() * S / utilization;
        arrived.insert(id, at);
        engine.arrive(id, at, one(time(draw())));
        for (id, at, _) in begun(&mut engine) {
            waited += at - arrived.remove(&id).expect("each begins once");
        }
    }
    engine.advance(f64::INFINITY);
    for (id, at, _) in begun(&mut engine) {
        waited += at - arrived.remove(&id).expect("each begins once");
    }
    assert!(arrived.is_empty());
    waited / count(usize::try_from(arrivals).unwrap())
}

#[test]
fn poisson_arrivals_at_one_slot_wait_as_queueing_theory_has_it() {
    for (utilization, share) in [(0.5, 0.02), (0.8, 0.04)] {
        let deterministic = mean_wait(slots(1), utilization, |_| S);
        let expected = utilization * S / (2.0 * (1.0 - utilization));
        assert!(
            near(deterministic, expected, share * expected),
            "M/D/1: {deterministic} and {expected} at {utilization}"
        );
        // Eight even slots for eight times as long begin as often as the one.
        let even = mean_wait(even_slots(8), utilization, |_| 8.0 * S);
        assert!(near(even, deterministic, 1e-6 * expected), "{even}");
        let exponential = mean_wait(slots(1), utilization, |draw| draw * S);
        let expected = 2.0 * expected;
        assert!(
            near(exponential, expected, 1.5 * share * expected),
            "M/M/1: {exponential} and {expected} at {utilization}"
        );
    }
}

#[test]
fn calls_begin_in_the_order_of_their_arrival_as_soon_as_a_slot_is_free() {
    let mut engine = slots(2);
    for (id, at) in [(1, 0.0), (2, 5.0), (3, 6.0), (4, 7.0)] {
        engine.arrive(id, at, FOUR);
    }
    assert_eq!((engine.streams(), engine.queued()), (2, 2));
    // However late it is asked.
    engine.advance(1_000.0);
    let expected = [(1, 0.0, 1), (2, 5.0, 2), (3, 40.0, 2), (4, 45.0, 2)];
    assert_eq!(begun(&mut engine), expected);
    assert_eq!((engine.streams(), engine.queued()), (0, 0));
}

#[test]
fn a_call_that_would_have_to_wait_in_a_full_queue_is_not_taken() {
    let queue_of = |queue| Rule {
        queue,
        ..rule(1, false)
    };
    for (queue, expected) in [(0, [true, false, false]), (1, [true, true, false])] {
        let mut engine = Engine::new(Some(queue_of(queue)), Batch::INDEPENDENT);
        let taken = [1, 2, 3].map(|id| engine.arrive(id, 0.0, FOUR));
        assert_eq!(taken, expected);
        assert!(engine.arrive(4, 40.0, FOUR), "the slot or a place is free");
    }
}

#[test]
fn whoever_leaves_frees_its_place_in_the_queue_or_its_slot() {
    let mut engine = slots(1);
    for id in 1..=4 {
        engine.arrive(id, 0.0, FOUR);
    }
    engine.leave(2, 10.0);
    engine.leave(1, 15.0);
    assert_eq!(begun(&mut engine), [(1, 0.0, 1), (3, 15.0, 1)]);
    let dues = dues(&mut engine);
    assert_eq!(dues.keys().copied().collect::<Vec<_>>(), [3, 4]);
    assert_eq!(dues[&3], [25.0, 35.0, 45.0, 55.0]);
    assert_eq!(dues[&4], [65.0, 75.0, 85.0, 95.0]);
    // One that is over changes nothing.
    engine.leave(3, 200.0);
    engine.arrive(5, 210.0, FOUR);
    assert_eq!(begun(&mut engine), [(5, 210.0, 1)]);
}

#[test]
fn tokens_are_timed_again_when_streams_come_and_go() {
    let mut engine = batch(0.5, 1, None);
    engine.arrive(1, 0.0, FOUR);
    engine.arrive(2, 25.0, FOUR);
    engine.advance(f64::INFINITY);
    let events: Vec<Event> = engine.events().collect();
    let at = |id: u64| -> Vec<f64> {
        let due = |event: &Event| match *event {
            Event::Due { id: of, at, .. } if of == id => Some(at),
            _ => None,
        };
        events.iter().filter_map(due).collect()
    };
    // The half of a token that is left at 25 takes 7.5 at two thirds of the speed.
    assert_eq!(at(1), [10.0, 20.0, 32.5, 47.5]);
    // At 47.5 half of a token is left to the other, which is alone again.
    assert_eq!(at(2), [40.0, 52.5, 62.5, 72.5]);
    let ended: Vec<(u64, f64)> = events
        .iter()
        .filter_map(|event| match *event {
            Event::Ended { id, streams, .. } => Some((id, streams)),
            _ => None,
        })
        .collect();
    // 25 alone and 22.5 together; 22.5 together and 25 alone.
    let expected = (25.0 + 2.0 * 22.5) / 47.5;
    assert!(
        ended.len() == 2
            && ended
                .iter()
                .all(|(_, streams)| near(*streams, expected, 1e-9))
    );
}

#[test]
fn a_batch_with_slots_takes_no_more_streams_than_those() {
    let mut engine = batch(0.5, 1, Some(2));
    for id in 1..=3 {
        engine.arrive(id, 0.0, FOUR);
    }
    let dues = dues(&mut engine);
    assert_eq!(dues[&1], [15.0, 30.0, 45.0, 60.0]);
    assert_eq!(dues[&2], dues[&1]);
    // Both slots are free at 60; the third is alone.
    assert_eq!(dues[&3], [70.0, 80.0, 90.0, 100.0]);
}

#[test]
fn a_stream_that_leaves_gives_its_speed_to_the_others() {
    let mut engine = batch(1.0, 1, None);
    engine.arrive(1, 0.0, FOUR);
    engine.arrive(2, 0.0, FOUR);
    engine.leave(1, 30.0);
    assert_eq!(dues(&mut engine)[&2], [20.0, 35.0, 45.0, 55.0]);
}

#[test]
fn an_arrival_that_is_told_late_begins_when_it_came() {
    let mut engine = slots(2);
    engine.arrive(1, 0.0, FOUR);
    engine.advance(100.0);
    engine.arrive(2, 38.0, FOUR);
    engine.arrive(3, 39.0, FOUR);
    engine.advance(100.0);
    // The first slot was busy until 40, the second never.
    assert_eq!(
        begun(&mut engine),
        [(1, 0.0, 1), (2, 38.0, 1), (3, 40.0, 2)]
    );
    engine.arrive(4, 110.0, FOUR);
    assert_eq!(begun(&mut engine), [(4, 110.0, 1)]);
}

#[test]
fn tokens_of_an_arrival_that_is_told_late_are_due_when_they_would_have_been() {
    let mut engine = slots(2);
    engine.arrive(1, 0.0, FOUR);
    engine.advance(100.0);
    engine.arrive(2, 38.0, FOUR);
    engine.arrive(3, 39.0, FOUR);
    let dues = dues(&mut engine);
    assert_eq!(dues[&2], [48.0, 58.0, 68.0, 78.0]);
    assert_eq!(dues[&3], [50.0, 60.0, 70.0, 80.0]);
}

#[test]
fn close_tokens_are_told_of_together_and_the_first_and_the_last_alone() {
    let mut engine = slots(1);
    let demand = Demand {
        spacing: 25.0,
        ..tokens(10, 10.0)
    };
    engine.arrive(1, 0.0, demand);
    engine.advance(f64::INFINITY);
    let due: Vec<(usize, f64)> = engine
        .events()
        .filter_map(|event| match event {
            Event::Due { token, at, .. } => Some((token, at)),
            _ => None,
        })
        .collect();
    assert_eq!(due, [(0, 10.0), (3, 40.0), (6, 70.0), (9, 100.0)]);
}
