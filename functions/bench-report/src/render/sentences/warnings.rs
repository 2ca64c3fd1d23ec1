//! Warnings, one clause each.

use crate::{
    model::{ApartPair, DifferentLength, LengthNotKept, LengthOf, LengthUnit, Report, Warning},
    render::{
        display,
        format::{counted, folded, listed, percent},
        lengths::range,
    },
};
use bench_core::{config::Remedy, identity::TargetId, money::Money};
use bench_stats::Invariant;

/// The most targets, or pairs of targets, that a warning names.
const MAX_NAMED: usize = 8;
/// The most characters of a word that a service wrote.
const MAX_WORD: usize = 60;

/// All warnings of a report: those about cost come last.
pub(crate) fn all(report: &Report) -> Vec<String> {
    let of_cost = report.cost.iter().flat_map(|cost| &cost.warnings);
    let warnings = report.warnings.iter().map(|warning| &warning.sentence);
    warnings
        .chain(of_cost.map(|warning| &warning.sentence))
        .cloned()
        .collect()
}

/// A clause in lower case, without a full stop.
pub(crate) fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::BudgetSpent { budget, not_made } => budget_spent(budget, *not_made),
        Warning::InterruptedCalls { calls } => interrupted(*calls),
        Warning::SimulatedTargets {
            target_ids,
            time_scale,
        } => simulated(target_ids, *time_scale),
        Warning::FailedCalls {
            target_id,
            failed,
            measured,
        } => failed_calls(target_id, *failed, *measured),
        Warning::RefusedField {
            target_id,
            remedy,
            failures,
        } => refused(target_id, remedy, *failures),
        Warning::AccessDenied {
            target_id,
            on_bedrock,
            failures,
        } => access_denied(target_id, *on_bedrock, *failures),
        Warning::InfinitePercentiles {
            target_id,
            percentiles,
        } => format!(
            "so many calls to {target_id} failed that {} over all attempts is not finite",
            percentiles.join(", ")
        ),
        Warning::TruncatedAnswers {
            target_id,
            truncated,
            answered,
        } => truncated_answers(target_id, *truncated, *answered),
        Warning::RepeatedAttempts {
            target_id,
            repeated,
            made,
        } => repeated_attempts(target_id, *repeated, *made),
        Warning::LengthNotKept(found) => length_not_kept(found),
        Warning::LengthNotCounted { target_id, of } => length_not_counted(target_id, *of),
        Warning::CachedCalls { target_id, calls } => format!(
            "a prefix cache served {calls} calls to {target_id} although a cold one was asked for; \
             its times to the first token are not those of a cold cache"
        ),
        Warning::AnswersOverLimit { target_id, calls } => format!(
            "{calls} answers of {target_id} are longer than the token limit: the service ignores \
             the limit of this request kind; choose the `request` that its model was imported for"
        ),
        Warning::UnknownFinishReasons {
            target_id,
            reasons,
            calls,
        } => unknown_reasons(target_id, reasons, *calls),
        Warning::CountsDisagree {
            target_id,
            calls,
            answered,
        } => counts_disagree(target_id, *calls, *answered),
        Warning::WarmUpTooShort { target_id, ratio } => warm_up_too_short(target_id, *ratio),
        Warning::FewPrompts { prompts } => {
            format!("with {prompts} prompts p95 is decided by the prompts with the longest answers")
        }
        Warning::PrefixCache => "every prompt is repeated unchanged, so measured calls may be \
                                 prefix-cache hits"
            .to_owned(),
        Warning::MeasuredApart { pairs } => measured_apart(pairs),
        Warning::DifferentModels {
            first,
            second,
            simulated,
            agreement,
            length,
        } => different_models([first, second], *simulated, *agreement, length.as_ref()),
        Warning::ClientStalled { above_ms, calls } => format!(
            "the measuring client itself stalled for more than {above_ms}\u{a0}ms during {calls} \
             measured calls"
        ),
        Warning::DuplicateSamples { samples } => duplicates(*samples),
        Warning::Inconsistent {
            target_id,
            figures,
            law,
        } => format!(
            "`{figures}` of {target_id} contradicts itself, a fault of hostbench: {}",
            broken(*law)
        ),
        Warning::ConfigurationDiffers {
            field,
            configured,
            found,
        } => configuration_differs(field, *configured, *found),
        Warning::TargetsWithoutSamples { target_ids } => without_samples(target_ids),
    }
}

