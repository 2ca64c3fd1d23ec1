//! The parameters of a fault, as they stand behind its name.

use std::time::Duration;

use super::{Position, Until};

const MAX_COUNT: u32 = 1_000_000;

/// A day.
const MAX_SPAN: Duration = Duration::from_hours(24);

/// The words behind a name, read one after the other.
pub(super) struct Parameters<'a>(std::iter::Peekable<std::str::Split<'a, char>>);

impl<'a> Parameters<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(text.split('-').peekable())
    }

    /// The next word, if it can be read so; otherwise it stays.
    fn take<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = read(self.0.peek()?)?;
        self.0.next();
        Some(value)
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.take(|word| word.parse().ok())
    }

    /// `250us`, `250ms` or `8s`.
    pub(super) fn duration(&mut self) -> Option<Duration> {
        self.take(|word| {
            let digits = word.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = word.split_at(digits);
            let number: u64 = number.parse().ok()?;
            match unit {
                "us" => Some(Duration::from_micros(number)),
                "ms" => Some(Duration::from_millis(number)),
                "s" => Some(Duration::from_secs(number)),
                _ => None,
            }
        })
    }

    /// `every-D`.
    pub(super) fn every(&mut self) -> Option<Duration> {
        self.take(|word| (word == "every").then_some(()))?;
        self.duration()
    }

    /// Whether the next word is this one.
    pub(super) fn word(&mut self, expected: &str) -> bool {
        self.take(|word| (word == expected).then_some(())).is_some()
    }

    /// A number from 1 to a million.
    pub(super) fn count(&mut self) -> Option<u32> {
        self.number()
            .filter(|count| (1..=MAX_COUNT).contains(count))
    }

    /// The number behind a word: the other one if the word is not there, `None` if
    /// no number is.
    pub(super) fn count_behind(&mut self, word: &str, otherwise: u32) -> Option<u32> {
        if self.word(word) {
            self.count()
        } else {
            Some(otherwise)
        }
    }

    /// `25pct` or `8pm`, in parts per thousand.
    pub(super) fn per_mille(&mut self) -> Option<u32> {
        self.take(|word| {
            let digits = word.find(|c: char| !c.is_ascii_digit())?;
            let (number, unit) = word.split_at(digits);
            let number: u32 = number.parse().ok()?;
            match unit {
                "pct" => number.checked_mul(10),
                "pm" => Some(number),
                _ => None,
            }
        })
    }

    /// More than no time, and at most a day.
    pub(super) fn span(&mut self) -> Option<Duration> {
        self.duration().filter(is_span)
    }

    /// `every-D`, more than no time and at most a day; the other one if it is not
    /// there.
    pub(super) fn every_span(&mut self, otherwise: Option<Duration>) -> Option<Duration> {
        if self.word("every") {
            self.span()
        } else {
            otherwise
        }
    }

    /// A status from `least` on.
    pub(super) fn status(&mut self, range: std::ops::Range<u16>) -> Option<u16> {
        self.number().filter(|status| range.contains(status))
    }

    pub(super) fn position(&mut self) -> Position {
        self.take(|word| match word {
            "before" => Some(Position::Before),
            "first" => Some(Position::First),
            _ => None,
        })
        .unwrap_or(Position::Midway)
    }

    /// A position after the headers.
    pub(super) fn inside(&mut self) -> Option<Position> {
        Some(self.position()).filter(|position| *position != Position::Before)
    }

    pub(super) fn until(&mut self) -> Option<Until> {
        let time = self.duration().map(Until::Time);
        time.or_else(|| self.number().map(Until::Calls))
    }

    /// At least eight hexadecimal digits.
    pub(super) fn digest(&mut self) -> Option<String> {
        self.take(|word| {
            let is_digest = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_digest.then(|| word.to_owned())
        })
    }
}

fn is_span(time: &Duration) -> bool {
    !time.is_zero() && *time <= MAX_SPAN
}
