//! When the requests of an open loop come.

use std::time::Duration;

use bench_core::{config::ArrivalProcess, load::StepPlan};
use bench_stats::SplitMix64;

/// When the requests of a worker come, as offsets from the begin of the ramp: in rising order
/// and without an end, and the same for the workers that take over from one another. The
/// schedule is made before anything is sent, and is the same for the same plan, worker and
/// seed; those of all workers together come at the rate of the plan.
///
/// Constant arrivals of all workers are evenly spaced together: each worker's begin a share of
/// an interval later. Poisson arrivals of workers are independent, and so Poisson together
/// (the superposition of Poisson processes): gaps are `-ln(1-u) / rate of the worker`. None
/// come at a rate of 0.
///
/// ```
/// use bench_core::{config::ArrivalProcess, load::StepPlan};
/// use bench_load::arrivals;
/// let plan = StepPlan {
///     step: 1, level: 4.0, workers: 2, start_at: "2026-03-04T05:06:07Z".parse()?,
///     ramp_s: 1, step_s: 10, part_s: None,
/// };
/// let millis = |worker| -> Vec<u128> {
///     let offsets = arrivals(ArrivalProcess::Constant, &plan, worker, 7);
///     offsets.take(3).map(|offset| offset.as_millis()).collect()
/// };
/// assert_eq!(millis(1), [0, 500, 1_000]);
/// assert_eq!(millis(2), [250, 750, 1_250]);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn arrivals(
    process: ArrivalProcess,
    plan: &StepPlan,
    worker: u32,
    seed: u64,
) -> impl Iterator<Item = Duration> + use<> {
    let rate = plan.level;
    let workers = plan.workers.max(1);
    let own_rate = plan.rate_of_worker();
    let share = plan.share_of(worker);
    let mut random = generator(seed, plan.step, share);
    let mut seconds = 0.0;
    (0_u32..).map_while(move |number| {
        let offset = match process {
            ArrivalProcess::Constant => {
                let place = f64::from(number) * f64::from(workers);
                (place + f64::from(share - 1)) / rate
            }
            ArrivalProcess::Poisson => {
                seconds += -(-random.unit()).ln_1p() / own_rate;
                seconds
            }
        };
        Duration::try_from_secs_f64(offset).ok()
    })
}

/// The generator of a worker: the numbers of its step and its own go through the generator
/// of the seed, so that neighboring ones have nothing in common.
fn generator(seed: u64, step: u32, worker: u32) -> SplitMix64 {
    [step, worker]
        .into_iter()
        .fold(SplitMix64::new(seed), |mut random, number| {
            SplitMix64::new(random.next_u64() ^ u64::from(number))
        })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan(level: f64, workers: u32) -> StepPlan {
        StepPlan {
            step: 3,
            level,
            workers,
            start_at: "2026-03-04T05:06:07Z".parse().unwrap(),
            ramp_s: 0,
            step_s: 1_000,
            part_s: None,
        }
    }

    /// All arrivals within 1,000 seconds, in order.
    fn together(process: ArrivalProcess, plan: &StepPlan) -> Vec<f64> {
        let mut all: Vec<f64> = (1..=plan.workers)
            .flat_map(|worker| {
                arrivals(process, plan, worker, 7)
                    .map(|offset| offset.as_secs_f64())
                    .take_while(|offset| *offset < 1_000.0)
            })
            .collect();
        all.sort_by(f64::total_cmp);
        all
    }

    #[test]
    fn constant_arrivals_of_workers_are_evenly_spaced_together() {
        let all = together(ArrivalProcess::Constant, &plan(8.0, 3));
        assert_eq!(all.len(), 8_000);
        let gaps = all.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.into_iter().all(|gap| (gap - 0.125).abs() < 1e-8));
    }

    #[test]
    fn poisson_arrivals_of_workers_are_poisson_together() {
        let all = together(ArrivalProcess::Poisson, &plan(20.0, 4));
        let n = all.len() as f64;
        assert!((n - 20_000.0).abs() < 4.0 * 20_000.0_f64.sqrt(), "{n}");
        // Gaps are exponential: their standard deviation is their mean, and a share of 1/e
        // is longer than it.
        let gaps: Vec<f64> = all.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let square = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
        let deviation = (square / gaps.len() as f64).sqrt();
        assert!(
            (deviation / mean - 1.0).abs() < 0.03,
            "{}",
            deviation / mean
        );
        let longer = gaps.iter().filter(|gap| **gap > mean).count() as f64;
        assert!((longer / n - (-1.0_f64).exp()).abs() < 0.01);
        // Counts of a second have the variance of their mean.
        let until = |second: u32| all.partition_point(|arrival| *arrival < f64::from(second));
        let counts: Vec<f64> = (0..1_000)
            .map(|second| (until(second + 1) - until(second)) as f64)
            .collect();
        let mean = counts.iter().sum::<f64>() / 1_000.0;
        let spread = counts
            .iter()
            .map(|count| (count - mean).powi(2))
            .sum::<f64>();
        assert!((spread / 1_000.0 / mean - 1.0).abs() < 0.15);
    }

    #[test]
    fn a_schedule_is_the_same_each_time_and_another_for_each_step_worker_and_seed() {
        let first = |step, worker, seed| {
            let plan = StepPlan {
                step,
                ..plan(5.0, 4)
            };
            let mut offsets = arrivals(ArrivalProcess::Poisson, &plan, worker, seed);
            offsets.next().unwrap()
        };
        assert_eq!(first(1, 1, 7), first(1, 1, 7));
        let mut all: Vec<Duration> = Vec::new();
        for step in 1..5 {
            for worker in 1..5 {
                for seed in 0..5 {
                    all.push(first(step, worker, seed));
                }
            }
        }
        all.sort();
        let drawn = all.len();
        all.dedup();
        assert_eq!(all.len(), drawn);
    }

    #[test]
    fn nothing_comes_at_a_rate_of_zero() {
        for process in [ArrivalProcess::Constant, ArrivalProcess::Poisson] {
            assert_eq!(arrivals(process, &plan(0.0, 1), 1, 7).count(), 0);
        }
    }
}