fn named(target_ids: &[TargetId]) -> String {
    listed(target_ids.iter().map(ToString::to_string), MAX_NAMED)
}

fn budget_spent(budget: &Money, not_made: u64) -> String {
    format!(
        "the budget of {budget} was spent: {not_made} calls were not made, so what was measured \
         is a part of what was planned"
    )
}

fn warm_up_too_short(target_id: &TargetId, ratio: f64) -> String {
    format!(
        "the warm-up of {target_id} was too short: its first measured repetition was still {} \
         slower than the later ones",
        percent(ratio - 1.0)
    )
}

fn simulated(target_ids: &[TargetId], time_scale: f64) -> String {
    format!(
        "simulated targets are test equipment and no measurement of any service: {}; their times \
         are {time_scale} times what was measured",
        named(target_ids)
    )
}

fn interrupted(calls: u64) -> String {
    let were = if calls == 1 { "was" } else { "were" };
    format!(
        "{} {were} in flight when the pipeline was killed: responses and cost are not known, and \
         figures leave such calls out",
        counted(calls, "call")
    )
}

fn failed_calls(target_id: &TargetId, failed: u64, measured: u64) -> String {
    format!(
        "{failed} of {measured} measured calls to {target_id} failed; its latencies are those of \
         answered calls alone"
    )
}

fn length_not_kept(found: &LengthNotKept) -> String {
    let LengthNotKept {
        target_id,
        outside,
        calls,
        ..
    } = found;
    let reason = match found.of {
        LengthOf::Input => "characters per token differ between its probe and these prompts",
        LengthOf::Output => "the server may not know `min_tokens` or `ignore_eos`",
    };
    format!(
        "{outside} of {calls} {} of {target_id} have another length than the {} {} tokens that \
         were asked for: {reason}",
        subject(found.of),
        range(found.at_least, found.at_most),
        side(found.of)
    )
}

fn length_not_counted(target_id: &TargetId, of: LengthOf) -> String {
    format!(
        "{target_id} counts no {} tokens: whether {} have the length that was asked for is not \
         known",
        side(of),
        subject(of)
    )
}

fn side(of: LengthOf) -> &'static str {
    match of {
        LengthOf::Input => "input",
        LengthOf::Output => "output",
    }
}

fn subject(of: LengthOf) -> &'static str {
    match of {
        LengthOf::Input => "prompts",
        LengthOf::Output => "answers",
    }
}

fn truncated_answers(target_id: &TargetId, truncated: u64, answered: u64) -> String {
    format!(
        "the token limit cut off {truncated} of {answered} answers of {target_id}; without it \
         their latency and length would be greater"
    )
}

fn refused(target_id: &TargetId, remedy: &Remedy, failures: u64) -> String {
    let reason = match remedy {
        Remedy::ChatRequest => "since it has no Responses API",
        _ => "for a field that it does not take",
    };
    format!(
        "{target_id} refused {} {reason}: {}",
        counted(failures, "request"),
        change(remedy),
    )
}

/// The remedy for a target that denies access.
#[must_use]
pub fn access_remedy(on_bedrock: bool) -> &'static str {
    if on_bedrock {
        "where the role of the function may call the model, the account has no access to it yet: \
         somebody whose role may `aws-marketplace:Subscribe`, `aws-marketplace:Unsubscribe` and \
         `aws-marketplace:ViewSubscriptions` has to call it once, and a model of Anthropic needs \
         the use case form of the account"
    } else {
        "allow it for the role of the function, which `hostbench deploy` does for the targets of \
         a configuration"
    }
}

fn access_denied(target_id: &TargetId, on_bedrock: bool, failures: u64) -> String {
    format!(
        "{target_id} denied access to {}: {}",
        counted(failures, "call"),
        access_remedy(on_bedrock)
    )
}

