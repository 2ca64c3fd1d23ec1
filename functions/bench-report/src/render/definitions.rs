//! Every term of the report with its definition.

use std::collections::BTreeMap;

use crate::summary::metrics::METRICS;

/// Terms that are no metric.
const TERMS: [(&str, &str); 22] = [
    (
        "percentile",
        "Linear interpolation between the nearest ranks (Hyndman and Fan's type 7) over all \
             measured, answered calls of a target.",
    ),
    (
        "standard deviation",
        "Of the sample, with n - 1; of calls to all prompts together.",
    ),
    (
        "within-prompt deviation",
        "Pooled standard deviation of the repetitions of one prompt: jitter of the service, \
             and of answer length where the model is not deterministic.",
    ),
    (
        "between-prompt deviation",
        "Standard deviation of the prompts' own means: answer length, mostly.",
    ),
    (
        "within-prompt CV",
        "sqrt(exp(s²) - 1), s the pooled within-prompt standard deviation of log latency: \
             jitter as a share, comparable between prompts of different length.",
    ),
    (
        "ICC",
        "Share of the variance that prompts explain; 1 means that repetitions tell nothing new.",
    ),
    (
        "effective n",
        "How many independent calls the calls are worth, n divided by the design effect.",
    ),
    (
        "interval",
        "95 %. Of means and ratios: prompts as a sample of prompts like these, by Student's t \
             over prompts. Of percentiles: Woodruff's inversion with a floor, without an upper \
             limit where so few prompts cannot give one. Of shares: Wilson's.",
    ),
    (
        "all attempts",
        "Latency with failed calls taken as longer than everything; a percentile that falls \
             among them is not finite.",
    ),
    (
        "geometric mean ratio",
        "exp of the mean over prompts of mean log latency at one target less that at the \
             other; the prompt itself cancels out.",
    ),
    (
        "not distinguishable",
        "The interval of the ratio holds 1, or prompts are too few, or too many comparisons \
             were made for what one of them shows.",
    ),
    (
        "equivalent",
        "The whole interval of the ratio lies within 5 % of 1.",
    ),
    (
        "warm-up",
        "The first calls of each prompt: stored and shown, in no figure.",
    ),
    (
        "measured",
        "The calls after the warm-up; figures are made of the answered ones.",
    ),
    (
        "complete",
        "Every planned measured call was made, and every target answered at least one.",
    ),
    (
        "cost of a request",
        "Measured spend divided by answered measured calls: tokens, and machine time as long as \
             the calls took, shared by those in flight; failed calls are paid for by the \
             answered ones. Without warm-up, probing and idle time.",
    ),
    (
        "cost of a correct answer",
        "Measured spend divided by correct answers; the interval by the delta method, prompts as \
             clusters, Student's t.",
    ),
    (
        "use",
        "Share of the time in which a target that is paid by the hour is in use; at half the \
             use a request costs twice the machine time.",
    ),
    (
        "as billed",
        "Tokens; machines from a run's first call to the end of its last; imports by windows of \
             five minutes that calls touched, low without and high with one idle window behind \
             each session, since whether that is billed is not published.",
    ),
    (
        "break-even",
        "Requests an hour at which a target paid by use and one paid by the hour cost the same: \
             the hourly price divided by what a request saves.",
    ),
    (
        "cost of the pipeline",
        "Lambda, Step Functions, DynamoDB and S3 at their list prices without free tiers, by \
             counts that the samples show; nothing of it is paid on the embedded AWS.",
    ),
    (
        "simulated",
        "Served by hostbench's own simulator: test equipment, not a result about any service. Its \
             times are shown in those of the service that it stands for: measured times by the \
             time scale of the run.",
    ),
];

/// The terms by name, those of metrics from their list.
pub(crate) fn definitions() -> BTreeMap<String, String> {
    let metrics = METRICS.iter();
    let metrics = metrics.map(|metric| (metric.label, metric.definition));
    TERMS
        .into_iter()
        .chain(metrics)
        .map(|(term, definition)| (term.to_owned(), definition.to_owned()))
        .collect()
}
