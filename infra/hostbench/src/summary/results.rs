//! The table of the results of a run: a row for each target, in as many columns as fit.

use bench_report::{
    Answer, CostAnswer, LatencyAnswer, Report, Separation, TargetReport, capacity_column,
    cost_summary, format::DASH, metrics::PUBLISHED, render::notes,
};
use bench_stats::Statistic;
use comfy_table::{Attribute, Cell, Color, Table};
use console::{measure_text_width, truncate_str};

use crate::terminal::Screen;

/// The columns between two columns, and at both ends of a row.
const GAP: usize = 2;
/// The least columns of a target's id that is cut.
const MIN_ID: usize = 12;

/// How soon costs are left out: per request, per correct response, per output tokens, and at a
/// rate where one is set.
const COST_RANKS: [u8; 4] = [8, 4, 12, 8];

/// One column of the table.
struct Column {
    header: String,
    cells: Vec<String>,
    /// The columns with the highest one are left out first; 0 stays.
    rank: u8,
    /// The row that leads by this figure, as far as the run tells.
    best: Option<usize>,
    /// Whether cells that are not 0 tell of failures.
    is_bad: bool,
}

impl Column {
    fn new(header: &str, rank: u8, cells: Vec<String>) -> Self {
        Self {
            header: two_lines(header),
            cells,
            rank,
            best: None,
            is_bad: false,
        }
    }

    fn width(&self) -> usize {
        let header = self.header.lines().map(measure_text_width);
        let cells = self.cells.iter().map(|cell| measure_text_width(cell));
        header.chain(cells).max().unwrap_or(0)
    }

    /// Whether a cell has a figure.
    fn is_known(&self) -> bool {
        self.cells.iter().any(|cell| cell != DASH)
    }

    fn cell(&self, row: usize) -> Cell {
        let text = &self.cells[row];
        let cell = Cell::new(text);
        if self.best == Some(row) {
            cell.fg(Color::Green)
        } else if self.is_bad && text != "0" {
            cell.fg(Color::Red)
        } else if text == DASH {
            cell.add_attribute(Attribute::Dim)
        } else {
            cell
        }
    }
}

/// The table, as wide as the screen allows.
pub(super) fn table(report: &Report, screen: Screen) -> Table {
    let mut columns = columns(report);
    if let Some(width) = screen.width() {
        fit(&mut columns, width);
    }
    let header = columns
        .iter()
        .map(|column| Cell::new(&column.header).add_attribute(Attribute::Bold));
    let row = |row: usize| columns.iter().map(move |column| column.cell(row));
    let rows = (0..report.targets.len()).map(row);
    screen.table(
        header.collect::<Vec<_>>(),
        rows.map(Iterator::collect::<Vec<_>>),
        1,
    )
}

fn columns(report: &Report) -> Vec<Column> {
    let targets = &report.targets;
    let all_simulated = report.is_simulation();
    let each = |cell: &dyn Fn(&TargetReport) -> String| targets.iter().map(cell).collect();
    let name = |target: &TargetReport| {
        let is_mixed = target.simulated && !all_simulated;
        let simulated = if is_mixed { " (simulated)" } else { "" };
        format!("{}{simulated}", target.id)
    };
    let corner = if all_simulated {
        "simulated latency, ms"
    } else {
        "latency, ms"
    };
    let mut columns = vec![Column::new(corner, 0, each(&name))];
    columns.extend(PUBLISHED.map(|statistic| {
        let cell =
            |target: &TargetReport| milliseconds(target.timings.latency.figure(statistic).value());
        Column {
            best: fastest(report).filter(|_| statistic == Statistic::Mean),
            ..Column::new(notes::name(statistic), rank(statistic), each(&cell))
        }
    }));
    columns.push(Column::new(
        "n",
        11,
        each(&|target| target.timings.latency.n.to_string()),
    ));
    columns.push(Column::new("correct", 2, each(&correct)));
    if targets.iter().any(|target| target.calls.failed > 0) {
        columns.push(Column {
            is_bad: true,
            ..Column::new("failed", 3, each(&|target| target.calls.failed.to_string()))
        });
    }
    if let Some((header, cells)) = capacity_column(report) {
        columns.push(Column::new(&header, 3, cells));
    }
    columns.extend(costs(report).into_iter().filter(Column::is_known));
    columns
}

/// How soon the column of a statistic is left out.
fn rank(statistic: Statistic) -> u8 {
    match statistic {
        Statistic::Mean => 1,
        Statistic::P95 => 5,
        Statistic::P50 => 6,
        Statistic::Stddev => 7,
        Statistic::Max => 9,
        _ => 10,
    }
}

