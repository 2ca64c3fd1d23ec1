//! The same report again, from `samples.jsonl`.

use bench_core::{
    dataset::Problems,
    plan::Plan,
    sample::{Outcome, Phase, Sample},
};
use bench_report::{
    Answer, Report, Warning, artifacts, build,
    rebuild::{Rebuild, RebuildError, Rebuilt},
};

use bench_cost::CostReason;
use bench_stats::Unavailable;

use crate::making::{call, failure, plan, plan_with};

fn run() -> (Plan, Vec<Sample>) {
    let plan = plan(&["a", "b"], 4, 3);
    let mut samples = Vec::new();
    for target in ["a", "b"] {
        for prompt in 0..4 {
            for repetition in 1..=3 {
                let latency = 1_000_000 + u64::from(prompt * 100 + repetition) * 1_000;
                samples.push(call(target, prompt, repetition, latency));
            }
        }
    }
    samples[5] = failure("a", 1, 3, Outcome::Timeout);
    let mut probe = call("a", 0, 1, 5_000);
    probe.phase = Phase::Probe;
    probe.prompt_id = "probe".into();
    samples.push(probe);
    (plan, samples)
}

fn lines(samples: &[Sample]) -> String {
    let line = |sample| serde_json::to_string(sample).unwrap() + "\n";
    samples.iter().map(line).collect()
}

fn read(mut rebuild: Rebuild, files: &[(&str, &str)]) -> Result<Rebuilt, RebuildError> {
    for (name, text) in files {
        rebuild.read(name, text.as_bytes(), |_| ())?;
    }
    rebuild.finish()
}

fn fault(rebuild: Rebuild, text: &str) -> String {
    read(rebuild, &[("f.jsonl", text)]).unwrap_err().to_string()
}

#[test]
fn a_line_is_read_as_it_was_written() {
    let (_, samples) = run();
    for sample in samples {
        let line = serde_json::to_string(&sample).unwrap();
        assert_eq!(Sample::from_line(&line).unwrap(), sample);
        assert_eq!(serde_json::from_str::<Sample>(&line).unwrap(), sample);
    }
}

#[test]
fn with_its_plan_a_run_gives_the_very_report_it_had() {
    let (plan, samples) = run();
    let report = build(&plan, &samples);
    let jsonl = artifacts(&report, &samples).pop().unwrap();
    assert_eq!(jsonl.name, "samples.jsonl");
    let text = String::from_utf8(jsonl.body).unwrap();
    let mut kept = Vec::new();
    let mut rebuild = Rebuild::with_plan(plan.clone());
    rebuild
        .read("samples.jsonl", text.as_bytes(), |sample| kept.push(sample))
        .unwrap();
    let again = rebuild.finish().unwrap();
    assert_eq!(again.plan, plan);
    assert_eq!(again.report, report);
    assert_eq!(kept.len(), samples.len());
}

#[test]
fn without_its_plan_a_run_gives_the_same_figures_and_questions_where_the_dataset_is() {
    let (plan, samples) = run();
    let expected = build(&plan, &samples);
    let text = lines(&samples);
    let bare = Rebuild::without_plan(plan.config.clone(), None);
    let found = read(bare, &[("s.jsonl", &text)]).unwrap().report;
    assert_eq!(found.targets, expected.targets);
    assert_eq!(found.comparisons, expected.comparisons);
    assert_eq!(found.run.run_id, "made-1");
    assert_eq!(
        (&found.prompts[2].question, &found.run.dataset.sha256),
        (&None, &None)
    );
    assert_eq!(found.prompts[2].expected_answer.as_deref(), Some("18"));
    let page = artifacts(&found, &samples);
    assert!(
        String::from_utf8_lossy(&page[1].body).contains("The text of the prompt is not available")
    );
    let problems = Problems {
        task: bench_core::task::Task::Gsm8k,
        sha256: "0".repeat(64),
        prompts: plan.prompts.clone(),
    };
    let informed = Rebuild::without_plan(plan.config.clone(), Some(problems));
    let found = read(informed, &[("s.jsonl", &text)]).unwrap().report;
    assert_eq!(found.prompts, expected.prompts);
    assert_eq!(found.run.dataset.problems, Some(4));
}

#[test]
fn answers_are_graded_again_by_the_text_and_the_dataset() {
    let (plan, mut samples) = run();
    for sample in &mut samples {
        sample.correct = Some(false);
        sample.answer = Some("wrong".into());
        sample.expected_answer = Some("17".into());
    }
    samples[0].response_text = None;
    let mut graded = Vec::new();
    let mut rebuild = Rebuild::with_plan(plan);
    rebuild
        .read("s", lines(&samples).as_bytes(), |sample| {
            graded.push(sample);
        })
        .unwrap();
    let report = rebuild.finish().unwrap().report;
    assert_eq!(report.targets[1].accuracy.rate.value(), Some(1.0));
    assert_eq!(report.targets[0].accuracy.correct, 10);
    assert_eq!(graded[1].answer.as_deref(), Some("18"));
    assert_eq!(graded[1].expected_answer.as_deref(), Some("18"));
    assert_eq!(graded[0].answer.as_deref(), Some("wrong"));
}

