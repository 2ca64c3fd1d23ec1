//! Two axes, a key below them, and the marks of targets.

use super::{
    axis::Axis,
    canvas::{Anchor, Canvas, EDGE, Ink, LETTER_WIDTH, Point, Stroke, WIDTH, cut},
    count,
};

const TOP: i32 = 56;
const BODY: i32 = 520;
const BELOW: i32 = 92;
const LEFT: i32 = 132;
/// The height of a line of the key.
const LINE: i32 = 42;

/// The frame of a chart with a line or a mark for each target.
pub(super) struct Frame {
    pub(super) canvas: Canvas,
    horizontal: Axis,
    vertical: Axis,
}

impl Frame {
    /// A chart with both axes drawn and room for so many lines of key.
    pub(super) fn new(
        title: &str,
        description: &str,
        (horizontal, vertical): (Axis, Axis),
        key: usize,
    ) -> Self {
        let height = TOP + BODY + BELOW + count(key) * LINE;
        let mut canvas = Canvas::new(title, description, height);
        let (sides, ends) = ((LEFT, WIDTH - EDGE), (TOP, TOP + BODY));
        canvas.text((EDGE, 15), Anchor::Start, &vertical.title);
        horizontal.draw_horizontal(&mut canvas, sides, ends);
        vertical.draw_vertical(&mut canvas, sides, ends);
        Self {
            canvas,
            horizontal,
            vertical,
        }
    }

    pub(super) fn point(&self, (x, y): (f64, f64)) -> Point {
        (
            self.horizontal.position(x, LEFT, WIDTH - EDGE),
            self.vertical.position(y, TOP + BODY, TOP),
        )
    }

    /// A horizontal line at a value, across the whole drawing.
    pub(super) fn level(&mut self, value: f64) {
        let (_, y) = self.point((0.0, value));
        let ends = [(LEFT, y), (WIDTH - EDGE, y)];
        self.canvas.line(Stroke::Fit, Ink::Page, ends);
    }

    /// A line of the key: the mark of a target, its line where the chart has lines, and
    /// its name.
    pub(super) fn key(&mut self, line: usize, position: usize, sample: Sample, name: &str) {
        let y = TOP + BODY + BELOW + count(line) * LINE + LINE / 2;
        if matches!(sample, Sample::Line) {
            let ends = [(LEFT, y), (LEFT + 70, y)];
            self.canvas.line(Stroke::Line, Ink::Target(position), ends);
        }
        let stroke = match sample {
            Sample::Outline => Stroke::Line,
            Sample::Filled | Sample::Line => Stroke::Fill,
        };
        self.mark(position, (LEFT + 35, y), stroke);
        let name = cut(name, (WIDTH - LEFT - 110) / LETTER_WIDTH);
        self.canvas.text((LEFT + 90, y), Anchor::Start, &name);
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

/// How the key shows a target.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample {
    Filled,
    Outline,
    Line,
}
