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
    summary::metrics::{Column, Medium, columns},
};
use bench_core::sample::Sample;

/// A fact of a target that is no metric.
type Fact = (&'static str, fn(&Report, &TargetReport) -> String);

const FACTS: [Fact; 14] = [
    ("run_id", |report, _| text(report.run.run_id.as_ref())),
    ("target_id", |_, target| text(target.id.as_ref())),
    ("kind", |_, target| text(&target.kind)),
    ("request", |_, target| text(&target.request)),
    ("simulated", |_, target| target.simulated.to_string()),
    ("prompts", |report, _| report.run.prompts.to_string()),
    ("planned", |_, target| target.calls.planned.to_string()),
    ("measured", |_, target| target.calls.measured.to_string()),
    ("ok", |_, target| target.calls.ok.to_string()),
    ("failed", |_, target| target.calls.failed.to_string()),
    ("missing", |_, target| target.calls.missing.to_string()),
    ("correct", |_, target| target.accuracy.correct.to_string()),
    ("graded", |_, target| target.accuracy.graded.to_string()),
    ("truncated", |_, target| target.truncated.to_string()),
];

/// One row a target: its facts, its metrics, its cost.
pub(crate) fn summary_csv(report: &Report) -> Vec<u8> {
    let metrics: Vec<Column> = columns(Medium::Csv).collect();
    let facts = FACTS.iter().map(|(name, _)| (*name).to_owned());
    let names = metrics.iter().map(Column::name);
    let cost = cost_csv::COLUMNS.iter().map(|name| (*name).to_owned());
    let header: Vec<String> = facts.chain(names).chain(cost).collect();
    rows(
        &header,
        report.targets.iter().map(|target| {
            let facts = FACTS.iter().map(|(_, fact)| fact(report, target));
            let values = metrics.iter().map(|metric| number(metric.value(target)));
            let cost = cost_csv::cells(report, &target.id);
            let cost = cost.iter().map(|cell| text(cell));
            facts.chain(values).chain(cost).collect()
        }),
    )
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

fn rows<N: AsRef<[u8]>>(header: &[N], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
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

/// The most characters that a cell of a spreadsheet holds, less the apostrophe.
const MAX_CELL: usize = 32_766;

const UTF_8_MARK: &[u8] = "\u{feff}".as_bytes();

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula, and that fits into one.
fn text(value: &str) -> String {
    let end = value.char_indices().nth(MAX_CELL);
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
    fn what_begins_like_a_formula_is_neutralized_and_numbers_are_not() {
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
