//! The latency figures as SVG, drawn by `plotters`.
//!
//! A chart stands inside the page: text and lines take the page's own colour, so
//! that it is legible in both themes, and its width is that of its place.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    format::{duration, duration_or_dash},
    model::TargetReport,
};

/// Okabe and Ito's palette, which most people with colour-blindness can tell
/// apart; without its black and its yellow, which vanish on one theme each.
const PALETTE: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
];

/// Drawn in this and replaced by the page's colour; nothing else is drawn in it.
const FOREGROUND: RGBColor = RGBColor(1, 2, 3);
const FOREGROUND_SVG: &str = "#010203";

const WIDTH: u32 = 380;
const ROW: u32 = 50;
const AXIS: u32 = 40;
const EDGE: i32 = 8;

type Result = std::result::Result<String, DrawingAreaErrorKind<std::io::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The colour of the target at that place of the report, the same in every chart.
pub(super) fn colour(position: usize) -> String {
    let RGBColor(r, g, b) = PALETTE[position % PALETTE.len()];
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Figure 1: mean latency per target.
pub(super) fn means(targets: &[TargetReport]) -> String {
    bars(targets, "Mean latency per target", |target| {
        target.latency_ms.mean
    })
}

/// Figure 3: standard deviation of latency per target.
pub(super) fn deviations(targets: &[TargetReport]) -> String {
    bars(
        targets,
        "Standard deviation of latency per target",
        |target| target.latency_ms.stddev,
    )
}

/// Figure 2: least, median, 95th percentile and greatest latency per target.
pub(super) fn ranges(targets: &[TargetReport]) -> String {
    let title = "Latency per target: min, p50, p95 and max";
    let described = describe(targets, |target| {
        let l = &target.latency_ms;
        let parts = [
            ("min", l.min),
            ("p50", l.p50),
            ("p95", l.p95),
            ("max", l.max),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", duration(value?))))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    });
    let greatest = greatest(targets, |target| target.latency_ms.max);
    finished(
        title,
        &described,
        chart(targets, greatest, |area, row, x| {
            let l = &row.target.latency_ms;
            let (Some(min), Some(max)) = (l.min, l.max) else {
                return row.value(area, "no answered call", x(0.0));
            };
            let y = row.middle;
            area.draw(&PathElement::new(
                [(x(min), y), (x(max), y)],
                row.colour.stroke_width(3),
            ))?;
            for end in [min, max] {
                let tick = [(x(end), y - 7), (x(end), y + 7)];
                area.draw(&PathElement::new(tick, row.colour.stroke_width(3)))?;
            }
            if let Some(p95) = l.p95 {
                let at = x(p95);
                let diamond = [(at, y - 8), (at + 8, y), (at, y + 8), (at - 8, y)];
                area.draw(&Polygon::new(diamond, row.colour.filled()))?;
            }
            if let Some(p50) = l.p50 {
                area.draw(&Circle::new((x(p50), y), 7, row.colour.filled()))?;
            }
            let middle_and_tail = [l.p50, l.p95].map(duration_or_dash).join(" / ");
            row.aside(area, &middle_and_tail)
        }),
    )
}

fn bars(
    targets: &[TargetReport],
    title: &str,
    figure: impl Fn(&TargetReport) -> Option<f64>,
) -> String {
    let described = describe(targets, |target| figure(target).map(duration));
    let greatest = greatest(targets, &figure);
    finished(
        title,
        &described,
        chart(targets, greatest, |area, row, x| {
            let Some(value) = figure(row.target) else {
                return row.value(area, "not known", x(0.0));
            };
            let corners = [
                (x(0.0), row.middle - 9),
                (x(value).max(x(0.0) + 1), row.middle + 9),
            ];
            area.draw(&Rectangle::new(corners, row.colour.filled()))?;
            row.aside(area, &duration(value))
        }),
    )
}

/// One target's place in a chart.
struct Row<'a> {
    target: &'a TargetReport,
    colour: RGBColor,
    top: i32,
    middle: i32,
}

impl Row<'_> {
    /// The target's name, left above its bar.
    fn name(&self, area: &Area) -> std::result::Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let simulated = if self.target.simulated {
            " (simulated)"
        } else {
            ""
        };
        let name = format!("{}{simulated}", self.target.id);
        area.draw(&Text::new(
            name,
            (EDGE, self.top + 8),
            writing(HPos::Left, VPos::Top),
        ))
    }

    /// The figure, right above the bar: always in the same place, never cut off.
    fn aside(
        &self,
        area: &Area,
        text: &str,
    ) -> std::result::Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let right = WIDTH.cast_signed() - EDGE;
        area.draw(&Text::new(
            text,
            (right, self.top + 8),
            writing(HPos::Right, VPos::Top),
        ))
    }

    /// Words where a bar would be.
    fn value(
        &self,
        area: &Area,
        text: &str,
        x: i32,
    ) -> std::result::Result<(), DrawingAreaErrorKind<std::io::Error>> {
        area.draw(&Text::new(
            text,
            (x, self.middle),
            writing(HPos::Left, VPos::Center),
        ))
    }
}

