//! The names of the rows of a table.

use crate::{
    model::TargetReport,
    render::{display, format::labeled},
};

/// The name of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowName {
    /// The position in the report of the target that the row is of.
    pub(crate) position: Option<usize>,
    /// The name.
    pub(crate) name: String,
    /// Whether it is of a simulated target.
    pub(crate) simulated: bool,
}

impl RowName {
    /// A row of a target.
    pub(crate) fn target(position: usize, target: &TargetReport) -> Self {
        Self {
            position: Some(position),
            name: target.id.to_string(),
            simulated: target.simulated,
        }
    }

    /// A row of something else.
    pub(crate) fn named(name: &str, simulated: bool) -> Self {
        Self {
            position: None,
            name: display::foreign(name),
            simulated,
        }
    }

    /// The name with the label of what is simulated, for media without labels.
    pub(crate) fn label(&self) -> String {
        labeled(&self.name, self.simulated)
    }
}
