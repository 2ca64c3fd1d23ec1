//! The shape of a table about cost.

use crate::render::{cell::Cell, format::labeled};

/// The name of a table about cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableId {
    /// Cost per request.
    PerRequest,
    /// Cost of the run.
    Run,
    /// Hourly prices.
    Hourly,
    /// Break-even of pay per use and hourly prices.
    BreakEven,
    /// Break-even of imports that scale to zero and machines.
    ScaleToZero,
    /// Cost per month.
    Monthly,
    /// Usage of the pipeline.
    Pipeline,
    /// Prices.
    Prices,
}

/// A table about cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostTable {
    /// Which table.
    pub id: TableId,
    /// The title of the table.
    pub title: &'static str,
    /// A note on its figures.
    pub note: String,
    /// The columns, that of the rows' names included.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<CostRow>,
    /// Whether columns are texts and not figures.
    pub texts: bool,
}

/// One row of a [`CostTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    /// The name of the row.
    pub name: String,
    /// Whether its subject is simulated: then no figure of the row is a finding.
    pub simulated: bool,
    /// The figures, rounded for reading; a dash where there is none.
    pub cells: Vec<Cell>,
}

impl CostRow {
    pub(super) fn new<C: Into<Cell>>(name: &str, simulated: bool, cells: Vec<C>) -> Self {
        Self {
            name: name.to_owned(),
            simulated,
            cells: cells.into_iter().map(Into::into).collect(),
        }
    }

    /// The name, with the label of what is simulated.
    #[must_use]
    pub fn label(&self) -> String {
        labeled(&self.name, self.simulated)
    }
}

/// A table of figures with that header and those rows.
pub(super) fn table(
    id: TableId,
    title: &'static str,
    note: impl Into<String>,
    header: &[&str],
    rows: impl IntoIterator<Item = CostRow>,
) -> CostTable {
    CostTable {
        id,
        title,
        note: note.into(),
        header: header.iter().map(|&column| column.to_owned()).collect(),
        rows: rows.into_iter().collect(),
        texts: false,
    }
}
