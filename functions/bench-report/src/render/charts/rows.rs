//! Figures with a row for each target: its name, its figure, and what it looks like.

use std::collections::BTreeMap;

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

use super::{
    Area, Drawn, EDGE, FOREGROUND, LETTER_WIDTH, WIDTH, axis::Axis, chart, cut, describe, ink,
    name, write,
};
use crate::{
    model::TargetReport,
    render::{
        display,
        format::{DASH, duration, duration_or_dash, percent},
    },
};
use bench_core::sample::Sample;
use bench_stats::Summary;

const ROW: i32 = 104;
const BELOW: i32 = 92;
/// Where the name ends and the drawing of a row begins.
const HEAD: i32 = 44;

/// Mean latency per target, with its interval.
pub(crate) fn means(targets: &[TargetReport]) -> String {
    let of = |target: &TargetReport| {
        let l = &target.latency_ms;
        l.mean.map(|_| display::with_interval(l, "mean", l.mean))
    };
    let upper = |target: &TargetReport| {
        let interval = target.latency_ms.intervals.get("mean")?.as_ref()?;
        interval.high
    };
    let greatest = greatest(targets, |target| upper(target).or(target.latency_ms.mean));
    rows(
        targets,
        "Mean latency per target with its 95 % interval",
        &describe(targets, of),
        &Axis::time("mean latency", greatest),
        |row| {
            let l = &row.target.latency_ms;
            let Some(mean) = l.mean else {
                return row.missing("no answered call");
            };
            row.bar(mean, (-18, 18))?;
            if let Some(Some(interval)) = l.intervals.get("mean") {
                row.whisker(interval.low, interval.high, FOREGROUND)?;
            }
            row.aside(&duration(mean))
        },
    )
}

/// Least, median, 95th percentile and greatest latency per target.
pub(crate) fn ranges(targets: &[TargetReport]) -> String {
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
    rows(
        targets,
        "Latency per target: min, p50, p95 and max",
        &described,
        &Axis::time("latency", greatest(targets, |t| t.latency_ms.max)),
        |row| {
            let l = &row.target.latency_ms;
            let (Some(min), Some(max)) = (l.min, l.max) else {
                return row.missing("no answered call");
            };
            row.whisker(min, Some(max), row.colour)?;
            row.middle_and_tail(l.p50, l.p95)
        },
    )
}

/// Standard deviation of latency per target.
pub(crate) fn deviations(targets: &[TargetReport]) -> String {
    let of = |target: &TargetReport| target.latency_ms.stddev;
    rows(
        targets,
        "Standard deviation of latency per target",
        &describe(targets, |target| of(target).map(duration)),
        &Axis::time("standard deviation", greatest(targets, of)),
        |row| match of(row.target) {
            Some(value) => {
                row.bar(value, (-18, 18))?;
                row.aside(&duration(value))
            }
            None => row.missing("not known"),
        },
    )
}

/// Deviation within and between prompts per target.
pub(crate) fn within_and_between(targets: &[TargetReport]) -> String {
    let parts = |target: &TargetReport| {
        let l = &target.latency_ms;
        (l.within_stddev, l.between_stddev)
    };
    let described = describe(targets, |target| {
        let (within, between) = parts(target);
        (within.is_some() || between.is_some()).then(|| {
            let [within, between] = [within, between].map(duration_or_dash);
            format!("within a prompt {within}, between prompts {between}")
        })
    });
    let greatest = greatest(targets, |target| {
        let (within, between) = parts(target);
        within.into_iter().chain(between).reduce(f64::max)
    });
    rows(
        targets,
        "Standard deviation of latency within and between prompts, per target",
        &described,
        &Axis::time("standard deviation", greatest),
        |row| {
            let (within, between) = parts(row.target);
            if within.is_none() && between.is_none() {
                return row.missing("not known");
            }
            if let Some(within) = within {
                row.bar(within, (-22, -3))?;
            }
            if let Some(between) = between {
                row.outline(between, (3, 22))?;
            }
            let both = [within, between].map(duration_or_dash);
            row.aside(&both.join(" / "))
        },
    )
}

/// Median and 95th percentile of the time to the first token, or to the first that
/// is not reasoning.
pub(crate) fn first_tokens(targets: &[TargetReport], reasoning: bool) -> String {
    if reasoning {
        let title = "Time to the first token per target: p50 and p95";
        middles(targets, title, "time to the first token", |t| &t.ttft_ms)
    } else {
        let title = "Time to the first token that is not reasoning, per target: p50 and p95";
        middles(targets, title, "time to the first output", |t| &t.ttfo_ms)
    }
}

