//! One figure over many runs, in the height of a line.

use super::{
    canvas::{Canvas, Ink, Point, Stroke, WIDTH},
    count,
};
use crate::render::format::duration_or_dash;

const HEIGHT: i32 = 140;
const EDGE: i32 = 16;

/// A figure of a target over runs, oldest first; a run without it is a gap. The
/// scale begins at zero, so that a wave is as high as it matters.
pub(crate) fn sparkline(name: &str, position: usize, values: &[Option<f64>]) -> String {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let (first, last) = (known.first().copied(), known.last().copied());
    let description = format!(
        "{} of {} runs have it; first {}, last {}",
        known.len(),
        values.len(),
        duration_or_dash(first),
        duration_or_dash(last)
    );
    let title = format!("Mean latency of {name} over runs, oldest first");
    let mut canvas = Canvas::new(&title, &description, HEIGHT);
    let points = points(values);
    let ink = Ink::Target(position);
    canvas.line(Stroke::Line, ink, points.iter().copied());
    if let Some(last) = points.last() {
        canvas.circle(Stroke::Fill, ink, *last, 12);
    }
    canvas.finish()
}

fn points(values: &[Option<f64>]) -> Vec<Point> {
    let greatest = values.iter().flatten().copied().fold(1e-9, f64::max);
    let steps = count(values.len().max(2) - 1);
    let point = |(run, value): (i32, &Option<f64>)| {
        let share = (*value)? / greatest;
        #[expect(clippy::cast_possible_truncation, reason = "a point of the canvas")]
        let up = (share * f64::from(HEIGHT - 2 * EDGE)).round() as i32;
        Some((EDGE + (WIDTH - 2 * EDGE) * run / steps, HEIGHT - EDGE - up))
    };
    (0..).zip(values).filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_tells_its_ends_and_has_a_dot_for_the_newest_run() {
        let svg = sparkline("a", 0, &[Some(1_000.0), None, Some(2_000.0)]);
        assert!(
            svg.contains("<desc>2 of 3 runs have it; first 1.00\u{a0}s, last 2.00\u{a0}s</desc>"),
            "{svg}"
        );
        assert!(svg.contains("cx=\"824\" cy=\"16\""), "{svg}");
        assert!(sparkline("a", 0, &[None]).contains("first –, last –"));
    }
}
