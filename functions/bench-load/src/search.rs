//! Which step comes next.

use bench_core::config::Load;
use serde::{Deserialize, Serialize};

use crate::{
    capacity::{Capacity, of_levels},
    judgment::LevelOutcome,
    levels::{Level, levels},
    narrowing,
    steadiness::{Steadiness, TooShort},
    step::DoneStep,
};

/// The next move of a search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Next {
    /// A step.
    Step {
        /// Its level.
        level: f64,
        /// Steps that were made of this level before.
        repeats: u32,
    },
    /// None.
    Done {
        /// Why.
        reason: EndReason,
    },
}

/// Why a load has no further step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The interval of the capacity is as narrow as it was to be.
    Narrow,
    /// The steps of the configuration were made, and there is nothing between two of them to
    /// search: there is no search, or they all keep the objective.
    StepsDone,
    /// Not even the lowest levels keep the objective.
    NoneKept,
    /// So many steps were made as may be.
    MaxSteps,
    /// A further step takes longer than is left.
    Time,
    /// The budget was spent.
    Budget,
    /// The client was the bottleneck.
    ClientLimited,
    /// Workers were lost each time.
    Disturbed,
    /// Too many responses lack the figure of a limit.
    Unmeasured,
    /// The levels left to decide are too close to the objective to be told by a few more steps.
    Undecided,
}

/// The next step after those that are over, in any order.
///
/// First come the levels of the configuration in rising order. With a search they end with the
/// first that breaks the objective, or at which no request ended inside the window; without
/// one, with the last of at most twice that level. The search goes on between the highest level
/// that keeps the objective and the lowest that breaks it, until the interval is narrow enough
/// and its ends are confirmed by a second step where the first decided them by little. A step
/// that was disturbed is made again at most twice, one that drifted or whose client was the
/// bottleneck once; the second client-limited one ends the load, and a level whose responses
/// lack the figure of a limit ends a search. None is made again that would take the place of a
/// level of the configuration.
#[must_use]
pub fn next(load: &Load, steps: &[DoneStep], minutes_used: f64, budget_spent: bool) -> Next {
    let done = |reason| Next::Done { reason };
    if budget_spent {
        return done(EndReason::Budget);
    }
    let levels = levels(load, steps);
    let level = match wanted(load, &levels) {
        Ok(level) => level,
        Err(reason) => return done(reason),
    };
    if steps.len() >= load.max_steps as usize {
        return done(EndReason::MaxSteps);
    }
    let minutes = minutes_used + f64::from(load.ramp_s + load.step_s) / 60.0;
    if load
        .max_minutes
        .is_some_and(|most| minutes > f64::from(most))
    {
        return done(EndReason::Time);
    }
    let same = levels.iter().find(|other| is_same(other.level, level));
    let repeats = same.map_or(0, |same| same.steps.len());
    Next::Step {
        level,
        repeats: u32::try_from(repeats).unwrap_or(u32::MAX),
    }
}

/// The level that is wanted next, whatever it takes.
fn wanted(load: &Load, levels: &[Level]) -> Result<f64, EndReason> {
    if let Some(again) = repeat_of_unusable(load, levels) {
        return again;
    }
    let is_unmeasured = |level: &Level| level.outcome == LevelOutcome::Unmeasured;
    if load.search && levels.iter().any(is_unmeasured) {
        return Err(EndReason::Unmeasured);
    }
    let capacity = of_levels(load, levels);
    if let Some(level) = rungs(load, levels).next() {
        return Ok(level);
    }
    if !load.search || load.objective.is_empty() {
        return Err(EndReason::StepsDone);
    }
    let is_narrow = is_narrow(load, &capacity);
    let steps: usize = levels.iter().map(|level| level.steps.len()).sum();
    let is_last = steps + 1 >= load.max_steps as usize;
    if let Some(level) = narrowing::to_confirm(levels, &capacity).filter(|_| is_narrow || is_last) {
        return Ok(level);
    }
    if is_narrow {
        return Err(EndReason::Narrow);
    }
    let highest = levels.last().map(|level| level.outcome);
    if capacity.broken_at.is_none() && highest == Some(LevelOutcome::Kept) && !capacity.contradicted
    {
        return Err(EndReason::StepsDone);
    }
    narrowing::level(load, levels, &capacity).ok_or(if capacity.low.is_none() {
        EndReason::NoneKept
    } else {
        EndReason::Undecided
    })
}

/// A step that has to be made again, since it does not show how the target is; or that the
/// load ends, since it would not show it again.
fn repeat_of_unusable(load: &Load, levels: &[Level]) -> Option<Result<f64, EndReason>> {
    let made: usize = levels.iter().map(|level| level.steps.len()).sum();
    let has_room = made + rungs(load, levels).count() < load.max_steps as usize;
    let mut unusable = levels
        .iter()
        .filter(|level| level.outcome == LevelOutcome::NotUsable);
    unusable.find_map(|level| {
        let (repeats, end) = match level.steadiness {
            Steadiness::Disturbed { .. } => (2, Some(EndReason::Disturbed)),
            Steadiness::ClientLimited { .. } => (1, Some(EndReason::ClientLimited)),
            Steadiness::TooShort {
                reason: TooShort::Drift { .. } | TooShort::Imbalance { .. },
            } => (1, None),
            _ => (0, None),
        };
        let is_over = level.steps.len() > repeats;
        match end {
            _ if has_room && !is_over => Some(Ok(level.level)),
            Some(EndReason::ClientLimited) => Some(Err(EndReason::ClientLimited)),
            end => end.filter(|_| is_over).map(Err),
        }
    })
}

/// The levels of the configuration that are still to be made, in rising order.
fn rungs<'a>(load: &'a Load, levels: &'a [Level]) -> impl Iterator<Item = f64> + 'a {
    let is_too_much =
        |level: &&Level| level.outcome == LevelOutcome::Broken || level.steadiness.is_silent();
    let too_much = levels.iter().find(is_too_much);
    let top = too_much.map_or(f64::INFINITY, |too_much| {
        if load.search && !load.objective.is_empty() {
            too_much.level
        } else {
            2.0 * too_much.level
        }
    });
    let rungs = load.steps.iter().copied();
    rungs.filter(move |rung| !is_made(levels, *rung) && *rung <= top)
}

fn is_made(levels: &[Level], rung: f64) -> bool {
    levels.iter().any(|level| is_same(level.level, rung))
}

fn is_narrow(load: &Load, capacity: &Capacity) -> bool {
    let width = capacity.relative_width();
    width.is_some_and(|width| width <= load.precision)
}

fn is_same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}