fn chart<'a>(
    targets: &'a [TargetReport],
    greatest: f64,
    draw: impl Fn(
        &Area,
        &Row<'a>,
        &dyn Fn(f64) -> i32,
    ) -> std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>,
) -> Result {
    let rows = u32::try_from(targets.len()).unwrap_or(u32::MAX);
    let height = rows * ROW + AXIS;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let (step, end) = scale(greatest);
        let bottom = (rows * ROW).cast_signed();
        let room = f64::from(WIDTH.cast_signed() - 2 * EDGE - 12);
        let x = move |value: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "a pixel within the chart")]
            let pixel = (value / end * room).round() as i32;
            EDGE + pixel
        };
        let mut tick = 0.0;
        while tick <= end * 1.000_001 {
            let line = [(x(tick), 6), (x(tick), bottom + 6)];
            area.draw(&PathElement::new(line, FOREGROUND.mix(0.15)))?;
            let (place, label) = ((x(tick), bottom + 10), axis_label(tick, end));
            let anchor = if tick == 0.0 {
                HPos::Left
            } else {
                HPos::Center
            };
            if tick + step <= end * 1.000_001 {
                area.draw(&Text::new(label, place, writing(anchor, VPos::Top)))?;
            } else {
                let place = (WIDTH.cast_signed() - EDGE, bottom + 10);
                let label = format!("{label} {}", unit(end));
                area.draw(&Text::new(label, place, writing(HPos::Right, VPos::Top)))?;
            }
            tick += step;
        }
        for (position, target) in targets.iter().enumerate() {
            let top = (u32::try_from(position).unwrap_or_default() * ROW).cast_signed();
            let colour = PALETTE[position % PALETTE.len()];
            let row = Row {
                target,
                colour,
                top,
                middle: top + 31,
            };
            row.name(&area)?;
            draw(&area, &row, &x)?;
        }
        area.present()?;
    }
    Ok(svg)
}

fn writing(h: HPos, v: VPos) -> TextStyle<'static> {
    ("sans-serif", 15)
        .into_font()
        .color(&FOREGROUND)
        .pos(Pos::new(h, v))
}

/// A round step of the axis and the axis' end, from 0 to beyond the greatest value.
fn scale(greatest: f64) -> (f64, f64) {
    let wanted = (greatest.max(1e-3) / 4.0).max(1e-6);
    let power = 10_f64.powf(wanted.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|round| round * power)
        .find(|step| *step >= wanted * 0.999_999)
        .unwrap_or(10.0 * power);
    (step, (greatest.max(1e-3) / step).ceil() * step)
}

fn unit(end: f64) -> &'static str {
    if end >= 10_000.0 { "s" } else { "ms" }
}

fn axis_label(tick: f64, end: f64) -> String {
    let value = if end >= 10_000.0 {
        tick / 1_000.0
    } else {
        tick
    };
    // Steps are round, so what is left after two digits is rounding.
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn greatest(targets: &[TargetReport], figure: impl Fn(&TargetReport) -> Option<f64>) -> f64 {
    targets.iter().filter_map(figure).fold(0.0, f64::max)
}

fn describe(targets: &[TargetReport], figure: impl Fn(&TargetReport) -> Option<String>) -> String {
    targets
        .iter()
        .map(|target| {
            let simulated = if target.simulated { ", simulated" } else { "" };
            let figure = figure(target).unwrap_or_else(|| "not known".to_owned());
            format!("{}{simulated}: {figure}", target.id)
        })
        .collect::<Vec<_>>()
        .join("; ")
}

/// Makes a drawing part of the page. Target ids are letters, digits and hyphens,
/// so title and description need no escaping.
fn finished(title: &str, description: &str, drawn: Result) -> String {
    let svg = match drawn {
        Ok(svg) => svg,
        Err(error) => return format!("<p>This chart could not be drawn: {error}.</p>"),
    };
    let (_, body) = svg.split_once('>').unwrap_or_default();
    let height = svg
        .split("height=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("0");
    let body = body.replace(FOREGROUND_SVG, "currentColor");
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>{title}</title><desc>{description}</desc>{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{build, fixture};

    #[test]
    fn an_axis_begins_at_zero_and_ends_beyond_the_greatest_value() {
        for greatest in [0.0, 0.3, 1.0, 7.0, 99.0, 101.0, 53_125.0] {
            let (step, end) = scale(greatest);
            let steps = end / step;
            assert!(
                end >= greatest && (1.0..=5.0).contains(&steps.round()),
                "{greatest}: {step} {end}"
            );
        }
        assert_eq!(scale(53_125.0), (20_000.0, 60_000.0));
    }

    #[test]
    fn a_chart_names_every_target_and_every_figure_in_its_description() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        let svg = ranges(&report.targets);
        assert!(svg.starts_with("<svg viewBox") && svg.contains("role=\"img\""));
        assert!(svg.contains("good, simulated: min 100 ms, max"), "{svg}");
        assert!(svg.contains("broken: not known"));
        assert!(svg.contains("good (simulated)"));
        assert!(!svg.contains(FOREGROUND_SVG) && svg.contains("currentColor"));
    }

    #[test]
    fn a_target_has_the_same_colour_in_every_chart() {
        let (plan, samples) = fixture::run();
        let report = build(&plan, &samples);
        for chart in [
            means(&report.targets),
            ranges(&report.targets),
            deviations(&report.targets),
        ] {
            assert!(chart.to_lowercase().contains(&colour(0)), "{chart}");
        }
    }
}
