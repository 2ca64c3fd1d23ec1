//! The estimates of a run as text.

use bench_cost::{Basis, Bounds, CostWarning, Figure};
use bench_report::{cost_warning, format::folded};

use crate::{
    forecast::{Budget, BudgetCoverage, Forecast},
    load_text, ranges,
    terminal::Screen,
};

/// The assumptions of the estimates, which are the same for every target.
const LIMITS: &str = "\
low:  one attempt per call and one probe; a model import without an idle window
high: all attempts of each call, each up to its limits; the longest wait until a target is ready; \
      a model import with one idle window
Not included: the pipeline itself (Lambda, Step Functions, DynamoDB, S3), storage and data transfer.";

/// The estimates of a run, with what they are based on.
pub(super) fn estimates(forecast: &Forecast, screen: Screen) -> String {
    let run = &forecast.run;
    let rows = run.targets.iter().map(|target| {
        let cost = target
            .cost
            .map_or_else(|| "–".to_owned(), bench_report::bounds);
        [
            target.target_id.to_string(),
            ranges::whole(target.calls),
            ranges::time(target.seconds),
            cost,
        ]
    });
    let all = [
        "total".to_owned(),
        ranges::whole(run.calls),
        ranges::time(run.seconds),
        total(&run.cost_low, &run.cost_high),
    ];
    let header = ["estimate", "calls", "time", "cost"];
    let mut lines = vec![
        screen.table(header, rows.chain([all]), 1).to_string(),
        LIMITS.to_owned(),
    ];
    if !forecast.load.is_empty() {
        lines.push(format!(
            "\nof these, the load:\n{}",
            load_text::table(&forecast.load, screen)
        ));
        lines.push(load_text::LIMITS.to_owned());
    }
    lines.extend(bases(forecast));
    let reasons = run.targets.iter().filter_map(|target| {
        let reason = target.reason.as_ref()?;
        Some((reason.to_string(), target.target_id.as_str()))
    });
    lines.extend(grouped(reasons).into_iter().map(|(reason, ids)| {
        let have = if ids.len() == 1 { "has" } else { "have" };
        format!(
            "{} {have} no cost: {reason}. The total cost is therefore unknown.",
            named(ids)
        )
    }));
    if let Some(budget) = &forecast.budget {
        lines.push(budget_sentence(budget));
    }
    // The reason of a target without a cost is printed above.
    let warnings = forecast
        .warnings
        .iter()
        .filter(|warning| !matches!(warning, CostWarning::NoCost { .. }));
    lines.extend(warnings.map(|warning| format!("warning: {}", cost_warning(warning))));
    lines.join("\n")
}

/// Whether the budget covers the run.
pub(super) fn budget_sentence(Budget { limit, coverage }: &Budget) -> String {
    match coverage {
        BudgetCoverage::Covered { high } => {
            format!("the budget of {limit} covers the high estimate of {high}")
        }
        BudgetCoverage::Uncertain { low, high } => format!(
            "the budget of {limit} is between the low estimate of {low} and the high estimate of \
             {high}: the run may stop before it is complete"
        ),
        BudgetCoverage::Insufficient { low } => format!(
            "the budget of {limit} is below the low estimate of {low}: the run would stop before \
             it is complete"
        ),
        BudgetCoverage::Unknown { reason } => {
            format!(
                "the budget of {limit} cannot be enforced, and a run would be refused: {reason}"
            )
        }
        BudgetCoverage::NotApplicable => format!(
            "no target declares its `pricing`, so nothing counts against the budget of {limit}"
        ),
    }
}

/// The basis of the estimates, one line for all targets that share it.
fn bases(forecast: &Forecast) -> Vec<String> {
    let targets = forecast.run.targets.iter();
    let bases = grouped(targets.map(|target| (target.basis, target.target_id.as_str())));
    let mut lines: Vec<String> = bases
        .into_iter()
        .map(|(basis, ids)| format!("{}: {}", named(ids), basis_text(basis)))
        .collect();
    if let Some(run) = &forecast.last_run {
        lines.push(format!("last run of this configuration: `{run}`"));
    }
    lines
}

/// The targets of each value, in the order in which they come.
fn grouped<'a, T: PartialEq>(
    targets: impl Iterator<Item = (T, &'a str)>,
) -> Vec<(T, Vec<&'a str>)> {
    let mut groups: Vec<(T, Vec<&str>)> = Vec::new();
    for (value, id) in targets {
        match groups.iter_mut().find(|(other, _)| *other == value) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((value, vec![id])),
        }
    }
    groups
}

/// Targets by their ids, as many as a line has room for.
fn named(ids: Vec<&str>) -> String {
    const MAX_NAMED: usize = 8;
    folded(ids.into_iter().map(|id| format!("`{id}`")), MAX_NAMED).join(", ")
}

fn basis_text(basis: Basis) -> String {
    match basis {
        Basis::LastRun {
            answered,
            drift_percent,
        } => format!(
            "based on the {answered} answered calls of the last run, {drift_percent} % less or more"
        ),
        Basis::Limits {
            min_tokens,
            max_tokens,
            timeout_s,
        } => format!(
            "no last run: based on responses of {min_tokens} to {max_tokens} tokens and calls of \
             at most {timeout_s} s"
        ),
    }
}

fn total(low: &Figure, high: &Figure) -> String {
    match (low.value(), high.value()) {
        (Some(low), Some(high)) => bench_report::bounds(Bounds { low, high }),
        _ => "–".to_owned(),
    }
}
