//! The progress of the targets of a run on a terminal: a line for each, as many as there is
//! room for, and one for the others together.

use console::{Alignment, measure_text_width, pad_str};
use indicatif::{MultiProgress, ProgressBar};

use super::calls::{Calls, Doing, together};

/// The most columns of a target's name.
const MAX_NAME: usize = 32;
/// Columns from which a bar is long.
const WIDE: usize = 100;

/// The template of a line without a bar.
const WAITING: &str = "  {prefix} {wide_msg:.dim}";

/// The lines of the targets.
#[derive(Debug)]
pub struct Board {
    rows: Vec<ProgressBar>,
    /// The line of the targets that have none.
    others: Option<ProgressBar>,
    /// The template of a line with a bar.
    measuring: String,
}

impl Board {
    /// A board that is not drawn.
    #[must_use]
    pub(super) fn hidden() -> Self {
        Self::of(Vec::new(), None, WIDE)
    }

    /// A board of as many targets on a screen of `width` columns, with at most `rows` lines.
    #[must_use]
    pub(super) fn new(bars: &MultiProgress, targets: usize, rows: usize, width: usize) -> Self {
        let line = || bars.add(ProgressBar::new(0));
        if targets <= rows {
            return Self::of((0..targets).map(|_| line()).collect(), None, width);
        }
        let rows = (1..rows).map(|_| line()).collect();
        Self::of(rows, Some(line()), width)
    }

    fn of(rows: Vec<ProgressBar>, others: Option<ProgressBar>, width: usize) -> Self {
        let bar = if width < WIDE { 12 } else { 24 };
        let measuring =
            format!("  {{prefix}} {{bar:{bar}.cyan/dim}} {{pos:>5}}/{{len}} {{wide_msg:.dim}}");
        Self {
            rows,
            others,
            measuring,
        }
    }

    /// Draws the targets, in their order.
    pub fn draw(&self, targets: &[&Calls]) {
        let shown = visible(targets, self.rows.len());
        let names = targets.iter().map(|calls| measure_text_width(calls.name()));
        let width = names.max().unwrap_or(0).min(MAX_NAME);
        for (row, place) in self.rows.iter().zip(&shown) {
            let calls = targets[*place];
            let name = pad_str(calls.name(), width, Alignment::Left, Some("…"));
            let style = match calls.doing() {
                Doing::Waiting => super::style(WAITING),
                Doing::Measuring | Doing::Done => {
                    super::style(&self.measuring).progress_chars("━╸─")
                }
            };
            row.set_style(style);
            row.set_prefix(name.into_owned());
            row.set_length(calls.total());
            row.set_position(calls.stored());
            row.set_message(calls.detail());
        }
        if let Some(others) = &self.others {
            let hidden = (0..targets.len()).filter(|place| !shown.contains(place));
            let hidden: Vec<&Calls> = hidden.map(|place| targets[place]).collect();
            others.set_style(super::style(WAITING));
            others.set_prefix(format!("and {} more:", hidden.len()));
            others.set_message(together(&hidden));
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        for row in self.rows.iter().chain(&self.others) {
            row.finish_and_clear();
        }
    }
}

/// The places of the targets that are shown, in their order: first those whose calls are made,
/// then those that wait, and last those that are done.
fn visible(targets: &[&Calls], rows: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..targets.len()).collect();
    places.sort_by_key(|place| match targets[*place].doing() {
        Doing::Measuring => 0,
        Doing::Waiting => 1,
        Doing::Done => 2,
    });
    places.truncate(rows);
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget, TermLike};

    use super::*;

    fn screen(targets: &[&Calls], rows: usize, columns: u16) -> Vec<String> {
        let term = InMemoryTerm::new(40, columns);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let bars = MultiProgress::with_draw_target(target);
        let board = Board::new(&bars, targets.len(), rows, columns.into());
        board.draw(targets);
        // A second time, past the limit on the rate of drawing.
        for row in board.rows.iter().chain(&board.others) {
            row.force_draw();
        }
        assert_eq!(term.width(), columns);
        term.contents().lines().map(str::to_owned).collect()
    }

    #[test]
    fn each_target_has_a_line_with_what_it_waits_for() {
        let mut waiting = Calls::new("ec2-inf2", 160);
        let reason = "waiting for the server: connection refused, 40 s of 15 min";
        waiting.set_detail(reason.to_owned());
        let mut measuring = Calls::new("bedrock-serverless", 160);
        measuring.set(40);
        let lines = screen(&[&waiting, &measuring], 10, 100);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(
            lines[0].trim_end(),
            format!("  ec2-inf2           {reason}")
        );
        assert!(lines[1].contains("━━━━━━"), "{lines:?}");
        assert!(lines[1].trim_end().ends_with("   40/160"), "{lines:?}");
    }

    #[test]
    fn no_line_is_longer_than_the_screen() {
        let mut waiting = Calls::new(&"n".repeat(60), 160);
        waiting.set_detail("the reason of the last refusal ".repeat(5));
        let lines = screen(&[&waiting], 10, 80);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains('…'), "{lines:?}");
    }

    #[test]
    fn forty_targets_have_the_lines_of_those_that_are_measured_and_one_of_the_others() {
        let names = (0..40).map(|number| format!("t{number:02}"));
        let mut all: Vec<Calls> = names.map(|name| Calls::new(&name, 8)).collect();
        for calls in &mut all[..10] {
            calls.set(8);
        }
        all[38].set(3);
        let targets: Vec<&Calls> = all.iter().collect();
        let lines = screen(&targets, 6, 80);
        assert_eq!(lines.len(), 6, "{lines:?}");
        let names: Vec<&str> = lines[..5]
            .iter()
            .map(|line| line.trim().split(' ').next().unwrap())
            .collect();
        assert_eq!(names, ["t10", "t11", "t12", "t13", "t38"]);
        assert_eq!(
            lines[5].trim(),
            "and 35 more: 25 waiting, 10 done, 80/280 calls"
        );
    }
}
