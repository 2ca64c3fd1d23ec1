//! Runs of values that no service should give: no report says what they do not support.

use std::collections::BTreeMap;

use bench_core::{
    config::{self, Overrides, Pricing},
    plan::Plan,
    sample::{Outcome, Phase, Sample, SampleKey},
};
use bench_stats::SplitMix64;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    degenerate::whole,
    making::{call, plan_with},
};

const PRICES: &str = include_str!("../../../../infra/prices.toml");

const PRICINGS: [&str; 7] = [
    "",
    r#"pricing = { kind = "free" }"#,
    r#"pricing = { kind = "hourly", sku = "ec2:inf2.8xlarge", instances = 2 }"#,
    r#"pricing = { kind = "mixed", sku = "ec2:g6.8xlarge", token_sku = "bedrock:deepseek.v3.2" }"#,
    r#"pricing = { kind = "tokens", sku = "bedrock:deepseek.v3.2" }"#,
    r#"pricing = { kind = "tokens", sku = "a:b", currency = "EUR", prices = { "1K input tokens" = "0.001", "1K output tokens" = "0.002" } }"#,
    r#"pricing = { kind = "tokens", sku = "a:b", prices = { "1K input tokens" = "0.000000000001", "1K output tokens" = "999999" } }"#,
];

const OUTCOMES: [Outcome; 8] = [
    Outcome::Ok,
    Outcome::Ok,
    Outcome::Throttled,
    Outcome::Timeout,
    Outcome::StreamBroken,
    Outcome::Interrupted,
    Outcome::Budget,
    Outcome::ServerError,
];

const HEADS: [&str; 4] = [
    "",
    "requests_per_hour = 100\nlimits = { latency_ms = 1000, tpot_ms = 5 }",
    "load = { steps = [1, 2], step_s = 10, ramp_s = 0, objective = { ttft_p95_ms = 100 } }",
    "load = { arrival = \"open\", steps = [0.5, 1], step_s = 10, ramp_s = 1, search = false }",
];

/// How a target is paid for by that line of its configuration.
fn pricing(line: &str) -> Option<Pricing> {
    let text = format!(
        "name = \"x\"\n[[targets]]\nid = \"x\"\nkind = \"http\"\nurl = \"http://x\"\n\
         request = \"tgi\"\n{line}"
    );
    let config = config::from_toml(&text, &Overrides::default()).unwrap();
    config.targets[0].pricing.clone()
}

struct Draw(SplitMix64);

