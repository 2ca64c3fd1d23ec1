//! Cost over load: break-even and cost per month.

use super::{
    super::{bounds_or_dash as bounds, count},
    table::{CostRow, CostTable, TableId, table},
};
use crate::{model::CostReport, render::format::DASH};
use bench_cost::{CostModel, RunCost};

/// Break-even of pay per use and hourly prices.
pub(super) fn break_even(cost: &CostReport) -> CostTable {
    let number = |value: Option<_>| value.map_or_else(|| DASH.to_owned(), count);
    let rows = cost.break_even.iter().map(|pair| {
        let reachable = match (pair.requests_per_hour, pair.reachable) {
            (None, _) => "never cheaper",
            (_, true) => "yes",
            (_, false) => "no",
        };
        CostRow::new(
            &format!("{} and {}", pair.per_use, pair.per_hour),
            pair.simulated,
            vec![
                number(pair.requests_per_hour),
                number(pair.requests_per_day),
                number(pair.capacity_per_hour),
                reachable.to_owned(),
            ],
        )
    });
    table(
        TableId::BreakEven,
        "Break-even",
        "The rate at which both cost the same, and what the second target sustains at the \
         concurrency and latency that were measured.",
        &[
            "Per use and per hour",
            "requests/h",
            "requests/day",
            "sustained/h",
            "reachable",
        ],
        rows,
    )
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
            "{} days, requests spread evenly, as many machines or copies as the rate takes at the \
             measured concurrency; imports without and with idle windows.",
            cost.curve.days
        ),
        &[],
        rows,
    );
    CostTable { header, ..table }
}
