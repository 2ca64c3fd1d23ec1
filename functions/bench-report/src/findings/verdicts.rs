//! What a comparison says, in words: never more than the data bear.

use crate::render::format::counted;
use crate::{
    model::{Comparison, RatioFigure, Report, TargetReport},
    render::format::percent,
};
use bench_core::identity::TargetId;
use bench_stats::{Doubt, LEAST_PROMPTS, MARGIN, Verdict};

/// The verdict of two targets in one or two sentences, without a full stop in the
/// names it takes from the configuration.
pub(crate) fn sentence(comparison: &Comparison, verdict: Verdict) -> String {
    let Comparison {
        first,
        second,
        latency,
        ..
    } = comparison;
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
        Verdict::NotDistinguishable(doubt) => doubtful(comparison, doubt),
    };
    let split = if verdict.tells_apart() {
        split(comparison)
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
    let (Some(ratio), Some(low), Some(high)) = (figure.ratio, figure.low, figure.high) else {
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
    let (Some(ratio), Some(low), Some(high)) = (figure.ratio, figure.low, figure.high) else {
        return format!("how long {first} took of what {second} took is not known");
    };
    format!("{first} took {ratio:.3} times [{low:.3} to {high:.3}] what {second} took")
}

/// Where the difference comes from: longer answers, or slower tokens.
fn split(comparison: &Comparison) -> Option<String> {
    let split = comparison.split.as_ref()?;
    let first = &comparison.first;
    let changed = |ratio: f64, same: &str, more: &str, less: &str| {
        let by = percent((ratio - 1.0).abs());
        if by == percent(0.0) || by == "0.0 %" {
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

fn doubtful(comparison: &Comparison, doubt: Doubt) -> String {
    let Comparison {
        first,
        second,
        latency,
        ..
    } = comparison;
    let told = format!("{first} and {second} are not distinguishable by latency");
    let prompts = counted(comparison.prompts, "prompt");
    let enough = match comparison.prompts_to_decide {
        Some(enough) if enough > comparison.prompts => {
            format!("; {enough} prompts would decide on {}", percent(MARGIN))
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
            format!("{told}: {prompts}, where at least {LEAST_PROMPTS} are needed{enough}")
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
                 differ, and latencies of what is left are not compared",
                a.count, a.n, b.count, b.n
            )
        }
    }
}

/// Who is fastest, where the data say so; who ties for it, where they do not.
/// `None` for fewer than two real targets with a latency.
pub(crate) fn fastest(report: &Report) -> Option<String> {
    let real: Vec<&TargetReport> = report
        .targets
        .iter()
        .filter(|target| !target.simulated && target.timings.latency.n > 0)
        .collect();
    if real.len() < 2 {
        return None;
    }
    let beats = |a: &TargetReport, b: &TargetReport| {
        report.comparisons.iter().any(|comparison| {
            let faster = ["faster", "maybe_faster"].contains(&comparison.verdict.as_str());
            let slower = ["slower", "maybe_slower"].contains(&comparison.verdict.as_str());
            (comparison.first == a.id && comparison.second == b.id && faster)
                || (comparison.first == b.id && comparison.second == a.id && slower)
        })
    };
    let ahead_of_all = real
        .iter()
        .find(|a| real.iter().all(|b| a.id == b.id || beats(a, b)));
    if let Some(fastest) = ahead_of_all {
        let lead = lead(report, &fastest.id)?;
        let others = not_told_apart(report, &real);
        return Some(format!("Fastest was {}: {lead}.{others}", fastest.id));
    }
    let tied: Vec<&str> = real
        .iter()
        .filter(|a| !real.iter().any(|b| beats(b, a)))
        .map(|target| target.id.as_str())
        .collect();
    Some(match tied.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!(
            "No target is the fastest: {} and {last} are not told apart by latency on the same \
             prompts.",
            rest.join(", ")
        ),
        _ => "No target is the fastest: the comparisons do not tell all of them apart.".to_owned(),
    })
}

/// By how much the fastest leads the one that is closest to it.
fn lead(report: &Report, fastest: &str) -> Option<String> {
    let real = report.comparisons.iter().filter(|c| !c.simulated);
    let of: Vec<&Comparison> = real
        .filter(|c| c.first == fastest || c.second == fastest)
        .collect();
    let away = |c: &Comparison| {
        c.latency
            .ratio
            .map_or(f64::INFINITY, |ratio| ratio.ln().abs())
    };
    let closest = of.iter().min_by(|a, b| away(a).total_cmp(&away(b)))?;
    let (said, prompts) = (
        difference(&closest.latency),
        counted(closest.prompts, "prompt"),
    );
    let negligible = if closest.verdict.starts_with("maybe") {
        ", possibly by a negligible amount"
    } else {
        ""
    };
    let rank = if of.len() > 1 { ", the closest," } else { "" };
    Some(if closest.first == fastest {
        format!(
            "faster than {}{rank} by {said} on {prompts}{negligible}",
            closest.second
        )
    } else {
        format!(
            "{}{rank} was slower by {said} on {prompts}{negligible}",
            closest.first
        )
    })
}

/// Which of the others the data do not tell apart.
fn not_told_apart(report: &Report, real: &[&TargetReport]) -> String {
    let known = |id: &TargetId| real.iter().any(|target| target.id == *id);
    let pairs: Vec<String> = report
        .comparisons
        .iter()
        .filter(|c| c.verdict == "not_distinguishable" && known(&c.first) && known(&c.second))
        .map(|c| format!("{} and {}", c.first, c.second))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!(" Not distinguishable by latency: {}.", pairs.join("; "))
    }
}

/// What is to be said of targets that claim to be the same model.
pub(crate) fn same_model_warning(comparison: &Comparison) -> Option<String> {
    let same = &comparison.same_model;
    if !same.claimed {
        return None;
    }
    let mut found = Vec::new();
    if same.disagrees == Some(true) {
        let agreement = same.agreement.map_or_else(String::new, |share| {
            format!("; one answer of each agrees in {}", percent(share))
        });
        found.push(format!(
            "give different answers more often than chance{agreement}"
        ));
    }
    let length = [
        (same.length.characters, "characters"),
        (same.length.output_tokens, "output tokens"),
    ];
    let typical = length
        .into_iter()
        .find_map(|(ratio, unit)| Some((ratio?, unit)));
    if let Some((ratio, unit)) = typical.filter(|(ratio, _)| !(1.0 / 1.1..=1.1).contains(ratio)) {
        found.push(format!(
            "answer at different length, {ratio:.2} times as many {unit}"
        ));
    }
    let simulated = if comparison.simulated {
        "simulated targets "
    } else {
        ""
    };
    (!found.is_empty()).then(|| {
        format!(
            "{simulated}{} and {} claim to be the same model, but {}",
            comparison.first,
            comparison.second,
            found.join(", and ")
        )
    })
}
