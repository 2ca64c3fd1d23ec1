//! A drawing as SVG. Shapes carry classes of the page's style sheet and no colors, so
//! that they follow the theme of the page.

use svg::{
    Document,
    node::element::{Circle, Description, Path, Text, Title, path::Data},
};

/// Units across: twice the pixels of a narrow screen, so that whole coordinates are
/// fine enough.
pub(super) const WIDTH: i32 = 840;
/// Units kept free at each side.
pub(super) const EDGE: i32 = 12;
/// About the width of a letter; the style sheet sets its size.
pub(super) const LETTER_WIDTH: i32 = 15;

/// Units from the middle of a capital letter down to its baseline.
const BASELINE: i32 = 9;

/// Colors of targets in the style sheet, `.c0` and on, for both themes.
pub(super) const COLORS: usize = 8;

/// A point of the canvas: units to the right and down.
pub(super) type Point = (i32, i32);

/// The class of the target at that position of the report, the same in every chart and
/// table; after eight targets colors come again, names tell them apart.
pub(crate) fn color(position: usize) -> String {
    format!("c{}", position % COLORS)
}

/// The color of a shape.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ink {
    /// That of the page's text.
    Page,
    /// That of the target at this position of the report.
    Target(usize),
}

/// How a shape is painted: a class of the style sheet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stroke {
    /// Filled, without an outline.
    Fill,
    /// A line of data, or the outline of a shape.
    Line,
    /// A line that was fitted to data, or leads through it.
    Fit,
    /// A line of the grid.
    Grid,
    /// Round dots that let those below shine through.
    Dots,
}

impl Stroke {
    fn class(self, ink: Ink) -> String {
        let stroke = match self {
            Self::Fill => "fill",
            Self::Line => "line",
            Self::Fit => "fit",
            Self::Grid => "grid",
            Self::Dots => "dots",
        };
        match ink {
            Ink::Page => stroke.to_owned(),
            Ink::Target(position) => format!("{stroke} {}", color(position)),
        }
    }
}

/// Which part of a text stands at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A canvas, drawn on from back to front.
pub(super) struct Canvas {
    document: Document,
}

impl Canvas {
    /// An empty canvas of [`WIDTH`] units and that height. Title and description are
    /// what a screen reader reads.
    pub(super) fn new(title: &str, description: &str, height: i32) -> Self {
        let document = Document::new()
            .set("viewBox", (0, 0, WIDTH, height))
            .set("role", "img")
            .add(Title::new(title))
            .add(Description::new().add(svg::node::Text::new(description)));
        Self { document }
    }

    /// The drawing as an `<svg>` element.
    pub(super) fn finish(self) -> String {
        self.document.to_string()
    }

    /// A text whose letters have their middle at the height of the point.
    pub(super) fn text(&mut self, (x, y): Point, anchor: Anchor, text: &str) {
        let node = Text::new(text).set("x", x).set("y", y + BASELINE);
        self.add(match anchor {
            Anchor::Start => node,
            Anchor::Middle => node.set("text-anchor", "middle"),
            Anchor::End => node.set("text-anchor", "end"),
        });
    }

    /// Straight lines from point to point.
    pub(super) fn line(
        &mut self,
        stroke: Stroke,
        ink: Ink,
        points: impl IntoIterator<Item = Point>,
    ) {
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return };
        let data = points.fold(Data::new().move_to(first), Data::line_to);
        self.path(stroke, ink, data);
    }

    /// The shape that has these corners.
    pub(super) fn polygon(&mut self, stroke: Stroke, ink: Ink, corners: &[Point]) {
        let Some((first, others)) = corners.split_first() else {
            return;
        };
        let data = others
            .iter()
            .fold(Data::new().move_to(*first), |data, corner| {
                data.line_to(*corner)
            });
        self.path(stroke, ink, data.close());
    }

    /// The rectangle between two opposite corners.
    pub(super) fn rectangle(&mut self, stroke: Stroke, ink: Ink, from: Point, to: Point) {
        let corners = [from, (to.0, from.1), to, (from.0, to.1)];
        self.polygon(stroke, ink, &corners);
    }

    pub(super) fn circle(&mut self, stroke: Stroke, ink: Ink, (x, y): Point, radius: i32) {
        let node = Circle::new().set("cx", x).set("cy", y).set("r", radius);
        self.add(node.set("class", stroke.class(ink)));
    }

    /// Thousands of dots in few bytes, so that a page with every call of a long run
    /// still opens on a phone: one path of lines without length, whose round ends the
    /// style sheet makes dots of. Points that come again are drawn once.
    pub(super) fn dots(&mut self, ink: Ink, points: impl IntoIterator<Item = Point>) {
        let points: std::collections::BTreeSet<Point> = points.into_iter().collect();
        if points.is_empty() {
            return;
        }
        let data = points.into_iter().fold(Data::new(), |data, point| {
            data.move_to(point).horizontal_line_by(0)
        });
        self.path(Stroke::Dots, ink, data);
    }

    fn path(&mut self, stroke: Stroke, ink: Ink, data: Data) {
        self.add(Path::new().set("class", stroke.class(ink)).set("d", data));
    }

    fn add(&mut self, node: impl Into<Box<dyn svg::Node>>) {
        svg::Node::append(&mut self.document, node);
    }
}

/// A text that is cut to so many letters: its middle is left out, since names of targets
/// begin alike as often as they end alike.
pub(super) fn cut(text: &str, letters: i32) -> String {
    let most = usize::try_from(letters).unwrap_or_default().max(4);
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let behind = (most - 1) / 2;
    let (begin, end) = (most - 1 - behind, letters.len() - behind);
    let begin: String = letters[..begin].iter().collect();
    let end: String = letters[end..].iter().collect();
    format!("{begin}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_a_title_a_description_and_classes_instead_of_colors() {
        let mut canvas = Canvas::new("Latency", "a <b>: 1 ms", 100);
        canvas.circle(Stroke::Fill, Ink::Target(9), (10, 20), 4);
        canvas.line(Stroke::Grid, Ink::Page, [(1, 2), (3, 4)]);
        canvas.text((5, 6), Anchor::End, "7 < 8");
        assert_eq!(
            canvas.finish(),
            "<svg role=\"img\" viewBox=\"0 0 840 100\" xmlns=\"http://www.w3.org/2000/svg\">\n\
             <title>Latency</title>\n\
             <desc>a &lt;b&gt;: 1 ms</desc>\n\
             <circle class=\"fill c1\" cx=\"10\" cy=\"20\" r=\"4\"/>\n\
             <path class=\"grid\" d=\"M1,2 L3,4\"/>\n\
             <text text-anchor=\"end\" x=\"5\" y=\"15\">\n7 &lt; 8\n</text>\n\
             </svg>"
        );
    }

    #[test]
    fn a_long_name_is_told_by_its_beginning_and_its_end() {
        assert_eq!(cut("bedrock-8b-12", 13), "bedrock-8b-12");
        assert_eq!(cut("bedrock-8b-12", 10), "bedro…b-12");
    }

    #[test]
    fn dots_of_one_color_are_one_path_and_each_point_is_there_once() {
        let mut canvas = Canvas::new("", "", 10);
        canvas.dots(Ink::Target(0), [(3, 7), (1, 7), (3, 7)]);
        canvas.dots(Ink::Target(1), []);
        let drawn = canvas.finish();
        assert_eq!(drawn.matches("<path").count(), 1);
        assert!(
            drawn.contains("<path class=\"dots c0\" d=\"M1,7 h0 M3,7 h0\"/>"),
            "{drawn}"
        );
    }
}