#[test]
fn several_runs_are_pooled() {
    let (plan, samples) = run();
    let mut other = samples.clone();
    for sample in &mut other {
        sample.run_id = "made-2".parse().unwrap();
        sample.latency_us += 1_000;
    }
    let (first, second) = (lines(&samples), lines(&other));
    let files = [("1.jsonl", first.as_str()), ("2.jsonl", second.as_str())];
    let pooled = read(Rebuild::without_plan(plan.config, None), &files)
        .unwrap()
        .report;
    assert_eq!(pooled.run.runs, ["made-1", "made-2"]);
    assert_eq!(pooled.run.run_id, "made-1_and_made-2");
    assert_eq!(
        (
            pooled.targets[1].timings.latency.n,
            pooled.targets[1].calls.planned
        ),
        (24, 24)
    );
    assert_eq!(pooled.targets[1].timings.latency.prompts, 4);
}

#[test]
fn a_run_with_less_than_its_configuration_is_reported_as_it_was() {
    let config = plan_with(&["a", "b", "c"], 20, 5, "").config;
    let (_, samples) = run();
    let report = read(
        Rebuild::without_plan(config, None),
        &[("s", &lines(&samples))],
    )
    .unwrap();
    let report = report.report;
    assert!(report.run.complete, "{:?}", report.run.incomplete_reasons);
    assert_eq!((report.run.prompts, report.targets.len()), (4, 2));
    let differs = |field: &str, configured, found| Warning::ConfigurationDiffers {
        field: field.into(),
        configured,
        found,
    };
    for expected in [
        differs("dataset.prompts", 20, 4),
        differs("method.repetitions", 5, 3),
        Warning::TargetsWithoutSamples {
            target_ids: vec!["c".parse().unwrap()],
        },
    ] {
        let mut warnings = report.warnings.iter();
        assert!(
            warnings.any(|found| found.finding == expected),
            "{expected:?}"
        );
    }
}

#[test]
fn a_malformed_line_is_refused_with_its_file_and_number() {
    let (plan, samples) = run();
    let good = lines(&samples[..2]);
    let begin = || Rebuild::with_plan(plan.clone());
    let cut = format!("{good}\n{{\"run_id\": \"x\"");
    let said = fault(begin(), &cut);
    assert!(
        said.starts_with("line 4 of `f.jsonl` is not a sample: EOF"),
        "{said}"
    );
    assert!(said.ends_with("at column 14"), "{said}");
    let missing = lines(&samples[..1]).replace("\"latency_us\":1001000,", "");
    assert_eq!(
        fault(begin(), &missing),
        "line 1 of `f.jsonl` has no `latency_us`; every line needs `target_id`, `prompt_id`, \
         `outcome`, `latency_us`"
    );
    let cases = [
        (
            "\"target_id\":\"a\"",
            "\"target_id\":\"z\"",
            "is of target `z`",
        ),
        (
            "\"latency_us\":1001000",
            "\"latency_us\":-5",
            "is not a sample: invalid value",
        ),
        (
            "\"prompt_index\":0",
            "\"prompt_index\":3",
            "is of prompt `gsm8k/test/0`, where others",
        ),
        (
            "\"prompt_index\":0",
            "\"prompt_index\":4000000000",
            "expected less than 2000",
        ),
        (
            "\"prompt_index\":0",
            "\"prompt_index\":7",
            "which the plan does not have",
        ),
        ("\"repetition\":1", "\"repetition\":0", "expected from 1"),
        (
            "\"outcome\":\"ok\"",
            "\"outcome\":\"fine\"",
            "unknown variant `fine`",
        ),
    ];
    for (old, new, expected) in cases {
        let line = lines(&samples[..1]);
        assert!(line.contains(old), "{line}");
        let said = fault(begin(), &line.replace(old, new));
        assert!(
            said.contains(expected) && said.starts_with("line 1 of"),
            "{said}"
        );
    }
    assert!(fault(begin(), "\u{0}\n").starts_with("line 1 of `f.jsonl` is not a sample"));
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_the_line_and_the_remedy() {
    let (plan, samples) = run();
    let refused = |bytes: &[u8]| {
        let mut rebuild = Rebuild::with_plan(plan.clone());
        rebuild.read("f", bytes, |_| ()).unwrap_err().to_string()
    };
    let second = [lines(&samples[..1]).as_bytes(), b"{\xff}\n"].concat();
    assert_eq!(
        refused(&second),
        "`f` is not in UTF-8: line 2 has the byte 0xFF at column 2; save it as UTF-8"
    );
    let utf16: Vec<u8> = format!("\u{feff}{}", lines(&samples))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        refused(&utf16),
        "`f` is in UTF-16, as its line 1 shows; save it as UTF-8"
    );
}

