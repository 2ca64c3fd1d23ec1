//! The columns of `summary.csv` that are about cost: exact, in one currency a row.

use crate::model::Report;
use bench_core::money::Money;
use bench_cost::{Bounds, CostReason, Figure};

/// The columns.
pub(crate) const COLUMNS: [&str; 14] = [
    "cost_currency",
    "cost_per_request",
    "cost_per_1k_requests",
    "cost_per_million_output_tokens",
    "cost_per_correct",
    "cost_per_correct_low",
    "cost_per_correct_high",
    "cost_measured",
    "cost_warmup",
    "cost_probe",
    "cost_billed_low",
    "cost_billed_high",
    "cost_per_hour",
    "cost_reason",
];

/// The cells of one target; empty where there is no figure.
pub(crate) fn cells(report: &Report, target_id: &str) -> Vec<String> {
    let Some(cost) = report.cost_of(target_id) else {
        let mut cells = vec![String::new(); COLUMNS.len() - 1];
        cells.push(reason(report.cost_reason.as_ref()));
        return cells;
    };
    let per_hour = cost
        .cost_model
        .as_ref()
        .and_then(bench_cost::CostModel::per_hour);
    let priced = cost.prices.first().map(|used| used.price.currency);
    // What is free has no price.
    let currency = priced.or_else(|| cost.per_attempt.value().map(Money::currency));
    let limit = |bounds: Option<Bounds>, limit: fn(Bounds) -> Money| money(bounds.map(limit));
    let (low, high) = (|bounds: Bounds| bounds.low, |bounds: Bounds| bounds.high);
    let interval = super::interval(&cost.per_correct);
    let billed = cost.billed.as_ref().map(|billed| billed.cost);
    vec![
        currency
            .map(|currency| currency.to_string())
            .unwrap_or_default(),
        figure(&cost.per_request),
        figure(&cost.per_1k_requests),
        figure(&cost.per_million_output_tokens),
        figure(&cost.per_correct),
        limit(interval, low),
        limit(interval, high),
        figure(&cost.spend.measured),
        figure(&cost.spend.warmup),
        figure(&cost.spend.probe),
        limit(billed, low),
        limit(billed, high),
        money(per_hour),
        reason(cost.reason.as_ref().or(cost.spend.measured.reason())),
    ]
}

fn reason(reason: Option<&CostReason>) -> String {
    reason.map(ToString::to_string).unwrap_or_default()
}

fn figure(figure: &Figure) -> String {
    money(figure.value())
}

fn money(money: Option<Money>) -> String {
    money
        .map(|money| money.amount().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture};

    #[test]
    fn money_is_exact_and_a_reason_stands_where_there_is_none() {
        let (plan, samples) = fixture::priced_run();
        let report = build(&plan, &samples);
        let good = cells(&report, "good");
        assert_eq!(good[..3], ["USD", "0.0006075", "0.6075"]);
        let broken = cells(&report, "broken");
        assert_eq!(broken[1], "");
        assert!(broken[13].contains("is priced"), "{broken:?}");
        let (plan, samples) = fixture::run();
        let unpriced = cells(&build(&plan, &samples), "good");
        assert_eq!(unpriced.len(), COLUMNS.len());
        assert!(unpriced[13].contains("without a price catalog"));
    }
}
