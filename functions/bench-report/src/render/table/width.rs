//! How wide a table has to be, so that a page stacks the rows of one that is not.

use super::{
    column::{Column, Kind},
    row::RowName,
};
use crate::render::cell::{Cell, Ends};

/// The width of a letter in the fonts of readers at the size of tables, and of the space
/// between two columns, in hundredths of a rem.
const LETTER: usize = 56;
const SPACE: usize = 90;
/// Letters that a name of a row, words and a text need at least.
const NAME: usize = 13;
const WORDS: usize = 11;
const TEXT: usize = 24;

/// Widths at which the style sheet stacks rows, in rem. The last one is wider than every
/// page: such a table is always stacked.
pub(crate) const STEPS: [usize; 9] = [18, 24, 30, 36, 42, 48, 56, 66, 999];

/// The class of the first step that is as wide as so many rem.
pub(super) fn class(rem: usize) -> String {
    let step = STEPS.iter().find(|step| **step >= rem);
    format!("s{}", step.unwrap_or(&999))
}

/// The least width of a table whose figures are not broken, in rem.
pub(super) fn narrowest(heading: &str, rows: &[RowName], columns: &[Column]) -> usize {
    let names = rows.iter().map(|row| row.name.chars().count());
    let name = names.max().unwrap_or(0).clamp(WORDS, NAME);
    let name = name.max(longest_word(heading));
    let letters = columns.iter().map(of_column).sum::<usize>() + name;
    (letters * LETTER + columns.len() * SPACE).div_ceil(100)
}

fn of_column(column: &Column) -> usize {
    let cells = column.cells.iter().map(of_cell).max().unwrap_or(0);
    let heading = longest_word(&column.title());
    match column.kind {
        Kind::Figures => cells.max(heading),
        Kind::Words => heading.max(WORDS),
        Kind::Texts => cells.min(TEXT).max(heading),
    }
}

/// The letters of the longest part of a cell that is not broken.
fn of_cell(cell: &Cell) -> usize {
    let interval = cell.interval.as_ref().map(of_ends);
    let parts = [cell.figure.chars().count(), interval.unwrap_or(0)];
    parts.into_iter().max().unwrap_or(0)
}

fn of_ends(ends: &Ends) -> usize {
    let high = ends.high.as_ref().map_or(0, |high| high.chars().count());
    // A bracket belongs to each.
    ends.low.chars().count().max(high) + 1
}

fn longest_word(text: &str) -> usize {
    // No line ends at a no-break space.
    let words = text.split(' ');
    words.map(|word| word.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_more_columns_is_stacked_earlier_and_one_of_very_many_always() {
        let of = |columns: usize| {
            let column = Column::numbers("mean", 3, [Some(1.234)]);
            let columns = vec![column; columns];
            class(narrowest("Target", &[RowName::named("a", false)], &columns))
        };
        assert_eq!(
            [of(1), of(9), of(12), of(40)],
            ["s18", "s42", "s56", "s999"]
        );
    }
}