#[test]
fn a_byte_order_mark_before_the_samples_changes_nothing() {
    let (plan, samples) = run();
    let (bare, marked) = (lines(&samples), format!("\u{feff}{}", lines(&samples)));
    let report = |text: &str| {
        read(Rebuild::with_plan(plan.clone()), &[("s.jsonl", text)])
            .unwrap()
            .report
    };
    assert_eq!(report(&marked), report(&bare));
}

/// A line of another program.
fn external(target: &str, prompt: &str, more: &str) -> String {
    format!(
        "{{\"target_id\":\"{target}\",\"prompt_id\":\"{prompt}\",\"outcome\":\"ok\",\
         \"latency_us\":1000000{more}}}\n"
    )
}

fn read_kept(mut rebuild: Rebuild, text: &str) -> (Vec<Sample>, Result<Rebuilt, RebuildError>) {
    let mut kept = Vec::new();
    let outcome = rebuild.read("f.jsonl", text.as_bytes(), |sample| kept.push(sample));
    (kept, outcome.and_then(|()| rebuild.finish()))
}

#[test]
fn lines_of_another_program_are_counted_in_their_order() {
    let text = [
        external("a", "eggs", ""),
        external("a", "trains", ",\"run_id\":null"),
        external("b", "trains", ""),
        external("a", "eggs", ",\"phase\":\"warmup\""),
        external("a", "eggs", ""),
        external("a", "eggs", ",\"attempt\":2"),
        external("a", "eggs", ",\"run_id\":\"later\""),
    ]
    .concat();
    let (kept, rebuilt) = read_kept(Rebuild::external(), &text);
    let place = |s: &Sample| (s.prompt_index, s.phase, s.repetition, s.attempt);
    let found: Vec<_> = kept.iter().map(place).collect();
    let (warmup, measured) = (Phase::Warmup, Phase::Measured);
    assert_eq!(
        found,
        [
            (0, measured, 1, 1),
            (1, measured, 1, 1),
            (1, measured, 1, 1),
            (0, warmup, 1, 1),
            (0, measured, 2, 1),
            (0, measured, 2, 2),
            (0, measured, 1, 1),
        ]
    );
    assert!(kept.iter().all(|sample| sample.start().is_none()));
    let Rebuilt { plan, report } = rebuilt.unwrap();
    assert_eq!(report.run.runs, ["external", "later"]);
    assert_eq!(plan.prompts[1].id, "trains");
    assert_eq!((report.run.started_at, plan.deployment), (None, None));
    assert_eq!(report.cost_reason, Some(CostReason::NotConfigured));
}

#[test]
fn another_programs_prompts_are_those_of_the_plan_and_the_dataset() {
    let plan = plan(&["a"], 4, 3);
    let problems = Problems {
        task: bench_core::task::Task::Gsm8k,
        sha256: "0".repeat(64),
        prompts: plan.prompts.clone(),
    };
    let text = external("a", "gsm8k/test/2", ",\"response_text\":\"It is 18.\"");
    for rebuild in [
        Rebuild::with_plan(plan.clone()),
        Rebuild::without_plan(plan.config.clone(), Some(problems)),
    ] {
        let (kept, rebuilt) = read_kept(rebuild, &text);
        assert_eq!((kept[0].prompt_index, kept[0].correct), (2, Some(true)));
        assert_eq!(kept[0].response_chars, Some(9));
        assert_eq!(rebuilt.unwrap().report.targets[0].accuracy.graded, 1);
    }
    let said = fault(Rebuild::with_plan(plan), &external("a", "gsm8k/test/9", ""));
    assert!(said.ends_with("which the plan does not have"), "{said}");
}

#[test]
fn what_another_program_does_not_state_is_not_available_with_the_reason() {
    let text: String = (0..8)
        .map(|prompt| external("a", &prompt.to_string(), ",\"output_tokens\":9"))
        .collect();
    let (_, rebuilt) = read_kept(Rebuild::external(), &text);
    let report = rebuilt.unwrap().report;
    let target = &report.targets[0];
    assert_eq!(
        (target.kind.as_str(), target.address.as_str()),
        ("external", "")
    );
    let not_reported = Some(&Unavailable::NotReported);
    for figure in [
        &target.accuracy.rate,
        &target.accuracy.flexible.rate,
        &target.accuracy.strict.rate,
        &target.accuracy.of_attempts.rate,
        &target.mean_prompt_chars,
        &target.mean_response_chars,
    ] {
        assert_eq!(figure.reason(), not_reported);
    }
    assert_eq!(
        target.rates.system_output_tps.reason(),
        Some(&Unavailable::StartsNotKnown)
    );
    assert_eq!(target.calls.ok, 8);
    assert_eq!(target.timings.latency.mean.value(), Some(1_000.0));
}

