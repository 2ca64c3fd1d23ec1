//! Which of two targets sustains more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capacity::Capacity;

/// Which of two targets sustains more load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// The first: the least that it sustains is more than the most of the second.
    First,
    /// The second.
    Second,
    /// Not told: the intervals have a level in common, or an end that it takes is open.
    NotSeparated,
}

/// Which of two targets sustains more: only where their intervals have no level in common. An
/// interval that is open above may still lie above another, and one that is open below, below.
#[must_use]
pub fn rank(first: &Capacity, second: &Capacity) -> Ranking {
    let above = |one: &Capacity, other: &Capacity| {
        one.low
            .zip(other.high)
            .is_some_and(|(low, high)| low > high)
    };
    if above(first, second) {
        Ranking::First
    } else if above(second, first) {
        Ranking::Second
    } else {
        Ranking::NotSeparated
    }
}
