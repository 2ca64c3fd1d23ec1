//! `summary.csv`, and how every table is written.
//!
//! A spreadsheet runs a cell that begins like a formula, and cells hold what
//! models and servers wrote. Such a text is led by an apostrophe; numbers are
//! left as they are.

use csv::{QuoteStyle, Writer, WriterBuilder};

use crate::{
    model::{Report, TargetReport},
    render::cost::csv as cost_csv,
    summary::metrics::{Column, Medium, columns},
};

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
    let targets = report.targets.iter().map(|target| {
        let facts = FACTS.iter().map(|(_, fact)| fact(report, target));
        let values = metrics.iter().map(|metric| number(metric.value(target)));
        let cost = cost_csv::cells(report, &target.id);
        let cost = cost.iter().map(|cell| text(cell));
        facts.chain(values).chain(cost).collect()
    });
    let rows = rows(std::iter::once(header).chain(targets));
    [mark(rows.is_ascii()), &rows].concat()
}

/// Lines of a table.
pub(super) fn rows<R: AsRef<[u8]>>(rows: impl IntoIterator<Item = Vec<R>>) -> Vec<u8> {
    let mut writer: Writer<Vec<u8>> = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(&row)
            .expect("rows are as long as the header");
    }
    writer.into_inner().expect("memory takes every row")
}

/// The start of a file with these rows: without a mark a spreadsheet takes UTF-8 for
/// its own country's letters.
pub(super) fn mark(is_ascii: bool) -> &'static [u8] {
    if is_ascii { &[] } else { UTF_8_MARK }
}

/// The most characters that a cell of a spreadsheet holds, less the apostrophe.
const MAX_CELL: usize = 32_766;

const UTF_8_MARK: &[u8] = "\u{feff}".as_bytes();

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula, and that fits into one.
pub(super) fn text(value: &str) -> String {
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

    #[test]
    fn what_begins_like_a_formula_is_neutralized_and_numbers_are_not() {
        assert_eq!(text("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(text("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(text("-8"), "-8");
        assert_eq!(text("-8+2"), "'-8+2");
    }
}