fn unknown_reasons(target_id: &TargetId, reasons: &[String], calls: u64) -> String {
    format!(
        "{} of {target_id} ended with a reason that is not known, {}: whether {} whole is open; \
         they are counted as answered",
        counted(calls, "answer"),
        quoted(reasons),
        if calls == 1 { "it is" } else { "they are" },
    )
}

fn repeated_attempts(target_id: &TargetId, repeated: u64, made: u64) -> String {
    format!(
        "{repeated} of {made} attempts at {target_id} were retries of a refused or failed one; \
         each is a sample of its own, and no pause between them is part of a latency"
    )
}

fn counts_disagree(target_id: &TargetId, calls: u64, answered: u64) -> String {
    format!(
        "the token counts of {target_id} contradict each other in {calls} of {answered} answers; \
         costs and speeds that are made of them may be wrong"
    )
}

fn configuration_differs(field: &str, configured: u32, found: u32) -> String {
    format!(
        "the configuration has `{field}` {configured}, the samples show {found}; the report is of \
         the samples"
    )
}

fn change(remedy: &Remedy) -> String {
    let made = remedy.setting();
    let made = made.map(|setting| format!("set `{setting}` in its configuration"));
    let removed = remedy.removed();
    let removed = removed.map(|setting| format!("remove `{setting}` from its configuration"));
    made.or(removed).unwrap_or_default()
}

/// The first few of the words that a service used.
fn quoted(words: &[String]) -> String {
    const MAX: usize = 3;
    let shown = words.iter().take(MAX);
    let shown = shown.map(|word| format!("`{}`", display::cut(word, MAX_WORD)));
    let more = words.len().saturating_sub(MAX);
    let more = (more > 0).then(|| format!("{more} more"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

fn measured_apart(pairs: &[ApartPair]) -> String {
    let named = pairs.iter().map(|pair| {
        let share = percent(pair.time_overlap);
        format!("{} and {} ({share})", pair.first, pair.second)
    });
    format!(
        "targets were not measured at the same time, so that a difference between them may be one \
         of the hour: their measured times overlap by less than half of the shorter, {}",
        folded(named, MAX_NAMED).join("; ")
    )
}

fn different_models(
    [first, second]: [&TargetId; 2],
    simulated: bool,
    agreement: Option<f64>,
    length: Option<&DifferentLength>,
) -> String {
    let answers = agreement.map(|share| {
        format!(
            "give different answers more often than chance; one answer of each agrees in {}",
            percent(share)
        )
    });
    let length = length.map(|length| {
        let unit = match length.unit {
            LengthUnit::Characters => "characters",
            LengthUnit::OutputTokens => "output tokens",
        };
        let ratio = length.ratio;
        format!("their answers differ in length, {ratio:.2} times as many {unit}")
    });
    let found: Vec<String> = answers.into_iter().chain(length).collect();
    let simulated = if simulated { "simulated targets " } else { "" };
    format!(
        "{simulated}{first} and {second} claim to be the same model, but {}",
        found.join(", and ")
    )
}

fn duplicates(samples: u64) -> String {
    let (have, were) = if samples == 1 {
        ("has", "was")
    } else {
        ("have", "were")
    };
    format!(
        "{} {have} the run, target, prompt, repetition and attempt of another sample and {were} \
         counted again",
        counted(samples, "sample")
    )
}

fn without_samples(target_ids: &[TargetId]) -> String {
    let targets = counted(target_ids.len() as u64, "configured target");
    let (have, them) = match target_ids {
        [_] => ("has", "it"),
        _ => ("have", "them"),
    };
    format!(
        "{targets} {have} no sample: {}; the report is without {them}",
        named(target_ids)
    )
}

fn broken(law: Invariant) -> &'static str {
    match law {
        Invariant::PercentilesInOrder => "its percentiles are not in order",
        Invariant::MeanWithinRange => "its mean lies outside of its values",
        Invariant::MeanNearMedian => {
            "mean and median are further apart than the standard deviation"
        }
        Invariant::DeviationWithinRange => "the standard deviation exceeds what the range allows",
        Invariant::GeometricMeanBelowMean => "the geometric mean exceeds the mean",
        Invariant::SquaresAddUp => "the parts of the variance do not add up",
    }
}
