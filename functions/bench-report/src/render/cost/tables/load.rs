//! Cost over load: break-even and cost per month.

use super::{
    super::{bounds_or_dash as bounds, count},
    table::{CostRow, CostTable, TableId, table},
};
use crate::{model::CostReport, render::format::DASH};
use bench_cost::{BreakEvenRange, CapacityBasis, CostModel, RunCost};
use rust_decimal::Decimal;

/// Break-even of pay per use and hourly prices.
pub(super) fn break_even(cost: &CostReport) -> CostTable {
    let number = |value: Option<_>| value.map_or_else(|| DASH.to_owned(), count);
    let rows = cost.break_even.iter().map(|pair| {
        let reachable = match (pair.requests_per_hour, &pair.range, pair.reachable) {
            (None, None, _) => "never cheaper",
            (_, Some(range), true) if !range.reachable => "not certain",
            (_, _, true) => "yes",
            (_, _, false) => "no",
        };
        let [hour, day] = match &pair.range {
            Some(range) => [Decimal::from(24), Decimal::ONE].map(|hours| between(range, hours)),
            None => [pair.requests_per_hour, pair.requests_per_day].map(number),
        };
        CostRow::new(
            &format!("{} and {}", pair.per_use, pair.per_hour),
            pair.simulated,
            vec![
                hour,
                day,
                number(pair.capacity_per_hour),
                basis(pair.capacity_basis).to_owned(),
                reachable.to_owned(),
            ],
        )
    });
    table(
        TableId::BreakEven,
        "Break-even",
        "The rate at which both cost the same, and what the second target sustains: the lower end \
         of its capacity under the objective of a load, or its sequential calls back to back (one \
         caller, at the concurrency and latency that were measured). Where a few answered calls have no token \
         count, the rate is a range, between whose ends it is not decided which is cheaper.",
        &[
            "Per use and per hour",
            "requests/h",
            "requests/day",
            "sustained/h",
            "sustained by",
            "reachable",
        ],
        rows,
    )
}

/// The limits of a break-even per day, over so many parts of it.
fn between(range: &BreakEvenRange, parts: Decimal) -> String {
    let rate = |day: Decimal| {
        day.checked_div(parts)
            .map_or_else(|| DASH.to_owned(), count)
    };
    match range.high {
        Some(high) => format!("{} to {}", rate(range.low), rate(high)),
        None => format!("{} or more, or none", rate(range.low)),
    }
}

/// Break-even of imports that scale to zero and machines.
pub(super) fn scale_to_zero(cost: &CostReport) -> CostTable {
    let rows = cost.idle_break_even.iter().map(|pair| {
        let cells = vec![
            count(pair.windows_per_day.floor()),
            format!("{:.1} h", pair.hours_per_day.trunc_with_scale(1)),
        ];
        let name = format!("{} and {}", pair.import, pair.always_on);
        CostRow::new(&name, pair.simulated, cells)
    });
    table(
        TableId::ScaleToZero,
        "Scale-to-zero import or always-on machine",
        "The import costs less than the machine while it is in use for at most this long a day.",
        &["Import and machine", "windows a day", "hours a day"],
        rows,
    )
}

/// Requests a day of the columns.
const DAILY: [u64; 4] = [100, 1_000, 10_000, 100_000];

/// Cost per month at some loads.
pub(super) fn monthly(cost: &RunCost) -> CostTable {
    let lines = cost
        .targets
        .iter()
        .filter_map(|target| target.cost_model.as_ref());
    let is_under_load = |line: &CostModel| line.capacity_basis() == CapacityBasis::Load;
    let sustained = if lines.clone().any(is_under_load) {
        "the capacity under the objective of the load where there is one, else at the measured \
         concurrency"
    } else {
        "the measured concurrency"
    };
    // Points of the curve: what is shown is in the data.
    let points = &cost.curve.requests_per_day;
    let daily = DAILY
        .into_iter()
        .filter(|requests| points.contains(requests));
    let rows = lines.map(|line: &CostModel| {
        let cells = daily.clone().map(|requests| bounds(line.monthly(requests)));
        CostRow::new(&line.target_id, line.simulated, cells.collect())
    });
    let mut header = vec!["Target".to_owned()];
    let columns = daily.clone();
    header.extend(columns.map(|requests| format!("{} requests/day", count(requests.into()))));
    let table = table(
        TableId::Monthly,
        "Cost per month",
        format!(
            "{} days, requests spread evenly, as many machines or copies as the rate takes at \
             {sustained}; imports without and with idle windows.",
            cost.curve.days
        ),
        &[],
        rows,
    );
    CostTable { header, ..table }
}

/// The source of the sustained requests per hour.
fn basis(basis: CapacityBasis) -> &'static str {
    match basis {
        CapacityBasis::OneCaller => "one caller",
        CapacityBasis::Load => "load",
    }
}
