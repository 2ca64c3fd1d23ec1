//! Scales with round steps, their grid and their labels.

use super::{
    canvas::{Anchor, Canvas, EDGE, Ink, LETTER_WIDTH, Stroke, WIDTH},
    count,
};

/// A scale from the data to the canvas.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// The quantity, with its unit.
    pub(super) title: String,
    low: f64,
    high: f64,
    log: bool,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Milliseconds from 0 to beyond the greatest value, written in seconds where that
    /// is 1 s or more.
    pub(super) fn time(what: &str, greatest: f64) -> Self {
        let in_seconds = greatest >= 1_000.0;
        let (scale, unit) = if in_seconds {
            (1_000.0, "s")
        } else {
            (1.0, "ms")
        };
        Self::linear(&format!("{what}, {unit}"), greatest.max(1e-3), scale)
    }

    /// Counts from 0 to beyond the greatest.
    pub(super) fn counts(what: &str, greatest: f64) -> Self {
        Self::linear(what, greatest.max(1.0), 1.0)
    }

    /// Shares up to 1, in percent: from 0, or from the tenth below the least where that
    /// is at least one half.
    pub(super) fn shares(what: &str, least: f64) -> Self {
        let title = format!("{what}, %");
        let from = (least * 10.0).floor().clamp(0.0, 9.0) / 10.0;
        if from < 0.5 {
            return Self::linear(&title, 1.0, 0.01);
        }
        let percent = ((1.0 - from) * 100.0).round();
        let step = match percent {
            ..=10.0 => 2.0,
            ..=20.0 => 5.0,
            _ => 10.0,
        };
        let ticks = (0..).map(|tick| 100.0 - percent + f64::from(tick) * step);
        let ticks = ticks.take_while(|tick| *tick <= 100.0);
        Self {
            title,
            low: from,
            high: 1.0,
            log: false,
            ticks: ticks.map(|tick| (tick / 100.0, digits(tick))).collect(),
        }
    }

    fn linear(title: &str, greatest: f64, scale: f64) -> Self {
        let (step, end) = steps(greatest / scale);
        let mut ticks = Vec::new();
        let mut tick = 0.0;
        while tick <= end * 1.000_001 {
            ticks.push((tick * scale, digits(tick)));
            tick += step;
        }
        Self {
            title: title.to_owned(),
            low: 0.0,
            high: end * scale,
            log: false,
            ticks,
        }
    }

    /// Powers of ten around positive values; labels by `label`.
    pub(super) fn logarithmic(
        title: &str,
        (least, most): (f64, f64),
        label: impl Fn(f64) -> String,
    ) -> Self {
        let bottom = least.max(1e-9).log10().floor();
        let top = most.max(least).max(1e-9).log10().ceil().max(bottom + 1.0);
        let mut ticks = Vec::new();
        let mut power = bottom;
        while power <= top {
            let tick = 10_f64.powf(power);
            ticks.push((tick, label(tick)));
            power += 1.0;
        }
        Self {
            title: title.to_owned(),
            low: 10_f64.powf(bottom),
            high: 10_f64.powf(top),
            log: true,
            ticks,
        }
    }

    /// The coordinate of a value between two others; values beyond the scale are at
    /// its ends.
    pub(super) fn position(&self, value: f64, from: i32, to: i32) -> i32 {
        let share = if self.log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        #[expect(clippy::cast_possible_truncation, reason = "a point of the canvas")]
        let way = (share.clamp(0.0, 1.0) * f64::from(to - from)).round() as i32;
        from + way
    }

    /// Vertical lines at the ticks, their labels below `bottom`, and the title
    /// below these.
    pub(super) fn draw_horizontal(
        &self,
        canvas: &mut Canvas,
        (from, to): (i32, i32),
        (top, bottom): (i32, i32),
    ) {
        let mut free = i32::MIN;
        for (value, label) in &self.ticks {
            let x = self.position(*value, from, to);
            canvas.line(Stroke::Grid, Ink::Page, [(x, top), (x, bottom)]);
            let width = count(label.chars().count()) * LETTER_WIDTH;
            let (anchor, left) = anchored(x, width);
            // A label that would run into the one before it is left out.
            if left > free {
                canvas.text((x, bottom + 21), anchor, label);
                free = left + width + LETTER_WIDTH;
            }
        }
        let middle = (i32::midpoint(from, to), bottom + 57);
        canvas.text(middle, Anchor::Middle, &self.title);
    }

    /// Horizontal lines at the ticks with their labels left of them.
    pub(super) fn draw_vertical(
        &self,
        canvas: &mut Canvas,
        (from, to): (i32, i32),
        (top, bottom): (i32, i32),
    ) {
        for (value, label) in &self.ticks {
            let y = self.position(*value, bottom, top);
            canvas.line(Stroke::Grid, Ink::Page, [(from, y), (to, y)]);
            canvas.text((from - 8, y), Anchor::End, label);
        }
    }
}

/// So that no label leaves the canvas: its anchor, and where it begins.
fn anchored(x: i32, width: i32) -> (Anchor, i32) {
    if x < EDGE + width / 2 {
        (Anchor::Start, x)
    } else if x > WIDTH - EDGE - width / 2 {
        (Anchor::End, x - width)
    } else {
        (Anchor::Middle, x - width / 2)
    }
}

/// A round step and the end of a scale from 0 to beyond the greatest value.
fn steps(greatest: f64) -> (f64, f64) {
    let wanted = (greatest / 4.0).max(1e-6);
    let power = 10_f64.powf(wanted.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|round| round * power)
        .find(|step| *step >= wanted * 0.999_999)
        .unwrap_or(10.0 * power);
    (step, (greatest / step * 0.999_999).ceil().max(1.0) * step)
}

/// Steps are round, so what is left after six digits is rounding.
fn digits(tick: f64) -> String {
    let text = format!("{tick:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_begins_at_zero_and_ends_beyond_the_greatest_value() {
        for greatest in [0.3, 1.0, 7.0, 99.0, 101.0, 53_125.0] {
            let (step, end) = steps(greatest);
            let count = end / step;
            assert!(
                end >= greatest && (1.0..=5.0).contains(&count.round()),
                "{greatest}: {step} {end}"
            );
        }
        assert_eq!(steps(53_125.0), (20_000.0, 60_000.0));
    }

    #[test]
    fn seconds_are_written_where_milliseconds_are_many() {
        let axis = Axis::time("latency", 53_125.0);
        assert_eq!(axis.title, "latency, s");
        assert_eq!(axis.ticks[1], (20_000.0, "20".to_owned()));
        assert_eq!(Axis::time("latency", 90.0).title, "latency, ms");
        assert_eq!(Axis::shares("accuracy", 0.2).ticks.last().unwrap().1, "100");
        let narrow = Axis::shares("accuracy", 0.966).ticks;
        assert_eq!((narrow[0].1.as_str(), narrow[1].1.as_str()), ("90", "92"));
        let wide: Vec<String> = Axis::shares("accuracy", 0.798)
            .ticks
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(wide, ["70", "80", "90", "100"]);
    }

    #[test]
    fn powers_of_ten_are_evenly_apart_and_nothing_lies_beyond_the_scale() {
        let axis = Axis::logarithmic("requests per day", (3.0, 900.0), digits);
        assert_eq!(axis.position(10.0, 0, 300), 100);
        assert_eq!(axis.position(100.0, 0, 300), 200);
        assert_eq!(
            (axis.position(0.0, 0, 300), axis.position(1e9, 0, 300)),
            (0, 300)
        );
    }
}
