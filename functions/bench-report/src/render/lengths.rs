//! The table of lengths that were asked for and measured.

use crate::{
    model::{LengthOf, Report, TokenLengths},
    render::{display, format::DASH},
};

/// The heading of the table.
pub(crate) const TITLE: &str = "Token lengths";

/// The columns behind the target.
pub(crate) const COLUMNS: [&str; 6] = ["tokens", "asked for", "mean", "p5", "p95", "as asked for"];

/// The targets of which lengths were asked for, by position, and the cells of each row.
pub(crate) fn rows(report: &Report) -> Vec<(usize, [String; 6])> {
    let targets = report.targets.iter().enumerate();
    let each = targets.flat_map(|(position, target)| {
        let rows = target.lengths.iter();
        rows.map(move |lengths| (position, cells(lengths)))
    });
    each.collect()
}

fn cells(lengths: &TokenLengths) -> [String; 6] {
    let number = |value| display::number(value, 1);
    [
        match lengths.of {
            LengthOf::Input => "input",
            LengthOf::Output => "output",
        }
        .to_owned(),
        range(lengths.at_least, lengths.at_most),
        number(lengths.mean.value()),
        number(lengths.p5.value()),
        number(lengths.p95.value()),
        match lengths.kept.n {
            0 => DASH.to_owned(),
            n => format!("{} of {n}", lengths.kept.count),
        },
    ]
}

/// A range of tokens.
pub(crate) fn range(at_least: u64, at_most: Option<u64>) -> String {
    match at_most {
        Some(most) if most == at_least => most.to_string(),
        Some(most) => format!("{at_least} to {most}"),
        None => format!("{at_least} or more"),
    }
}
