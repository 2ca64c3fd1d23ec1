//! Injected faults, requested by names.
//!
//! A name stands anywhere in a model id, an endpoint name or the path of a URL,
//! and several may stand there: `us.deepseek.r1-v1:0-simulate-break`, or
//! `/simulate-tokens-16-every-2ms/simulate-dribble/generate_stream`. An
//! unknown name, or one that does not apply to the protocol, is answered with an
//! error that says so: a misspelled fault is never an ordinary answer.
//!
//! `N` is a number, `NNN` an HTTP status, `D` a duration such as `250ms` or
//! `8s`, `R` a share such as `25pct` or `8pm` (per mille). Durations and rates are real
//! ones, whatever the time scale. Where a position
//! may be given, none means half-way through the tokens or the body, `-first` means
//! after the headers and before the first token, and `-before` means before the
//! headers.
//!
#![doc = include_str!("names.md")]

use std::fmt;

mod kind;
mod name;
mod parameters;
mod table;

pub use kind::{Fault, Position, StreamError, Until};
pub use table::{ALL, AppliesTo, Named, table};

/// The reason why a name cannot be followed.
#[derive(Debug)]
pub(crate) enum NameError<'a> {
    /// No fault has the name.
    Unknown(&'a str),
    /// The fault is for other answers.
    NotApplicable(&'static Named),
}

impl fmt::Display for NameError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(
                f,
                "there is no fault `{name}`; `simulator --list-faults` prints the names"
            ),
            Self::NotApplicable(named) => write!(
                f,
                "`{}` does not apply to this answer; it is for {}",
                named.pattern,
                named.applies_to.description()
            ),
        }
    }
}

/// The faults and variations that one name requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    requested: Vec<(&'static Named, Fault)>,
    unknown: Option<String>,
}

impl Faults {
    /// Reads the names in a model id, an endpoint name or a path.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut faults = Self::default();
        for segment in name::segments(text) {
            match name::read(segment) {
                Some(requested) => faults.requested.push(requested),
                None => faults.unknown = Some(format!("simulate-{segment}")),
            }
        }
        faults
    }

    /// Every fault, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.requested.iter().map(|(_, fault)| fault)
    }

    /// The first value that a fault yields.
    pub(crate) fn find<T>(&self, pick: impl FnMut(&Fault) -> Option<T>) -> Option<T> {
        self.iter().find_map(pick)
    }

    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.iter().any(|requested| requested == fault)
    }

    /// The first name that cannot be followed for an answer that is streamed or not, in
    /// event-stream frames or not.
    pub(crate) fn name_error(&self, streams: bool, frames: bool) -> Option<NameError<'_>> {
        if let Some(unknown) = &self.unknown {
            return Some(NameError::Unknown(unknown));
        }
        let mut requested = self.requested.iter().map(|(named, _)| *named);
        requested
            .find(|named| !named.applies_to.covers(streams, frames))
            .map(NameError::NotApplicable)
    }

    /// The names as they are written down, separated by spaces.
    pub(crate) fn names(&self) -> Option<String> {
        let names: Vec<&str> = self
            .requested
            .iter()
            .map(|(named, _)| named.pattern)
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parsed(text: &str) -> Vec<Fault> {
        Faults::parse(text).iter().cloned().collect()
    }

    #[test]
    fn names_stand_anywhere_and_together() {
        assert_eq!(parsed("us.deepseek.r1-v1:0-simulate-break"), [Fault::Break]);
        let both = "/x/simulate-error-429-2-simulate-tokens-64-every-5ms/generate";
        let calls = Some(2);
        assert_eq!(
            parsed(both),
            [
                Fault::Error { status: 429, calls },
                Fault::Tokens {
                    count: 64,
                    every: Duration::from_millis(5)
                }
            ]
        );
        assert!(parsed("/plain/generate").is_empty());
    }

    #[test]
    fn ordinary_words_may_follow_a_name() {
        let calls = None;
        assert_eq!(
            parsed("simulate-error-503-llama-8b"),
            [Fault::Error { status: 503, calls }]
        );
        assert_eq!(
            parsed("simulate-not-ready-12-x"),
            [Fault::NotReady(Until::Calls(12))]
        );
        assert_eq!(
            parsed("simulate-not-ready-250ms"),
            [Fault::NotReady(Until::Time(Duration::from_millis(250)))]
        );
        assert_eq!(
            parsed("simulate-close-before"),
            [Fault::Close(Position::Before)]
        );
        let throttled = Fault::Exception(StreamError::Throttling, Position::First);
        assert_eq!(parsed("simulate-exception-throttling-first"), [throttled]);
    }

    #[test]
    fn what_a_target_can_take_is_part_of_its_name() {
        let text = "r1-simulate-slots-8-exponential-simulate-batch-8pm-knee-4";
        let slots = Fault::Slots {
            count: 8,
            exponential: true,
            even: false,
            queue: None,
        };
        let batch = |per_mille, knee| Fault::Batch { per_mille, knee };
        assert_eq!(parsed(text), [slots, batch(8, 4)]);
        let even = Fault::Slots {
            count: 8,
            exponential: false,
            even: true,
            queue: Some(0),
        };
        assert_eq!(parsed("simulate-slots-8-even-queue-0"), [even]);
        assert_eq!(parsed("simulate-batch-25pct"), [batch(250, 1)]);
        let second = Duration::from_secs(1);
        let throttle = |every, burst| Fault::Throttle {
            requests: 12,
            every,
            burst,
        };
        assert_eq!(parsed("simulate-throttle-12"), [throttle(second, 12)]);
        assert_eq!(
            parsed("simulate-throttle-12-every-5s-burst-3"),
            [throttle(5 * second, 3)]
        );
        let stall = Fault::Stall {
            time: 2 * second,
            every: 60 * second,
        };
        assert_eq!(parsed("simulate-stall-2s-every-60s"), [stall]);
    }

    #[test]
    fn misspelled_and_misplaced_names_are_errors() {
        for wrong in [
            "simulate-brake",
            "simulate-error",
            "simulate-tokens-64",
            "simulate-tokens-0-every-1ms",
            "simulate-key-12",
            "simulate-slots-0",
            "simulate-batch-25",
            "simulate-batch-25pct-knee-0",
            "simulate-stall-1s-every-1s",
            "simulate-throttle-0",
            "simulate-throttle-5-burst",
        ] {
            let faults = Faults::parse(wrong);
            let name_error = faults.name_error(true, true);
            assert!(
                matches!(name_error, Some(NameError::Unknown(name)) if name == wrong),
                "{wrong}: {name_error:?}"
            );
        }
        let bad_crc = Faults::parse("simulate-bad-crc");
        assert!(bad_crc.name_error(true, true).is_none());
        assert!(matches!(
            bad_crc.name_error(true, false),
            Some(NameError::NotApplicable(_))
        ));
        assert!(
            Faults::parse("simulate-no-end")
                .name_error(false, false)
                .is_some()
        );
        assert!(Faults::parse("plain").name_error(false, false).is_none());
    }
}
