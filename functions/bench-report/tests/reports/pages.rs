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
    load,
    making::{call, failure, plan},
    traces, ungraded,
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

/// Pages with much to show side by side: many targets, a load, no reference answers.
pub(crate) fn wide() -> Vec<Page> {
    let page = |name, (plan, samples)| Page {
        name,
        plan,
        samples,
    };
    vec![
        many("eight", 8),
        many("forty", 40),
        page(
            "load",
            load::run("ttft_p95_ms = 1_000, success_rate = 0.99"),
        ),
        page("ungraded", ungraded::run(0, "")),
    ]
}

/// A run of so many targets, named as in a comparison of instances, that are paid by the token
/// and by the hour in turn.
fn many(name: &'static str, targets: u32) -> Page {
    let ids: Vec<String> = (0..targets)
        .map(|target| format!("bedrock-import-deepseek-8b-{target}"))
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let samples = (0..).zip(&ids).flat_map(|(place, id)| {
        let base = 9_000_000 + 1_700_000 * place;
        calls(id, 20, (1, 3), base, 80)
    });
    let mut plan = plan(&ids, 20, 3);
    for (place, target) in (0..).zip(&mut plan.config.targets) {
        let amount = |amount: u32| json!({"amount": amount.to_string(), "currency": "USD"});
        let pricing = if place % 2 == 0 {
            json!({"kind": "tokens", "prices": {
                "1M input tokens": amount(1 + place), "1M output tokens": amount(4 + place),
            }})
        } else {
            let sku = format!("ec2:own-{place}");
            json!({"kind": "hourly", "sku": sku, "prices": {"hour": amount(1 + place)}})
        };
        target.pricing = serde_json::from_value(pricing).unwrap();
    }
    Page {
        name,
        plan,
        samples: samples.collect(),
    }
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
    samples.extend((1..=4).map(|attempt| not_ready("down", attempt)));
    Page {
        name: "one-down",
        plan,
        samples,
    }
}

/// A probe that no server answered.
pub(crate) fn not_ready(target: &str, attempt: u32) -> Sample {
    let mut probe = failure(target, 0, 1, Outcome::NotReady);
    probe.phase = Phase::Probe;
    probe.prompt_id = "probe".into();
    probe.attempt = attempt;
    probe.error_message = Some(format!(
        "connection refused: nothing listens at http://{target}:8080"
    ));
    probe
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

/// The text of a file of a report.
fn text_of(page: &Page, name: &str) -> String {
    let files = artifacts(&page.report(), &page.samples);
    let file = files.into_iter().find(|file| file.name == name);
    String::from_utf8(file.unwrap().body).unwrap()
}

/// In reading order; between latency and accuracy stands the load of a run that has one.
pub(crate) const SECTIONS: [&str; 9] = [
    "findings",
    "comparisons",
    "latency",
    "accuracy",
    "cost",
    "use-cases",
    "failures",
    "prompts",
    "method",
];

fn assert_in_order(text: &str, marks: &[&str]) {
    let places: Vec<usize> = marks
        .iter()
        .map(|mark| text.find(mark).unwrap_or_else(|| panic!("no {mark}")))
        .collect();
    assert!(places.is_sorted(), "{marks:?} at {places:?}");
}

#[test]
fn page_and_markdown_answer_first_and_end_with_definitions_and_prices() {
    let (plan, samples) = load::run("ttft_p95_ms = 1_000");
    let page = Page {
        name: "load",
        plan,
        samples,
    };
    let html = text_of(&page, "report.html");
    let mut ids = SECTIONS.to_vec();
    ids.insert(3, "load");
    let sections: Vec<_> = ids
        .iter()
        .map(|id| format!("<section id=\"{id}\""))
        .collect();
    assert_in_order(
        &html,
        &sections.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    assert_in_order(
        &html,
        &[
            "<h2 id=\"method-title\"",
            "<h3>Definitions</h3>",
            "<h3>Prices</h3>",
        ],
    );
    assert_in_order(
        &text_of(&page, "report.md"),
        &[
            "\n## Comparisons",
            "\n## Latency",
            "\n## Capacity and load",
            "\n## Cost",
            "\n## Use cases",
            "\n## Method",
            "\n### Prices",
        ],
    );
}

#[test]
fn a_column_of_the_page_says_its_unit_once() {
    let html = text_of(&one_down(), "report.html");
    let (_, key) = html.split_once("aria-label=\"Key figures\"").unwrap();
    let (head, _) = key.split_once("</thead>").unwrap();
    assert!(head.contains(">mean latency,\u{a0}s<"), "{head}");
    assert!(head.contains(">accuracy,\u{a0}%<"), "{head}");
}

#[test]
fn prices_of_an_hour_are_listed_where_a_target_is_paid_by_the_hour_or_the_unit() {
    let listed = |page: &Page| {
        let cost = page.report().cost.unwrap();
        let skus: Vec<String> = cost
            .prices
            .iter()
            .map(|used| used.price.sku.clone())
            .collect();
        (cost.hourly.sizes.len(), skus)
    };
    let mut page = one_down();
    let (sizes, skus) = listed(&page);
    assert!(sizes == 3 && skus.contains(&"ec2:g6.48xlarge".to_owned()));
    let tokens = r#"{"kind": "tokens", "sku": "bedrock:deepseek.r1-v1:0"}"#;
    for target in &mut page.plan.config.targets {
        target.pricing = serde_json::from_str(tokens).unwrap();
    }
    let (sizes, skus) = listed(&page);
    assert_eq!(sizes, 0);
    let hosting = ["ec2:", "sagemaker:", "bedrock:cmu"];
    let is_unused = |sku: &String| hosting.iter().any(|service| sku.starts_with(service));
    assert!(!skus.is_empty() && !skus.iter().any(is_unused), "{skus:?}");
    assert!(!text_of(&page, "report.html").contains("Hourly prices"));
}
