//! Cost per request, of the run and of the pipeline.

use super::{
    super::{bounds_or_dash as bounds, cost as money, count, interval},
    table::{CostRow, CostTable, TableId, table},
};
use crate::render::{cell::Cell, format::DASH};
use bench_cost::{Bounds, Figure, RunCost, TargetCost};
use rust_decimal::Decimal;

/// The columns of the table of costs per request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// Every one.
    All,
    /// Those that fit beside the latencies of a terminal.
    Compact,
}

/// Cost per request at each target.
pub(super) fn per_request(cost: &RunCost, columns: Columns) -> CostTable {
    let all = columns == Columns::All;
    let rate = cost
        .targets
        .iter()
        .find_map(|target| target.at_rate.as_ref());
    let mut header = vec!["Target".to_owned(), "per request".to_owned()];
    if all {
        header.push("per 1,000 requests".to_owned());
    }
    header.push("per correct response".to_owned());
    header.push("per 1M output tokens".to_owned());
    if all {
        header.push("per request at 50 % utilization".to_owned());
        header.push("at 10 % utilization".to_owned());
    }
    if let Some(rate) = rate {
        header.push(format!("at {} requests/h", count(rate.requests_per_hour)));
    }
    let rows = cost.targets.iter().map(|target| {
        let range = target.range.as_ref();
        let each = range.map(|range| range.per_request);
        let mut cells: Vec<Cell> = vec![money_or(&target.per_request, each).into()];
        if all {
            let thousand = |each: Bounds| each.map(|cost| cost.times(Decimal::ONE_THOUSAND));
            cells.push(money_or(&target.per_1k_requests, each.and_then(thousand)).into());
        }
        cells.push(match range.and_then(|range| range.per_correct) {
            Some(range) => bounds(Some(range)).into(),
            None => per_correct(&target.per_correct),
        });
        cells.push(money(&target.per_million_output_tokens).into());
        if all {
            cells.extend([50, 10].map(|percent| at_utilization(target, percent).into()));
        }
        if rate.is_some() {
            let at = target.at_rate.as_ref().map(|at| at.per_request);
            cells.push(bounds(at).into());
        }
        CostRow::new(&target.target_id, target.simulated, cells)
    });
    let table = table(
        TableId::PerRequest,
        "Cost per request",
        "Measured spend, failed calls included, per answered call and per correct response; \
         machine time as long as calls took, shared by concurrent ones. Idle time counts only at \
         the stated utilizations and rates. The interval of a correct response is at 95\u{a0}%, prompts \
         taken as a sample of prompts like these. Where a few answered calls have no token count, \
         costs are ranges up to their `max_tokens`.",
        &[],
        rows,
    );
    CostTable { header, ..table }
}

/// A cost, or else its range.
fn money_or(figure: &Figure, range: Option<Bounds>) -> String {
    match figure.value() {
        Some(_) => money(figure),
        None => bounds(range),
    }
}

fn per_correct(figure: &Figure) -> Cell {
    let cell = Cell::from(money(figure));
    match interval(figure) {
        Some(limits) => cell.within(&limits.low.to_string(), Some(&limits.high.to_string())),
        None => cell,
    }
}

fn at_utilization(target: &TargetCost, percent: u32) -> String {
    let mut known = target.at_utilization.iter();
    known
        .find(|at| at.percent == percent)
        .map_or_else(|| DASH.to_owned(), |at| money_or(&at.per_request, at.range))
}

/// Cost of the run itself.
pub(super) fn run(cost: &RunCost) -> CostTable {
    let is_loaded = cost
        .targets
        .iter()
        .any(|target| target.spend.load.is_some());
    let targets = cost.targets.iter().map(|target| {
        let spend = &target.spend;
        let measured = target.range.as_ref().map(|range| range.measured);
        let mut cells = vec![money_or(&spend.measured, measured)];
        cells.extend([&spend.warmup, &spend.probe].map(money));
        cells.extend(is_loaded.then(|| spend.load.as_ref().map_or_else(|| DASH.to_owned(), money)));
        cells.push(money(&spend.total));
        let billed = target.billed.as_ref();
        cells.push(bounds(billed.map(|billed| billed.cost)));
        cells.push(bounds(billed.and_then(|billed| billed.per_request)));
        CostRow::new(&target.target_id, target.simulated, cells)
    });
    let only = |name: &str, billed: String| {
        let mut cells = vec![DASH.to_owned(); 4 + usize::from(is_loaded)];
        cells.extend([billed, DASH.to_owned()]);
        CostRow::new(name, false, cells)
    };
    let total = |name: &str, total: Option<Bounds>| CostRow {
        simulated: cost.simulated,
        ..only(name, bounds(total))
    };
    let all = if cost.totals.is_empty() {
        let limits = cost.total_low.value().zip(cost.total_high.value());
        vec![total(
            "total",
            limits.map(|(low, high)| Bounds { low, high }),
        )]
    } else {
        let each = cost.totals.iter();
        each.map(|sum| total(&format!("total, {}", sum.high.currency()), Some(*sum)))
            .collect()
    };
    let pipeline = only("pipeline", money(&cost.pipeline.total));
    let load = is_loaded.then_some("load");
    let header = ["Target", "measured", "warm-up", "probe"];
    let billed = ["all calls", "billed", "billed per request"];
    let header: Vec<&str> = header.into_iter().chain(load).chain(billed).collect();
    table(
        TableId::Run,
        "Cost of this run",
        "Calls by phase; then the bill of all calls: tokens, machines from the first call to the \
         end of the last, imports in windows of five minutes, without and with the idle window \
         after each session. The pipeline is priced as on AWS; a run on the \
         embedded AWS pays nothing for it. Amounts of different currencies are not added.",
        &header,
        targets.chain([pipeline]).chain(all),
    )
}

/// Usage of the pipeline.
pub(super) fn pipeline(cost: &RunCost) -> CostTable {
    let rows = cost.pipeline.lines.iter().map(|line| {
        let cells = vec![
            line.quantity.round_dp(1).normalize().to_string(),
            line.item.clone(),
            money(&line.cost),
        ];
        CostRow::new(&line.sku, false, cells)
    });
    table(
        TableId::Pipeline,
        "Usage of the pipeline",
        "Counted from the samples: invocations last from their first call to the end of their \
         last, so that starts, retries and the seconds of planner and aggregator are not in it. \
         Without free tiers.",
        &["SKU", "quantity", "unit", "cost"],
        rows,
    )
}
