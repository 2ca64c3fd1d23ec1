//! Numbers as people read them. Only what is shown is rounded.
//!
//! Between a number and its unit stands a no-break space, U+00A0: no line ends there.

use std::fmt;

/// A duration in milliseconds with its unit and three significant figures or so.
///
/// ```text
/// 0.4218 → 0.422 ms    27.91 → 27.9 ms    431.7 → 432 ms    10975.2 → 11.0 s
/// ```
#[must_use]
pub fn duration(ms: f64) -> String {
    if ms < 0.0 {
        format!("−{}", duration(-ms))
    } else if ms >= 100_000.0 {
        format!("{:.0}\u{a0}s", ms / 1_000.0)
    } else if ms >= 10_000.0 {
        format!("{:.1}\u{a0}s", ms / 1_000.0)
    } else if ms >= 1_000.0 {
        format!("{:.2}\u{a0}s", ms / 1_000.0)
    } else if ms >= 100.0 {
        format!("{ms:.0}\u{a0}ms")
    } else if ms >= 10.0 {
        format!("{ms:.1}\u{a0}ms")
    } else if ms >= 1.0 {
        format!("{ms:.2}\u{a0}ms")
    } else {
        format!("{ms:.3}\u{a0}ms")
    }
}

/// The unit that the times of a table have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
}

impl TimeUnit {
    /// Seconds where one of the times, in milliseconds, is a second or more.
    #[must_use]
    pub fn of(times_ms: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut known = times_ms.into_iter().flatten();
        if known.any(|ms| ms.abs() >= 1_000.0) {
            Self::S
        } else {
            Self::Ms
        }
    }

    /// The unit as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::S => "s",
        }
    }

    /// A time in milliseconds as a number of this unit, with three significant figures or
    /// so.
    ///
    /// ```
    /// use bench_report::format::TimeUnit;
    ///
    /// assert_eq!(TimeUnit::S.number(10_975.2), "11.0");
    /// assert_eq!(TimeUnit::S.number(431.7), "0.432");
    /// assert_eq!(TimeUnit::Ms.number(431.7), "432");
    /// ```
    #[must_use]
    pub fn number(self, ms: f64) -> String {
        let value = match self {
            Self::Ms => ms,
            Self::S => ms / 1_000.0,
        };
        if value < 0.0 {
            return format!("−{}", self.number(-ms));
        }
        if value == 0.0 {
            return "0".to_owned();
        }
        let digits = match value {
            100.0.. => 0,
            10.0.. => 1,
            1.0.. => 2,
            0.1.. => 3,
            0.01.. => 4,
            _ if self == Self::Ms => 3,
            _ => 5,
        };
        format!("{value:.digits$}")
    }
}

/// A moment to the minute, in UTC.
#[must_use]
pub fn minute(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A duration, or a dash where there is none.
#[must_use]
pub fn duration_or_dash(ms: Option<f64>) -> String {
    ms.map_or_else(|| DASH.to_owned(), duration)
}

/// A name, with a label where it is of something simulated.
pub(crate) fn labeled(name: impl fmt::Display, simulated: bool) -> String {
    let simulated = if simulated { " (simulated)" } else { "" };
    format!("{name}{simulated}")
}

/// A count with its noun.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// A count out of all, with the noun: `3 of 40 targets`.
#[must_use]
pub fn share(count: usize, all: usize, noun: &str) -> String {
    format!("{count} of {}", counted(all as u64, noun))
}

/// The first `most` of some items, and the count of those that are left out where there are
/// more: a sentence of forty names is not read.
#[must_use]
pub fn folded(items: impl IntoIterator<Item = String>, most: usize) -> Vec<String> {
    let mut items: Vec<String> = items.into_iter().collect();
    let left_out = items.len().saturating_sub(most);
    if left_out > 0 {
        items.truncate(most);
        items.push(format!("{left_out} more"));
    }
    items
}

/// Items as a list in a sentence, of which the first `most` are named: `a, b and 38 more`.
#[must_use]
pub fn listed(items: impl IntoIterator<Item = String>, most: usize) -> String {
    let items = folded(items, most);
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => items.concat(),
    }
}

/// The text with a capital first letter.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    let first = first.into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A share as a percentage.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{}\u{a0}%", percent_number(share))
}

/// A share as the number of a percentage.
#[must_use]
pub fn percent_number(share: f64) -> String {
    let percent = share * 100.0;
    if percent.fract() == 0.0 {
        format!("{percent:.0}")
    } else {
        format!("{percent:.1}")
    }
}

/// A percentage, or a dash where there is none.
#[must_use]
pub fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or_else(|| DASH.to_owned(), percent)
}

/// A mean of counts, or a dash where there is none.
#[must_use]
pub fn count_or_dash(mean: Option<f64>) -> String {
    mean.map_or_else(|| DASH.to_owned(), |mean| format!("{mean:.0}"))
}

/// The text where there is no figure.
pub const DASH: &str = "–";

/// The same text with ordinary spaces between numbers and their units, for media in
/// which people search and copy: the terminal and Markdown.
#[must_use]
pub fn ordinary_spaces(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_their_unit() {
        let shown: Vec<_> = [0.4218, 27.91, 431.7, 6_137.0, 10_975.2, 159_882.0]
            .into_iter()
            .map(duration)
            .collect();
        assert_eq!(
            shown,
            [
                "0.422\u{a0}ms",
                "27.9\u{a0}ms",
                "432\u{a0}ms",
                "6.14\u{a0}s",
                "11.0\u{a0}s",
                "160\u{a0}s"
            ]
        );
        assert_eq!(duration(-1_160.0), "−1.16\u{a0}s");
        assert_eq!(duration_or_dash(None), "–");
    }

    #[test]
    fn percentages_are_whole_where_they_can_be() {
        assert_eq!(
            (percent(1.0), percent(0.9757)),
            ("100\u{a0}%".to_owned(), "97.6\u{a0}%".to_owned())
        );
    }

    #[test]
    fn a_list_names_so_many_and_counts_the_others() {
        let ids = |count: u32| (1..=count).map(|number| format!("t{number}"));
        assert_eq!(listed(ids(0), 3), "");
        assert_eq!(listed(ids(1), 3), "t1");
        assert_eq!(listed(ids(3), 3), "t1, t2 and t3");
        assert_eq!(listed(ids(40), 3), "t1, t2, t3 and 37 more");
        assert_eq!(folded(ids(4), 3), ["t1", "t2", "t3", "1 more"]);
    }

    #[test]
    fn a_terminal_shows_ordinary_spaces() {
        assert_eq!(ordinary_spaces(&duration(1_160.0)), "1.16 s");
    }
}
