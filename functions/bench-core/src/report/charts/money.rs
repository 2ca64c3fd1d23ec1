//! Figures of cost: cost against latency, and a month over requests a day.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use rust_decimal::prelude::ToPrimitive;

use super::{
    Area, Drawn, EDGE, FOREGROUND, LETTER_WIDTH, LETTERS, WIDTH, axis::Axis, chart, cut, ink, name,
    write,
};
use crate::{
    cost::{Curve, Money},
    report::{
        format::duration,
        model::{Report, TargetReport},
    },
};

const TOP: i32 = 56;
const BODY: i32 = 520;
const BELOW: i32 = 92;
const LEFT: i32 = 132;

fn amount(money: Money) -> Option<f64> {
    money.amount().to_f64().filter(|amount| *amount > 0.0)
}

/// An amount as an axis has it: `$0.01`, `$1`, `$10k`.
fn dollars(tick: f64) -> String {
    let text = if tick >= 1e6 {
        format!("{}M", tick / 1e6)
    } else if tick >= 1e3 {
        format!("{}k", tick / 1e3)
    } else {
        let text = format!("{tick:.9}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    format!("${text}")
}

fn many(tick: f64) -> String {
    if tick >= 1e6 {
        format!("{:.0}M", tick / 1e6)
    } else if tick >= 1e3 {
        format!("{:.0}k", tick / 1e3)
    } else {
        format!("{tick:.0}")
    }
}

/// A target with a latency and a cost.
struct Offer<'a> {
    position: usize,
    target: &'a TargetReport,
    mean: f64,
    cost: Money,
    dollars: f64,
}

impl Offer<'_> {
    /// Whether another is at least as fast and as cheap, and better in one.
    fn is_beaten_by(&self, other: &Self) -> bool {
        other.mean <= self.mean
            && other.dollars <= self.dollars
            && (other.mean < self.mean || other.dollars < self.dollars)
    }
}

/// Cost of a thousand requests against mean latency. Targets that no other beats in
/// both are filled and joined; `None` where fewer than two targets have both.
pub(in crate::report) fn frontier(report: &Report) -> Option<String> {
    let offers: Vec<Offer> = report
        .targets
        .iter()
        .enumerate()
        .filter_map(|(position, target)| {
            let cost = report.cost_of(&target.id)?.per_1k_requests.money()?;
            Some(Offer {
                position,
                target,
                mean: target.latency_ms.mean?,
                cost,
                dollars: amount(cost)?,
            })
        })
        .collect();
    if offers.len() < 2 {
        return None;
    }
    let best = |offer: &Offer| !offers.iter().any(|other| offer.is_beaten_by(other));
    let described: Vec<String> = offers
        .iter()
        .map(|offer| {
            let side = if best(offer) { "on" } else { "behind" };
            format!(
                "{}: {} and {} a thousand requests, {side} the frontier",
                name(offer.target),
                duration(offer.mean),
                offer.cost
            )
        })
        .collect();
    let costs = offers.iter().map(|offer| offer.dollars);
    let range = (
        costs.clone().fold(f64::MAX, f64::min),
        costs.fold(0.0, f64::max),
    );
    let up = Axis::powers("cost of a thousand requests, USD", range, dollars);
    let slowest = offers.iter().map(|offer| offer.mean).fold(0.0, f64::max);
    let across = Axis::time("mean latency", slowest);
    let title = "Cost of a thousand requests against mean latency, per target";
    Some(chart(
        title,
        &described.join("; "),
        TOP + BODY + BELOW,
        |area| {
            let frame = Frame::draw(area, &across, &up)?;
            let mut line: Vec<(f64, f64)> = offers
                .iter()
                .filter(|offer| best(offer))
                .map(|offer| (offer.mean, offer.dollars))
                .collect();
            line.sort_by(|a, b| a.0.total_cmp(&b.0));
            let line: Vec<(i32, i32)> = line.into_iter().map(|point| frame.place(point)).collect();
            area.draw(&PathElement::new(line, FOREGROUND.mix(0.5).stroke_width(3)))?;
            let mut labels = Labels::default();
            for offer in &offers {
                let at = frame.place((offer.mean, offer.dollars));
                let colour = ink(offer.position);
                if best(offer) {
                    area.draw(&Circle::new(at, 14, colour.filled()))?;
                } else {
                    let corners = [(at.0 - 11, at.1 - 11), (at.0 + 11, at.1 + 11)];
                    area.draw(&Rectangle::new(corners, colour.stroke_width(5)))?;
                }
                labels.add(at, name(offer.target));
            }
            labels.write(area)
        },
    ))
}

