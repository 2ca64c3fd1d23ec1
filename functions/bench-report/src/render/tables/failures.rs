//! Tables of failed calls, attempts and readiness.

use crate::{
    model::{FailureClass, Readiness, Report, TargetReport},
    render::{
        cell::{Cell, Tone},
        display,
        format::{DASH, duration},
        table::{Column, RowName, Table},
    },
};
use bench_core::sample::CLIENT_LIMITED_US;

/// Failed calls that failed alike; `None` without any.
pub(crate) fn failure_classes(report: &Report) -> Option<Table> {
    let classes: Vec<(RowName, &FailureClass)> = report
        .targets
        .iter()
        .enumerate()
        .flat_map(|(position, target)| {
            let classes = target.failures.iter();
            classes.map(move |class| (RowName::target(position, target), class))
        })
        .collect();
    let all = || classes.iter().map(|(_, class)| *class);
    let mut outcome = Column::words(
        "Outcome",
        all().map(|class| class.outcome.as_str().to_owned()),
    );
    for cell in &mut outcome.cells {
        cell.tone = Tone::Bad;
    }
    let columns = vec![
        Column::words("Phase", all().map(|class| class.phase.as_str().to_owned())),
        outcome,
        Column::words(
            "Status",
            all().map(|class| or_dash(class.http_status.map(|status| status.to_string()))),
        ),
        Column::words("Code", all().map(|class| or_dash(class.error_code.clone()))),
        Column::figures("calls", all().map(|class| class.count.to_string().into())),
        Column::texts(
            "First message",
            all().map(|class| or_dash(class.message.clone())),
        ),
    ];
    let rows: Vec<RowName> = classes.iter().map(|(row, _)| row.clone()).collect();
    let title = "Failed calls by class";
    (!rows.is_empty()).then(|| Table::new(title, "Target", rows, columns))
}

/// The first failed calls, one by one.
pub(crate) fn failed_calls(report: &Report) -> Table {
    let calls = || report.failed_calls.iter();
    let columns = vec![
        Column::words("Prompt", calls().map(|call| call.prompt_id.to_string())),
        Column::words("Phase", calls().map(|call| call.phase.as_str().to_owned())),
        Column::figures(
            "Repetition",
            calls().map(|call| call.repetition.to_string().into()),
        ),
        Column::figures(
            "Attempt",
            calls().map(|call| call.attempt.to_string().into()),
        ),
        Column::words(
            "Outcome",
            calls().map(|call| call.outcome.as_str().to_owned()),
        ),
        Column::times("After", calls().map(|call| Some(call.after_ms))),
        Column::texts("Message", calls().map(|call| or_dash(call.message.clone()))),
    ];
    let rows = calls().map(|call| RowName::named(&call.target_id, call.simulated));
    Table::new("All failed calls", "Target", rows.collect(), columns)
}

/// Attempts and how many of them succeeded.
pub(crate) fn attempts(report: &Report) -> Table {
    let targets = || report.targets.iter();
    let time = |heading: &str, of: fn(&TargetReport) -> Option<f64>| {
        Column::times(heading, targets().map(of))
    };
    let count = |heading: &str, of: fn(&TargetReport) -> u64| {
        Column::figures(heading, targets().map(|it| of(it).to_string().into()))
    };
    let mut columns = vec![
        Column::shares("success rate", targets().map(|target| &target.success)),
        count("attempts", |target| target.attempts.made),
        count("retries", |target| target.attempts.repeated),
        time("p50, all attempts", |it| it.latency_all_ms.p50.value()),
        time("p95, all attempts", |it| it.latency_all_ms.p95.value()),
        time("mean, failures at the timeout", |it| {
            it.latency_all_ms.restricted_mean.value()
        }),
    ];
    if !report.method.limits.is_empty() {
        let goodput = |target: &TargetReport| match &target.goodput {
            Some(good) => display::share(&good.share),
            None => Cell::missing(),
        };
        columns.push(Column::figures("goodput", targets().map(goodput)));
    }
    Table::of_targets("Success rate of all attempts", &report.targets, columns).noted(
        "Attempts include warm-up and measured calls; a retry follows a failed attempt. In \
         percentiles of all attempts, a failed attempt is slower than every successful one.",
    )
}

/// Readiness, connections and the client.
pub(crate) fn readiness(report: &Report) -> Table {
    let targets = || report.targets.iter();
    let ready = || targets().map(|target| &target.readiness);
    let of = |count: u64, n: u64| Cell::from(format!("{count} of {n}"));
    let columns = vec![
        Column::times("time to ready", ready().map(|it| it.time_to_ready_ms)),
        Column::figures("probes", ready().map(|it| it.probes.to_string().into())),
        Column::words("Refusals", ready().map(refusals)),
        Column::times(
            "first successful probe",
            ready().map(|it| it.first_answer_ms),
        ),
        Column::figures(
            "new connections",
            targets().map(|it| of(it.connections.new.count, it.connections.new.n)),
        ),
        Column::times(
            "connect time",
            targets().map(|it| it.connections.connect_ms.value()),
        ),
        Column::times(
            "client overhead, p50",
            targets().map(|it| it.client_overhead_ms.value()),
        ),
        Column::figures(
            "client stalls",
            targets().map(|it| of(it.stalls.share.count, it.stalls.share.n)),
        ),
    ];
    let stall = duration(CLIENT_LIMITED_US as f64 / 1_000.0);
    Table::of_targets(
        "Readiness, connections and client",
        &report.targets,
        columns,
    )
    .noted(format!(
        "The latency of a call on a new connection includes the connect time. Client overhead is \
         the measured latency minus the latency that the service reports, where it does: network \
         and client. A client stall is a call during which a timer of the client fired more than \
         {stall} late."
    ))
}

fn refusals(ready: &Readiness) -> String {
    if ready.refusals.is_empty() {
        return "none".to_owned();
    }
    let each = ready.refusals.iter();
    let each = each.map(|(how, count)| format!("{count} {how}"));
    each.collect::<Vec<_>>().join(", ")
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| DASH.to_owned())
}
