//! The answer of a run: what the page, the table and the terminal begin with.

use crate::{
    findings::{cheapest, fastest, incomplete, ranked::ranked},
    model::{
        AccuracyAnswer, Answer, LatencyAnswer, Report, Separation, TargetAccuracy, TargetCapacity,
        TargetFailures, TargetReport,
    },
};
use bench_core::sample::{Outcome, Phase};

/// The answer by topic, the most important first. Simulated targets are ranked where there is
/// no other; failures are told of all.
pub(crate) fn answers(report: &Report) -> Vec<Answer> {
    let targets = ranked(&report.targets, |target| target.simulated);
    let parts = [
        latency(report, &targets).map(Answer::Latency),
        capacity(report),
        (!targets.is_empty()).then(|| Answer::Cost(cheapest::of(report.cost.as_deref()))),
        accuracy(&targets).map(Answer::Accuracy),
        Some(Answer::Failures {
            targets: report.targets.iter().filter_map(failures).collect(),
        }),
        Some(completeness(report)),
    ];
    parts.into_iter().flatten().collect()
}

fn latency(report: &Report, targets: &[&TargetReport]) -> Option<LatencyAnswer> {
    let answered: Vec<&TargetReport> = targets
        .iter()
        .copied()
        .filter(|target| target.timings.latency.n > 0)
        .collect();
    match answered.as_slice() {
        [] => Some(LatencyAnswer::NoneAnswered),
        [only] => Some(LatencyAnswer::OnlyOne {
            target_id: only.id.clone(),
        }),
        several => fastest::of(&report.comparisons, several),
    }
}

/// The capacities of targets; `None` where no target was under load.
fn capacity(report: &Report) -> Option<Answer> {
    let load = report.load.as_ref()?;
    let targets: Vec<TargetCapacity> = load
        .targets
        .iter()
        .map(|target| TargetCapacity {
            target_id: target.target_id.clone(),
            simulated: report.is_simulated(&target.target_id),
            capacity: target.capacity.clone(),
        })
        .collect();
    (!targets.is_empty()).then_some(Answer::Capacity { targets })
}

/// The extremes, with whether they can be told apart.
fn accuracy(targets: &[&TargetReport]) -> Option<AccuracyAnswer> {
    let graded = targets.iter().filter_map(|target| graded(target));
    let mut graded: Vec<TargetAccuracy> = graded.collect();
    graded.sort_by(|a, b| b.rate.total_cmp(&a.rate));
    let mut graded = graded.into_iter();
    let best = graded.next()?;
    let Some(worst) = graded.next_back() else {
        return Some(AccuracyAnswer::OnlyOne { target: best });
    };
    let separation = if best.low > worst.high {
        Separation::Separate
    } else {
        Separation::Overlapping
    };
    Some(AccuracyAnswer::Extremes {
        best,
        worst,
        separation,
    })
}

fn graded(target: &TargetReport) -> Option<TargetAccuracy> {
    let share = &target.accuracy.flexible;
    Some(TargetAccuracy {
        target_id: target.id.clone(),
        rate: share.rate.value()?,
        low: share.low()?,
        high: share.high()?,
    })
}

fn failures(target: &TargetReport) -> Option<TargetFailures> {
    let (target_id, simulated) = (target.id.clone(), target.simulated);
    if target.calls.failed > 0 {
        return Some(TargetFailures::CallsFailed {
            target_id,
            simulated,
            failed: target.calls.failed,
            measured: target.calls.measured,
            outcomes: outcomes(target),
        });
    }
    incomplete::never_answered(target).then_some(TargetFailures::NeverReady {
        target_id,
        simulated,
    })
}

/// How the measured calls of a target failed, the most frequent first.
fn outcomes(target: &TargetReport) -> Vec<Outcome> {
    let mut counts: Vec<(Outcome, u64)> = Vec::new();
    for failure in &target.failures {
        if failure.phase != Phase::Measured {
            continue;
        }
        match counts
            .iter_mut()
            .find(|(known, _)| *known == failure.outcome)
        {
            Some((_, count)) => *count += failure.count,
            None => counts.push((failure.outcome, failure.count)),
        }
    }
    counts.sort_by_key(|(outcome, count)| (std::cmp::Reverse(*count), outcome.as_str()));
    counts.into_iter().map(|(outcome, _)| outcome).collect()
}

fn completeness(report: &Report) -> Answer {
    let calls = report.targets.iter().map(|target| &target.calls);
    Answer::Completeness {
        complete: report.run.complete,
        measured: calls.clone().map(|calls| calls.measured).sum(),
        planned: calls.map(|calls| calls.planned).sum(),
    }
}
