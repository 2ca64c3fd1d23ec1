//! Tables about load.

use bench_load::{CriterionShare, LevelOutcome};
use bench_stats::Figure;

use super::sentences;
use crate::{
    model::{LoadReport, LoadStep, Report, TargetLoad},
    render::{
        cell::Cell,
        cost::{bounds_or_dash, cost},
        display,
        format::{DASH, duration_or_dash, percent, percent_or_dash},
    },
};

/// A table about load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadTable {
    /// The title of the table.
    pub(crate) title: String,
    /// Which column is text, from that of the rows' names on, which is 0.
    pub(crate) text_column: usize,
    /// The columns, that of the rows' names included.
    pub(crate) header: Vec<String>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// Notes on its figures.
    pub(crate) notes: Vec<String>,
    /// Whether its target is simulated.
    pub(crate) simulated: bool,
}

/// One row of a [`LoadTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The name of the row.
    pub(crate) name: String,
    /// Whether it is of a simulated target.
    pub(crate) simulated: bool,
    /// The figures, rounded for reading.
    pub(crate) cells: Vec<Cell>,
}

/// The capacity of every target; `None` where none was under load.
pub(crate) fn capacities(report: &Report) -> Option<LoadTable> {
    let load = report.load.as_ref()?;
    let header = [
        "Target",
        "capacity, 95 %",
        "requests/s there",
        "output tokens/s there",
        "cost per 1,000 requests there",
        "cost per 1M output tokens there",
        "gave way first",
        "steps",
    ];
    let row = |target: &TargetLoad| Row {
        name: target.target_id.to_string(),
        simulated: report.is_simulated(&target.target_id),
        cells: vec![
            sentences::capacity_range(&load.configured, &target.capacity).into(),
            sentences::ends(target.at_capacity.requests_per_s).into(),
            sentences::ends(target.at_capacity.output_tokens_per_s).into(),
            bounds_or_dash(target.at_capacity.cost_per_1k_requests).into(),
            bounds_or_dash(target.at_capacity.cost_per_million_output_tokens).into(),
            target
                .capacity
                .gave_way
                .map_or(DASH, sentences::gave_way_name)
                .to_owned()
                .into(),
            target.steps.len().to_string().into(),
        ],
    };
    (!load.targets.is_empty()).then(|| LoadTable {
        title: "Capacity".to_owned(),
        text_column: 6,
        header: header.map(str::to_owned).to_vec(),
        rows: load.targets.iter().map(row).collect(),
        notes: vec![sentences::capacity_note(&load.configured)],
        simulated: false,
    })
}

/// The steps of every target, a table each.
pub(crate) fn steps(report: &Report) -> Vec<LoadTable> {
    let Some(load) = &report.load else {
        return Vec::new();
    };
    let targets = load.targets.iter();
    targets
        .map(|target| of_target(report, load, target))
        .collect()
}

fn of_target(report: &Report, load: &LoadReport, target: &TargetLoad) -> LoadTable {
    let mut header = vec![capitalized(sentences::unit(&load.configured))];
    let columns = [
        "calls",
        "requests/s",
        "output tokens/s",
        "tokens/s of one user",
        "TTFT p95",
        "response p95",
        "service p95",
        "cost per 1,000",
        "accuracy",
    ];
    header.push("Verdict".to_owned());
    header.push(kept_heading(target));
    header.extend(columns.map(str::to_owned));
    LoadTable {
        title: target.target_id.to_string(),
        text_column: 1,
        header,
        rows: target
            .steps
            .iter()
            .map(|step| Row {
                name: sentences::level(step.plan.level),
                simulated: false,
                cells: cells(step),
            })
            .collect(),
        notes: vec![format!(
            "{} {}",
            sentences::workers(target),
            sentences::ended(target.ended)
        )],
        simulated: report.is_simulated(&target.target_id),
    }
}

fn cells(step: &LoadStep) -> Vec<Cell> {
    let rate = |figure: &Figure| {
        figure
            .value()
            .map_or_else(|| DASH.to_owned(), sentences::rate)
    };
    vec![
        verdict(step).into(),
        step.judgment.worst().map_or_else(Cell::missing, kept),
        step.success.n.to_string().into(),
        rate(&step.requests_per_s).into(),
        rate(&step.output_tokens_per_s).into(),
        rate(&step.user_tokens_per_s).into(),
        display::with_interval(&step.response_ttft_ms.p95),
        display::with_interval(&step.response_ms.p95),
        duration_or_dash(step.service_ms.p95.value()).into(),
        step.cost
            .as_ref()
            .map_or_else(|| DASH.to_owned(), |it| cost(&it.per_1k_requests))
            .into(),
        percent_or_dash(step.accuracy.rate.value()).into(),
    ]
}

fn kept(share: &CriterionShare) -> Cell {
    let found = share.share.map_or_else(|| DASH.to_owned(), percent);
    Cell::from(found).within(&percent(share.low), Some(&percent(share.high)))
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
        LevelOutcome::NotUsable => "no conclusion; ",
        LevelOutcome::NoObjective => "",
    };
    format!("{objective}{steadiness}")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
