//! Latency against output length: a panel for each target, all on the same scales.

use super::{
    CallPoint, CallPoints,
    axis::Axis,
    canvas::{Anchor, Canvas, EDGE, Ink, LETTER_WIDTH, Point, Stroke, WIDTH, cut},
    count, describe, name,
};
use crate::{model::TargetReport, render::format::duration};

/// The height of a panel's name, of its drawing, and of its horizontal axis.
const HEAD: i32 = 92;
const BODY: i32 = 260;
const BELOW: i32 = 92;
/// Width left of a panel for the labels of its axis.
const LEFT: i32 = 84;

/// Output tokens, and latency in milliseconds.
type Call = (f64, f64);

/// Every measured, successful call by output tokens and latency, with the line of
/// least squares. `None` where no target counts tokens.
pub(crate) fn length(targets: &[TargetReport], points: &CallPoints) -> Option<String> {
    let all = || targets.iter().flat_map(|target| points.of(target));
    all().find_map(call)?;
    let greatest = |of: fn(&Call) -> f64| {
        let values = all().filter_map(call).map(|call| of(&call));
        values.fold(0.0, f64::max)
    };
    let horizontal = Axis::counts("output tokens", greatest(|call| call.0));
    let vertical = Axis::time("latency", greatest(|call| call.1));
    let description = describe(targets, |target| {
        let line = target.regression.value()?;
        Some(format!(
            "{} per output token, intercept {}",
            duration(line.ms_per_token),
            duration(line.intercept_ms)
        ))
    });
    let title = format!(
        "Latency against output tokens of every measured, successful call, per target; {}",
        vertical.title
    );
    let columns = if targets.len() > 1 { 2 } else { 1 };
    let height = count(targets.len().div_ceil(2)) * (HEAD + BODY + BELOW);
    let mut canvas = Canvas::new(&title, &description, height);
    for (position, target) in targets.iter().enumerate() {
        let panel = Panel::new(position, columns, &horizontal, &vertical);
        let calls: Vec<Call> = points.of(target).filter_map(call).collect();
        panel.draw(&mut canvas, target, &calls);
    }
    Some(canvas.finish())
}

fn call(point: CallPoint) -> Option<Call> {
    Some((point.output_tokens? as f64, point.latency_ms()))
}

struct Panel<'a> {
    horizontal: &'a Axis,
    vertical: &'a Axis,
    position: usize,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl<'a> Panel<'a> {
    fn new(position: usize, columns: i32, horizontal: &'a Axis, vertical: &'a Axis) -> Self {
        let width = WIDTH / columns;
        let left = count(position) % columns * width;
        let top = count(position) / columns * (HEAD + BODY + BELOW) + HEAD;
        Self {
            horizontal,
            vertical,
            position,
            left: left + LEFT,
            right: left + width - 2 * EDGE,
            top,
            bottom: top + BODY,
        }
    }

    fn draw(&self, canvas: &mut Canvas, target: &TargetReport, calls: &[Call]) {
        let (sides, ends) = ((self.left, self.right), (self.top, self.bottom));
        let left = self.left - LEFT + EDGE;
        let letters = (self.right - left) / LETTER_WIDTH;
        let name = cut(&name(target), letters);
        canvas.text((left, self.top - HEAD + 15), Anchor::Start, &name);
        canvas.text(
            (left, self.top - HEAD + 55),
            Anchor::Start,
            &self.vertical.title,
        );
        self.horizontal.draw_horizontal(canvas, sides, ends);
        self.vertical.draw_vertical(canvas, sides, ends);
        if calls.is_empty() {
            let middle = (self.left + EDGE, i32::midpoint(self.top, self.bottom));
            canvas.text(middle, Anchor::Start, "no token counts");
            return;
        }
        let ink = Ink::Target(self.position);
        canvas.dots(ink, calls.iter().map(|call| self.point(*call)));
        if let Some(line) = target.regression.value() {
            let tokens = calls.iter().map(|call| call.0);
            let ends = [
                tokens.clone().fold(f64::INFINITY, f64::min),
                tokens.fold(0.0, f64::max),
            ];
            let fitted = |tokens| (tokens, line.intercept_ms + tokens * line.ms_per_token);
            let points = ends.map(|tokens| self.point(fitted(tokens)));
            canvas.line(Stroke::Fit, Ink::Page, points);
        }
    }

    fn point(&self, (tokens, ms): Call) -> Point {
        (
            self.horizontal.position(tokens, self.left, self.right),
            self.vertical.position(ms, self.bottom, self.top),
        )
    }
}
