//! `summary.csv`, `samples.csv` and `samples.jsonl`.
//!
//! A spreadsheet runs a cell that begins like a formula, and cells hold what
//! models and servers wrote. Such a text is led by an apostrophe; numbers are
//! left as they are.

use std::collections::HashSet;

use csv::{QuoteStyle, Writer, WriterBuilder};

use crate::{
    model::{Report, TargetReport},
    render::{cost::csv as cost_csv, record::Record},
};
use bench_core::sample::Sample;

/// One row a target.
pub(crate) fn summary_csv(report: &Report) -> Vec<u8> {
    let header = [
        "run_id",
        "target_id",
        "kind",
        "request",
        "simulated",
        "prompts",
        "planned",
        "measured",
        "ok",
        "failed",
        "missing",
        "success_rate",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "min_ms",
        "max_ms",
        "stddev_ms",
        "ttft_mean_ms",
        "ttft_p50_ms",
        "ttfo_mean_ms",
        "ms_per_output_token",
        "mean_output_tokens",
        "mean_prompt_chars",
        "mean_response_chars",
        "correct",
        "graded",
        "accuracy",
        "truncated",
        "mean_low_ms",
        "mean_high_ms",
        "within_stddev_ms",
        "between_stddev_ms",
        "within_cv",
        "icc",
        "effective_n",
        "ms_per_token_slope",
        "intercept_ms",
        "r2",
        "tpot_p50_ms",
        "decode_tps",
        "system_output_tps",
        "success_low",
        "success_high",
        "accuracy_low",
        "accuracy_high",
        "strict_accuracy",
        "accuracy_of_attempts",
        "goodput",
    ];
    rows(
        &[&header[..], &cost_csv::COLUMNS].concat(),
        report.targets.iter().map(|target| {
            let mut row = summary_row(report, target);
            let cost = cost_csv::cells(report, &target.id);
            row.extend(cost.iter().map(|cell| text(cell)));
            row
        }),
    )
}

fn summary_row(report: &Report, target: &TargetReport) -> Vec<String> {
    let (latency, calls) = (&target.timings.latency, &target.calls);
    let mean = latency.mean.interval();
    let (line, goodput) = (target.regression.value(), target.goodput.as_ref());
    vec![
        text(&report.run.run_id),
        text(&target.id),
        text(&target.kind),
        text(&target.request),
        target.simulated.to_string(),
        report.run.prompts.to_string(),
        calls.planned.to_string(),
        calls.measured.to_string(),
        calls.ok.to_string(),
        calls.failed.to_string(),
        calls.missing.to_string(),
        number(target.success.rate.value()),
        number(latency.mean.value()),
        number(latency.p50.value()),
        number(latency.p90.value()),
        number(latency.p95.value()),
        number(latency.p99.value()),
        number(latency.min.value()),
        number(latency.max.value()),
        number(latency.stddev.value()),
        number(target.timings.ttft.mean.value()),
        number(target.timings.ttft.p50.value()),
        number(target.timings.ttfo.mean.value()),
        number(target.timings.latency_per_token.mean.value()),
        number(target.mean_output_tokens.value()),
        number(target.mean_prompt_chars.value()),
        number(target.mean_response_chars.value()),
        target.accuracy.correct.to_string(),
        target.accuracy.graded.to_string(),
        number(target.accuracy.rate.value()),
        target.truncated.to_string(),
        number(mean.map(|interval| interval.low)),
        number(mean.and_then(|interval| interval.high)),
        number(latency.within_stddev.value()),
        number(latency.between_stddev.value()),
        number(latency.within_cv.value()),
        number(latency.icc.value()),
        number(latency.effective_n.value()),
        number(line.map(|line| line.ms_per_token)),
        number(line.map(|line| line.intercept_ms)),
        number(line.and_then(|line| line.r2)),
        number(target.timings.tpot.p50.value()),
        number(target.rates.decode_tps.value()),
        number(target.rates.system_output_tps.value()),
        number(target.success.low()),
        number(target.success.high()),
        number(target.accuracy.flexible.low()),
        number(target.accuracy.flexible.high()),
        number(target.accuracy.strict.rate.value()),
        number(target.accuracy.of_attempts.rate.value()),
        number(goodput.and_then(|goodput| goodput.share.rate.value())),
    ]
}

/// One row a call: the fields of a sample but its text, and whether the target is
/// simulated.
pub(crate) fn samples_csv(report: &Report, samples: &[&Sample]) -> Vec<u8> {
    let simulated: HashSet<&str> = report
        .targets
        .iter()
        .filter(|target| target.simulated)
        .map(|target| target.id.as_str())
        .collect();
    rows(
        &record_of(&Sample::default(), false).names,
        samples
            .iter()
            .map(|sample| record_of(sample, simulated.contains(sample.target_id.as_str())).cells),
    )
}

fn record_of(sample: &Sample, simulated: bool) -> Record {
    let mut record = Record::of(sample, "response_text", text);
    let target = record.names.iter().position(|name| *name == "target_id");
    let target = target.expect("a field of a sample");
    record.names.insert(target + 1, "simulated");
    record.cells.insert(target + 1, simulated.to_string());
    record
}

/// One JSON object a line, text included.
pub(crate) fn samples_jsonl(samples: &[&Sample]) -> Vec<u8> {
    let mut lines = Vec::new();
    for sample in samples {
        serde_json::to_writer(&mut lines, sample).expect("a sample is plain data");
        lines.push(b'\n');
    }
    lines
}

fn rows(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer: Writer<Vec<u8>> = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .from_writer(Vec::new());
    writer.write_record(header).expect("memory takes every row");
    for row in rows {
        writer
            .write_record(&row)
            .expect("rows are as long as the header");
    }
    let rows = writer.into_inner().expect("memory takes every row");
    if rows.is_ascii() {
        return rows;
    }
    // Without this mark a spreadsheet takes UTF-8 for its own country's letters.
    [UTF_8_MARK, &rows].concat()
}

/// What a cell of a spreadsheet holds, less the apostrophe.
const LONGEST_CELL: usize = 32_766;

const UTF_8_MARK: &[u8] = "\u{feff}".as_bytes();

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula, and that fits into one.
fn text(value: &str) -> String {
    let end = value.char_indices().nth(LONGEST_CELL);
    let value = end.map_or(value, |(end, _)| &value[..end]);
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula && value.parse::<f64>().is_err() {
        format!("'{value}")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture};

    #[test]
    fn what_begins_like_a_formula_is_neutralised_and_numbers_are_not() {
        assert_eq!(text("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(text("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(text("-8"), "-8");
        assert_eq!(text("-8+2"), "'-8+2");
    }

    #[test]
    fn every_sample_has_its_row_and_absent_is_empty() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        let ordered: Vec<&Sample> = samples.iter().collect();
        let bytes = samples_csv(&report, &ordered);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|column| column == name).unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), samples.len());
        for (row, sample) in rows.iter().zip(&samples) {
            assert_eq!(row[column("latency_us")], sample.latency_us.to_string());
            assert_eq!(row[column("ttft_us")].is_empty(), sample.ttft_us.is_none());
        }
    }

    #[test]
    fn a_line_of_samples_jsonl_is_the_sample() {
        let (_, samples) = fixture::run();
        let bytes = samples_jsonl(&samples.iter().collect::<Vec<_>>());
        let text = String::from_utf8(bytes).unwrap();
        let read: Vec<Sample> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read, samples);
    }
}