#[test]
fn a_grade_of_another_program_counts_where_the_text_is_not_there() {
    let text = [
        external("a", "x", ",\"correct\":true"),
        external("a", "y", ",\"correct\":false"),
        external("a", "z", ""),
    ]
    .concat();
    let (_, rebuilt) = read_kept(Rebuild::external(), &text);
    let accuracy = &rebuilt.unwrap().report.targets[0].accuracy;
    assert_eq!((accuracy.correct, accuracy.graded), (1, 2));
    assert_eq!(accuracy.rate.value(), Some(0.5));
    assert_eq!(
        accuracy.strict.rate.reason(),
        Some(&Unavailable::NotReported)
    );
}

#[test]
fn a_target_that_is_paid_by_time_needs_to_know_when_calls_were_made() {
    let (mut plan, _) = run();
    plan.config.targets[0].pricing =
        serde_json::from_str(r#"{"kind": "hourly", "sku": "ec2:inf2.8xlarge"}"#).unwrap();
    let begin = || Rebuild::with_plan(plan.clone());
    let said = fault(begin(), &external("a", "gsm8k/test/0", ""));
    assert!(
        said.starts_with("line 1 of `f.jsonl` has no `started_at`"),
        "{said}"
    );
    let dated = external(
        "a",
        "gsm8k/test/0",
        ",\"started_at\":\"2026-01-02T03:04:05Z\"",
    );
    read(begin(), &[("f.jsonl", &dated)]).unwrap();
    let mut free = plan.clone();
    free.config.targets[0].pricing = serde_json::from_str(r#"{"kind": "free"}"#).unwrap();
    let undated = external("a", "gsm8k/test/0", "");
    read(Rebuild::with_plan(free), &[("f.jsonl", &undated)]).unwrap();
}

#[test]
fn no_sample_is_no_report() {
    let begun = Rebuild::with_plan(plan(&["a"], 1, 1));
    let outcome = read(begun, &[("f.jsonl", "\n\n")]);
    assert!(matches!(outcome, Err(RebuildError::Empty)), "{outcome:?}");
}

const PRICES: &str = include_str!("../../../../infra/prices.toml");

#[test]
fn other_prices_change_cost_figures_and_nothing_else() {
    let (mut plan, samples) = run();
    plan.prices = Some(bench_cost::read_catalog(PRICES).unwrap());
    for target in &mut plan.config.targets {
        target.pricing =
            serde_json::from_str(r#"{"kind": "hourly", "sku": "ec2:inf2.8xlarge"}"#).unwrap();
    }
    let text = lines(&samples);
    let files = [("s.jsonl", text.as_str())];
    let before = read(Rebuild::with_plan(plan.clone()), &files)
        .unwrap()
        .report;
    let more_expensive = bench_cost::read_catalog(&PRICES.replace("1.96786", "3.93572")).unwrap();
    let rebuild = Rebuild::with_plan(plan).with_prices(more_expensive);
    let after = read(rebuild, &files).unwrap().report;

    let per_request = |report: &Report| report.cost_of("a").unwrap().per_request.value().unwrap();
    let twice = per_request(&after).ratio(per_request(&before)).unwrap();
    assert_eq!(twice.round_dp(20).normalize().to_string(), "2");
    let without_cost = |mut report: Report| {
        report.cost.take().unwrap();
        report
            .answer
            .retain(|answer| !matches!(answer.finding, Answer::Cost(_)));
        report.use_cases.clear();
        serde_json::to_value(report).unwrap()
    };
    assert_eq!(without_cost(before), without_cost(after));
}

#[test]
fn a_run_keeps_the_prices_it_was_planned_with() {
    let (mut plan, samples) = run();
    plan.prices = Some(bench_cost::read_catalog(PRICES).unwrap());
    let stored = serde_json::to_string(&plan).unwrap();
    let plan: Plan = serde_json::from_str(&stored).unwrap();
    let expected = build(&plan, &samples);
    let text = lines(&samples);
    let found = read(Rebuild::with_plan(plan), &[("s.jsonl", &text)]).unwrap();
    assert_eq!(found.report.cost, expected.cost);
    assert!(found.report.cost.is_some());
}