/// Median and 95th percentile of the time per output token after the first.
pub(crate) fn per_token(targets: &[TargetReport]) -> String {
    let title = "Time per output token after the first, per target: p50 and p95";
    middles(targets, title, "time per output token", |t| &t.tpot_ms)
}

fn middles(
    targets: &[TargetReport],
    title: &str,
    what: &str,
    of: impl Fn(&TargetReport) -> &Summary,
) -> String {
    let described = describe(targets, |target| {
        let summary = of(target);
        (summary.n > 0).then(|| {
            let [p50, p95] = [summary.p50, summary.p95].map(duration_or_dash);
            format!("p50 {p50}, p95 {p95}")
        })
    });
    let greatest = greatest(targets, |target| of(target).p95.or(of(target).p50));
    rows(
        targets,
        title,
        &described,
        &Axis::time(what, greatest),
        |row| {
            let summary = of(row.target);
            match (summary.p50, summary.p95) {
                (None, None) => row.missing("not known"),
                (p50, p95) => {
                    if let (Some(p50), Some(p95)) = (p50, p95) {
                        row.line(p50, p95, row.colour)?;
                    }
                    row.middle_and_tail(p50, p95)
                }
            }
        },
    )
}

/// Share of right answers per target, with its interval.
pub(crate) fn accuracy(targets: &[TargetReport]) -> String {
    let of = |target: &TargetReport| {
        let right = &target.accuracy.flexible;
        right.rate.map(|_| display::share(right))
    };
    let lows = targets.iter().filter_map(|t| t.accuracy.flexible.low);
    let least = lows.fold(1.0, f64::min);
    rows(
        targets,
        "Right answers of answered calls per target, with their 95 % interval",
        &describe(targets, of),
        &Axis::shares("right answers", least),
        |row| {
            let right = &row.target.accuracy.flexible;
            let Some(rate) = right.rate else {
                return row.missing("no answered call");
            };
            if let Some(low) = right.low {
                row.whisker(low, right.high, row.colour)?;
            }
            row.dot(rate)?;
            row.aside(&percent(rate))
        },
    )
}

/// Every measured, answered call as a dot, with the median.
pub(crate) fn calls(targets: &[TargetReport], samples: &[&Sample]) -> String {
    let described = describe(targets, |target| {
        let l = &target.latency_ms;
        (l.n > 0).then(|| {
            let [min, p50, max] = [l.min, l.p50, l.max].map(duration_or_dash);
            format!("{} calls from {min} to {max}, median {p50}", l.n)
        })
    });
    rows(
        targets,
        "Latency of every measured, answered call, per target",
        &described,
        &Axis::time("latency", greatest(targets, |t| t.latency_ms.max)),
        |row| {
            let l = &row.target.latency_ms;
            if l.n == 0 {
                return row.missing("no answered call");
            }
            let of_target = samples
                .iter()
                .filter(|sample| sample.target_id == row.target.id && sample.is_measured_ok());
            let mut columns: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
            for sample in of_target {
                let x = row.x(sample.measurement.latency_us as f64 / 1_000.0);
                columns.entry(x / 4).or_default().push(x);
            }
            let fullest = columns.values().map(Vec::len).max().unwrap_or(1);
            for column in columns.into_values() {
                for (place, x) in (0..).zip(&column) {
                    let y = row.middle + beside(place, column.len(), fullest);
                    let dot = row.colour.mix(0.7).filled();
                    row.area.draw(&Circle::new((*x, y), 4, dot))?;
                }
            }
            if let Some(p50) = l.p50 {
                let x = row.x(p50);
                let tick = [(x, row.middle - 28), (x, row.middle + 28)];
                row.area
                    .draw(&PathElement::new(tick, FOREGROUND.stroke_width(4)))?;
            }
            row.aside(&l.p50.map_or_else(|| DASH.to_owned(), duration))
        },
    )
}

/// Where in its column a dot stands: columns are as high as they are full, and all of
/// them fit.
fn beside(place: i32, count: usize, fullest: usize) -> i32 {
    const ROOM: i32 = 26;
    const STEP: i32 = 7;
    let [count, fullest] = [count, fullest].map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    let half = if fullest * STEP <= 2 * ROOM {
        (count - 1) * STEP / 2
    } else {
        ROOM * count / fullest
    };
    if count > 1 {
        2 * half * place / (count - 1) - half
    } else {
        0
    }
}

