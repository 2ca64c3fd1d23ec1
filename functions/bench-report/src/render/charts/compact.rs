//! Thousands of points in few bytes.

use std::{collections::BTreeSet, fmt::Write as _};

/// Joins neighbouring circles that look alike to one path of dots, each place once.
/// `plotters` writes a circle in a hundred bytes; here a dot takes ten, so that a
/// page with every call of a long run still opens on a phone.
pub(super) fn compact(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut dots = Dots::default();
    for line in svg.lines() {
        if let Some(circle) = Circle::read(line) {
            dots.add(&circle, &mut out);
        } else {
            dots.finish(&mut out);
            out.push_str(line);
            out.push('\n');
        }
    }
    dots.finish(&mut out);
    out
}

struct Circle<'a> {
    place: (i32, i32),
    radius: i32,
    fill: &'a str,
    opacity: &'a str,
}

impl<'a> Circle<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let attributes = line.strip_prefix("<circle ")?;
        let of = |name: &str| {
            let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
            rest.split('"').next()
        };
        let number = |name: &str| of(name)?.parse().ok();
        // A ring is no dot.
        let fill = of("fill").filter(|fill| *fill != "none")?;
        Some(Self {
            place: (number("cx")?, number("cy")?),
            radius: number(" r").or_else(|| number("r"))?,
            fill,
            opacity: of("opacity")?,
        })
    }
}

#[derive(Default)]
struct Dots {
    look: Option<(i32, String, String)>,
    places: BTreeSet<(i32, i32)>,
}

impl Dots {
    fn add(&mut self, circle: &Circle, out: &mut String) {
        let look = (
            circle.radius,
            circle.fill.to_owned(),
            circle.opacity.to_owned(),
        );
        if self.look.as_ref() != Some(&look) {
            self.finish(out);
            self.look = Some(look);
        }
        self.places.insert(circle.place);
    }

    fn finish(&mut self, out: &mut String) {
        let Some((radius, colour, opacity)) = self.look.take() else {
            return;
        };
        out.push_str("<path d=\"");
        for (x, y) in std::mem::take(&mut self.places) {
            let _ = write!(out, "M{x} {y}h0");
        }
        let _ = writeln!(
            out,
            "\" fill=\"none\" stroke=\"{colour}\" opacity=\"{opacity}\" stroke-linecap=\"round\" \
             stroke-width=\"{}\"/>",
            2 * radius
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_that_look_alike_are_one_path_and_each_place_is_there_once() {
        let circle = |x: i32, fill: &str| {
            format!(
                "<circle cx=\"{x}\" cy=\"7\" r=\"4\" opacity=\"0.5\" fill=\"{fill}\" stroke=\"none\" stroke-width=\"1\"/>\n"
            )
        };
        let svg = [
            "<line/>\n".to_owned(),
            circle(1, "#000001"),
            circle(2, "#000001"),
            circle(1, "#000001"),
            circle(3, "#000002"),
            circle(4, "none"),
            "</svg>\n".to_owned(),
        ]
        .concat();
        assert_eq!(
            compact(&svg),
            "<line/>\n\
             <path d=\"M1 7h0M2 7h0\" fill=\"none\" stroke=\"#000001\" opacity=\"0.5\" stroke-linecap=\"round\" stroke-width=\"8\"/>\n\
             <path d=\"M3 7h0\" fill=\"none\" stroke=\"#000002\" opacity=\"0.5\" stroke-linecap=\"round\" stroke-width=\"8\"/>\n\
             <circle cx=\"4\" cy=\"7\" r=\"4\" opacity=\"0.5\" fill=\"none\" stroke=\"none\" stroke-width=\"1\"/>\n\
             </svg>\n"
        );
    }
}
