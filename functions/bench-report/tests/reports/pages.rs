//! Pages of real, ordinary and hardly possible runs, to be looked at and tested.

use std::{fs, path::PathBuf};

use bench_core::money::Catalog;
use bench_core::{
    config::{self, Overrides, Tier},
    plan::Plan,
    sample::{Outcome, Phase, Sample},
};
use bench_report::{Report, artifacts, build};
use bench_stats::SplitMix64;

use serde_json::json;

use crate::{
    making::{call, failure, plan},
    traces,
};

/// A run with all its files in a folder of its own.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) plan: Plan,
    pub(crate) samples: Vec<Sample>,
}

impl Page {
    pub(crate) fn report(&self) -> Report {
        build(&self.plan, &self.samples)
    }

    /// Writes the files of the report; the folder they are in.
    pub(crate) fn write(&self) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("pages")
            .join(self.name);
        fs::create_dir_all(&folder).unwrap();
        for file in artifacts(&self.report(), &self.samples) {
            fs::write(folder.join(file.name), file.body).unwrap();
        }
        let plan = serde_json::to_vec(&self.plan).unwrap();
        fs::write(folder.join("plan.json"), plan).unwrap();
        folder
    }
}

/// Every page that is looked at. The real traces are there where they are at hand.
pub(crate) fn all() -> Vec<Page> {
    let mut pages = vec![demo(), one_sample(), nothing_succeeded(), one_down()];
    if let Some((plan, samples)) = traces::samples() {
        pages.push(Page {
            name: "traces",
            plan,
            samples,
        });
    }
    pages
}

/// The demonstration's targets, prompts and calls, with times as published.
pub(crate) fn demo() -> Page {
    let text = include_str!("../../../../infra/configs/demo.toml");
    let mut plan = plan(&["a"], 20, 5);
    plan.config = config::from_toml(text, &Overrides::default()).unwrap();
    plan.run_id = "demo-20260601-000000-0a1b".parse().unwrap();
    plan.prices = Some(prices());
    let mut samples = Vec::new();
    let bases = [9_000, 7_000, 27_000, 45_000];
    for (target, base) in plan.config.targets.iter().zip(bases) {
        samples.extend(calls(&target.id, 20, (3, 5), base, 80));
    }
    samples[30] = failed(&samples[30], Outcome::Throttled);
    Page {
        name: "demo",
        plan,
        samples,
    }
}

fn prices() -> Catalog {
    bench_cost::read_catalog(include_str!("../../../../infra/prices.toml")).unwrap()
}

/// Calls of every phase; prompts differ in length, repetitions by so many per mille.
pub(crate) fn calls(
    target: &str,
    prompts: u32,
    (warmup, repetitions): (u32, u32),
    base_us: u64,
    noise: usize,
) -> Vec<Sample> {
    let mut random = SplitMix64::new(base_us + u64::from(prompts));
    let mut samples = Vec::new();
    let mut probe = call(target, 0, 1, base_us * 2);
    probe.phase = Phase::Probe;
    probe.prompt_id = "probe".into();
    samples.push(probe);
    for prompt in 0..prompts {
        for phase in [Phase::Warmup, Phase::Measured] {
            let count = if phase == Phase::Warmup {
                warmup
            } else {
                repetitions
            };
            for repetition in 1..=count {
                let length = 60 + u64::from(prompt * 37 % 97) * 6;
                let jitter = 1_000 - noise + random.below(2 * noise);
                let latency = base_us * length * (jitter as u64) / 300_000;
                let mut sample = call(target, prompt, repetition, latency);
                sample.phase = phase;
                sample.output_tokens = Some(length);
                sample.server_latency_us = Some(latency * 9 / 10);
                if random.below(12) == 0 {
                    sample.answer = Some("17".into());
                    sample.correct = Some(false);
                }
                samples.push(sample);
            }
        }
    }
    samples
}

fn failed(sample: &Sample, outcome: Outcome) -> Sample {
    let mut failed = failure(
        &sample.target_id,
        sample.prompt_index,
        sample.repetition,
        outcome,
    );
    failed.phase = sample.phase;
    failed
}

fn one_sample() -> Page {
    Page {
        name: "one-sample",
        plan: plan(&["only"], 1, 1),
        samples: vec![call("only", 0, 1, 1_500_000)],
    }
}

fn nothing_succeeded() -> Page {
    let samples = ["first", "second"].into_iter().flat_map(|target| {
        (0..6).flat_map(move |prompt| {
            (1..=2).map(move |repetition| failure(target, prompt, repetition, Outcome::Timeout))
        })
    });
    Page {
        name: "nothing-succeeded",
        plan: plan(&["first", "second"], 6, 2),
        samples: samples.collect(),
    }
}

/// Three targets answer; the fourth never gets ready.
fn one_down() -> Page {
    let targets = ["bedrock", "sagemaker", "inferentia", "down"];
    let mut plan = plan(&targets, 20, 3);
    plan.config.method.warmup = 1;
    plan.prices = Some(prices());
    let machines = ["g6.2xlarge", "ml.g6.2xlarge", "inf2.8xlarge", "g6.xlarge"];
    for (target, machine) in plan.config.targets.iter_mut().zip(machines) {
        let service = if machine.starts_with("ml.") {
            "sagemaker"
        } else {
            "ec2"
        };
        let pricing = json!({"kind": "hourly", "sku": format!("{service}:{machine}")});
        target.pricing = serde_json::from_value(pricing).unwrap();
        target.instance = Some(machine.to_owned());
        target.tier = Some(Tier::Medium);
    }
    let mut samples = Vec::new();
    for (target, base) in targets.into_iter().zip([2_000_000, 2_400_000, 2_410_000]) {
        samples.extend(calls(target, 20, (1, 3), base, 150));
    }
    for attempt in 1..=4 {
        let mut probe = failure("down", 0, 1, Outcome::NotReady);
        probe.phase = Phase::Probe;
        probe.prompt_id = "probe".into();
        probe.attempt = attempt;
        probe.error_message =
            Some("connection refused: nothing listens at http://down:8080".into());
        samples.push(probe);
    }
    Page {
        name: "one-down",
        plan,
        samples,
    }
}

#[test]
fn pages_are_small_enough_to_be_opened_anywhere() {
    for page in all() {
        let folder = page.write();
        let size = fs::metadata(folder.join("report.html")).unwrap().len();
        let most = if page.name == "traces" {
            5_000_000
        } else {
            1_000_000
        };
        assert!(size < most, "{}: {size} bytes", page.name);
    }
}

/// A run of so many targets and prompts whose responses are as long as they get,
/// and all of letters that are escaped.
fn longest(targets: &[&str], prompts: u32, repetitions: u32) -> usize {
    let plan = plan(targets, prompts, repetitions);
    let mut samples = Vec::new();
    for target in targets {
        samples.extend(calls(target, prompts, (0, repetitions), 900_000, 200));
    }
    for sample in &mut samples {
        sample.response_text = Some("<".repeat(4_000));
    }
    let files = artifacts(&build(&plan, &samples), &samples);
    let page = files.iter().find(|file| file.name == "report.html");
    page.unwrap().body.len()
}

#[test]
fn neither_eight_targets_nor_all_of_gsm8k_make_a_page_too_large() {
    let eight = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let size = longest(&eight, 20, 5);
    assert!(size < 1_000_000, "{size}");
    let size = longest(&eight[..4], 1_319, 1);
    assert!(size < 5_000_000, "{size}");
}
