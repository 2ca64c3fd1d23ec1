//! Scales with round steps, and the lines and letters that make them readable.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

use super::{Area, Drawn, EDGE, FOREGROUND, LETTER_WIDTH, WIDTH, write};

/// A scale from the data to the canvas.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// What is measured, with its unit.
    pub(super) title: String,
    low: f64,
    high: f64,
    log: bool,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Milliseconds from 0 to beyond the greatest value, written in seconds where
    /// they are many.
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

    /// Shares up to all, in percent: from 0, or from where the least of many is.
    pub(super) fn shares(what: &str, least: f64) -> Self {
        let title = format!("{what}, %");
        let from = (least * 10.0).floor().clamp(0.0, 9.0) / 10.0;
        if from < 0.5 {
            return Self::linear(&title, 1.0, 0.01);
        }
        let tick = |step: i32| {
            let share = from + (1.0 - from) * f64::from(step) / 5.0;
            (share, digits(share * 100.0))
        };
        Self {
            title,
            low: from,
            high: 1.0,
            log: false,
            ticks: (0..=5).map(tick).collect(),
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
    pub(super) fn powers(
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

    /// Where a value is between two coordinates; values beyond the scale are at
    /// its end.
    pub(super) fn place(&self, value: f64, from: i32, to: i32) -> i32 {
        let share = if self.log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        #[expect(clippy::cast_possible_truncation, reason = "a place on the canvas")]
        let way = (share.clamp(0.0, 1.0) * f64::from(to - from)).round() as i32;
        from + way
    }

    /// Vertical lines at the ticks, their labels below `bottom`, and the title
    /// below these.
    pub(super) fn below(
        &self,
        area: &Area,
        (from, to): (i32, i32),
        (top, bottom): (i32, i32),
    ) -> Drawn {
        let mut free = i32::MIN;
        for (value, label) in &self.ticks {
            let x = self.place(*value, from, to);
            area.draw(&PathElement::new(
                [(x, top), (x, bottom)],
                FOREGROUND.mix(0.15),
            ))?;
            // A label that would run into the one before it is left out.
            let letters = i32::try_from(label.chars().count()).unwrap_or(0);
            let (anchor, left) = anchored(x, letters * LETTER_WIDTH);
            if left > free {
                write(area, label, (x, bottom + 10), anchor, VPos::Top)?;
                free = left + letters * LETTER_WIDTH + LETTER_WIDTH;
            }
        }
        let middle = i32::midpoint(from, to);
        write(
            area,
            &self.title,
            (middle, bottom + 46),
            HPos::Center,
            VPos::Top,
        )
    }

    /// Horizontal lines at the ticks with their labels left of them.
    pub(super) fn beside(
        &self,
        area: &Area,
        (from, to): (i32, i32),
        (top, bottom): (i32, i32),
    ) -> Drawn {
        for (value, label) in &self.ticks {
            let y = self.place(*value, bottom, top);
            area.draw(&PathElement::new(
                [(from, y), (to, y)],
                FOREGROUND.mix(0.15),
            ))?;
            write(area, label, (from - 8, y), HPos::Right, VPos::Center)?;
        }
        Ok(())
    }
}

/// So that no label leaves the canvas: its anchor, and where it begins.
fn anchored(x: i32, width: i32) -> (HPos, i32) {
    if x < EDGE + width / 2 {
        (HPos::Left, x)
    } else if x > WIDTH - EDGE - width / 2 {
        (HPos::Right, x - width)
    } else {
        (HPos::Center, x - width / 2)
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
        assert_eq!(Axis::shares("right", 0.2).ticks.last().unwrap().1, "100");
        let narrow = Axis::shares("right", 0.966).ticks;
        assert_eq!((narrow[0].1.as_str(), narrow[1].1.as_str()), ("90", "92"));
    }

    #[test]
    fn powers_of_ten_are_evenly_apart_and_nothing_lies_beyond_the_scale() {
        let axis = Axis::powers("requests a day", (3.0, 900.0), digits);
        assert_eq!(axis.place(10.0, 0, 300), 100);
        assert_eq!(axis.place(100.0, 0, 300), 200);
        assert_eq!((axis.place(0.0, 0, 300), axis.place(1e9, 0, 300)), (0, 300));
    }
}
