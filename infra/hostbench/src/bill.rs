//! The cost of a run, as the command prints it.

use bench_report::{CostTable, Report, cost_sentences, cost_summary};
use comfy_table::Table;

use crate::terminal;

/// The table of costs per request, and sentences about cost.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = cost_summary(report)
        .map(|summary| table(&summary).to_string())
        .into_iter()
        .collect();
    lines.extend(cost_sentences(report).into_iter().map(|sentence| {
        let simulated = if sentence.simulated {
            "(simulated) "
        } else {
            ""
        };
        format!("{simulated}{}", sentence.text)
    }));
    lines
}

fn table(summary: &CostTable) -> Table {
    let mut header = summary.header.clone();
    "cost".clone_into(&mut header[0]);
    let rows = summary.rows.iter().map(|row| {
        let cells = row.cells.iter().map(ToString::to_string);
        std::iter::once(row.label())
            .chain(cells)
            .collect::<Vec<_>>()
    });
    terminal::table(header, rows, 1)
}
