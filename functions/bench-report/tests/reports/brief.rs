//! Runs of many targets: what a terminal prints of them, and no sentence that nobody reads.

use std::fmt::Write as _;

use bench_core::{
    dataset,
    plan::{DatasetRecord, Plan},
    sample::{Outcome, Sample},
    task::Task,
};
use bench_report::{Report, build, summary_sentences};

use crate::calls::{call, failure, planned};

const PROMPTS: u32 = 20;

/// A run on so many targets, each a tenth of a second slower and more expensive than the one before.
/// The last one has no price, and the calls to the last but one fail.
fn run(targets: u32) -> (Plan, Vec<Sample>) {
    let mut text = format!(
        "name = \"many\"\ndataset = {{ source = \"builtin\", prompts = {PROMPTS} }}\n\
         method = {{ warmup = 0, repetitions = 2 }}\n"
    );
    let mut samples = Vec::new();
    for target in 0..targets {
        let id = format!("t{target:02}");
        let _ = writeln!(
            text,
            "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
             request = \"openai-chat\""
        );
        if target + 1 < targets {
            let _ = writeln!(
                text,
                "pricing = {{ kind = \"tokens\", sku = \"bedrock:{id}\", prices = {{ \
                 \"1K input tokens\" = \"0.001\", \"1K output tokens\" = \"0.{:03}\" }} }}",
                target + 2
            );
        }
        for prompt in 0..PROMPTS {
            for repetition in 1..=2 {
                let latency = 1_000_000 + target * 100_000 + prompt * 7_000 + repetition * 900;
                samples.push(if target + 2 == targets {
                    failure(&id, prompt, repetition, Outcome::ServerError)
                } else {
                    call(&id, prompt, repetition, latency.into())
                });
            }
        }
    }
    let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
    let prompts = dataset::first("builtin", &problems, PROMPTS).unwrap();
    let record = DatasetRecord {
        label: "builtin".into(),
        sha256: problems.sha256.clone(),
        problems: problems.prompts.len(),
        task: Task::Gsm8k,
    };
    (planned(&text, record, prompts), samples)
}

pub(crate) fn report(targets: u32) -> Report {
    let (plan, samples) = run(targets);
    build(&plan, &samples)
}

#[test]
fn forty_targets_have_at_most_five_sentences_that_name_a_few_of_them() {
    let said = summary_sentences(&report(40));
    assert!(said.len() <= 5, "{said:#?}");
    for sentence in &said {
        assert!(sentence.len() < 300, "{sentence}");
        assert_eq!(sentence.matches(". ").count(), 0, "{sentence}");
    }
    for (place, start) in [
        (0, "Fastest was t00: faster than t01, the closest, by "),
        (1, "Cheapest was t00 at $0.00"),
        (2, "100 % ["),
        (
            3,
            "All 1600 measured calls were made, and 40 failed: those to t38; 1 target never \
             answered: t38",
        ),
    ] {
        let said = said[place].replace('\u{a0}', " ");
        assert!(said.starts_with(start), "{said}");
    }
    let without = "; 2 of 40 targets without a cost per correct answer.";
    assert!(said[1].ends_with(without), "{said:#?}");
}

#[test]
fn no_sentence_of_the_answer_names_all_of_forty_targets() {
    for answer in report(40).answer {
        assert!(answer.sentence.len() < 1_000, "{}", answer.sentence);
        let names = answer.sentence.matches(" t").count();
        assert!(names < 30, "{}", answer.sentence);
    }
}

#[test]
fn few_targets_have_every_sentence_of_the_answer_once() {
    let report = report(3);
    let said = summary_sentences(&report);
    for answer in &report.answer {
        let times = said.iter().filter(|said| **said == answer.sentence);
        assert_eq!(times.count(), 1, "{said:#?}");
    }
    let total = said
        .iter()
        .filter(|said| said.contains("total cost of this run"));
    assert_eq!(total.count(), 1, "{said:#?}");
    let without = said
        .iter()
        .filter(|said| said.contains("declares no `pricing`"));
    assert_eq!(without.count(), 1, "{said:#?}");
}
