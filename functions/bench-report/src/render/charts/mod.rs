//! The figures as SVG, drawn by `plotters`.
//!
//! A chart stands inside the page: text and lines take the page's own colour and
//! targets take colours of the style sheet, so that it is legible in both themes;
//! its width is that of its place.

mod axis;
mod compact;
mod money;
mod panels;
mod rows;
mod sparkline;

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

pub(crate) use money::{frontier, monthly};
pub(crate) use panels::length;
pub(crate) use rows::{
    accuracy, calls, deviations, first_tokens, means, per_token, ranges, within_and_between,
};
pub(crate) use sparkline::sparkline;

use crate::model::TargetReport;

/// Colours that the style sheet has, `--c0` and on, for both themes.
const COLOURS: usize = 8;

/// Drawn in this and replaced by the page's colour; nothing else is drawn in it.
const FOREGROUND: RGBColor = RGBColor(1, 2, 3);
const FOREGROUND_SVG: &str = "#010203";

/// Twice the pixels of a narrow screen, so that whole coordinates are fine enough.
const WIDTH: i32 = 840;
const EDGE: i32 = 12;
/// The height of letters, and about the width of one.
const LETTERS: i32 = 32;
const LETTER_WIDTH: i32 = 15;

type Failure = DrawingAreaErrorKind<std::io::Error>;
type Drawn = Result<(), Failure>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The colour of the target at that place of the report, the same in every chart
/// and table; after eight targets colours come again, names tell them apart.
pub(crate) fn colour(position: usize) -> String {
    format!("var(--c{})", position % COLOURS)
}

/// What that colour is drawn in before it is replaced.
fn ink(position: usize) -> RGBColor {
    let place = u8::try_from(position % COLOURS).unwrap_or_default();
    RGBColor(1, 2, 16 + place)
}

/// A target's name, with what must not be overlooked about it.
fn name(target: &TargetReport) -> String {
    let simulated = if target.simulated { " (simulated)" } else { "" };
    format!("{}{simulated}", target.id)
}

/// Draws on a canvas of that height, and makes the drawing part of the page.
fn chart(title: &str, description: &str, height: i32, draw: impl FnOnce(&Area) -> Drawn) -> String {
    let mut svg = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).and_then(|()| area.present())
    };
    if let Err(error) = drawn {
        return format!("<p>This chart could not be drawn: {error}.</p>");
    }
    // Ids are letters, digits and hyphens and the rest is ours: nothing to escape.
    let (_, body) = svg.split_once('>').unwrap_or_default();
    let mut body = compact::compact(body).replace(FOREGROUND_SVG, "currentColor");
    for position in 0..COLOURS {
        let RGBColor(r, g, b) = ink(position);
        body = body.replace(&format!("#{r:02X}{g:02X}{b:02X}"), &colour(position));
    }
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>{title}</title><desc>{description}</desc>{body}"
    )
}

fn write(area: &Area, text: &str, place: (i32, i32), h: HPos, v: VPos) -> Drawn {
    let style = ("sans-serif", LETTERS)
        .into_font()
        .color(&FOREGROUND)
        .pos(Pos::new(h, v));
    area.draw(&Text::new(text, place, style))
}

/// A text that is cut to so many letters.
fn cut(text: &str, letters: i32) -> String {
    let most = usize::try_from(letters).unwrap_or_default().max(4);
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

fn describe(targets: &[TargetReport], figure: impl Fn(&TargetReport) -> Option<String>) -> String {
    targets
        .iter()
        .map(|target| {
            let figure = figure(target).unwrap_or_else(|| "not known".to_owned());
            format!("{}: {figure}", name(target))
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build, fixture, render::page::STYLE};

    #[test]
    fn a_chart_names_every_target_and_every_figure_in_its_description() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        let svg = ranges(&report.targets);
        assert!(svg.starts_with("<svg viewBox") && svg.contains("role=\"img\""));
        assert!(svg.contains("good (simulated): min 100 ms, max"), "{svg}");
        assert!(svg.contains("broken: not known"));
        assert!(svg.contains("good (simulated)"));
        assert!(!svg.contains(FOREGROUND_SVG) && svg.contains("currentColor"));
    }

    #[test]
    fn a_target_has_the_same_colour_in_every_chart() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        let ordered: Vec<_> = samples.iter().collect();
        for chart in [
            means(&report.targets),
            ranges(&report.targets),
            deviations(&report.targets),
            calls(&report.targets, &ordered),
            accuracy(&report.targets),
        ] {
            assert!(chart.contains(&colour(0)), "{chart}");
            assert!(!chart.contains("#0102"), "{chart}");
        }
    }

    /// Relative luminance of `#rrggbb`, as WCAG defines it.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let part = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let share = f64::from(part) / 255.0;
            if share <= 0.040_45 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn every_colour_stands_out_from_the_page_in_both_themes() {
        let themes: Vec<&str> = STYLE.split("@media").take(2).collect();
        for theme in themes {
            let of = |name: &str| {
                let value = theme.split(&format!("--{name}: ")).nth(1).unwrap();
                luminance(&value[..7])
            };
            let contrast = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
            for position in 0..COLOURS {
                let found = contrast(of(&format!("c{position}")), of("page"));
                assert!(found >= 3.0, "--c{position}: {found:.2}");
            }
            for text in ["ink", "quiet", "bad", "good"] {
                for ground in ["page", "raised"] {
                    let found = contrast(of(text), of(ground));
                    assert!(found >= 4.5, "--{text} on --{ground}: {found:.2}");
                }
            }
        }
    }
}
