//! Tables of costs and of prices.

use crate::{
    model::Report,
    render::{
        cost::tables::{CostRow, CostTable, TableId, cost_tables},
        table::{Column, RowName, Table},
    },
};

/// Every table of costs.
pub(crate) fn cost(report: &Report) -> Vec<Table> {
    let tables = cost_tables(report);
    let costs = tables.iter().filter(|table| table.id != TableId::Prices);
    costs.map(|table| of_table(report, table)).collect()
}

/// Every price that a figure is made of; `None` where there is none.
pub(crate) fn prices(report: &Report) -> Option<Table> {
    let tables = cost_tables(report);
    let prices = tables.iter().find(|table| table.id == TableId::Prices)?;
    Some(of_table(report, prices))
}

fn of_table(report: &Report, table: &CostTable) -> Table {
    let mut headings = table.header.iter();
    let heading = headings.next().cloned().unwrap_or_default();
    let last = table.header.len().saturating_sub(2);
    let columns = headings.enumerate().map(|(place, heading)| {
        let cells = table.rows.iter().filter_map(|row| row.cells.get(place));
        if !table.texts {
            return Column::figures(heading, cells.cloned());
        }
        let words = cells.map(|cell| cell.figure.clone());
        if place == last {
            Column::texts(heading, words)
        } else {
            Column::words(heading, words)
        }
    });
    let rows = table.rows.iter().map(|row| name(report, row)).collect();
    Table::new(table.title, heading, rows, columns.collect()).noted(&*table.note)
}

/// The row's name, in the color of its target where it is one.
fn name(report: &Report, row: &CostRow) -> RowName {
    let mut targets = report.targets.iter();
    RowName {
        position: targets.position(|target| target.id == *row.name),
        ..RowName::named(&row.name, row.simulated)
    }
}
