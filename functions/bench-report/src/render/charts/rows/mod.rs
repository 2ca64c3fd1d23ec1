//! Charts with a row for each target: its name, its figure, and what it looks like.

mod bars;
mod calls;
mod ranges;

pub(crate) use bars::{deviations, means, within_and_between};
pub(crate) use calls::calls;
pub(crate) use ranges::{accuracy, first_tokens, per_token, ranges};

use super::{
    axis::Axis,
    canvas::{Anchor, Canvas, EDGE, Ink, LETTER_WIDTH, Stroke, WIDTH, cut},
    count, name,
};
use crate::{model::TargetReport, render::format::duration_or_dash};

/// The height of a row, and of the horizontal axis below all rows.
const ROW: i32 = 104;
const BELOW: i32 = 92;
/// From the top of a row down to the middle of its name, and of its drawing.
const NAME: i32 = 17;
const DRAWING: i32 = 62;

/// Draws a chart; `draw` draws the row of one target.
fn rows(
    targets: &[TargetReport],
    title: &str,
    description: &str,
    axis: &Axis,
    draw: impl Fn(&mut Row),
) -> String {
    let bottom = count(targets.len()) * ROW;
    let mut canvas = Canvas::new(title, description, bottom + BELOW);
    axis.draw_horizontal(&mut canvas, (EDGE, WIDTH - EDGE), (8, bottom + 4));
    for (position, target) in targets.iter().enumerate() {
        let top = count(position) * ROW;
        draw(&mut Row {
            canvas: &mut canvas,
            axis,
            target,
            ink: Ink::Target(position),
            top,
            middle: top + DRAWING,
        });
    }
    canvas.finish()
}

/// The maximum of one figure over all targets; 0 where none has it.
fn max_of(targets: &[TargetReport], figure: impl Fn(&TargetReport) -> Option<f64>) -> f64 {
    targets.iter().filter_map(figure).fold(0.0, f64::max)
}

/// The row of one target.
struct Row<'a> {
    canvas: &'a mut Canvas,
    axis: &'a Axis,
    target: &'a TargetReport,
    ink: Ink,
    top: i32,
    middle: i32,
}

impl Row<'_> {
    fn x(&self, value: f64) -> i32 {
        self.axis.position(value, EDGE, WIDTH - EDGE)
    }

    /// The target's name, left above its drawing.
    fn name(&mut self, letters: i32) {
        let name = cut(&name(self.target), letters);
        let point = (EDGE, self.top + NAME);
        self.canvas.text(point, Anchor::Start, &name);
    }

    /// The target's name, and its figure right above the drawing: always in the same
    /// place, never cut off.
    fn figure(&mut self, text: &str) {
        self.name(WIDTH / LETTER_WIDTH - count(text.chars().count()) - 3);
        let point = (WIDTH - EDGE, self.top + NAME);
        self.canvas.text(point, Anchor::End, text);
    }

    /// The target's name, and a reason instead of a drawing.
    fn unavailable(&mut self, reason: &str) {
        self.name(WIDTH / LETTER_WIDTH);
        self.canvas.text((EDGE, self.middle), Anchor::Start, reason);
    }

    /// A filled bar from 0 to the value, between two heights around the middle.
    fn bar(&mut self, value: f64, (above, below): (i32, i32)) {
        let zero = self.x(0.0);
        let from = (zero, self.middle + above);
        let to = (self.x(value).max(zero + 2), self.middle + below);
        self.canvas.rectangle(Stroke::Fill, self.ink, from, to);
    }

    /// A bar in outline.
    fn outline(&mut self, value: f64, (above, below): (i32, i32)) {
        let zero = self.x(0.0);
        let from = (zero + 2, self.middle + above);
        let to = (self.x(value).max(zero + 4) - 2, self.middle + below);
        self.canvas.rectangle(Stroke::Line, self.ink, from, to);
    }

    fn line(&mut self, from: f64, to: f64, ink: Ink) {
        let ends = [(self.x(from), self.middle), (self.x(to), self.middle)];
        self.canvas.line(Stroke::Line, ink, ends);
    }

    /// A vertical line through the middle of the row.
    fn tick(&mut self, value: f64, half: i32, ink: Ink) {
        let x = self.x(value);
        let ends = [(x, self.middle - half), (x, self.middle + half)];
        self.canvas.line(Stroke::Line, ink, ends);
    }

    /// A line with its ends marked; without an upper end it goes on to the edge.
    fn whisker(&mut self, low: f64, high: Option<f64>, ink: Ink) {
        self.line(low, high.unwrap_or(f64::MAX), ink);
        for end in [Some(low), high].into_iter().flatten() {
            self.tick(end, 12, ink);
        }
    }

    fn dot(&mut self, value: f64) {
        let center = (self.x(value), self.middle);
        self.canvas.circle(Stroke::Fill, self.ink, center, 13);
    }

    fn diamond(&mut self, value: f64) {
        let (x, y) = (self.x(value), self.middle);
        let corners = [(x, y - 16), (x + 16, y), (x, y + 16), (x - 16, y)];
        self.canvas.polygon(Stroke::Fill, self.ink, &corners);
    }

    /// A dot at the median and a diamond at the 95th percentile, with both figures.
    fn median_and_tail(&mut self, p50: Option<f64>, p95: Option<f64>) {
        if let Some(p95) = p95 {
            self.diamond(p95);
        }
        if let Some(p50) = p50 {
            self.dot(p50);
        }
        self.figure(&[p50, p95].map(duration_or_dash).join(" / "));
    }
}
