//! Progress on standard error: spinners and bars on a terminal, and a few plain
//! lines elsewhere, as in a log.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use console::{Style, Term};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::Screen;

mod board;
mod calls;

pub use board::Board;
pub use calls::{Calls, Doing, together};

/// Interval of the lines of a step without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The line of a step: its text, the time and the latest detail.
const STEP: &str = "{spinner:.cyan} {prefix} {elapsed:.dim} {wide_msg:.dim}";

/// The output for progress.
#[derive(Debug, Clone)]
pub struct Console {
    bars: MultiProgress,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Silent,
    Plain,
    Terminal,
}

impl Console {
    /// Standard error: bars on a terminal, lines otherwise; no colors when
    /// `NO_COLOR` is set.
    #[must_use]
    pub fn stderr() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let terminal = io::stderr().is_terminal() && !bars.is_hidden();
        Self {
            bars,
            mode: if terminal {
                Mode::Terminal
            } else {
                Mode::Plain
            },
        }
    }

    /// No output, for use as a library.
    #[must_use]
    pub fn silent() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        Self {
            bars,
            mode: Mode::Silent,
        }
    }

    /// Prints a line.
    pub fn note(&self, text: impl AsRef<str>) {
        match self.mode {
            Mode::Silent => {}
            Mode::Plain => line(text.as_ref()),
            Mode::Terminal => {
                let text = Screen::stderr().wrap(text.as_ref());
                self.bars.suspend(|| line(&text));
            }
        }
    }

    /// Prints an error.
    pub fn error(&self, text: impl std::fmt::Display) {
        let label = Screen::stderr().styled("error:", &Style::new().red().bold());
        self.note(format!("{label} {text}"));
    }

    /// Starts a step; it ends with [`Step::done`] or when it is dropped.
    #[must_use]
    pub fn step(&self, text: impl Into<String>) -> Step {
        let text = text.into();
        let bar = (self.mode == Mode::Terminal).then(|| {
            let bar = self.bars.add(ProgressBar::new_spinner());
            bar.set_style(style(STEP));
            bar.set_prefix(text.clone());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if self.mode == Mode::Plain {
            line(&format!("{text} …"));
        }
        let now = Instant::now();
        Step {
            console: self.clone(),
            text,
            bar,
            started: now,
            last_line: now,
        }
    }

    /// The lines of the targets of a run, as many as the terminal has room for.
    #[must_use]
    pub fn board(&self, targets: usize) -> Board {
        /// Lines of the terminal for what was printed before.
        const OTHER_LINES: usize = 6;
        const MIN_ROWS: usize = 4;
        if self.mode != Mode::Terminal {
            return Board::hidden();
        }
        let (rows, columns) = Term::stderr().size();
        let rows = usize::from(rows).saturating_sub(OTHER_LINES).max(MIN_ROWS);
        Board::new(&self.bars, targets, rows, columns.into())
    }

    /// Whether progress is shown as lines.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.mode == Mode::Plain
    }
}

/// A step that takes some time.
#[derive(Debug)]
pub struct Step {
    console: Console,
    text: String,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
}

impl Step {
    /// Shows a detail of the step: replaced on a terminal, a line every ten seconds
    /// elsewhere.
    pub fn detail(&mut self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.trim().to_owned());
        } else if self.console.is_plain() && self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            line(&format!("  {}", what.trim()));
        }
    }

    /// Ends the step with its outcome.
    pub fn done(mut self, outcome: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        match self.bar.take() {
            Some(bar) => {
                bar.finish_and_clear();
                self.console.bars.remove(&bar);
                let mark = Screen::stderr().styled("✓", &Style::new().green());
                self.console
                    .note(format!("{mark} {}: {outcome} ({seconds:.1} s)", self.text));
            }
            None if self.console.is_plain() => line(&format!("  {outcome} ({seconds:.1} s)")),
            None => {}
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            self.console.bars.remove(&bar);
        }
    }
}

/// A line on standard error; if nobody reads it, so be it.
fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_understood() {
        for template in [STEP, "{pos:>5}/{len}"] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
