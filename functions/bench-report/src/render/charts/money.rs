//! Figures of cost: cost against latency, and a month over requests a day.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use rust_decimal::prelude::ToPrimitive;

use super::{
    Area, Drawn, EDGE, FOREGROUND, LETTER_WIDTH, WIDTH, axis::Axis, chart, cut, ink, name, write,
};
use crate::{
    model::{Report, TargetReport},
    render::format::duration,
};
use bench_core::money::Money;
use bench_cost::Curve;

const TOP: i32 = 56;
const BODY: i32 = 520;
const BELOW: i32 = 92;
const LEFT: i32 = 132;
/// The height of a line of the key, and marks on each line of the figure.
const LINE: i32 = 42;
const MARKS: usize = 6;

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
pub(crate) fn frontier(report: &Report) -> Option<String> {
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
        key(i32::try_from(offers.len()).unwrap_or(0)),
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
            for (place, offer) in (0..).zip(&offers) {
                let best = best(offer);
                mark(
                    area,
                    offer.position,
                    frame.place((offer.mean, offer.dollars)),
                    best,
                )?;
                let y = key(place);
                mark(area, offer.position, (LEFT + 35, y), best)?;
                let behind = if best { "" } else { ", behind" };
                said(area, &format!("{}{behind}", name(offer.target)), y)?;
            }
            Ok(())
        },
    ))
}

/// What a month costs over requests a day, the dearer reading of each bill; dots where
/// another target becomes the cheapest. `None` without a line.
pub(crate) fn monthly(report: &Report) -> Option<String> {
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
    let described = if lines.len() < 2 {
        format!("{} alone has a cost", lines[0].name)
    } else {
        curve.sentence.clone()
    };
    let title = "Cost of a month over requests a day, per target";
    let named = i32::try_from(lines.len()).unwrap_or(0) * LINE;
    Some(chart(
        title,
        &described,
        TOP + BODY + BELOW + named,
        |area| {
            let frame = Frame::draw(area, &across, &up)?;
            for (place, line) in (0..).zip(&lines) {
                let points: Vec<(i32, i32)> = line.points.iter().map(|p| frame.place(*p)).collect();
                let colour = ink(line.position);
                area.draw(&PathElement::new(points.clone(), colour.stroke_width(5)))?;
                // Marks of their own tell lines apart where colours do not.
                let stride = (points.len() / MARKS).max(1);
                for at in points.iter().skip(stride / 2).step_by(stride) {
                    mark(area, line.position, *at, true)?;
                }
                let y = key(place);
                let sample = [(LEFT, y), (LEFT + 70, y)];
                area.draw(&PathElement::new(sample, colour.stroke_width(5)))?;
                mark(area, line.position, (LEFT + 35, y), true)?;
                said(area, &line.name, y)?;
            }
            for (position, point) in crossings(report, curve) {
                let at = frame.place(point);
                area.draw(&Circle::new(at, 17, FOREGROUND.stroke_width(4)))?;
                area.draw(&Circle::new(at, 8, ink(position).filled()))?;
            }
            Ok(())
        },
    ))
}

/// The middle of a line of the key below a figure; of the line after the last, where
/// the figure ends.
fn key(place: i32) -> i32 {
    TOP + BODY + BELOW + place * LINE + LINE / 2
}

/// Words of the key beside their mark.
fn said(area: &Area, words: &str, y: i32) -> Drawn {
    let words = cut(words, (WIDTH - LEFT - 110) / LETTER_WIDTH);
    write(area, &words, (LEFT + 90, y), HPos::Left, VPos::Center)
}

/// The mark of the target at that place, filled or in outline: circle, square,
/// diamond, triangle by turns.
fn mark(area: &Area, position: usize, (x, y): (i32, i32), filled: bool) -> Drawn {
    let corners = match position % 4 {
        0 if filled => return area.draw(&Circle::new((x, y), 11, ink(position).filled())),
        0 => {
            let ring = ink(position).stroke_width(4);
            return area.draw(&Circle::new((x, y), 10, ring));
        }
        1 => vec![
            (x - 9, y - 9),
            (x + 9, y - 9),
            (x + 9, y + 9),
            (x - 9, y + 9),
        ],
        2 => vec![(x, y - 13), (x + 13, y), (x, y + 13), (x - 13, y)],
        _ => vec![(x, y - 13), (x + 12, y + 9), (x - 12, y + 9)],
    };
    if filled {
        return area.draw(&Polygon::new(corners, ink(position).filled()));
    }
    let outline = [corners.clone(), corners[..1].to_vec()].concat();
    area.draw(&PathElement::new(outline, ink(position).stroke_width(4)))
}

struct Line {
    position: usize,
    name: String,
    points: Vec<(f64, f64)>,
}

fn lines(report: &Report, curve: &Curve) -> Vec<Line> {
    curve
        .targets
        .iter()
        .filter_map(|line| {
            let of_id = |target: &TargetReport| target.id == line.target_id;
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
        let of_id = |target: &TargetReport| target.id == choice.target_id;
        let position = report.targets.iter().position(of_id)?;
        let line = report.cost_of(&choice.target_id)?.cost_model.as_ref()?;
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
