//! The size of a run, and the Lambda concurrency that it has for it, in the command's words.

use std::fmt;

use bench_core::workflow::{MAX_HISTORY_EVENTS, MAX_STATE_BYTES, MAX_WORK_BYTES, RunSize};
use bench_cost::{Range, RunEstimate};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::ranges;

/// The Lambda concurrency that a run needs, beside what its account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capacity {
    /// Invokers at the same time.
    pub needed: u32,
    /// Invocations that the account may have at a time, of all functions without a reservation.
    pub available: u32,
    /// Seconds of the run if that many invokers measure its targets, none of them for others.
    pub seconds: Range,
    /// Seconds of the run with all the invokers it needs.
    pub unlimited_seconds: Range,
}

impl Capacity {
    /// The capacity for a run of that size.
    ///
    /// A run takes as long as its slowest target, and no less than all its calls take, one
    /// after another at each of the invokers that there are.
    #[must_use]
    pub fn of(size: &RunSize, estimate: &RunEstimate, available: u32) -> Self {
        let needed = size.concurrency;
        let work = |seconds: fn(Range) -> Decimal| {
            let targets = estimate.targets.iter();
            let work: Decimal = targets
                .map(|target| {
                    let own = size.targets.iter();
                    let own = own.filter(|size| size.target_id == target.target_id);
                    let workers: u32 = own.map(|size| size.concurrency).sum();
                    seconds(target.seconds) * Decimal::from(workers)
                })
                .sum();
            (work / Decimal::from(available.max(1)))
                .round_dp(3)
                .normalize()
        };
        let unlimited = estimate.seconds;
        let seconds = if needed <= available {
            unlimited
        } else {
            Range {
                low: unlimited.low.max(work(|seconds| seconds.low)),
                high: unlimited.high.max(work(|seconds| seconds.high)),
            }
        };
        Self {
            needed,
            available,
            seconds,
            unlimited_seconds: unlimited,
        }
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            needed, available, ..
        } = self;
        write!(
            f,
            "Lambda concurrency: {needed} needed, {available} available in the account and Region"
        )?;
        if needed <= available {
            return Ok(());
        }
        write!(
            f,
            "\nwarning: invokers are throttled and wait for each other: the run takes {} instead of \
             {}, and longer while other functions run; request more `Concurrent executions` of \
             Lambda in Service Quotas, or lower the `concurrency` of targets",
            ranges::time(self.seconds),
            ranges::time(self.unlimited_seconds),
        )
    }
}

/// The size of a run for people.
#[must_use]
pub fn size_text(size: &RunSize) -> String {
    let chunks: u32 = size.targets.iter().map(|target| target.chunks).sum();
    let prompts = size.targets.iter().map(|target| target.chunk_prompts).max();
    let too_large = if size.max_state_bytes > MAX_WORK_BYTES {
        format!(
            "\nwarning: more than {} KB in a state are refused, and this run may have more; lower \
             `dataset.prompts`, or measure some of the targets in a run of their own",
            MAX_WORK_BYTES / 1_024
        )
    } else {
        String::new()
    };
    format!(
        "Lambda: {} invocations, at most {} at a time\n\
         Step Functions: {chunks} {} of at most {} prompts; at most {} of {MAX_HISTORY_EVENTS} \
         events in a history, and {} of {} KB in a state{too_large}",
        ranges::between(
            size.min_invocations.to_string(),
            &size.max_invocations.to_string()
        ),
        size.concurrency,
        if chunks == 1 { "chunk" } else { "chunks" },
        prompts.unwrap_or(0),
        size.max_events,
        size.max_state_bytes.div_ceil(1_024),
        MAX_STATE_BYTES / 1_024,
    )
}

#[cfg(test)]
mod tests {
    use bench_core::config::{Overrides, RunConfig, from_toml};

    use super::*;

    fn config(targets: u32, concurrency: u32) -> RunConfig {
        let target = |number| {
            format!(
                "[[targets]]\nid = \"t{number}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
                 request = \"tgi\"\nmax_attempts = 1\nconcurrency = {concurrency}\n"
            )
        };
        let targets: String = (0..targets).map(target).collect();
        let text = format!(
            "name = \"x\"\ndataset = {{ source = \"gsm8k\", prompts = 1319 }}\n\
             method = {{ warmup = 3, repetitions = 5, timeout_s = 400 }}\n{targets}"
        );
        from_toml(&text, &Overrides::default()).unwrap()
    }

    fn estimate(config: &RunConfig, low: u32, high: u32) -> RunEstimate {
        let range = Range {
            low: low.into(),
            high: high.into(),
        };
        let target = |id| bench_cost::Estimate {
            target_id: id,
            calls: range,
            seconds: range,
            cost: None,
            reason: None,
            basis: bench_cost::Basis::Limits {
                min_tokens: 1,
                max_tokens: 2,
                timeout_s: 3,
            },
        };
        let ids = config.targets.iter().map(|target| target.id.clone());
        RunEstimate::of(ids.map(target).collect())
    }

    #[test]
    fn a_run_with_all_the_concurrency_it_needs_takes_its_time() {
        let config = config(4, 2);
        let size = RunSize::of(&config).unwrap();
        let capacity = Capacity::of(&size, &estimate(&config, 3_600, 7_200), 1_000);
        assert_eq!((capacity.needed, capacity.available), (8, 1_000));
        assert_eq!(capacity.seconds, capacity.unlimited_seconds);
        assert!(!capacity.to_string().contains("warning"), "{capacity}");
    }

    #[test]
    fn a_run_in_a_new_account_takes_the_time_of_ten_invokers() {
        let config = config(4, 10);
        let size = RunSize::of(&config).unwrap();
        // 4 targets of 10 invokers for an hour: 40 hours of work, ten at a time.
        let capacity = Capacity::of(&size, &estimate(&config, 3_600, 7_200), 10);
        assert_eq!(capacity.seconds.low, Decimal::from(4 * 3_600));
        assert_eq!(capacity.seconds.high, Decimal::from(4 * 7_200));
        let text = capacity.to_string();
        assert!(
            text.contains("40 needed, 10 available")
                && text.contains("takes 4 h to 8 h instead of 1 h to 2 h"),
            "{text}"
        );
    }

    #[test]
    fn the_size_names_each_limit_that_it_is_held_against() {
        let text = size_text(&RunSize::of(&config(4, 2)).unwrap());
        for part in [
            "Lambda: 5280 to 21348 invocations, at most 8 at a time",
            "32 chunks of at most 165 prompts",
            "13206 of 25000 events",
            "of 256 KB in a state",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("warning"), "{text}");
        let mut large = config(40, 1);
        large.dataset.prompts = 2_000;
        let text = size_text(&RunSize::of(&large).unwrap());
        assert!(text.contains("warning: more than 252 KB"), "{text}");
    }
}
