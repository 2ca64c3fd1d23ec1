//! Tables about load.

use bench_load::{CriterionShare, LevelOutcome};
use bench_stats::Figure;

use super::{ends, numbers, sentences};
use crate::{
    model::{LoadReport, LoadStep, Report, TargetLoad},
    render::{
        cell::{Cell, Tone},
        cost::{bounds_or_dash, cost},
        format::{DASH, capitalized, percent, percent_number},
        table::{Column, RowName, Table},
    },
};

/// The capacity of every target; `None` where none was under load.
pub(crate) fn capacities(report: &Report) -> Option<Table> {
    let load = report.load.as_ref()?;
    let targets = || load.targets.iter();
    let figures = |heading: &str, of: &dyn Fn(&TargetLoad) -> String| {
        Column::figures(heading, targets().map(|target| of(target).into()))
    };
    let columns = vec![
        figures("capacity, 95 %", &|target| {
            sentences::capacity_range(&load.configured, &target.capacity)
        }),
        figures("requests/s", &|target| {
            sentences::ends(target.at_capacity.requests_per_s)
        }),
        figures("output tokens/s", &|target| {
            sentences::ends(target.at_capacity.output_tokens_per_s)
        }),
        figures("cost per 1,000 requests", &|target| {
            bounds_or_dash(target.at_capacity.cost_per_1k_requests)
        }),
        figures("cost per 1M output tokens", &|target| {
            bounds_or_dash(target.at_capacity.cost_per_million_output_tokens)
        }),
        Column::words(
            "Gave way first",
            targets().map(|target| {
                let way = target.capacity.gave_way;
                way.map_or(DASH, sentences::gave_way_name).to_owned()
            }),
        ),
        figures("steps", &|target| target.steps.len().to_string()),
    ];
    let rows: Vec<RowName> = targets().map(|target| name(report, target)).collect();
    (!rows.is_empty()).then(|| {
        Table::new("Capacity", "Target", rows, columns)
            .noted(sentences::capacity_note(&load.configured))
    })
}

/// The steps of every target, a table each.
pub(crate) fn steps(report: &Report) -> Vec<Table> {
    let Some(load) = &report.load else {
        return Vec::new();
    };
    let targets = load.targets.iter();
    targets
        .map(|target| of_target(report, load, target))
        .collect()
}

/// The row of a target, in its color.
fn name(report: &Report, load: &TargetLoad) -> RowName {
    let mut targets = report.targets.iter().enumerate();
    let known = targets.find(|(_, target)| target.id == load.target_id);
    known.map_or_else(
        || RowName::named(&load.target_id, false),
        |(position, target)| RowName::target(position, target),
    )
}

fn of_target(report: &Report, load: &LoadReport, target: &TargetLoad) -> Table {
    let steps = || target.steps.iter();
    let rates = |heading: &str, of: fn(&LoadStep) -> &Figure| {
        let rate = |step: &LoadStep| {
            let rate = of(step).value().map(numbers::rate);
            rate.map_or_else(Cell::missing, Cell::from)
        };
        Column::figures(heading, steps().map(rate))
    };
    let mut verdicts = Column::words("Verdict", steps().map(verdict));
    for (cell, step) in verdicts.cells.iter_mut().zip(steps()) {
        cell.tone = tone(step.judgment.outcome);
    }
    let shares = steps().map(|step| step.judgment.worst().map_or_else(Cell::missing, kept));
    let per_thousand = |step: &LoadStep| {
        let cost_of = step.cost.as_ref().map(|it| cost(&it.per_1k_requests));
        cost_of.map_or_else(Cell::missing, Cell::from)
    };
    let columns = vec![
        verdicts,
        Column::figures(kept_heading(target), shares),
        Column::figures(
            "calls",
            steps().map(|step| step.success.n.to_string().into()),
        ),
        rates("requests/s", |step| &step.requests_per_s),
        rates("output tokens/s", |step| &step.output_tokens_per_s),
        rates("tokens/s of one user", |step| &step.user_tokens_per_s),
        Column::times("TTFT p95", steps().map(|step| &step.response_ttft_ms.p95)),
        Column::times("response p95", steps().map(|step| &step.response_ms.p95)),
        Column::times(
            "service p95",
            steps().map(|step| step.service_ms.p95.value()),
        ),
        Column::figures("cost per 1,000", steps().map(per_thousand)),
        Column::percentages("accuracy", steps().map(|step| step.accuracy.rate.value())),
    ];
    let rows = steps().map(|step| RowName::named(&numbers::level(step.plan.level), false));
    let heading = capitalized(numbers::unit(&load.configured));
    let notes = [
        Some(sentences::workers(target)),
        sentences::connections(target),
        Some(ends::ended(target.ended).to_owned()),
    ];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    let table = Table::new(&*target.target_id, heading, rows.collect(), columns);
    let table = table.noted(notes.join(" "));
    Table {
        simulated: report.is_simulated(&target.target_id),
        ..table
    }
}

fn kept(share: &CriterionShare) -> Cell {
    match share.share {
        Some(kept) => Cell::in_unit(percent_number(kept), "%").within(
            &percent_number(share.low),
            Some(&percent_number(share.high)),
        ),
        None => Cell::missing().within(&percent(share.low), Some(&percent(share.high))),
    }
}

fn tone(outcome: LevelOutcome) -> Tone {
    match outcome {
        LevelOutcome::Kept => Tone::Good,
        LevelOutcome::Broken => Tone::Bad,
        LevelOutcome::Undecided | LevelOutcome::Unmeasured | LevelOutcome::NotUsable => Tone::Quiet,
        LevelOutcome::NoObjective => Tone::Plain,
    }
}

fn kept_heading(target: &TargetLoad) -> String {
    let shares = target.steps.iter().flat_map(|step| &step.judgment.criteria);
    let mut limits: Vec<_> = shares.map(|share| share.criterion).collect();
    limits.sort_unstable();
    limits.dedup();
    match limits.as_slice() {
        [] => "objective kept".to_owned(),
        [only] => format!("{} kept", sentences::criterion(*only)),
        _ => "objective kept, worst limit".to_owned(),
    }
}

fn verdict(step: &LoadStep) -> String {
    let steadiness = sentences::steadiness(&step.judgment.steadiness);
    let objective = match step.judgment.outcome {
        LevelOutcome::Kept => "kept; ",
        LevelOutcome::Broken => "broken; ",
        LevelOutcome::Undecided => "undecided; ",
        LevelOutcome::Unmeasured => "not measured; ",
        LevelOutcome::NotUsable => "no conclusion; ",
        LevelOutcome::NoObjective => "",
    };
    format!("{objective}{steadiness}")
}
