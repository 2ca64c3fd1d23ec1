//! Figures for the stack's dashboard, as lines of the log that `CloudWatch` makes
//! metrics of: its embedded metric format.
//!
//! Source: "Specification: Embedded metric format", Amazon `CloudWatch` User Guide.

use std::{
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use bench_report::{
    Report, TargetReport,
    metrics::{Medium, Unit, columns},
};
use serde_json::{Map, Value, json};
use tracing::warn;

/// Writes a line for each target. A report is worth more than its metrics: what
/// cannot be written is only warned of.
pub(crate) fn write(report: &Report, namespace: &str) {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since_1970.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(0));
    let mut stdout = io::stdout().lock();
    for line in lines(report, namespace, millis) {
        if let Err(error) = writeln!(stdout, "{line}") {
            warn!(%error, "metrics not written");
            return;
        }
    }
}

/// One line a target. Figures that the data cannot support are left out.
fn lines(report: &Report, namespace: &str, millis: u64) -> Vec<Value> {
    let of = |target| line(&report.run.name, target, namespace, millis);
    report.targets.iter().map(of).collect()
}

fn line(configuration: &str, target: &TargetReport, namespace: &str, millis: u64) -> Value {
    let mut line = Map::new();
    let mut metrics: Vec<Value> = Vec::new();
    for column in columns(Medium::Dashboard) {
        if let Some(value) = column.value(target) {
            metrics.push(json!({"Name": column.name(), "Unit": unit(column.unit())}));
            line.insert(column.name(), json!(value));
        }
    }
    line.insert("configuration".to_owned(), json!(configuration));
    line.insert("target".to_owned(), json!(target.id));
    // Lambda filters lines by their level.
    line.insert("level".to_owned(), json!("INFO"));
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": millis,
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [["configuration", "target"]],
                "Metrics": metrics,
            }],
        }),
    );
    Value::Object(line)
}

/// A unit as `CloudWatch` spells it.
const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Ms => "Milliseconds",
        Unit::Share | Unit::Number => "None",
        Unit::Count => "Count",
        Unit::PerSecond => "Count/Second",
    }
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::{self, Overrides},
        dataset,
        plan::{DatasetRecord, Plan, SCHEMA_VERSION},
        sample::{Outcome, Phase, Sample, SampleKey},
    };

    use super::*;

    const CONFIG: &str = "name = \"nightly\"\nmethod = { warmup = 0, repetitions = 1 }\n\
                          dataset = { source = \"builtin\", prompts = 1 }\n\
                          [[targets]]\nid = \"good\"\nkind = \"http\"\nurl = \"http://a\"\nrequest = \"tgi\"\n\
                          [[targets]]\nid = \"silent\"\nkind = \"http\"\nurl = \"http://b\"\nrequest = \"tgi\"\n";

    fn report() -> Report {
        let config = config::from_toml(CONFIG, &Overrides::default()).unwrap();
        let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
        let plan = Plan {
            schema_version: SCHEMA_VERSION,
            run_id: "r".parse().unwrap(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            dataset: DatasetRecord {
                label: "builtin".into(),
                sha256: problems.sha256.clone(),
                problems: problems.prompts.len(),
                task: bench_core::task::Task::Gsm8k,
            },
            region: None,
            prices: None,
            deployment: None,
            prompts: dataset::first("builtin", &problems, 1).unwrap(),
            config,
        };
        let prompt = &plan.prompts[0];
        let sample = Sample {
            latency_us: 250_000,
            function_request_id: "q".into(),
            ..Sample::new(
                "r".parse().unwrap(),
                prompt.id.clone(),
                SampleKey {
                    target: "good".parse().unwrap(),
                    step: 0,
                    worker: 0,
                    prompt: prompt.index,
                    phase: Phase::Measured,
                    repetition: 1,
                    attempt: 1,
                },
                Outcome::Ok,
                jiff::Timestamp::UNIX_EPOCH,
            )
        };
        bench_report::build(&plan, &[sample])
    }

    #[test]
    fn every_metric_that_is_named_has_its_figure_and_its_dimensions() {
        let lines = lines(&report(), "hostbench/stack", 1_700_000_000_000);
        let line = &lines[0];
        assert_eq!(line["latency_mean_ms"], 250.0);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "hostbench/stack");
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string());
        }
        let named = directive["Metrics"].as_array().unwrap();
        assert!(named.len() >= 2);
        for metric in named {
            assert!(
                line[metric["Name"].as_str().unwrap()].is_number(),
                "{metric}"
            );
        }
    }

    #[test]
    fn the_dashboard_of_the_template_shows_metrics_that_are_written() {
        let template = include_str!("../../../infra/template.yaml");
        let shown: Vec<&str> = template
            .split("MetricName=\\\"")
            .skip(1)
            .filter_map(|rest| rest.split('\\').next())
            .collect();
        let written: Vec<String> = columns(Medium::Dashboard)
            .map(|column| column.name())
            .collect();
        assert!(shown.len() >= 4, "{shown:?}");
        for name in shown {
            assert!(written.iter().any(|metric| metric == name), "{name}");
        }
    }

    #[test]
    fn what_was_not_measured_is_no_metric() {
        let silent = &lines(&report(), "n", 0)[1];
        assert_eq!(silent["target"], "silent");
        assert_eq!(silent.get("latency_mean_ms"), None);
        let named = silent["_aws"]["CloudWatchMetrics"][0]["Metrics"].to_string();
        assert!(!named.contains("latency"), "{named}");
    }
}
