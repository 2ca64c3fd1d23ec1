//! What a run cost in tables that every form of the report shares.

use crate::{model::Report, render::format::DASH};
use bench_cost::{Bounds, CostModel, Figure, PerCorrect, RunCost, TargetCost, UsedPrice, count};

/// A table about cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostTable {
    /// A short name: `answers`, `spent`, `hourly`, `break-even`, `awake`, `monthly`,
    /// `pipeline` or `prices`.
    pub id: &'static str,
    /// What the table is about.
    pub title: &'static str,
    /// What its figures are.
    pub note: String,
    /// The columns, that of the rows' names included.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<CostRow>,
    /// Whether columns are texts and not figures.
    pub texts: bool,
}

/// One row of a [`CostTable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    /// What the row is about.
    pub name: String,
    /// Whether that is simulated: then no figure of the row is a finding.
    pub simulated: bool,
    /// The figures, rounded for reading; a dash where there is none.
    pub cells: Vec<String>,
}

impl CostRow {
    fn new(name: &str, simulated: bool, cells: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            simulated,
            cells,
        }
    }

    /// The name, with the label of what is simulated.
    #[must_use]
    pub fn label(&self) -> String {
        let simulated = if self.simulated { " (simulated)" } else { "" };
        format!("{}{simulated}", self.name)
    }
}

/// Every table about the cost of a run; none where it has no cost, and none that
/// would be empty.
#[must_use]
pub fn cost_tables(report: &Report) -> Vec<CostTable> {
    let Some(cost) = &report.cost else {
        return Vec::new();
    };
    let tables = [
        answers(cost),
        spent(cost),
        hourly(cost),
        break_even(cost),
        awake(cost),
        monthly(cost),
        pipeline(cost),
        prices(cost),
    ];
    tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

fn table(
    id: &'static str,
    title: &'static str,
    note: impl Into<String>,
    header: &[&str],
    rows: impl IntoIterator<Item = CostRow>,
) -> CostTable {
    CostTable {
        id,
        title,
        note: note.into(),
        header: header.iter().map(|&column| column.to_owned()).collect(),
        rows: rows.into_iter().collect(),
        texts: false,
    }
}

/// What an answer costs at each target.
fn answers(cost: &RunCost) -> CostTable {
    let rate = cost
        .targets
        .iter()
        .find_map(|target| target.at_rate.as_ref());
    let mut header = vec![
        "Target".to_owned(),
        "per request".to_owned(),
        "per 1,000 requests".to_owned(),
        "per right answer".to_owned(),
        "per 1M output tokens".to_owned(),
        "per request at 50 % use".to_owned(),
        "at 10 % use".to_owned(),
    ];
    if let Some(rate) = rate {
        header.push(format!("at {} requests/h", count(rate.requests_per_hour)));
    }
    let rows = cost.targets.iter().map(|target| {
        let mut cells = vec![
            target.per_request.to_string(),
            target.per_1k_requests.to_string(),
            per_correct(&target.per_correct),
            target.per_million_output_tokens.to_string(),
            at_use(target, 50),
            at_use(target, 10),
        ];
        if rate.is_some() {
            let at = target.at_rate.as_ref().map(|at| at.per_request);
            cells.push(bounds(at));
        }
        CostRow::new(&target.target_id, target.simulated, cells)
    });
    let table = table(
        "answers",
        "What an answer costs",
        "Measured spend, failed calls included, by answered and by right answers; machine time as \
         long as calls took, shared by those in flight. Without idle time, but at the utilizations \
         and rates that are stated. The interval of a right answer is at 95 %, prompts taken as a \
         sample of prompts like these.",
        &[],
        rows,
    );
    CostTable { header, ..table }
}

fn per_correct(found: &PerCorrect) -> String {
    match (found.figure.money(), found.interval) {
        (Some(money), Some(limits)) => format!("{money} [{} to {}]", limits.low, limits.high),
        _ => found.figure.to_string(),
    }
}

fn at_use(target: &TargetCost, percent: u32) -> String {
    let mut known = target.at_utilization.iter();
    known
        .find(|at| at.percent == percent)
        .map_or_else(|| DASH.to_owned(), |at| at.per_request.to_string())
}

fn bounds(bounds: Option<Bounds>) -> String {
    bounds.map_or_else(|| DASH.to_owned(), |bounds| bounds.to_string())
}

/// What the run itself cost.
fn spent(cost: &RunCost) -> CostTable {
    let targets = cost.targets.iter().map(|target| {
        let spend = &target.spend;
        let parts = [&spend.measured, &spend.warmup, &spend.probe, &spend.total];
        let mut cells: Vec<String> = parts.map(ToString::to_string).into();
        let billed = target.billed.as_ref();
        cells.push(bounds(billed.map(|billed| billed.cost)));
        cells.push(bounds(billed.and_then(|billed| billed.per_request)));
        CostRow::new(&target.target_id, target.simulated, cells)
    });
    let only = |name: &str, billed: String| {
        let mut cells = vec![DASH.to_owned(); 4];
        cells.extend([billed, DASH.to_owned()]);
        CostRow::new(name, false, cells)
    };
    let total = match (&cost.total_low, &cost.total_high) {
        (Figure::Known(low), Figure::Known(high)) => bounds(Some(Bounds {
            low: *low,
            high: *high,
        })),
        _ => DASH.to_owned(),
    };
    let all = CostRow {
        simulated: cost.simulated,
        ..only("all together", total)
    };
    let pipeline = only("the pipeline", cost.pipeline.total.to_string());
    table(
        "spent",
        "What this run cost",
        "Calls by what they were made for; then the bill of all calls: tokens, machines from the \
         first call to the end of the last, imports by windows of five minutes, without and with \
         the idle window behind each session. The pipeline is priced as on AWS; a run on the \
         embedded AWS pays nothing for it.",
        &[
            "Target",
            "measured",
            "warm-up",
            "probing",
            "all calls",
            "as billed",
            "a request, as billed",
        ],
        targets.chain([pipeline, all]),
    )
}

/// Model sizes by hosting.
fn hourly(cost: &RunCost) -> CostTable {
    let hostings = cost.hourly.sizes.first().map(|row| &row.hostings);
    let mut header = vec!["Model size".to_owned()];
    header.extend(
        hostings
            .into_iter()
            .flatten()
            .map(|cell| cell.hosting.clone()),
    );
    let rows = cost.hourly.sizes.iter().map(|row| {
        let cells = row
            .hostings
            .iter()
            .map(|cell| match cell.ratio_to_cheapest {
                Some(ratio) => format!("{} ({:.2} ×)", cell.per_hour, ratio.round_dp(2)),
                None => cell.per_hour.to_string(),
            });
        CostRow::new(&row.size, false, cells.collect())
    });
    let table = table(
        "hourly",
        "What an hour costs",
        "List prices of an hour in use, and how many times the cheapest of the row that is. An \
         hour says nothing about how much is answered in it.",
        &[],
        rows,
    );
    CostTable { header, ..table }
}

fn break_even(cost: &RunCost) -> CostTable {
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
        "break-even",
        "Where paying by use and by the hour cost the same",
        "The rate at which both cost the same, and what the second target sustains at the \
         concurrency and latency that were measured.",
        &[
            "By use and by the hour",
            "requests/h",
            "requests/day",
            "sustained/h",
            "reachable",
        ],
        rows,
    )
}