/// What a month costs over requests a day, the dearer reading of each bill; dots where
/// another target becomes the cheapest. `None` without a line.
pub(in crate::report) fn monthly(report: &Report) -> Option<String> {
    let curve = &report.cost.as_ref()?.curve;
    let lines: Vec<Line> = lines(report, curve);
    let amounts = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|p| p.1));
    let range = (
        amounts.clone().fold(f64::MAX, f64::min),
        amounts.fold(0.0, f64::max),
    );
    let last = *curve.requests_per_day.last()? as f64;
    if lines.is_empty() || range.1 <= 0.0 {
        return None;
    }
    let up = Axis::powers("cost of a month, USD", range, dollars);
    let across = Axis::powers("requests a day", (1.0, last), many);
    let described = if curve.sentence.is_empty() {
        "no target has a cost".to_owned()
    } else {
        curve.sentence.clone()
    };
    let title = "Cost of a month over requests a day, per target";
    Some(chart(title, &described, TOP + BODY + BELOW, |area| {
        let frame = Frame::draw(area, &across, &up)?;
        let mut labels = Labels::default();
        for line in &lines {
            let points: Vec<(i32, i32)> = line.points.iter().map(|p| frame.place(*p)).collect();
            // A name stands at a place of its own, so that names of lines that run
            // together do not.
            let share = points.len() * (line.place + 1) / (lines.len() + 1);
            if let Some(at) = points.get(share) {
                labels.add(*at, line.name.clone());
            }
            let style = ink(line.position).stroke_width(5);
            area.draw(&PathElement::new(points, style))?;
        }
        for (position, point) in crossings(report, curve) {
            let dot = ink(position).filled();
            area.draw(&Circle::new(frame.place(point), 13, dot))?;
        }
        labels.write(area)
    }))
}

struct Line {
    place: usize,
    position: usize,
    name: String,
    points: Vec<(f64, f64)>,
}

fn lines(report: &Report, curve: &Curve) -> Vec<Line> {
    curve
        .targets
        .iter()
        .enumerate()
        .filter_map(|(place, line)| {
            let of_id = |target: &TargetReport| target.id == line.target_id;
            let position = report.targets.iter().position(of_id)?;
            let points = curve.requests_per_day.iter().zip(&line.monthly);
            let points = points.filter_map(|(requests, month)| {
                Some((*requests as f64, amount(month.as_ref()?.high)?))
            });
            Some(Line {
                place,
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
        let of_id = |target: &TargetReport| target.id == choice.target_id;
        let position = report.targets.iter().position(of_id)?;
        let line = report.cost_of(&choice.target_id)?.line.as_ref()?;
        let month = line.monthly(choice.from_requests_per_day)?;
        let point = (choice.from_requests_per_day as f64, amount(month.high)?);
        Some((position, point))
    })
    .collect()
}

struct Frame<'a> {
    across: &'a Axis,
    up: &'a Axis,
}

impl<'a> Frame<'a> {
    fn draw(area: &Area, across: &'a Axis, up: &'a Axis) -> Result<Self, super::Failure> {
        write(area, &up.title, (EDGE, 4), HPos::Left, VPos::Top)?;
        across.below(area, (LEFT, WIDTH - EDGE), (TOP, TOP + BODY))?;
        up.beside(area, (LEFT, WIDTH - EDGE), (TOP, TOP + BODY))?;
        Ok(Self { across, up })
    }

    fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        (
            self.across.place(x, LEFT, WIDTH - EDGE),
            self.up.place(y, TOP + BODY, TOP),
        )
    }
}

/// Names beside their points, none over another.
#[derive(Default)]
struct Labels(Vec<((i32, i32), String)>);

impl Labels {
    fn add(&mut self, at: (i32, i32), name: String) {
        self.0.push((at, name));
    }

    fn write(mut self, area: &Area) -> Drawn {
        const APART: i32 = LETTERS + 6;
        self.0.sort_by_key(|((_, y), _)| *y);
        let mut taken: Vec<(i32, i32, i32)> = Vec::new();
        for ((x, y), name) in self.0 {
            let name = cut(&name, 34);
            let width = i32::try_from(name.chars().count()).unwrap_or(0) * LETTER_WIDTH;
            let right = x + 22 + width <= WIDTH - EDGE;
            let left = if right {
                x + 22
            } else {
                (x - 22 - width).max(LEFT + 6)
            };
            let free = |y: i32| {
                taken.iter().all(|(from, to, at)| {
                    left > *to || left + width < *from || (y - at).abs() >= APART
                })
            };
            let places = (0..40).flat_map(|step| [y + step * 8, y - step * 8]);
            let mut inside = places.filter(|y| (TOP + 14..TOP + BODY - 14).contains(y));
            let y = inside.find(|y| free(*y)).unwrap_or(y);
            taken.push((left, left + width, y));
            write(area, &name, (left, y), HPos::Left, VPos::Center)?;
        }
        Ok(())
    }
}
