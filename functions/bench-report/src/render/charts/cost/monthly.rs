//! The cost per month over requests per day.

use super::{
    super::{
        axis::Axis,
        canvas::{Ink, Stroke},
        frame::{Frame, Key, Sample},
        name,
    },
    amount, range, tick,
};
use crate::{model::Report, render::cost::choice::choice_by_load};
use bench_cost::Curve;

/// Marks on each line.
const MARKS: usize = 6;

/// The cost per month over requests per day, the upper bound of each; a ring where
/// another target becomes the cheapest. `None` without a line.
pub(crate) fn monthly(report: &Report) -> Option<String> {
    let curve = &report.cost.as_ref()?.curve;
    let lines = lines(report, curve);
    let points = lines.iter().flat_map(|line| &line.points);
    let range = range(points.map(|point| point.1));
    let currency = curve.currency?;
    let last = *curve.requests_per_day.last()? as f64;
    if lines.is_empty() || range.1 <= 0.0 {
        return None;
    }
    let description = if lines.len() < 2 {
        format!("only {} has a cost in {currency}", lines[0].name)
    } else {
        choice_by_load(report.cost.as_ref()?).unwrap_or_default()
    };
    let keys: Vec<Key> = lines.iter().map(Line::key).collect();
    let mut frame = Frame::new(
        "Cost per month over requests per day, per target",
        &description,
        (
            Axis::logarithmic("requests per day", (1.0, last), thousands),
            Axis::logarithmic(
                &format!("cost per month, {currency}"),
                range,
                tick(currency),
            ),
        ),
        &keys,
    );
    for line in &lines {
        let points: Vec<_> = line.points.iter().map(|p| frame.point(*p)).collect();
        let ink = Ink::Target(line.position);
        frame.canvas.line(Stroke::Line, ink, points.iter().copied());
        let stride = (points.len() / MARKS).max(1);
        for at in points.iter().skip(stride / 2).step_by(stride) {
            frame.mark(line.position, *at, Stroke::Fill);
        }
    }
    for (position, point) in crossings(report, curve) {
        let at = frame.point(point);
        frame.canvas.circle(Stroke::Line, Ink::Page, at, 17);
        let ink = Ink::Target(position);
        frame.canvas.circle(Stroke::Fill, ink, at, 8);
    }
    Some(frame.canvas.finish())
}

/// A count as an axis has it: `100`, `10k`, `1M`.
fn thousands(tick: f64) -> String {
    if tick >= 1e6 {
        format!("{:.0}M", tick / 1e6)
    } else if tick >= 1e3 {
        format!("{:.0}k", tick / 1e3)
    } else {
        format!("{tick:.0}")
    }
}

/// The line of one target: requests per day and the cost per month.
struct Line {
    position: usize,
    name: String,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn key(&self) -> Key {
        Key {
            position: self.position,
            sample: Sample::Line,
            name: self.name.clone(),
        }
    }
}

fn lines(report: &Report, curve: &Curve) -> Vec<Line> {
    curve
        .targets
        .iter()
        .filter_map(|line| {
            let of_id = |target: &crate::model::TargetReport| target.id == line.target_id;
            let position = report.targets.iter().position(of_id)?;
            let points = curve.requests_per_day.iter().zip(&line.monthly);
            let points = points.filter_map(|(requests, month)| {
                Some((*requests as f64, amount(month.as_ref()?.high)?))
            });
            Some(Line {
                position,
                name: name(&report.targets[position]),
                points: points.collect(),
            })
        })
        .collect()
}

/// Where another target becomes the cheapest: its position, requests and cost.
fn crossings(report: &Report, curve: &Curve) -> Vec<(usize, (f64, f64))> {
    let from = curve.cheapest.iter().skip(1);
    from.filter_map(|choice| {
        let of_id = |target: &crate::model::TargetReport| target.id == choice.target_id;
        let position = report.targets.iter().position(of_id)?;
        let line = report.cost_of(&choice.target_id)?.cost_model.as_ref()?;
        let month = line.monthly(choice.from_requests_per_day)?;
        let point = (choice.from_requests_per_day as f64, amount(month.high)?);
        Some((position, point))
    })
    .collect()
}