fn awake(cost: &RunCost) -> CostTable {
    let rows = cost.idle_break_even.iter().map(|pair| {
        let cells = vec![
            count(pair.windows_per_day.floor()),
            format!("{:.1} h", pair.hours_per_day.trunc_with_scale(1)),
        ];
        let name = format!("{} and {}", pair.import, pair.always_on);
        CostRow::new(&name, pair.simulated, cells)
    });
    table(
        "awake",
        "An import that sleeps and a machine that does not",
        "While the import is awake for no more than this on a day, it costs less than the machine.",
        &["Import and machine", "windows a day", "hours a day"],
        rows,
    )
}

/// Requests a day of the columns.
const DAILY: [u64; 4] = [100, 1_000, 10_000, 100_000];

fn monthly(cost: &RunCost) -> CostTable {
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
        "monthly",
        "What a month costs",
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

fn pipeline(cost: &RunCost) -> CostTable {
    let rows = cost.pipeline.lines.iter().map(|line| {
        let cells = vec![
            line.quantity.round_dp(1).normalize().to_string(),
            line.item.clone(),
            line.cost.to_string(),
        ];
        CostRow::new(&line.sku, false, cells)
    });
    table(
        "pipeline",
        "What the pipeline used",
        "Counted from the samples: invocations last from their first call to the end of their \
         last, so that starts, retries and the seconds of planner and aggregator are not in it. \
         Without free tiers.",
        &["SKU", "quantity", "of", "cost"],
        rows,
    )
}

fn prices(cost: &RunCost) -> CostTable {
    let known = cost.prices.iter().map(|used| {
        let price = &used.price;
        let cells = vec![
            format!("{} {}", price.price.normalize(), price.currency),
            price.unit.to_string(),
            price.region.clone(),
            price.effective.to_string(),
            remarks(used),
            price.source.clone(),
        ];
        CostRow::new(&price.sku, false, cells)
    });
    let missing = cost.missing.iter().map(|price| {
        let mut cells = vec!["not known".to_owned(), price.item.clone()];
        cells.resize(6, DASH.to_owned());
        CostRow::new(&price.sku, false, cells)
    });
    let table = table(
        "prices",
        "Prices",
        format!(
            "As they were known on {}, in `{}` where a target names no Region of its own.",
            cost.day, cost.region
        ),
        &[
            "SKU", "price", "per", "Region", "since", "remarks", "source",
        ],
        known.chain(missing),
    );
    CostTable {
        texts: true,
        ..table
    }
}

fn remarks(used: &UsedPrice) -> String {
    let mut remarks = Vec::new();
    if used.overridden {
        remarks.push("of the configuration".to_owned());
    }
    if used.stale {
        remarks.push(format!("{} days old", used.age_days));
    }
    if let Some(wanted) = &used.wanted_region {
        remarks.push(format!("none known in {wanted}"));
    }
    if used.price.unverified {
        remarks.push("unverified".to_owned());
    }
    if remarks.is_empty() {
        return DASH.to_owned();
    }
    remarks.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sentences;
    use crate::{build, cost_sentences, fixture};

    fn report() -> Report {
        let (plan, samples) = fixture::priced_run();
        build(&plan, &samples)
    }

    fn row(report: &Report, id: &str, name: &str) -> CostRow {
        let tables = cost_tables(report);
        let table = tables.iter().find(|table| table.id == id).unwrap();
        let mut rows = table.rows.iter();
        rows.find(|row| row.name == name).unwrap().clone()
    }

    #[test]
    fn every_row_is_as_long_as_its_header() {
        let tables = cost_tables(&report());
        let ids: Vec<&str> = tables.iter().map(|table| table.id).collect();
        assert_eq!(
            ids,
            [
                "answers",
                "spent",
                "hourly",
                "break-even",
                "monthly",
                "pipeline",
                "prices"
            ]
        );
        for table in tables {
            for row in &table.rows {
                assert_eq!(row.cells.len() + 1, table.header.len(), "{}", table.id);
            }
        }
    }

    #[test]
    fn an_answer_costs_what_its_tokens_and_its_time_cost() {
        let report = report();
        let good = row(&report, "answers", "good");
        // 50 × 0.00000135 + 100 × 0.0000054, half of the answers right.
        assert_eq!(good.cells[0], "$0.000608");
        assert_eq!(good.cells[1], "$0.608");
        assert!(good.cells[2].starts_with("$0.00122 [$0."), "{good:?}");
        assert_eq!(good.label(), "good (simulated)");
        // Mean 700 ms and a µs at 1.96786 an hour.
        assert_eq!(row(&report, "answers", "hostile").cells[0], "$0.000383");
    }

    #[test]
    fn a_machine_that_was_not_measured_has_no_cost_line_and_the_report_says_why() {
        let report = report();
        let broken = row(&report, "answers", "broken");
        assert!(broken.cells.iter().all(|cell| cell == DASH), "{broken:?}");
        let said = cost_sentences(&report);
        assert!(said.iter().any(|said| said.text.starts_with(
            "`broken` has no cost: `ml.g6.2xlarge` was measured, but `ec2:g6.8xlarge` is priced"
        )));
        assert!(report.cost_of("broken").unwrap().cost_model.is_none());
        let monthly = cost_tables(&report);
        let monthly = monthly.iter().find(|table| table.id == "monthly").unwrap();
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
                .starts_with("What this run cost is not known: the run was planned")
        );
    }

    #[test]
    fn what_follows_from_a_simulated_target_is_labelled_and_what_does_not_is_not() {
        let report = report();
        for table in cost_tables(&report) {
            for row in &table.rows {
                let named = row.name.contains("good") || row.name == "all together";
                assert_eq!(row.simulated, named, "{} {}", table.id, row.name);
            }
        }
        let choice = cost_sentences(&report);
        assert!(choice.iter().any(|said| said.simulated));
        assert!(
            sentences::warnings::all(&report)
                .iter()
                .any(|said| said.contains("is no finding"))
        );
    }
}
