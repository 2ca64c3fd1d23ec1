//! Figures for reading, in parts that each medium joins in its own way.

use std::fmt;

use crate::render::format::DASH;

/// A figure with what belongs to it: `97.6 % [96.6 % to 98.3 %], 1287 of 1319` in a line
/// of text, its interval on a line of its own in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The figure with its unit, or a dash.
    pub figure: String,
    /// Both ends of its interval, or the lower one and `or more`.
    pub interval: Option<String>,
    /// The counts that it is of.
    pub counts: Option<String>,
}

impl Cell {
    /// The cell of a figure that is not available.
    #[must_use]
    pub fn missing() -> Self {
        DASH.to_owned().into()
    }

    /// The same with an interval from `low` to `high`; `None` where no upper limit is
    /// known.
    #[must_use]
    pub fn within(mut self, low: &str, high: Option<&str>) -> Self {
        self.interval = Some(match high {
            Some(high) => format!("{low} to {high}"),
            None => format!("{low} or more"),
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
            interval: None,
            counts: None,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.figure)?;
        if let Some(interval) = &self.interval {
            write!(f, " [{interval}]")?;
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
}