impl Draw {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.below(of.len())]
    }

    fn number(&mut self) -> u64 {
        let small = self.0.below(3_000_000) as u64;
        self.one(&[
            0,
            0,
            1,
            2,
            1_000,
            1_000,
            1_000_000,
            small,
            small,
            1 << 52,
            u64::MAX,
        ])
    }

    fn perhaps(&mut self) -> Option<u64> {
        let number = self.number();
        self.one(&[None, Some(number), Some(7)])
    }

    fn sample(&mut self, target: &str, prompts: u32, start: Timestamp) -> Sample {
        let prompt = self.one(&[0, prompts - 1]);
        let repetition = self.one(&[1, 1, 2, 3]);
        let latency_us = self.number();
        let started_at = match self.one(&[-1, 0, 1, 2, 3, 5, 8]) {
            -1 => start - SignedDuration::from_hours(1),
            0 => Timestamp::UNIX_EPOCH,
            seconds => start + SignedDuration::from_secs(seconds),
        };
        let step = self.one(&[0, 0, 1, 2]);
        let sample = Sample {
            outcome: self.one(&OUTCOMES),
            phase: self.one(&[
                Phase::Measured,
                Phase::Measured,
                Phase::Warmup,
                Phase::Probe,
            ]),
            attempt: self.one(&[1, 1, 2]),
            started_at,
            ttft_us: self.perhaps(),
            ttfo_us: self.perhaps(),
            last_token_us: self.perhaps(),
            server_latency_us: self.perhaps(),
            max_gap_us: self.perhaps(),
            input_tokens: self.perhaps(),
            output_tokens: self.perhaps(),
            cached_input_tokens: self.perhaps(),
            reasoning_tokens: self.perhaps(),
            first_piece_tokens: self.perhaps(),
            prompt_chars: self.perhaps(),
            response_chars: self.perhaps(),
            stall_us: self.perhaps(),
            connect_us: self.perhaps(),
            correct: self.one(&[None, Some(true), Some(false)]),
            ..call(target, prompt, repetition, latency_us)
        };
        if step == 0 || sample.phase == Phase::Probe {
            return sample;
        }
        Sample {
            step,
            worker: self.one(&[1, 2]),
            level: Some(f64::from(step) / 2.0),
            workers: Some(2),
            window_at: Some(start),
            intended_at: self.one(&[None, Some(started_at)]),
            queued_us: self.perhaps(),
            ..sample
        }
    }

    fn run(&mut self) -> (Plan, Vec<Sample>) {
        let ids: &[&str] = self.one(&[&["a"], &["a", "b"], &["a", "b", "c"]]);
        let prompts = self.one(&[1, 2, 7]);
        let mut plan = plan_with(ids, prompts, 3, self.one(&HEADS));
        plan.prices = Some(bench_cost::read_catalog(PRICES).unwrap());
        plan.config.simulation.time_scale = self.one(&[0.01, 1.0, 400.0]);
        for target in &mut plan.config.targets {
            target.pricing = pricing(self.one(&PRICINGS));
            target.simulated = self.0.below(3) == 0;
            target.concurrency = self.one(&[1, 4]);
        }
        let start = plan.created_at;
        let count = self.one(&[0, 1, 2, 5, 40]);
        let samples = (0..count).map(|_| {
            let target = self.one(ids);
            self.sample(target, prompts, start)
        });
        // The table has one sample of a call.
        let samples: BTreeMap<SampleKey, Sample> =
            samples.map(|sample| (sample.key(), sample)).collect();
        (plan, samples.into_values().collect())
    }
}

/// Every value is within its interval, every interval is one, and no time is below 0.
fn assert_intervals(path: &str, value: &Value) {
    if let Value::Array(items) = value {
        for item in items {
            assert_intervals(path, item);
        }
    }
    let Value::Object(fields) = value else {
        return;
    };
    let number = |name: &str| fields.get(name).and_then(Value::as_f64);
    let (low, high) = (number("low"), number("high"));
    assert!(
        !low.zip(high).is_some_and(|(low, high)| low > high),
        "{path}: {value}"
    );
    let interval = fields.get("interval");
    let limit = |name: &str| interval.and_then(|interval| interval[name].as_f64());
    if let Some(found) = number("value") {
        let close = 1e-9 * found.abs();
        assert!(
            limit("low").is_none_or(|low| low <= found + close),
            "{path}: {value}"
        );
        assert!(
            limit("high").is_none_or(|high| found <= high + close),
            "{path}: {value}"
        );
        let is_time = path.contains("_ms") || path.contains("latency") || path.contains("ttft");
        let is_signed = path.contains("intercept") || path.contains("covariance");
        assert!(!is_time || is_signed || found >= 0.0, "{path}: {value}");
        assert!(
            limit("low").is_none_or(|low| !is_time || low >= 0.0),
            "{path}: {value}"
        );
    }
    for (name, field) in fields {
        assert_intervals(&format!("{path}.{name}"), field);
    }
}

#[test]
fn no_report_of_absurd_samples_contradicts_itself() {
    for seed in 0..300 {
        let mut draw = Draw(SplitMix64::new(seed));
        let (plan, mut samples) = draw.run();
        let (report, files) = whole(&plan, &samples);
        let json: Value = serde_json::from_str(&files[0].1).unwrap();
        assert_intervals(&format!("seed {seed}"), &json);
        draw.0.shuffle(&mut samples);
        assert!(
            bench_report::build(&plan, &samples) == report,
            "seed {seed}: order matters"
        );
    }
}
