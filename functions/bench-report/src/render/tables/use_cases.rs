//! Targets against the limits of use cases.

use crate::{
    model::{Fit, Report},
    render::{
        cell::Tone,
        display,
        format::DASH,
        sentences,
        table::{Column, Table},
    },
};
use bench_core::config::Tier;

/// Every target against every use case that is measured; `None` where none is.
pub(crate) fn use_cases(report: &Report) -> Option<Table> {
    let tiers = report
        .targets
        .iter()
        .map(|target| target.tier.map_or(DASH, Tier::as_str).to_owned());
    let mut columns = vec![Column::words("Size", tiers)];
    columns.extend(report.use_cases.iter().filter_map(|use_case| {
        let fits = || {
            report.targets.iter().map(move |target| {
                let mut fits = use_case.targets.iter();
                fits.find(|fit| fit.target_id == target.id)
            })
        };
        if use_case.targets.is_empty() {
            return None;
        }
        let title = display::foreign(&use_case.limits.title);
        let verdicts = fits().map(|fit| fit.map_or_else(String::new, verdict));
        let mut column = Column::words(title, verdicts);
        for (cell, fit) in column.cells.iter_mut().zip(fits()) {
            cell.tone = fit.map_or(Tone::Quiet, tone);
        }
        Some(column)
    }));
    (columns.len() > 1).then(|| Table::of_targets("Targets by use case", &report.targets, columns))
}

fn verdict(fit: &Fit) -> String {
    sentences::use_cases::verdict(fit)
}

fn tone(fit: &Fit) -> Tone {
    match fit.fits {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Quiet,
    }
}
