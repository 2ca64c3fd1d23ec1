//! Text and tables for the terminal, as wide as it is.

use std::env;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Row, Table, TableStyle};
use console::{Style, Term};

mod wrap;

/// Rules around the table and below its header, none between rows or columns.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// The columns before and after a cell, besides one between two cells.
const PADDING: (u16, u16) = (1, 0);

/// The least width that lines are broken for: in less, none can be read.
const MIN_WIDTH: usize = 20;

/// The terminal, file or pipe that text is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    width: Option<usize>,
    color: bool,
}

impl Screen {
    /// A file, a pipe or a log: lines are as long as they are, without colors.
    pub const PLAIN: Self = Self {
        width: None,
        color: false,
    };

    /// A screen of so many columns, without colors.
    #[must_use]
    pub const fn of_width(width: usize) -> Self {
        Self {
            width: Some(width),
            color: false,
        }
    }

    /// Standard output: as wide as `COLUMNS` says, or else as its terminal is. Colors are for
    /// terminals alone, where `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout() -> Self {
        Self::of(&Term::stdout(), console::colors_enabled())
    }

    /// Standard error, likewise.
    #[must_use]
    pub fn stderr() -> Self {
        Self::of(&Term::stderr(), console::colors_enabled_stderr())
    }

    fn of(term: &Term, color: bool) -> Self {
        let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let size = || term.size_checked().filter(|_| term.is_term());
        let width = columns.or_else(|| size().map(|(_, columns)| usize::from(columns)));
        Self {
            width: width.filter(|width| *width >= MIN_WIDTH),
            color: color
                && term.is_term()
                && env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        }
    }

    /// Its columns; `None` where lines may be of any length.
    #[must_use]
    pub fn width(self) -> Option<usize> {
        self.width
    }

    /// Whether it shows colors.
    #[must_use]
    pub fn has_color(self) -> bool {
        self.color
    }

    /// The text in a style where the screen has colors.
    #[must_use]
    pub fn styled(self, text: &str, style: &Style) -> String {
        if self.color {
            style.clone().force_styling(true).apply_to(text).to_string()
        } else {
            text.to_owned()
        }
    }

    /// The text with its long lines broken between words. Lines of a table, or that are
    /// indented as a command to copy is, stay as they are, and so do words in backticks.
    #[must_use]
    pub fn wrap(self, text: &str) -> String {
        match self.width {
            Some(width) => wrap::lines(text, width),
            None => text.to_owned(),
        }
    }

    /// A table whose columns from `numbers_from` on are right-aligned. One that is wider than
    /// the screen has cells of several lines.
    #[must_use]
    pub fn table<R: Into<Row>>(
        self,
        header: impl Into<Row>,
        rows: impl IntoIterator<Item = R>,
        numbers_from: usize,
    ) -> Table {
        let mut table = Table::new();
        table
            .load_style(STYLE)
            .force_no_tty()
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(header)
            .add_rows(rows);
        if self.color {
            table.enforce_styling().style_text_only();
        }
        for (place, column) in table.column_iter_mut().enumerate() {
            column.set_padding(PADDING);
            if place >= numbers_from {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        if let Some(width) = self.width.filter(|width| natural_width(&table) > *width) {
            table
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(u16::try_from(width).unwrap_or(u16::MAX));
        }
        table
    }
}

/// The columns that a table takes with a line for each row.
fn natural_width(table: &Table) -> usize {
    let first = table.lines().next().unwrap_or_default();
    console::measure_text_width(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(table: &Table) -> Vec<String> {
        table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn numbers_are_right_aligned() {
        let rows = [["bedrock", "7"], ["ec2", "1234"]];
        let lines = lines(&Screen::PLAIN.table(["target", "ms"], rows, 1));
        assert_eq!(lines.len(), 6);
        assert!(
            lines[3].ends_with("   7") && lines[4].ends_with("1234"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_table_that_is_too_wide_has_cells_of_several_lines() {
        let row = ["run", "a, b and c of a long configuration, d, e and f"];
        let table = |screen: Screen| lines(&screen.table(["run", "targets"], [row], 2));
        assert_eq!(table(Screen::PLAIN).len(), 5);
        let narrow = table(Screen::of_width(30));
        assert!(narrow.len() > 5, "{narrow:?}");
        for line in narrow {
            assert!(console::measure_text_width(&line) <= 30, "{line}");
        }
    }

    #[test]
    fn text_has_colors_where_the_screen_has() {
        let screen = Screen {
            width: None,
            color: true,
        };
        let bold = Style::new().bold();
        assert_eq!(screen.styled("x", &bold), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(Screen::PLAIN.styled("x", &bold), "x");
    }
}
