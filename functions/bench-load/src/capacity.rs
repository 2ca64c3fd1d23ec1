//! How much load a target sustains under its objective.

use bench_core::{
    config::{Arrival, Load},
    load::Criterion,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    gave_way::GaveWay,
    judgment::LevelOutcome,
    levels::{Level, levels},
    steadiness::Steadiness,
    step::DoneStep,
};

/// The load that a target sustains under its objective, as an interval: in callers of a
/// closed loop, or in requests per second of an open one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// The highest level that keeps the objective, with none at or below it that breaks it.
    pub low: Option<f64>,
    /// The most that the capacity can be: in a closed loop one caller less than the lowest
    /// level that breaks the objective with none at or above it that keeps it, since callers
    /// are whole; in an open one that level.
    pub high: Option<f64>,
    /// Why there is no lower end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_open: Option<OpenEnd>,
    /// Why there is no upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_open: Option<OpenEnd>,
    /// The level that the upper end is of.
    pub broken_at: Option<f64>,
    /// The limit that gave way first there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gave_way: Option<GaveWay>,
    /// The limit whose figure too many responses lack, where that leaves an end open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmeasured: Option<Criterion>,
    /// Levels within the interval of which it could not be told.
    pub undecided: Vec<f64>,
    /// Whether a level keeps the objective that is above one that breaks it: then the interval
    /// encloses both.
    pub contradicted: bool,
}

/// Why a capacity has no lower or no upper end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenEnd {
    /// No step was made.
    NoSteps,
    /// There is no objective to keep.
    NoObjective,
    /// The highest level keeps it: the capacity may be higher.
    AllKept,
    /// No level keeps it: the capacity is lower.
    NoneKept,
    /// The calls are too few to tell.
    Undecided,
    /// Too many responses lack the figure of a limit.
    Unmeasured,
    /// The client was the bottleneck.
    ClientLimited,
    /// Not all of the load was made.
    Disturbed,
    /// The window was too short.
    TooShort,
}

impl Capacity {
    /// How wide the interval is, as a share of its middle; `None` where an end is open.
    #[must_use]
    pub fn relative_width(&self) -> Option<f64> {
        let (low, high) = (self.low?, self.high?);
        Some((high - low) * 2.0 / (high + low))
    }
}

/// The capacity that steps show.
#[must_use]
pub fn capacity(load: &Load, steps: &[DoneStep]) -> Capacity {
    of_levels(load, &levels(load, steps))
}

/// The capacity that levels show, in rising order.
pub(crate) fn of_levels(load: &Load, levels: &[Level]) -> Capacity {
    let is = |outcome| move |level: &&Level| level.outcome == outcome;
    let lowest_broken = levels.iter().find(is(LevelOutcome::Broken));
    let highest_kept = levels.iter().rfind(is(LevelOutcome::Kept));
    let below =
        |level: &Level, limit: Option<&Level>| limit.is_none_or(|limit| level.level < limit.level);
    let kept = levels
        .iter()
        .rfind(|level| is(LevelOutcome::Kept)(level) && below(level, lowest_broken));
    let broken = levels.iter().find(|level| {
        is(LevelOutcome::Broken)(level)
            && highest_kept.is_none_or(|highest| highest.level < level.level)
    });
    let low = kept.map(|level| level.level);
    let broken_at = broken.map(|level| level.level);
    let step = match load.arrival {
        Arrival::Closed => 1.0,
        Arrival::Open => 0.0,
    };
    let inside = |level: &&Level| {
        low.is_none_or(|low| low < level.level) && broken_at.is_none_or(|high| level.level < high)
    };
    let is_open = |is_open: bool, end: Option<&Level>, decided, reason| {
        is_open.then(|| open_end(load, end, decided, reason))
    };
    Capacity {
        low,
        high: broken_at.map(|level| level - step),
        low_open: is_open(
            low.is_none(),
            levels.first(),
            lowest_broken.is_some(),
            OpenEnd::NoneKept,
        ),
        high_open: is_open(
            broken_at.is_none(),
            levels.last(),
            levels.last().as_ref().is_some_and(is(LevelOutcome::Kept)),
            OpenEnd::AllKept,
        ),
        broken_at,
        gave_way: broken.and_then(|level| level.gave_way),
        unmeasured: levels
            .iter()
            .filter(is(LevelOutcome::Unmeasured))
            .flat_map(|level| &level.criteria)
            .find(|share| share.is_unmeasured())
            .map(|share| share.criterion),
        undecided: levels
            .iter()
            .filter(inside)
            .filter(is(LevelOutcome::Undecided))
            .map(|level| level.level)
            .collect(),
        contradicted: lowest_broken
            .zip(highest_kept)
            .is_some_and(|(broken, kept)| broken.level < kept.level),
    }
}

/// Why an end is open: for that reason where it is decided, else for what the outermost level
/// lacks.
fn open_end(load: &Load, outermost: Option<&Level>, decided: bool, reason: OpenEnd) -> OpenEnd {
    let Some(level) = outermost else {
        return OpenEnd::NoSteps;
    };
    if load.objective.is_empty() {
        return OpenEnd::NoObjective;
    }
    if decided {
        return reason;
    }
    match (level.outcome, level.steadiness) {
        (LevelOutcome::NotUsable, Steadiness::ClientLimited { .. }) => OpenEnd::ClientLimited,
        (LevelOutcome::NotUsable, Steadiness::Disturbed { .. }) => OpenEnd::Disturbed,
        (LevelOutcome::NotUsable, Steadiness::TooShort { .. }) => OpenEnd::TooShort,
        (LevelOutcome::Unmeasured, _) => OpenEnd::Unmeasured,
        _ => OpenEnd::Undecided,
    }
}
