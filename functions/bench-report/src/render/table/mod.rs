//! Tables for reading: rows of targets or of other things, columns of one unit each.

mod column;
mod row;
mod times;
mod width;

pub(crate) use column::Column;
pub(crate) use row::RowName;
pub(crate) use width::STEPS;

use crate::{model::TargetReport, render::cell::Cell};

/// More rows than this are folded away in a page.
const MAX_OPEN_ROWS: usize = 16;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its title.
    pub(crate) title: String,
    /// The heading of the names of its rows.
    pub(crate) heading: String,
    /// The names of its rows.
    pub(crate) rows: Vec<RowName>,
    /// Its columns, each with as many cells as there are rows.
    pub(crate) columns: Vec<Column>,
    /// Notes on its figures.
    pub(crate) notes: Vec<String>,
    /// Whether all of it is about a simulated target.
    pub(crate) simulated: bool,
}

impl Table {
    /// A table with those rows.
    pub(crate) fn new(
        title: impl Into<String>,
        heading: impl Into<String>,
        rows: Vec<RowName>,
        columns: Vec<Column>,
    ) -> Self {
        Self {
            title: title.into(),
            heading: heading.into(),
            rows,
            columns,
            notes: Vec::new(),
            simulated: false,
        }
    }

    /// A table with a row for each target.
    pub(crate) fn of_targets(
        title: impl Into<String>,
        targets: &[TargetReport],
        columns: Vec<Column>,
    ) -> Self {
        let rows = targets.iter().enumerate();
        let rows = rows.map(|(position, target)| RowName::target(position, target));
        Self::new(title, "Target", rows.collect(), columns)
    }

    /// The same with a note.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Its rows, each with its cells and their columns.
    pub(crate) fn lines(&self) -> Vec<(&RowName, Vec<(&Column, &Cell)>)> {
        let rows = self.rows.iter().enumerate();
        rows.map(|(place, row)| {
            let cells = self.columns.iter();
            let cells = cells.filter_map(|column| Some((column, column.cells.get(place)?)));
            (row, cells.collect())
        })
        .collect()
    }

    /// Whether it is folded away until its reader opens it.
    pub(crate) fn is_long(&self) -> bool {
        self.rows.len() > MAX_OPEN_ROWS
    }

    /// The class of the style sheet for the width below which its rows are stacked.
    pub(crate) fn class(&self) -> String {
        width::class(width::narrowest(&self.heading, &self.rows, &self.columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_cells_of_its_row() {
        let rows = ["a", "b"].map(|name| RowName::named(name, name == "b"));
        let column = Column::times("latency", [Some(950.0), Some(10_975.2)]);
        let table = Table::new("Times", "Target", rows.to_vec(), vec![column]);
        let lines = table.lines();
        let (row, cells) = &lines[1];
        assert_eq!(row.label(), "b (simulated)");
        assert_eq!(cells[0].0.unit, Some("s"));
        assert_eq!(cells[0].1.figure, "11.0");
        assert!(!table.is_long());
    }
}
