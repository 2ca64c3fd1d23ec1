//! Which figures a page has, in which order, and how each is read.

use crate::{
    model::{Report, TargetReport},
    render::charts::{self, CallPoints},
};

/// One figure of the page.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) number: usize,
    pub(crate) title: &'static str,
    /// How it is read.
    pub(crate) note: &'static str,
    pub(crate) svg: String,
}

/// The figures by the section they stand in, in reading order.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) latency: Vec<Figure>,
    pub(crate) load: Vec<Figure>,
    pub(crate) accuracy: Vec<Figure>,
    pub(crate) cost: Vec<Figure>,
}

impl Figures {
    pub(crate) fn of(report: &Report, calls: &CallPoints) -> Self {
        let mut numbers = 1..;
        Self {
            latency: numbered(latency(&report.targets, calls), &mut numbers),
            load: numbered(load(report), &mut numbers),
            accuracy: numbered(accuracy(&report.targets), &mut numbers),
            cost: numbered(cost(report), &mut numbers),
        }
    }
}

type Unnumbered = (&'static str, &'static str, String);

fn numbered(figures: Vec<Unnumbered>, numbers: &mut impl Iterator<Item = usize>) -> Vec<Figure> {
    figures
        .into_iter()
        .zip(numbers)
        .map(|((title, note, svg), number)| Figure {
            number,
            title,
            note,
            svg,
        })
        .collect()
}

/// The three published ones, then what they left out. Without an answered call
/// there is nothing to draw.
fn latency(targets: &[TargetReport], calls: &CallPoints) -> Vec<Unnumbered> {
    if targets.iter().all(|target| target.timings.latency.n == 0) {
        return Vec::new();
    }
    let mut figures = vec![
        (
            "Mean latency",
            "of measured, successful calls, with its 95 % interval",
            charts::means(targets),
        ),
        (
            "Latency percentiles",
            "min to max, ● p50 and ◆ p95; at the right: p50 / p95",
            charts::ranges(targets),
        ),
        (
            "Standard deviation",
            "of all calls: output length and jitter together",
            charts::deviations(targets),
        ),
        (
            "Latency of each call",
            "a dot per measured, successful call; the line and the figure are the median",
            charts::calls(targets, calls),
        ),
    ];
    if let Some(svg) = charts::length(targets, calls) {
        figures.push((
            "Latency against output tokens",
            "a dot per call, the same scales for all targets; the line is the least-squares fit",
            svg,
        ));
    }
    if targets
        .iter()
        .any(|target| target.timings.ttft.p50.value().is_some())
    {
        figures.push((
            "Time to first token",
            "TTFT, reasoning tokens included; ● p50 and ◆ p95",
            charts::first_tokens(targets, true),
        ));
    }
    let reasons = |target: &TargetReport| {
        target.timings.ttfo.p50.value().is_some()
            && target.timings.ttfo.p50.value() != target.timings.ttft.p50.value()
    };
    if targets.iter().any(reasons) {
        figures.push((
            "Time to first output token",
            "TTFO, reasoning tokens excluded; ● p50 and ◆ p95",
            charts::first_tokens(targets, false),
        ));
    }
    if targets
        .iter()
        .any(|target| target.timings.tpot.p50.value().is_some())
    {
        figures.push((
            "Time per output token",
            "TPOT, after the first token; ● p50 and ◆ p95",
            charts::per_token(targets),
        ));
    }
    let spreads = |target: &TargetReport| target.timings.latency.within_stddev.value().is_some();
    if targets.iter().any(spreads) {
        figures.push((
            "Variability within and between prompts",
            "standard deviations; filled: within prompts, jitter; outlined: between prompts, mostly output length",
            charts::within_and_between(targets),
        ));
    }
    figures
}

fn load(report: &Report) -> Vec<Unnumbered> {
    let figures = [
        charts::ttft(report).map(|svg| {
            (
                "Time to first token under load",
                "p95 from the intended start, a mark per step; the horizontal line is the limit of the objective",
                svg,
            )
        }),
        charts::response(report).map(|svg| {
            (
                "Response time under load",
                "p95 from the intended start, a mark per step; the horizontal line is the limit of the objective",
                svg,
            )
        }),
        charts::throughput(report).map(|svg| {
            (
                "Throughput under load",
                "of the answers that came in the window, a mark per step",
                svg,
            )
        }),
        charts::interactivity(report).map(|svg| {
            (
                "Interactivity against throughput",
                "a mark per step; filled and joined: the Pareto frontier, where no other step gives more of both",
                svg,
            )
        }),
    ];
    figures.into_iter().flatten().collect()
}

fn cost(report: &Report) -> Vec<Unnumbered> {
    let against_latency = charts::frontier(report).map(|svg| {
        (
            "Cost against latency",
            "as measured; filled and joined: the Pareto frontier, where no other target is both faster and cheaper",
            svg,
        )
    });
    let of_a_month = charts::monthly(report).map(|svg| {
        (
            "Cost per month",
            "requests spread evenly, idle time included; a ring marks a break-even, where another target becomes the cheapest",
            svg,
        )
    });
    against_latency.into_iter().chain(of_a_month).collect()
}

fn accuracy(targets: &[TargetReport]) -> Vec<Unnumbered> {
    if targets.iter().all(|target| target.accuracy.graded == 0) {
        return Vec::new();
    }
    vec![(
        "Accuracy",
        "share of successful calls that are correct, with its 95 % interval",
        charts::accuracy(targets),
    )]
}