/// One target's place in a figure.
struct Row<'a, 'b> {
    area: &'a Area<'b>,
    axis: &'a Axis,
    target: &'a TargetReport,
    colour: RGBColor,
    top: i32,
    middle: i32,
}

impl Row<'_, '_> {
    fn x(&self, value: f64) -> i32 {
        self.axis.place(value, EDGE, WIDTH - EDGE)
    }

    /// The target's name, left above what is drawn of it.
    fn name(&self, room: i32) -> Drawn {
        let name = cut(&name(self.target), room);
        write(
            self.area,
            &name,
            (EDGE, self.top + 6),
            HPos::Left,
            VPos::Top,
        )
    }

    /// The figure, right above: always in the same place, never cut off.
    fn aside(&self, text: &str) -> Drawn {
        let room = WIDTH / LETTER_WIDTH - i32::try_from(text.chars().count()).unwrap_or(0) - 3;
        self.name(room)?;
        let place = (WIDTH - EDGE, self.top + 6);
        write(self.area, text, place, HPos::Right, VPos::Top)
    }

    /// Words instead of a drawing.
    fn missing(&self, why: &str) -> Drawn {
        self.name(WIDTH / LETTER_WIDTH)?;
        write(
            self.area,
            why,
            (EDGE, self.middle),
            HPos::Left,
            VPos::Center,
        )
    }

    fn bar(&self, value: f64, (above, below): (i32, i32)) -> Drawn {
        let corners = [
            (self.x(0.0), self.middle + above),
            (self.x(value).max(self.x(0.0) + 2), self.middle + below),
        ];
        self.area
            .draw(&Rectangle::new(corners, self.colour.filled()))
    }

    fn outline(&self, value: f64, (above, below): (i32, i32)) -> Drawn {
        let corners = [
            (self.x(0.0) + 2, self.middle + above),
            (self.x(value).max(self.x(0.0) + 4) - 2, self.middle + below),
        ];
        let style = self.colour.stroke_width(4);
        self.area.draw(&Rectangle::new(corners, style))
    }

    fn line(&self, from: f64, to: f64, colour: RGBColor) -> Drawn {
        let ends = [(self.x(from), self.middle), (self.x(to), self.middle)];
        self.area
            .draw(&PathElement::new(ends, colour.stroke_width(5)))
    }

    /// A line with its ends marked; without an upper end it goes on to the edge.
    fn whisker(&self, low: f64, high: Option<f64>, colour: RGBColor) -> Drawn {
        self.line(low, high.unwrap_or(f64::MAX), colour)?;
        for end in [Some(low), high].into_iter().flatten() {
            let x = self.x(end);
            let tick = [(x, self.middle - 12), (x, self.middle + 12)];
            self.area
                .draw(&PathElement::new(tick, colour.stroke_width(5)))?;
        }
        Ok(())
    }

    fn dot(&self, value: f64) -> Drawn {
        let place = (self.x(value), self.middle);
        self.area
            .draw(&Circle::new(place, 13, self.colour.filled()))
    }

    fn diamond(&self, value: f64) -> Drawn {
        let (x, y) = (self.x(value), self.middle);
        let corners = [(x, y - 16), (x + 16, y), (x, y + 16), (x - 16, y)];
        self.area.draw(&Polygon::new(corners, self.colour.filled()))
    }

    fn middle_and_tail(&self, p50: Option<f64>, p95: Option<f64>) -> Drawn {
        if let Some(p95) = p95 {
            self.diamond(p95)?;
        }
        if let Some(p50) = p50 {
            self.dot(p50)?;
        }
        self.aside(&[p50, p95].map(duration_or_dash).join(" / "))
    }
}

fn rows(
    targets: &[TargetReport],
    title: &str,
    description: &str,
    axis: &Axis,
    draw: impl Fn(&Row) -> Drawn,
) -> String {
    let bottom = i32::try_from(targets.len()).unwrap_or(0) * ROW;
    chart(title, description, bottom + BELOW, |area| {
        axis.below(area, (EDGE, WIDTH - EDGE), (8, bottom + 4))?;
        for (position, target) in targets.iter().enumerate() {
            let top = i32::try_from(position).unwrap_or(0) * ROW;
            draw(&Row {
                area,
                axis,
                target,
                colour: ink(position),
                top,
                middle: top + HEAD + 28,
            })?;
        }
        Ok(())
    })
}

fn greatest(targets: &[TargetReport], figure: impl Fn(&TargetReport) -> Option<f64>) -> f64 {
    targets.iter().filter_map(figure).fold(0.0, f64::max)
}
