//! The columns of a table.

use super::times::Time;
use crate::{
    model::Share,
    render::{
        cell::{Cell, Tone},
        display,
        format::{TimeUnit, percent_number},
    },
};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its heading, without the unit.
    pub(crate) heading: String,
    /// The unit that its cells have in common.
    pub(crate) unit: Option<&'static str>,
    /// The kind of its cells.
    pub(crate) kind: Kind,
    /// Its cells, from the first row on.
    pub(crate) cells: Vec<Cell>,
}

/// The kind of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Figures: digits stand below digits.
    Figures,
    /// A few words.
    Words,
    /// Texts that may be long.
    Texts,
}

impl Column {
    /// A column of figures, whose unit is in its heading where all have the same.
    pub(crate) fn figures(
        heading: impl Into<String>,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Self {
        let cells: Vec<Cell> = cells.into_iter().collect();
        let unit = cells.iter().find_map(|cell| cell.unit);
        Self {
            heading: heading.into(),
            unit,
            kind: Kind::Figures,
            cells,
        }
    }

    /// A column of times, all in the unit that suits the longest.
    pub(crate) fn times<T: Into<Time>>(
        heading: impl Into<String>,
        times: impl IntoIterator<Item = T>,
    ) -> Self {
        let times: Vec<Time> = times.into_iter().map(Into::into).collect();
        let unit = TimeUnit::of(times.iter().map(|time| time.value));
        Self::times_in(unit, heading, times)
    }

    /// A column of times in that unit.
    pub(crate) fn times_in<T: Into<Time>>(
        unit: TimeUnit,
        heading: impl Into<String>,
        times: impl IntoIterator<Item = T>,
    ) -> Self {
        let cells = times.into_iter().map(|time| time.into().cell(unit));
        Self::figures(heading, cells)
    }

    /// A column of shares with their intervals and counts.
    pub(crate) fn shares<'a>(
        heading: impl Into<String>,
        shares: impl IntoIterator<Item = &'a Share>,
    ) -> Self {
        Self::figures(heading, shares.into_iter().map(display::share))
    }

    /// A column of shares alone.
    pub(crate) fn percentages(
        heading: impl Into<String>,
        shares: impl IntoIterator<Item = Option<f64>>,
    ) -> Self {
        let cell = |share: Option<f64>| {
            share.map_or_else(Cell::missing, |share| {
                Cell::in_unit(percent_number(share), "%")
            })
        };
        Self::figures(heading, shares.into_iter().map(cell))
    }

    /// A column of numbers with so many digits after the point.
    pub(crate) fn numbers(
        heading: impl Into<String>,
        digits: usize,
        numbers: impl IntoIterator<Item = Option<f64>>,
    ) -> Self {
        let numbers = numbers.into_iter();
        let cells = numbers.map(|number| display::number(number, digits).into());
        Self::figures(heading, cells)
    }

    /// A column of short text or of counts with their unit.
    pub(crate) fn words(
        heading: impl Into<String>,
        words: impl IntoIterator<Item = String>,
    ) -> Self {
        Self::of_words(Kind::Words, heading, words)
    }

    /// A column of texts that may be long, such as messages.
    pub(crate) fn texts(
        heading: impl Into<String>,
        texts: impl IntoIterator<Item = String>,
    ) -> Self {
        Self::of_words(Kind::Texts, heading, texts)
    }

    fn of_words(
        kind: Kind,
        heading: impl Into<String>,
        texts: impl IntoIterator<Item = String>,
    ) -> Self {
        let cell = |text: String| Cell::from(display::foreign(&text));
        Self {
            heading: heading.into(),
            unit: None,
            kind,
            cells: texts.into_iter().map(cell).collect(),
        }
    }

    /// The heading with the unit: `mean latency, s`.
    pub(crate) fn title(&self) -> String {
        match self.unit {
            Some(unit) => format!("{},\u{a0}{unit}", self.heading),
            None => self.heading.clone(),
        }
    }

    /// Whether its cells are figures.
    pub(crate) fn is_figures(&self) -> bool {
        self.kind == Kind::Figures
    }

    /// The classes of the style sheet for a cell of it.
    pub(crate) fn class(&self, cell: &Cell) -> String {
        let kind = match self.kind {
            Kind::Figures => "n",
            Kind::Words => "t",
            Kind::Texts => "w",
        };
        let tone = match cell.tone {
            Tone::Plain => return kind.to_owned(),
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Quiet => "quiet",
        };
        format!("{kind} {tone}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_one_unit_that_suits_its_longest_time() {
        let column = Column::times("TTFT", [Some(431.7), None, Some(1_500.0)]);
        assert_eq!(column.title(), "TTFT,\u{a0}s");
        let figures: Vec<&str> = column.cells.iter().map(|cell| &*cell.figure).collect();
        assert_eq!(figures, ["0.432", "–", "1.50"]);
        let short = Column::times("TTFT", [Some(431.7)]);
        assert_eq!((short.unit, &*short.cells[0].figure), (Some("ms"), "432"));
        assert_eq!(Column::times::<Option<f64>>("TTFT", [None]).title(), "TTFT");
    }
}
