//! The verdict of a comparison.

use crate::{
    model::{Comparison, RatioFigure},
    render::format::{counted, percent},
};
use bench_stats::{Doubt, MARGIN, MIN_PROMPTS, Verdict};

/// The verdict on two targets of a run in one or two sentences.
pub(crate) fn sentence(comparison: &Comparison) -> String {
    let [first, second] = [&comparison.first, &comparison.second];
    let verdict = named(comparison, [first, second]);
    match comparison.time_overlap.filter(|_| comparison.is_apart()) {
        Some(share) => format!(
            "{verdict} {first} and {second} were not measured at the same time: their measured \
             times overlap by {} of the shorter, so a difference may be one of the hour.",
            percent(share)
        ),
        None => verdict,
    }
}

/// The same with other names for the two.
pub(crate) fn named(comparison: &Comparison, [first, second]: [&str; 2]) -> String {
    let latency = &comparison.latency;
    let verdict = comparison.verdict;
    let margin = percent(MARGIN);
    let prompts = counted(comparison.prompts, "prompt");
    let said = match verdict {
        Verdict::Slower | Verdict::Faster => format!(
            "{first} was {} than {second} by {} on {prompts}",
            direction(verdict),
            difference(latency)
        ),
        Verdict::MaybeSlower | Verdict::MaybeFaster => format!(
            "{first} was {} than {second} by {} on {prompts}, possibly by a negligible amount",
            direction(verdict),
            difference(latency)
        ),
        Verdict::Equivalent => format!(
            "{first} and {second} were equivalent within {margin} on {prompts}: {}",
            times(first, second, latency)
        ),
        Verdict::NotDistinguishable { doubt } => {
            not_distinguishable(comparison, [first, second], doubt)
        }
    };
    let split = if verdict.is_difference() {
        split(comparison, first)
    } else {
        None
    };
    match split {
        Some(split) => format!("{said}. {split}."),
        None => format!("{said}."),
    }
}

fn direction(verdict: Verdict) -> &'static str {
    if verdict.first_is_faster() {
        "faster"
    } else {
        "slower"
    }
}

/// A ratio as a difference with its interval: `18 % [14 % to 22 %]`.
fn difference(figure: &RatioFigure) -> String {
    let Some([ratio, low, high]) = figure.limits() else {
        return "an unknown amount".to_owned();
    };
    let away = |ratio: f64| percent((ratio - 1.0).abs());
    let (least, most) = if ratio < 1.0 {
        (high, low)
    } else {
        (low, high)
    };
    format!("{} [{} to {}]", away(ratio), away(least), away(most))
}

fn times(first: &str, second: &str, figure: &RatioFigure) -> String {
    let Some([ratio, low, high]) = figure.limits() else {
        return format!("the ratio of {first} to {second} is not available");
    };
    format!("{first} took {ratio:.3} times [{low:.3} to {high:.3}] what {second} took")
}

/// The least change that a percentage with one decimal shows.
const SHOWN_CHANGE: f64 = 0.000_5;

/// Where the difference comes from: longer answers, or slower tokens.
fn split(comparison: &Comparison, first: &str) -> Option<String> {
    let split = comparison.split.as_ref()?;
    let changed = |ratio: f64, same: &str, more: &str, less: &str| {
        let change = (ratio - 1.0).abs();
        let by = percent(change);
        if change < SHOWN_CHANGE {
            same.to_owned()
        } else if ratio < 1.0 {
            format!("{by} {less}")
        } else {
            format!("{by} {more}")
        }
    };
    let length = changed(split.output_tokens, "as long", "longer", "shorter");
    let speed = changed(split.ms_per_output_token, "as much", "more", "less");
    Some(format!(
        "Answers of {first} were {length}, and each of its tokens took {speed} time"
    ))
}

fn not_distinguishable(
    comparison: &Comparison,
    [first, second]: [&str; 2],
    doubt: Doubt,
) -> String {
    let latency = &comparison.latency;
    let told = format!("{first} and {second} are not distinguishable by latency");
    let prompts = counted(comparison.prompts, "prompt");
    let enough = match comparison.prompts_to_decide {
        Some(enough) if enough > comparison.prompts => {
            format!(
                "; {enough} prompts would be enough to resolve a difference of {}",
                percent(MARGIN)
            )
        }
        _ => String::new(),
    };
    match doubt {
        Doubt::Noise => {
            let times = times(first, second, latency);
            format!("{told} on {prompts}: {times}{enough}")
        }
        Doubt::ManyComparisons => {
            let p = latency
                .p_holm
                .map_or_else(String::new, |p| format!(" (p = {p:.3})"));
            format!(
                "{told} on {prompts} once all comparisons of this report are counted{p}{enough}"
            )
        }
        Doubt::FewPrompts if comparison.prompts == 0 => {
            format!("{first} and {second} are not compared: no prompt was answered by both")
        }
        Doubt::FewPrompts => {
            format!(
                "{told}: that needs at least {MIN_PROMPTS} prompts, both answered {prompts}{enough}"
            )
        }
        Doubt::Unpaired => format!(
            "{told}: {} of {} prompts were not answered by both",
            comparison.dropped,
            comparison.dropped + comparison.prompts
        ),
        Doubt::SuccessRates => {
            let (a, b) = (&comparison.success.first, &comparison.success.second);
            format!(
                "{first} answered {} of {} calls and {second} {} of {}: their success rates \
                 differ, so the latencies of the answered calls are not compared",
                a.count, a.n, b.count, b.n
            )
        }
    }
}
