//! Charts as SVG.
//!
//! A chart stands inside a page: lines, text and targets take their colors from its
//! style sheet, so that it is legible in both themes; its width is that of its place.

mod axis;
mod call_points;
mod canvas;
mod cost;
mod frame;
mod load;
mod rows;
mod scatter;
mod sparkline;
#[cfg(test)]
mod tests;

pub(crate) use call_points::CallPoint;
pub use call_points::CallPoints;
pub(crate) use canvas::color;
pub(crate) use cost::{frontier, monthly};
pub(crate) use load::{interactivity, response, throughput, ttft};
pub(crate) use rows::{
    accuracy, calls, deviations, first_tokens, means, per_token, ranges, within_and_between,
};
pub(crate) use scatter::length;
pub(crate) use sparkline::sparkline;

use crate::{model::TargetReport, render::format::labeled};

/// The name of a target, marked where it is simulated.
fn name(target: &TargetReport) -> String {
    labeled(&target.id, target.simulated)
}

/// One figure per target as text: the description of a chart.
fn describe(targets: &[TargetReport], figure: impl Fn(&TargetReport) -> Option<String>) -> String {
    targets
        .iter()
        .map(|target| {
            let figure = figure(target).unwrap_or_else(|| "not available".to_owned());
            format!("{}: {figure}", name(target))
        })
        .collect::<Vec<_>>()
        .join("; ")
}

/// A count of rows, columns or letters as coordinates are counted.
fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
