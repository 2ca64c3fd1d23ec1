//! Tables of what was configured.

use crate::{
    model::{Report, TargetReport},
    render::{
        cell::Cell,
        format::DASH,
        lengths,
        table::{Column, RowName, Table},
    },
};
use bench_core::config::Tier;

/// The targets as they are configured.
pub(crate) fn targets(report: &Report) -> Table {
    let targets = || report.targets.iter();
    let known = |text: Option<&String>| text.map_or_else(|| DASH.to_owned(), Clone::clone);
    let concurrency = |target: &TargetReport| {
        if target.is_external() {
            Cell::missing()
        } else {
            target.concurrency.to_string().into()
        }
    };
    let streaming = |target: &TargetReport| match (target.is_external(), target.stream) {
        (true, _) => DASH,
        (false, true) => "yes",
        (false, false) => "no",
    };
    let columns = vec![
        Column::words(
            "Service and request",
            targets().map(|it| format!("{} {}", it.kind, it.request)),
        ),
        Column::texts("Address", targets().map(|it| it.address.clone())),
        Column::words("Model", targets().map(|it| known(it.model_name.as_ref()))),
        Column::words(
            "Size",
            targets().map(|it| it.tier.map_or(DASH, Tier::as_str).to_owned()),
        ),
        Column::words("Instance", targets().map(|it| known(it.instance.as_ref()))),
        Column::figures("concurrency", targets().map(concurrency)),
        Column::words("Streaming", targets().map(|it| streaming(it).to_owned())),
    ];
    Table::of_targets("Targets", &report.targets, columns)
}

/// Token lengths that were asked for and measured; `None` where none were asked for.
pub(crate) fn token_lengths(report: &Report) -> Option<Table> {
    let rows = lengths::rows(report);
    let columns = lengths::COLUMNS.iter().enumerate().map(|(place, heading)| {
        let cells = rows.iter().map(|(_, cells)| cells[place].clone());
        if place == 0 {
            Column::words(*heading, cells)
        } else {
            Column::figures(*heading, cells.map(Cell::from))
        }
    });
    let names = rows
        .iter()
        .map(|(position, _)| RowName::target(*position, &report.targets[*position]));
    let table = Table::new(lengths::TITLE, "Target", names.collect(), columns.collect());
    (!rows.is_empty()).then(|| {
        table.noted(
            "Tokens of measured, answered calls as the service counts them. Prompts within 10 % of \
             the length have it.",
        )
    })
}
