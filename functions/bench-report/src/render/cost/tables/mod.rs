//! Costs in tables that every form of the report shares.

mod load;
mod prices;
mod spend;
mod table;

use crate::model::Report;
use load::{break_even, monthly, scale_to_zero};
use prices::{hourly, prices};
use spend::{Columns, per_request, pipeline, run};
pub use table::{CostRow, CostTable, TableId};

/// Every table about the cost of a run; none where it has no cost, and none that
/// would be empty.
#[must_use]
pub fn cost_tables(report: &Report) -> Vec<CostTable> {
    let Some(cost) = &report.cost else {
        return Vec::new();
    };
    let tables = [
        per_request(cost, Columns::All),
        run(cost),
        hourly(cost),
        break_even(cost),
        scale_to_zero(cost),
        monthly(cost),
        pipeline(cost),
        prices(cost),
    ];
    tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

/// Cost per request, in the columns that fit in a terminal; `None` where the run has
/// no cost.
#[must_use]
pub fn cost_summary(report: &Report) -> Option<CostTable> {
    let cost = report.cost.as_ref()?;
    Some(per_request(cost, Columns::Compact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{format::DASH, sentences};
    use crate::{build, cost_sentences, fixture};

    fn report() -> Report {
        let (plan, samples) = fixture::priced_run();
        build(&plan, &samples)
    }

    fn row(report: &Report, id: TableId, name: &str) -> CostRow {
        let tables = cost_tables(report);
        let table = tables.iter().find(|table| table.id == id).unwrap();
        let mut rows = table.rows.iter();
        rows.find(|row| row.name == name).unwrap().clone()
    }

    #[test]
    fn every_row_is_as_long_as_its_header() {
        let tables = cost_tables(&report());
        let ids: Vec<TableId> = tables.iter().map(|table| table.id).collect();
        assert_eq!(
            ids,
            [
                TableId::PerRequest,
                TableId::Run,
                TableId::Hourly,
                TableId::BreakEven,
                TableId::Monthly,
                TableId::Pipeline,
                TableId::Prices,
            ]
        );
        for table in tables {
            for row in &table.rows {
                assert_eq!(row.cells.len() + 1, table.header.len(), "{:?}", table.id);
            }
        }
    }

    #[test]
    fn a_request_costs_its_tokens_and_its_time() {
        let report = report();
        let good = row(&report, TableId::PerRequest, "good");
        // 50 × 0.00000135 + 100 × 0.0000054, half of the answers right.
        assert_eq!(good.cells[0].figure, "$0.000608");
        assert_eq!(good.cells[1].figure, "$0.608");
        assert_eq!(good.cells[2].figure, "$0.00122");
        assert!(good.cells[2].interval.is_some(), "{good:?}");
        assert_eq!(good.label(), "good (simulated)");
        // Mean 700 ms and a µs at 1.96786 an hour.
        assert_eq!(
            row(&report, TableId::PerRequest, "hostile").cells[0].figure,
            "$0.000383"
        );
    }

    #[test]
    fn a_machine_that_was_not_measured_has_no_cost_line_and_the_report_has_its_reason() {
        let report = report();
        let broken = row(&report, TableId::PerRequest, "broken");
        assert!(
            broken.cells.iter().all(|cell| cell.figure == DASH),
            "{broken:?}"
        );
        let said = cost_sentences(&report);
        assert!(said.iter().any(|said| said.text.starts_with(
            "`broken` has no cost: `ml.g6.2xlarge` was measured, but `ec2:g6.8xlarge` is priced"
        )));
        assert!(report.cost_of("broken").unwrap().cost_model.is_none());
        let monthly = cost_tables(&report);
        let monthly = monthly
            .iter()
            .find(|table| table.id == TableId::Monthly)
            .unwrap();
        assert!(monthly.rows.iter().all(|row| row.name != "broken"));
    }

    #[test]
    fn a_run_without_prices_says_so_and_has_no_table() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        assert_eq!((report.cost.as_ref(), cost_tables(&report)), (None, vec![]));
        let said = cost_sentences(&report);
        assert!(
            said[0]
                .text
                .starts_with("The cost of this run is not available: the run was planned")
        );
    }

    #[test]
    fn what_follows_from_a_simulated_target_is_labeled_and_what_does_not_is_not() {
        let report = report();
        for table in cost_tables(&report) {
            for row in &table.rows {
                let named = row.name.contains("good") || row.name == "total";
                assert_eq!(row.simulated, named, "{:?} {}", table.id, row.name);
            }
        }
        let choice = cost_sentences(&report);
        assert!(choice.iter().any(|said| said.simulated));
        assert!(
            sentences::warnings::all(&report)
                .iter()
                .any(|said| said.contains("are not findings"))
        );
    }
}