/// The costs of a request, without their intervals.
fn costs(report: &Report) -> Vec<Column> {
    let Some(summary) = cost_summary(report) else {
        return Vec::new();
    };
    let headers = summary.header.iter().skip(1).enumerate();
    let columns = headers.zip(COST_RANKS).map(|((place, header), rank)| {
        let rows = summary.rows.iter();
        let cells = rows.map(|row| {
            let cell = row.cells.get(place);
            cell.map_or_else(|| DASH.to_owned(), |cell| cell.figure.clone())
        });
        Column {
            best: cheapest(report).filter(|_| place == 1),
            ..Column::new(header, rank, cells.collect())
        }
    });
    columns.collect()
}

/// The row of the target that is faster than every other.
fn fastest(report: &Report) -> Option<usize> {
    let id = report.answer.iter().find_map(|answer| match &**answer {
        Answer::Latency(LatencyAnswer::Fastest { target_id, .. }) => Some(target_id),
        _ => None,
    })?;
    report.targets.iter().position(|target| target.id == *id)
}

/// The row of the target that is cheaper than every other.
fn cheapest(report: &Report) -> Option<usize> {
    let first = report.answer.iter().find_map(|answer| match &**answer {
        Answer::Cost(CostAnswer::Ranked {
            cheapest_first,
            separation: Some(Separation::Separate),
            ..
        }) => cheapest_first.first(),
        _ => None,
    })?;
    let mut targets = report.targets.iter();
    targets.position(|target| target.id == first.target_id)
}

fn correct(target: &TargetReport) -> String {
    let accuracy = &target.accuracy;
    if accuracy.graded == 0 && target.calls.ok > 0 {
        DASH.to_owned()
    } else {
        format!("{}/{}", accuracy.correct, accuracy.graded)
    }
}

fn milliseconds(figure: Option<f64>) -> String {
    figure.map_or_else(|| DASH.to_owned(), |figure| format!("{figure:.1}"))
}

/// Leaves out columns until the others fit, and cuts the ids where two are too wide.
fn fit(columns: &mut Vec<Column>, width: usize) {
    let total = |columns: &[Column]| {
        let widths = columns.iter().map(|column| column.width() + GAP);
        widths.sum::<usize>()
    };
    while total(columns) > width && columns.len() > 2 {
        let last = columns.iter().map(|column| column.rank).max().unwrap_or(0);
        let Some(place) = columns.iter().rposition(|column| column.rank == last) else {
            return;
        };
        columns.remove(place);
    }
    let surplus = total(columns).saturating_sub(width);
    if let Some(ids) = columns.first_mut().filter(|_| surplus > 0) {
        let left = ids.width().saturating_sub(surplus).max(MIN_ID);
        for id in &mut ids.cells {
            *id = truncate_str(id, left, "…").into_owned();
        }
    }
}

/// A long heading in two lines, so that they take the least columns.
fn two_lines(header: &str) -> String {
    const SHORT: usize = 11;
    if header.len() <= SHORT {
        return header.to_owned();
    }
    let splits = header.match_indices(' ').map(|(place, _)| place);
    let longer = |place: &usize| (*place).max(header.len() - place - 1);
    splits.min_by_key(longer).map_or_else(
        || header.to_owned(),
        |place| format!("{}\n{}", &header[..place], &header[place + 1..]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_columns() -> Vec<Column> {
        let wide = |header: &str, rank| Column::new(header, rank, vec!["x".repeat(10)]);
        vec![
            wide("latency, ms", 0),
            wide("mean", 1),
            wide("max", 9),
            wide("correct", 2),
        ]
    }

    fn headers(columns: &[Column]) -> Vec<&str> {
        columns
            .iter()
            .map(|column| column.header.as_str())
            .collect()
    }

    #[test]
    fn the_least_important_columns_are_left_out_first() {
        let fitted = |width: usize| {
            let mut columns = some_columns();
            fit(&mut columns, width);
            columns
        };
        assert_eq!(headers(&fitted(49)).len(), 4);
        assert_eq!(headers(&fitted(48)), ["latency, ms", "mean", "correct"]);
        assert_eq!(headers(&fitted(30)), ["latency, ms", "mean"]);
    }

    #[test]
    fn ids_that_leave_no_room_for_figures_are_cut() {
        let mut columns = vec![
            Column::new("latency, ms", 0, vec!["i".repeat(60)]),
            Column::new("mean", 1, vec!["12345.6".to_owned()]),
        ];
        fit(&mut columns, 40);
        assert_eq!(columns[0].width(), 40 - 7 - 2 * GAP);
        assert!(columns[0].cells[0].ends_with('…'));
    }

    #[test]
    fn a_long_heading_takes_two_lines() {
        assert_eq!(two_lines("standard deviation"), "standard\ndeviation");
        assert_eq!(two_lines("per 1M output tokens"), "per 1M\noutput tokens");
        assert_eq!(two_lines("per request"), "per request");
    }
}
