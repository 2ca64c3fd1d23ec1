//! One figure over many runs, in the height of a line.

use plotters::prelude::*;

use super::{Area, Drawn, WIDTH, chart, ink};
use crate::render::format::duration_or_dash;

const HEIGHT: i32 = 140;
const EDGE: i32 = 16;

/// A figure of a target over runs, oldest first; a run without it is a gap. The
/// scale begins at zero, so that a wave is as high as it matters.
pub(crate) fn sparkline(name: &str, position: usize, values: &[Option<f64>]) -> String {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let (first, last) = (known.first().copied(), known.last().copied());
    let described = format!(
        "{} of {} runs have it; first {}, last {}",
        known.len(),
        values.len(),
        duration_or_dash(first),
        duration_or_dash(last)
    );
    let greatest = known.iter().copied().fold(1e-9, f64::max);
    let title = format!("Mean latency of {name} over runs, oldest first");
    chart(&title, &described, HEIGHT, |area| {
        draw(area, values, greatest, ink(position))
    })
}

fn draw(area: &Area, values: &[Option<f64>], greatest: f64, colour: RGBColor) -> Drawn {
    let steps = i32::try_from(values.len().max(2) - 1).unwrap_or(i32::MAX);
    let place = |(at, value): (i32, f64)| {
        let x = EDGE + (WIDTH - 2 * EDGE) * at / steps;
        #[expect(clippy::cast_possible_truncation, reason = "a place on the canvas")]
        let up = (value / greatest * f64::from(HEIGHT - 2 * EDGE)).round() as i32;
        (x, HEIGHT - EDGE - up)
    };
    let numbered = (0..).zip(values);
    let points = numbered.filter_map(|(at, value)| Some(place((at, (*value)?))));
    let points: Vec<(i32, i32)> = points.collect();
    area.draw(&PathElement::new(points.clone(), colour.stroke_width(6)))?;
    match points.last() {
        Some(last) => area.draw(&Circle::new(*last, 12, colour.filled())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_tells_its_ends_and_has_a_dot_for_the_newest_run() {
        let svg = sparkline("a", 0, &[Some(1_000.0), None, Some(2_000.0)]);
        assert!(
            svg.contains("<desc>2 of 3 runs have it; first 1.00 s, last 2.00 s</desc>"),
            "{svg}"
        );
        assert!(svg.contains("M824 16h0"), "{svg}");
        assert!(sparkline("a", 0, &[None]).contains("first –, last –"));
    }
}
