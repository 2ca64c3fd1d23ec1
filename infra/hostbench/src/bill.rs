//! What a run cost, as the command prints it.

use bench_core::report::{Report, cost_sentences, cost_tables};

use crate::terminal;

/// The table of what an answer costs, and what is to be said about cost.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let tables = cost_tables(report);
    let answers = tables.iter().find(|table| table.id == "answers");
    let mut lines: Vec<String> = answers
        .map(|table| {
            let mut header = table.header.clone();
            "cost".clone_into(&mut header[0]);
            let rows = table.rows.iter().map(|row| {
                let mut cells = vec![row.label()];
                cells.extend(row.cells.iter().cloned());
                cells
            });
            terminal::table(header, rows, 1).to_string()
        })
        .into_iter()
        .collect();
    lines.extend(cost_sentences(report).into_iter().map(|said| {
        let simulated = if said.simulated { "(simulated) " } else { "" };
        format!("{simulated}{}", said.text)
    }));
    lines
}
