//! The key figures, and tables of latency.

use crate::{
    model::{Report, TargetReport},
    render::{
        cell::Cell,
        cost, display,
        format::TimeUnit,
        notes,
        table::{Column, Table},
    },
    summary::metrics::{self, Medium, Unit, columns},
};
use bench_stats::Statistic;

/// The key figures, which a reader looks at first.
pub(crate) fn key_figures(report: &Report) -> Table {
    let targets = || report.targets.iter();
    let unit = unit(&report.targets);
    let first_token = targets().map(|target| {
        let timings = &target.timings;
        // Of any kind where that is known, else the first that is not reasoning.
        let ttft = timings.ttft.p50.value();
        ttft.or(timings.ttfo.p50.value())
    });
    let per_thousand = targets().map(|target| {
        report
            .cost_of(&target.id)
            .map_or_else(Cell::missing, |of| cost::cost(&of.per_1k_requests).into())
    });
    let columns = vec![
        Column::times_in(
            unit,
            "mean latency",
            targets().map(|target| &target.timings.latency.mean),
        ),
        percentile(&report.targets, unit, Statistic::P50),
        percentile(&report.targets, unit, Statistic::P95),
        Column::times("TTFT p50", first_token),
        Column::percentages(
            "accuracy",
            targets().map(|target| target.accuracy.rate.value()),
        ),
        Column::figures("cost per 1,000 requests", per_thousand),
        Column::figures(
            "successful",
            targets()
                .map(|target| format!("{} of {}", target.calls.ok, target.calls.planned).into()),
        ),
    ];
    Table::of_targets("Key figures", &report.targets, columns)
}

/// Latency with its intervals.
pub(crate) fn latency(report: &Report) -> Table {
    let targets = || report.targets.iter().map(|target| &target.timings.latency);
    let unit = unit(&report.targets);
    let with_interval = |statistic: Statistic| {
        let figures = targets().map(|latency| latency.figure(statistic));
        Column::times_in(unit, notes::name(statistic), figures)
    };
    let count = |heading: &str, count: fn(&bench_stats::Summary) -> u64| {
        Column::figures(heading, targets().map(|of| count(of).to_string().into()))
    };
    let columns = vec![
        count("calls", |latency| latency.n),
        count("prompts", |latency| latency.prompts),
        with_interval(Statistic::Mean),
        with_interval(Statistic::P50),
        with_interval(Statistic::P90),
        with_interval(Statistic::P95),
        percentile(&report.targets, unit, Statistic::Min),
        percentile(&report.targets, unit, Statistic::Max),
        Column::times_in(
            unit,
            "std dev",
            targets().map(|latency| latency.stddev.value()),
        ),
    ];
    Table::of_targets("Latency statistics", &report.targets, columns).noted(
        "Of measured, successful calls. The 95 % intervals treat the prompts as a sample of \
         similar prompts: cluster-robust t for means, Woodruff for percentiles. “or more”: too few \
         prompts for an upper limit.",
    )
}

/// Tokens and throughput.
pub(crate) fn tokens(report: &Report) -> Table {
    let columns = columns(Medium::Tokens).map(|column| metric(&column, &report.targets));
    Table::of_targets("Tokens and throughput", &report.targets, columns.collect()).noted(
        "Slope, intercept and R²: least-squares fit of latency on output tokens. Tokens per second \
         are output tokens; of the system, over all requests in flight.",
    )
}

/// The spread within and between prompts.
pub(crate) fn variability(report: &Report) -> Table {
    let targets = || report.targets.iter().map(|target| &target.timings.latency);
    let deviations = targets().flat_map(|l| [l.within_stddev.value(), l.between_stddev.value()]);
    let unit = TimeUnit::of(deviations);
    let columns = vec![
        Column::times_in(
            unit,
            "std dev within prompts",
            targets().map(|latency| latency.within_stddev.value()),
        ),
        Column::percentages(
            "CV within prompts",
            targets().map(|latency| latency.within_cv.value()),
        ),
        Column::times_in(
            unit,
            "std dev between prompts",
            targets().map(|latency| latency.between_stddev.value()),
        ),
        Column::numbers("ICC", 3, targets().map(|latency| latency.icc.value())),
        Column::numbers(
            "effective n",
            1,
            targets().map(|latency| latency.effective_n.value()),
        ),
        Column::words(
            "Warm-up",
            report
                .targets
                .iter()
                .map(|target| display::warm_up(&target.warm_up)),
        ),
    ];
    Table::of_targets("Variability", &report.targets, columns)
}

/// The unit of the latencies of all targets.
fn unit(targets: &[TargetReport]) -> TimeUnit {
    let means = targets.iter().map(|target| &target.timings.latency.mean);
    TimeUnit::of(means.map(bench_stats::Figure::value))
}

fn percentile(targets: &[TargetReport], unit: TimeUnit, statistic: Statistic) -> Column {
    let figures = targets
        .iter()
        .map(|target| target.timings.latency.figure(statistic).value());
    Column::times_in(unit, notes::name(statistic), figures)
}

/// A metric as a column.
fn metric(column: &metrics::Column, targets: &[TargetReport]) -> Column {
    let heading = display::heading(column);
    let values = targets.iter().map(|target| column.value(target));
    match column.unit() {
        Unit::Ms => Column::times(heading, values),
        Unit::Share => Column::percentages(heading, values),
        Unit::Count => Column::numbers(heading, 0, values),
        Unit::PerSecond => Column::numbers(heading, 1, values),
        Unit::Number => Column::numbers(heading, 3, values),
    }
}
