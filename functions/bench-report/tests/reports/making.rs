//! Plans and samples made for a test.

use std::fmt::Write as _;

use bench_core::{
    dataset::Prompt,
    plan::{DatasetRecord, Plan},
};
use bench_report::{Comparison, Report, WithSentence};

use crate::calls::planned;
pub(crate) use crate::calls::{call, failure};

/// A plan of real HTTP targets without warm-up.
pub(crate) fn plan(targets: &[&str], prompts: u32, repetitions: u32) -> Plan {
    plan_with(targets, prompts, repetitions, "")
}

/// The same with more of a configuration at the head, and of every target.
pub(crate) fn plan_with(targets: &[&str], prompts: u32, repetitions: u32, head: &str) -> Plan {
    let mut text = format!(
        "name = \"made\"\nmethod = {{ warmup = 0, repetitions = {repetitions}, timeout_s = 60 }}\n\
         dataset = {{ source = \"gsm8k\", prompts = {prompts} }}\n{head}\n"
    );
    for target in targets {
        let _ = write!(
            text,
            "[[targets]]\nid = \"{target}\"\nkind = \"http\"\nurl = \"http://{target}\"\n\
             request = \"tgi\"\nmodel_name = \"same\"\n"
        );
    }
    let dataset = DatasetRecord {
        label: "gsm8k/test".into(),
        sha256: "0".repeat(64),
        problems: 1_319,
        task: bench_core::task::Task::Gsm8k,
    };
    let prompts = (0..prompts)
        .map(|index| Prompt {
            id: format!("gsm8k/test/{index}").into(),
            index,
            question: format!("Question {index}?"),
            expected_answer: Some("18".into()),
            ..Prompt::default()
        })
        .collect();
    planned(&text, dataset, prompts)
}

/// The comparison of two targets.
pub(crate) fn comparison<'a>(
    report: &'a Report,
    first: &str,
    second: &str,
) -> &'a WithSentence<Comparison> {
    report
        .comparisons
        .iter()
        .find(|comparison| comparison.first == first && comparison.second == second)
        .unwrap()
}
