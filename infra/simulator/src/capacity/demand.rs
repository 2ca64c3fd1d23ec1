//! The demand of a call on its target.

use std::time::Duration;

/// The demand of one call on its target, served alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    /// From the beginning of the service to the first token.
    pub(crate) first: Duration,
    /// To the last token, with which the service ends.
    pub(crate) total: Duration,
    /// The tokens that go out one by one, at least 1; all but the last are evenly
    /// apart.
    pub(crate) tokens: usize,
    /// Tokens that are closer than this go out together.
    pub(crate) spacing: Duration,
}
