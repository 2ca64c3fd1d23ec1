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
            let places: Vec<(i32, i32)> = offers
                .iter()
                .map(|offer| frame.place((offer.mean, offer.dollars)))
                .collect();
            let mut labels = Labels::avoiding(places.clone());
            for (offer, at) in offers.iter().zip(places) {
                let colour = ink(offer.position);
                if best(offer) {
                    area.draw(&Circle::new(at, 14, colour.filled()))?;
                } else {
                    let corners = [(at.0 - 11, at.1 - 11), (at.0 + 11, at.1 + 11)];
                    area.draw(&Rectangle::new(corners, colour.stroke_width(5)))?;
                }
                labels.write(area, &name(offer.target), at)?;
            }
            Ok(())
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
                    mark(area, line.position, *at)?;
                }
                let y = TOP + BODY + BELOW + place * LINE + LINE / 2;
                let sample = [(LEFT, y), (LEFT + 70, y)];
                area.draw(&PathElement::new(sample, colour.stroke_width(5)))?;
                mark(area, line.position, (LEFT + 35, y))?;
                let words = cut(&line.name, (WIDTH - LEFT - 110) / LETTER_WIDTH);
                write(area, &words, (LEFT + 90, y), HPos::Left, VPos::Center)?;
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

/// The mark of the target at that place: circle, square, diamond, triangle by turns.
fn mark(area: &Area, position: usize, (x, y): (i32, i32)) -> Drawn {
    let style = ink(position).filled();
    match position % 4 {
        0 => area.draw(&Circle::new((x, y), 10, style)),
        1 => area.draw(&Rectangle::new([(x - 9, y - 9), (x + 9, y + 9)], style)),
        2 => {
            let corners = [(x, y - 13), (x + 13, y), (x, y + 13), (x - 13, y)];
            area.draw(&Polygon::new(corners, style))
        }
        _ => {
            let corners = [(x, y - 13), (x + 12, y + 9), (x - 12, y + 9)];
            area.draw(&Polygon::new(corners, style))
        }
    }
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

/// Names beside what they name: over no other name and, where there is room, over
/// nothing that is drawn.
struct Labels {
    drawn: Vec<(i32, i32)>,
    taken: Vec<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    left: i32,
    right: i32,
    middle: i32,
}

impl Place {
    const HALF: i32 = LETTERS / 2 + 3;

    fn holds(self, (x, y): (i32, i32)) -> bool {
        (self.left - 8..=self.right + 8).contains(&x) && (y - self.middle).abs() < Self::HALF
    }

    fn meets(self, other: Self) -> bool {
        self.left <= other.right
            && other.left <= self.right
            && (self.middle - other.middle).abs() < 2 * Self::HALF
    }

    fn is_inside(self) -> bool {
        self.left > LEFT
            && self.right < WIDTH - EDGE
            && (TOP + Self::HALF..TOP + BODY - Self::HALF).contains(&self.middle)
    }
}

impl Labels {
    fn avoiding(drawn: Vec<(i32, i32)>) -> Self {
        Self {
            drawn,
            taken: Vec::new(),
        }
    }

    /// Writes a name beside its point where there is room for it.
    fn write(&mut self, area: &Area, name: &str, point: (i32, i32)) -> Drawn {
        let name = cut(name, 34);
        let width = i32::try_from(name.chars().count()).unwrap_or(0) * LETTER_WIDTH;
        let beside = |(x, y): (i32, i32)| {
            let at = |left: i32, middle: i32| Place {
                left,
                right: left + width,
                middle,
            };
            [
                at(x + 22, y),
                at(x - 22 - width, y),
                at(x + 6, y - 30),
                at(x - 6 - width, y - 30),
                at(x + 6, y + 32),
                at(x - 6 - width, y + 32),
            ]
        };
        // Further away where it is crowded, but never off the canvas.
        let away = |(x, y): (i32, i32)| {
            let left = (x - width / 2).clamp(LEFT + 6, (WIDTH - EDGE - width - 6).max(LEFT + 6));
            [-70, 70, -105, 105, -140, 140].map(|far| Place {
                left,
                right: left + width,
                middle: (y + far).clamp(TOP + Place::HALF, TOP + BODY - Place::HALF - 1),
            })
        };
        let places: Vec<Place> = beside(point).into_iter().chain(away(point)).collect();
        let apart = |place: &&Place| {
            place.is_inside() && !self.taken.iter().any(|taken| taken.meets(**place))
        };
        let clear = |place: &&Place| !self.drawn.iter().any(|point| place.holds(*point));
        let found = places
            .iter()
            .filter(apart)
            .find(clear)
            .or_else(|| places.iter().find(apart));
        let Some(place) = found.or(places.last()).copied() else {
            return Ok(());
        };
        self.taken.push(place);
        write(
            area,
            &name,
            (place.left, place.middle),
            HPos::Left,
            VPos::Center,
        )
    }
}
