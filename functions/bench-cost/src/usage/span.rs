//! The time that one call took.

/// When a call kept a copy awake, in microseconds on any one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// When the request was sent.
    pub start_us: i64,
    /// When its answer had ended; not before `start_us`.
    pub end_us: i64,
    /// Whether it was answered: only such a call opens a session.
    pub answered: bool,
}
