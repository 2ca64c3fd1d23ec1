//! Figures with their intervals, as pages show them.

use crate::{
    model::{RatioFigure, Share, TargetReport, WarmUp, WarmUpVerdict},
    render::{
        cell::Cell,
        format::{DASH, duration, percent, percent_number},
        notes,
    },
    summary::metrics::{Column, Source, Unit},
};
use bench_stats::Figure;

/// A duration with its interval: `2.97 s [2.88 s to 3.06 s]`; `or more` where there
/// is no upper limit.
#[must_use]
pub fn with_interval(figure: &Figure) -> Cell {
    let Some(value) = figure.value() else {
        return Cell::missing();
    };
    let cell = Cell::from(duration(value));
    match figure.interval() {
        Some(interval) => cell.within(
            &duration(interval.low),
            interval.high.map(duration).as_deref(),
        ),
        None => cell,
    }
}

/// A share with its counts and interval: `97.6 % [96.6 % to 98.3 %], 1287 of 1319`.
pub(crate) fn share(share: &Share) -> Cell {
    match (share.rate.value(), share.low(), share.high()) {
        (Some(rate), Some(low), Some(high)) => Cell::in_unit(percent_number(rate), "%")
            .within(&percent_number(low), Some(&percent_number(high)))
            .of(share.count, share.n),
        _ => Cell::missing(),
    }
}

/// The heading of a column: `TTFT p50`.
#[must_use]
pub fn heading(column: &Column) -> String {
    let label = column.metric.label;
    match (column.metric.source, column.statistic()) {
        (Source::Summary(_, [_]), _) | (_, None) => label.to_owned(),
        (_, Some(statistic)) => format!("{label} {}", notes::name(statistic)),
    }
}

/// The value of a column in its unit, or a dash.
#[must_use]
pub fn cell(column: &Column, target: &TargetReport) -> String {
    let Some(value) = column.value(target) else {
        return DASH.to_owned();
    };
    match column.unit() {
        Unit::Ms => duration(value),
        Unit::Share => percent(value),
        Unit::Count => format!("{value:.0}"),
        Unit::PerSecond => format!("{value:.1}"),
        Unit::Number => format!("{value:.3}"),
    }
}

/// A ratio with its interval: `0.869 [0.847 to 0.892]`.
#[must_use]
pub fn ratio(figure: &RatioFigure) -> Cell {
    let shown = |ratio: f64| format!("{ratio:.3}");
    match (figure.limits(), figure.ratio.value()) {
        (Some([ratio, low, high]), _) => {
            Cell::from(shown(ratio)).within(&shown(low), Some(&shown(high)))
        }
        (None, Some(ratio)) => Cell::from(shown(ratio)),
        (None, None) => Cell::missing(),
    }
}

/// The most that is shown of a text that somebody else wrote.
const MAX_FOREIGN: usize = 600;

/// Text of models, servers and datasets, cut to the length that a cell or a sentence
/// of a page has room for.
pub(crate) fn foreign(text: &str) -> String {
    cut(text, MAX_FOREIGN)
}

/// A sentence in which names stand without the marks that set them off in a terminal.
pub(crate) fn without_marks(sentence: &str) -> String {
    sentence.replace('`', "")
}

/// The first so many characters of such a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => plain(text),
        Some((end, _)) => format!("{}…", plain(&text[..end])),
    }
}

/// The text without control and bidirectional formatting characters, which change how
/// others are displayed.
#[must_use]
pub fn plain(text: &str) -> String {
    let is_bidi = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            _ if letter.is_control() || is_bidi(letter) => '\u{fffd}',
            _ => letter,
        })
        .collect()
}

/// A plain number with so many digits after the point, or a dash.
pub(crate) fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| format!("{value:.digits$}"))
}

/// A p-value: small ones are not spelled out.
#[must_use]
pub fn p_value(p: Option<f64>) -> String {
    match p {
        None => DASH.to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

/// The verdict on a warm-up, with its ratio.
pub(crate) fn warm_up(found: &WarmUp) -> String {
    let verdict = match found.verdict {
        WarmUpVerdict::Enough => "enough",
        WarmUpVerdict::TooShort => "too short",
        WarmUpVerdict::Unknown => return DASH.to_owned(),
    };
    found.ratio.value().map_or_else(
        || verdict.to_owned(),
        |ratio| format!("{verdict}: first ÷ later {ratio:.3}"),
    )
}
