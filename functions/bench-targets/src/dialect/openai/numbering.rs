//! Streams that give their only choice another index with every token, as early
//! releases of Text Generation Inference do.

use std::mem;

/// The meaning of the indices of a stream's choices.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Numbering {
    /// Every event so far has the index of the first.
    #[default]
    One,
    /// An event has the next index: it is of a second choice, or the next token of the
    /// first. The next event tells.
    Open {
        /// Its index.
        index: u64,
        /// It, as JSON.
        event: String,
    },
    /// The tokens of one choice; the index of the last.
    Tokens(u64),
    /// Several choices, of which the first is read.
    Choices,
}

/// The use of an event with one choice.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Its choice is the next part of the answer.
    Read,
    /// The same, behind an event that was put aside.
    ReadBehind(String),
    /// It may only end the answer: text would be of another choice.
    ReadEnd,
    /// Its choice counts where it has the index of the first.
    Choose,
}

/// An event with one choice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbered<'a> {
    /// The index of its choice.
    pub(super) index: u64,
    /// Whether it says why the choice ended.
    pub(super) ends: bool,
    /// It, as JSON.
    pub(super) event: &'a str,
}

impl Numbering {
    /// Notes an event of a stream whose first event has the index `first`, and that
    /// `is_over` where its choice has ended.
    pub(super) fn next(&mut self, one: Numbered<'_>, first: u64, is_over: bool) -> Step {
        let follows = |last: u64| last.checked_add(1) == Some(one.index);
        let (next, step) = match mem::take(self) {
            Self::One if one.index == first => (Self::One, Step::Choose),
            Self::One if !follows(first) || is_over => (Self::Choices, Step::Choose),
            Self::One if one.ends => (Self::Tokens(one.index), Step::Read),
            Self::One => {
                let (index, event) = (one.index, one.event.to_owned());
                (Self::Open { index, event }, Step::Choose)
            }
            Self::Open { index, event } if follows(index) => {
                (Self::Tokens(one.index), Step::ReadBehind(event))
            }
            Self::Open { .. } | Self::Choices => (Self::Choices, Step::Choose),
            Self::Tokens(last) if one.index < last => (Self::Tokens(last), Step::ReadEnd),
            Self::Tokens(_) => (Self::Tokens(one.index), Step::Read),
        };
        *self = next;
        step
    }

    /// The stream is over: the event that was put aside, if it is still open what it is of.
    pub(super) fn end(&mut self) -> Option<String> {
        match mem::take(self) {
            Self::Open { event, .. } => Some(event),
            other => {
                *self = other;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(indices: &[u64]) -> (Vec<Step>, Numbering) {
        let mut numbering = Numbering::default();
        let steps = indices.iter().map(|&index| {
            let event = index.to_string();
            let one = Numbered {
                index,
                ends: false,
                event: &event,
            };
            numbering.next(one, indices[0], false)
        });
        (steps.collect(), numbering)
    }

    #[test]
    fn indices_that_only_grow_number_tokens() {
        let behind = Step::ReadBehind("2".to_owned());
        let expected = vec![Step::Choose, Step::Choose, behind, Step::Read, Step::Read];
        assert_eq!(steps(&[1, 2, 3, 3, 4]), (expected, Numbering::Tokens(4)));
        assert_eq!(steps(&[1, 2, 3, 0]).0[3], Step::ReadEnd);
        let (_, mut open) = steps(&[0, 1]);
        assert_eq!((open.end().as_deref(), open.end()), (Some("1"), None));
    }

    #[test]
    fn indices_that_come_back_number_choices() {
        for indices in [&[0, 1, 0, 1][..], &[0, 1, 1, 0], &[0, 2, 0], &[1, 0, 1]] {
            let (steps, numbering) = steps(indices);
            assert!(
                steps.iter().all(|step| *step == Step::Choose),
                "{indices:?}"
            );
            assert_eq!(numbering, Numbering::Choices);
        }
    }
}
