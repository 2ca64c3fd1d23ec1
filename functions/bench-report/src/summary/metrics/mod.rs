//! The one list of metrics of a target: columns of `summary.csv`, tables of the
//! page, metrics of the dashboard and definitions are made of it.

mod column;
mod metric;
mod table;
#[cfg(test)]
mod tests;

pub use column::{Column, columns};
pub use metric::{Better, Medium, Metric, Source, Unit};
pub use table::{METRICS, PUBLISHED};
