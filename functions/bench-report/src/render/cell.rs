//! Figures for reading, in parts that each medium joins in its own way.

use std::fmt;

use crate::render::format::DASH;

/// A figure with what belongs to it: `97.6 % [96.6 % to 98.3 %], 1287 of 1319` in a line
/// of text, its interval on a line of its own in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The figure, or a dash; with its unit where that is not in `unit`.
    pub figure: String,
    /// The unit of the figure and of its interval, where a column has it in common.
    pub unit: Option<&'static str>,
    /// Its interval.
    pub interval: Option<Ends>,
    /// The counts that it is of.
    pub counts: Option<String>,
    /// The tone in which it is shown.
    pub tone: Tone,
}

/// Both ends of an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The lower one.
    pub low: String,
    /// The upper one; `None` where no upper limit is known.
    pub high: Option<String>,
}

/// The tone in which a figure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing of its own.
    #[default]
    Plain,
    /// Something is kept.
    Good,
    /// Something is broken or failed.
    Bad,
    /// It is not known.
    Quiet,
}

impl Cell {
    /// The cell of a figure that is not available.
    #[must_use]
    pub fn missing() -> Self {
        DASH.to_owned().into()
    }

    /// The cell of a figure whose unit is said apart.
    #[must_use]
    pub fn in_unit(figure: String, unit: &'static str) -> Self {
        Self {
            unit: Some(unit),
            ..figure.into()
        }
    }

    /// The same with an interval from `low` to `high`; `None` where no upper limit is
    /// known.
    #[must_use]
    pub fn within(mut self, low: &str, high: Option<&str>) -> Self {
        self.interval = Some(Ends {
            low: low.to_owned(),
            high: high.map(str::to_owned),
        });
        self
    }

    /// The same with its counts.
    #[must_use]
    pub fn of(mut self, count: u64, n: u64) -> Self {
        self.counts = Some(format!("{count} of {n}"));
        self
    }
}

impl From<String> for Cell {
    fn from(figure: String) -> Self {
        Self {
            figure,
            unit: None,
            interval: None,
            counts: None,
            tone: Tone::Plain,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let unit = self.unit.map(|unit| format!("\u{a0}{unit}"));
        let unit = unit.unwrap_or_default();
        write!(f, "{}{unit}", self.figure)?;
        match &self.interval {
            Some(Ends { low, high: None }) => write!(f, " [{low}{unit} or more]")?,
            Some(Ends {
                low,
                high: Some(high),
            }) => write!(f, " [{low}{unit} to {high}{unit}]")?,
            None => {}
        }
        match &self.counts {
            Some(counts) => write!(f, ", {counts}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_line_of_text_the_interval_follows_the_figure_and_the_counts_follow_both() {
        let share = Cell::from("97.6 %".to_owned()).within("96.6 %", Some("98.3 %"));
        assert_eq!(
            share.of(1_287, 1_319).to_string(),
            "97.6 % [96.6 % to 98.3 %], 1287 of 1319"
        );
        let open = Cell::from("3.98 s".to_owned()).within("3.49 s", None);
        assert_eq!(open.to_string(), "3.98 s [3.49 s or more]");
        assert_eq!(Cell::missing().to_string(), "–");
    }

    #[test]
    fn a_unit_that_is_said_apart_is_in_a_line_of_text_beside_each_number() {
        let time = Cell::in_unit("3.98".to_owned(), "s").within("3.49", Some("4.2"));
        assert_eq!(time.to_string(), "3.98\u{a0}s [3.49\u{a0}s to 4.2\u{a0}s]");
    }
}
