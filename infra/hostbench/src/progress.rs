//! Progress on standard error: spinners and bars on a terminal, and a few plain
//! lines elsewhere, as in a log.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Interval of the lines of a step without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

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
            Mode::Terminal => self.bars.suspend(|| line(text.as_ref())),
        }
    }

    /// Starts a step; it ends with [`Step::done`] or when it is dropped.
    #[must_use]
    pub fn step(&self, text: impl Into<String>) -> Step {
        let text = text.into();
        let bar = (self.mode == Mode::Terminal).then(|| {
            let bar = self.bars.add(ProgressBar::new_spinner());
            bar.set_style(style("{spinner:.cyan} {msg} {prefix:.dim} {elapsed:.dim}"));
            bar.set_message(text.clone());
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

    /// A progress bar for the `total` calls of a target.
    #[must_use]
    pub fn bar(&self, name: &str, width: usize, total: u64) -> Bar {
        let name = format!("{name:width$}");
        let bar = if self.mode == Mode::Terminal {
            self.bars.add(ProgressBar::new(total))
        } else {
            ProgressBar::hidden()
        };
        bar.set_length(total);
        bar.set_style(
            style("  {prefix} {bar:24.cyan/dim} {pos:>5}/{len} {msg:.dim}").progress_chars("━╸─"),
        );
        bar.set_prefix(name.clone());
        Bar {
            name,
            drawn: bar,
            since: Instant::now(),
            first: None,
        }
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
            let width = console_width().saturating_sub(self.text.chars().count() + 12);
            bar.set_prefix(what.trim().chars().take(width).collect::<String>());
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
                self.console
                    .note(format!("✓ {}: {outcome} ({seconds:.1} s)", self.text));
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

/// The progress of the calls of one target.
#[derive(Debug)]
pub struct Bar {
    name: String,
    drawn: ProgressBar,
    since: Instant,
    /// The calls that were stored before: those of an earlier part of the run have no
    /// share in its rate.
    first: Option<u64>,
}

impl Bar {
    /// Sets the number of stored calls, which retries can raise above the plan.
    pub fn set(&mut self, count: u64) {
        self.first.get_or_insert(count);
        if count > self.drawn.length().unwrap_or(0) {
            self.drawn.set_length(count);
        }
        self.drawn.set_position(count);
        self.drawn.set_message(self.pace());
    }

    /// Shows why no call is stored yet. The end of a long reason is the most specific part.
    pub fn set_waiting(&self, reason: &str) {
        const MAX_CHARS: usize = 70;
        let surplus = reason.chars().count().saturating_sub(MAX_CHARS);
        let shown: String = reason.chars().skip(surplus).collect();
        let cut = if surplus > 0 { "…" } else { "" };
        self.drawn.set_message(format!("{cut}{shown}"));
    }

    /// Shows a detail in place of the rate.
    pub fn set_detail(&self, detail: impl Into<String>) {
        self.drawn.set_message(detail.into());
    }

    fn pace(&self) -> String {
        let total = self.drawn.length().unwrap_or(0);
        let first = self.first.unwrap_or(0);
        let done = self.drawn.position().saturating_sub(first);
        pace(done, total.saturating_sub(first), self.since.elapsed())
    }

    /// The number of calls shown last.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.drawn.position()
    }

    /// The progress as one line, for a log.
    #[must_use]
    pub fn line(&self) -> String {
        let (name, pace) = (self.name.trim_end(), self.drawn.message());
        let (done, total) = (self.drawn.position(), self.drawn.length().unwrap_or(0));
        let parenthesis = if pace.is_empty() {
            String::new()
        } else {
            format!(" ({pace})")
        };
        format!("{name} {done}/{total}{parenthesis}")
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.drawn.finish_and_clear();
    }
}

/// The rate of calls and the remaining time; empty before the first and
/// after the last call.
fn pace(done: u64, total: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if done == 0 || done >= total || seconds < 1.0 {
        return String::new();
    }
    let of = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let rate = of(done) / seconds;
    let left = of(total - done) / rate;
    let left = if left >= 90.0 {
        format!("{:.0} min", left / 60.0)
    } else {
        format!("{left:.0} s")
    };
    if rate >= 0.1 {
        format!("{rate:.1}/s, {left} left")
    } else {
        format!("{:.1}/min, {left} left", rate * 60.0)
    }
}

/// A line on standard error; if nobody reads it, so be it.
fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn console_width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows_when_retries_make_more_calls_than_planned() {
        let mut bar = Console::silent().bar("bedrock", 10, 8);
        bar.set(3);
        assert_eq!(bar.line(), "bedrock 3/8");
        bar.set(9);
        assert_eq!(bar.line(), "bedrock 9/9");
    }

    #[test]
    fn a_bar_says_why_it_waits_until_calls_come() {
        let mut bar = Console::silent().bar("a", 1, 8);
        bar.set_waiting("not_ready: connection refused");
        assert_eq!(bar.line(), "a 0/8 (not_ready: connection refused)");
        let long = format!("{}: connection refused", "x".repeat(100));
        bar.set_waiting(&long);
        assert!(
            bar.line().ends_with("x: connection refused)"),
            "{}",
            bar.line()
        );
        assert!(bar.line().starts_with("a 0/8 (…x"), "{}", bar.line());
        bar.set(1);
        assert_eq!(bar.line(), "a 1/8");
    }

    #[test]
    fn calls_of_an_earlier_part_of_a_run_have_no_share_in_its_rate() {
        let mut bar = Console::silent().bar("a", 1, 640);
        bar.set(480);
        bar.since = Instant::now()
            .checked_sub(Duration::from_secs(10))
            .expect("the machine runs for longer");
        bar.set(500);
        assert_eq!(bar.line(), "a 500/640 (2.0/s, 70 s left)");
    }

    #[test]
    fn a_pace_tells_rate_and_time_left() {
        let pace = |done, total, seconds| pace(done, total, Duration::from_secs(seconds));
        assert_eq!(pace(20, 160, 10), "2.0/s, 70 s left");
        assert_eq!(pace(8, 160, 400), "1.2/min, 127 min left");
        assert_eq!(
            (pace(0, 160, 10), pace(160, 160, 10)),
            (String::new(), String::new())
        );
    }

    #[test]
    fn the_templates_are_understood() {
        for template in [
            "{spinner:.cyan} {msg} {prefix:.dim} {elapsed:.dim}",
            "{pos:>5}/{len}",
        ] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
