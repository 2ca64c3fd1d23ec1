//! A key, two axes below it, and the marks of targets.

use super::{
    axis::Axis,
    canvas::{Anchor, Canvas, EDGE, Ink, LETTER_WIDTH, Point, Stroke, WIDTH, cut},
    count,
};

/// Height of the title of the vertical axis, which the drawing is below.
const HEAD: i32 = 56;
const BODY: i32 = 520;
const BELOW: i32 = 92;
const LEFT: i32 = 132;
/// The height of a line of the key.
const LINE: i32 = 42;
/// Width of the line that the key shows, from there to the name, and behind the name.
const SAMPLE: i32 = 50;
const TO_NAME: i32 = 64;
const GAP: i32 = 36;
/// The height between the key and the rest.
const KEY_GAP: i32 = 16;

/// The frame of a chart with a line or a mark for each target: their key, then the drawing.
pub(super) struct Frame {
    pub(super) canvas: Canvas,
    horizontal: Axis,
    vertical: Axis,
    top: i32,
}

/// The entry of a target in the key.
pub(super) struct Key {
    /// Its position in the report.
    pub(super) position: usize,
    /// How its values are drawn.
    pub(super) sample: Sample,
    /// Its name.
    pub(super) name: String,
}

impl Frame {
    /// A chart with the key above it and both axes drawn.
    pub(super) fn new(
        title: &str,
        description: &str,
        (horizontal, vertical): (Axis, Axis),
        keys: &[Key],
    ) -> Self {
        let (places, lines) = places(keys);
        let below_key = if lines > 0 { KEY_GAP } else { 0 };
        let top = lines * LINE + below_key + HEAD;
        let mut canvas = Canvas::new(title, description, top + BODY + BELOW);
        let (sides, ends) = ((LEFT, WIDTH - EDGE), (top, top + BODY));
        let axis = (EDGE, top - HEAD + 15);
        canvas.text(axis, Anchor::Start, &vertical.title);
        horizontal.draw_horizontal(&mut canvas, sides, ends);
        vertical.draw_vertical(&mut canvas, sides, ends);
        let mut frame = Self {
            canvas,
            horizontal,
            vertical,
            top,
        };
        for (key, place) in keys.iter().zip(places) {
            frame.key(key, place);
        }
        frame
    }

    pub(super) fn point(&self, (x, y): (f64, f64)) -> Point {
        (
            self.horizontal.position(x, LEFT, WIDTH - EDGE),
            self.vertical.position(y, self.top + BODY, self.top),
        )
    }

    /// A horizontal line at a value, across the whole drawing.
    pub(super) fn level(&mut self, value: f64) {
        let (_, y) = self.point((0.0, value));
        let ends = [(LEFT, y), (WIDTH - EDGE, y)];
        self.canvas.line(Stroke::Fit, Ink::Page, ends);
    }

    /// The mark of a target, its line where the chart has lines, and its name.
    fn key(&mut self, key: &Key, (x, y): Point) {
        if matches!(key.sample, Sample::Line) {
            let ink = Ink::Target(key.position);
            self.canvas
                .line(Stroke::Line, ink, [(x, y), (x + SAMPLE, y)]);
        }
        let stroke = match key.sample {
            Sample::Outline => Stroke::Line,
            Sample::Filled | Sample::Line => Stroke::Fill,
        };
        self.mark(key.position, (x + SAMPLE / 2, y), stroke);
        let name = (x + TO_NAME, y);
        self.canvas.text(name, Anchor::Start, &shown(&key.name));
    }

    /// The mark of the target at that position of the report, in the cycle circle, square,
    /// diamond, triangle: marks distinguish targets where colors do not.
    pub(super) fn mark(&mut self, position: usize, (x, y): Point, stroke: Stroke) {
        let ink = Ink::Target(position);
        let corners: &[Point] = match position % 4 {
            0 => return self.canvas.circle(stroke, ink, (x, y), 11),
            1 => &[
                (x - 9, y - 9),
                (x + 9, y - 9),
                (x + 9, y + 9),
                (x - 9, y + 9),
            ],
            2 => &[(x, y - 13), (x + 13, y), (x, y + 13), (x - 13, y)],
            _ => &[(x, y - 13), (x + 12, y + 9), (x - 12, y + 9)],
        };
        self.canvas.polygon(stroke, ink, corners);
    }
}

/// Where each part of the key stands, as many in a line as fit, and how many lines that
/// takes.
fn places(keys: &[Key]) -> (Vec<Point>, i32) {
    let (mut x, mut line) = (EDGE, 0);
    let mut places = Vec::new();
    for key in keys {
        let width = TO_NAME + count(shown(&key.name).chars().count()) * LETTER_WIDTH;
        if x > EDGE && x + width > WIDTH - EDGE {
            (x, line) = (EDGE, line + 1);
        }
        places.push((x, line * LINE + LINE / 2));
        x += width + GAP;
    }
    (places, if keys.is_empty() { 0 } else { line + 1 })
}

/// A name as long as a line has room for.
fn shown(name: &str) -> String {
    cut(name, (WIDTH - 2 * EDGE - TO_NAME) / LETTER_WIDTH)
}

/// How the key shows a target.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample {
    Filled,
    Outline,
    Line,
}
