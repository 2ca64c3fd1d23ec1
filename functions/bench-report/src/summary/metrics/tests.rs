use std::collections::HashSet;

use super::*;
use crate::{build, fixture};

#[test]
fn no_two_metrics_and_no_two_columns_have_one_name() {
    let keys: HashSet<&str> = METRICS.iter().map(|metric| metric.key).collect();
    let labels: HashSet<&str> = METRICS.iter().map(|metric| metric.label).collect();
    assert_eq!((keys.len(), labels.len()), (METRICS.len(), METRICS.len()));
    for medium in [Medium::Csv, Medium::Tokens, Medium::Dashboard] {
        let names: Vec<String> = columns(medium).map(|column| column.name()).collect();
        let distinct: HashSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }
}

#[test]
fn what_the_dashboard_shows_is_in_the_table_under_the_same_name() {
    let csv: HashSet<String> = columns(Medium::Csv).map(|column| column.name()).collect();
    for medium in [Medium::Tokens, Medium::Dashboard] {
        for column in columns(medium) {
            assert!(csv.contains(&column.name()), "{}", column.name());
        }
    }
}

#[test]
fn a_column_reads_the_figure_that_it_names() {
    let (plan, samples) = fixture::run();
    let report = build(&plan, &samples);
    let target = &report.targets[0];
    let value = |name: &str| {
        let column = columns(Medium::Csv).find(|column| column.name() == name);
        column.unwrap().value(target)
    };
    let latency = &target.timings.latency;
    assert_eq!(value("latency_mean_ms"), latency.mean.value());
    assert_eq!(value("success_rate_low"), target.success.low());
    assert_eq!(value("latency_within_cv"), latency.within_cv.value());
}
