//! Latency against answer length: a panel for each target, all on the same scales.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

use super::{
    Area, Drawn, EDGE, FOREGROUND, LETTER_WIDTH, WIDTH, axis::Axis, chart, cut, describe, ink,
    name, write,
};
use crate::{model::TargetReport, render::format::duration};
use bench_core::sample::Sample;

/// The height of a panel's name, of its drawing, and of what is below it.
const HEAD: i32 = 92;
const BODY: i32 = 260;
const BELOW: i32 = 92;
/// Room left of a panel for the labels of its axis.
const LEFT: i32 = 84;

/// Every measured, answered call by output tokens and latency, with the line of
/// least squares. `None` where no target counts tokens.
pub(crate) fn length(targets: &[TargetReport], samples: &[&Sample]) -> Option<String> {
    let counted = |sample: &&&Sample| sample.is_measured_ok();
    let point = |sample: &Sample| {
        let tokens = sample.measurement.output_tokens?;
        Some((
            tokens as f64,
            sample.measurement.latency_us as f64 / 1_000.0,
        ))
    };
    let points: Vec<(&str, (f64, f64))> = samples
        .iter()
        .filter(counted)
        .filter_map(|sample| Some((sample.target_id.as_str(), point(sample)?)))
        .collect();
    if points.is_empty() {
        return None;
    }
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(|(_, p)| of(p)).fold(0.0, f64::max);
    let across = Axis::counts("output tokens", most(|point| point.0));
    let up = Axis::time("latency", most(|point| point.1));
    let described = describe(targets, |target| {
        let line = target.regression.as_ref()?;
        Some(format!(
            "each output token adds {}, {} remain without",
            duration(line.ms_per_token),
            duration(line.intercept_ms)
        ))
    });
    let title = format!(
        "Latency against answer length of every measured, answered call, per target; {}",
        up.title
    );
    let columns = if targets.len() > 1 { 2 } else { 1 };
    let panel_rows = i32::try_from(targets.len().div_ceil(2)).unwrap_or(1);
    let height = panel_rows * (HEAD + BODY + BELOW);
    Some(chart(&title, &described, height, |area| {
        for (position, target) in targets.iter().enumerate() {
            let panel = Panel::at(area, position, columns);
            let of = points.iter().filter(|(id, _)| target.id == *id);
            panel.draw(target, of.map(|(_, point)| *point), &across, &up)?;
        }
        Ok(())
    }))
}

struct Panel<'a, 'b> {
    area: &'a Area<'b>,
    colour: RGBColor,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl<'a, 'b> Panel<'a, 'b> {
    fn at(area: &'a Area<'b>, position: usize, columns: i32) -> Self {
        let place = i32::try_from(position).unwrap_or(0);
        let width = WIDTH / columns;
        let left = place % columns * width;
        let top = place / columns * (HEAD + BODY + BELOW) + HEAD;
        Self {
            area,
            colour: ink(position),
            left: left + LEFT,
            right: left + width - 2 * EDGE,
            top,
            bottom: top + BODY,
        }
    }

    fn draw(
        &self,
        target: &TargetReport,
        points: impl Iterator<Item = (f64, f64)>,
        across: &Axis,
        up: &Axis,
    ) -> Drawn {
        let (area, sides) = (self.area, (self.left, self.right));
        let room = (self.right - self.left + LEFT - EDGE) / LETTER_WIDTH;
        let place = (self.left - LEFT + EDGE, self.top - HEAD + 4);
        write(
            area,
            &cut(&name(target), room),
            place,
            HPos::Left,
            VPos::Top,
        )?;
        write(
            area,
            &up.title,
            (place.0, place.1 + 40),
            HPos::Left,
            VPos::Top,
        )?;
        across.below(area, sides, (self.top, self.bottom))?;
        up.beside(area, sides, (self.top, self.bottom))?;
        let place = |(tokens, ms): (f64, f64)| {
            (
                across.place(tokens, self.left, self.right),
                up.place(ms, self.bottom, self.top),
            )
        };
        let mut range: Option<(f64, f64)> = None;
        for point in points {
            let (least, most) = range.unwrap_or((point.0, point.0));
            range = Some((least.min(point.0), most.max(point.0)));
            let dot = self.colour.mix(0.7).filled();
            area.draw(&Circle::new(place(point), 4, dot))?;
        }
        match (range, &target.regression) {
            (None, _) => {
                let middle = (self.left + EDGE, i32::midpoint(self.top, self.bottom));
                write(area, "no counted tokens", middle, HPos::Left, VPos::Center)
            }
            (Some((from, to)), Some(line)) => {
                let at =
                    |tokens: f64| place((tokens, line.intercept_ms + tokens * line.ms_per_token));
                area.draw(&PathElement::new(
                    [at(from), at(to)],
                    FOREGROUND.stroke_width(3),
                ))
            }
            (Some(_), None) => Ok(()),
        }
    }
}
