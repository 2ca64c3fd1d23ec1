//! What a run cost, as the command prints it.

use bench_report::{CostTable, Report, cost_sentences, cost_tables};
use comfy_table::Table;

use crate::terminal;

/// The table of what an answer costs, and what is to be said about cost.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let tables = cost_tables(report);
    let answers = tables.iter().find(|table| table.id == "answers");
    let mut lines: Vec<String> = answers
        .map(|answers| table(answers).to_string())
        .into_iter()
        .collect();
    lines.extend(cost_sentences(report).into_iter().map(|said| {
        let simulated = if said.simulated { "(simulated) " } else { "" };
        format!("{simulated}{}", said.text)
    }));
    lines
}

/// The columns that fit beside those of latency; the report has all.
fn table(answers: &CostTable) -> Table {
    let fits = |column: &str| column != "per 1,000 requests" && !column.contains("use");
    let fitting = |cells: Vec<String>| -> Vec<String> {
        let columns = answers.header.iter().zip(cells);
        columns
            .filter(|(column, _)| fits(column))
            .map(|(_, cell)| cell)
            .collect()
    };
    let mut header = fitting(answers.header.clone());
    "cost".clone_into(&mut header[0]);
    let rows = answers.rows.iter().map(|row| {
        let cells = [&[row.label()], row.cells.as_slice()].concat();
        fitting(cells)
    });
    terminal::table(header, rows, 1)
}
