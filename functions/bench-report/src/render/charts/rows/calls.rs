//! Every call as a dot.

use std::collections::BTreeMap;

use super::{
    super::{CallPoint, CallPoints, canvas::Point, count, describe},
    Axis, Ink, Row, max_of, rows,
};
use crate::{
    model::TargetReport,
    render::format::{DASH, duration, duration_or_dash},
};

/// Every measured, successful call as a dot, with the median.
pub(crate) fn calls(targets: &[TargetReport], points: &CallPoints) -> String {
    let description = describe(targets, |target| {
        let l = &target.timings.latency;
        (l.n > 0).then(|| {
            let [min, p50, max] =
                [l.min.value(), l.p50.value(), l.max.value()].map(duration_or_dash);
            format!("{} calls from {min} to {max}, median {p50}", l.n)
        })
    });
    rows(
        targets,
        "Latency of every measured, successful call, per target",
        &description,
        &Axis::time(
            "latency",
            max_of(targets, |t| t.timings.latency.max.value()),
        ),
        |row| {
            let l = &row.target.timings.latency;
            if l.n == 0 {
                return row.unavailable("no successful call");
            }
            let dots = dots(row, points.of(row.target));
            row.canvas.dots(row.ink, dots);
            if let Some(p50) = l.p50.value() {
                row.tick(p50, 28, Ink::Page);
            }
            row.figure(&l.p50.value().map_or_else(|| DASH.to_owned(), duration));
        },
    )
}

/// Dots by latency; those of about the same stand in a column, one above the other.
fn dots(row: &Row, points: impl Iterator<Item = CallPoint>) -> Vec<Point> {
    let mut columns: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for point in points {
        let x = row.x(point.latency_ms());
        columns.entry(x / 4).or_default().push(x);
    }
    let fullest = columns.values().map(Vec::len).max().unwrap_or(1);
    let mut dots = Vec::new();
    for column in columns.into_values() {
        for (place, x) in (0..).zip(&column) {
            dots.push((*x, row.middle + height(place, column.len(), fullest)));
        }
    }
    dots
}

/// Units from the middle of the row to a dot of a column: columns are as high as they
/// are full, and all of them fit.
fn height(place: i32, dots: usize, fullest: usize) -> i32 {
    const HALF: i32 = 26;
    const STEP: i32 = 7;
    let (dots, fullest) = (count(dots), count(fullest));
    let half = if fullest.saturating_mul(STEP) <= 2 * HALF {
        (dots - 1) * STEP / 2
    } else {
        HALF * dots / fullest
    };
    if dots > 1 {
        2 * half * place / (dots - 1) - half
    } else {
        0
    }
}
