//! The load of a run in the command's words.

use bench_core::{
    config::{Arrival, ArrivalProcess, Load, LoadOrder},
    workflow::{Parts, max_workers},
};
use bench_cost::LoadEstimate;
use bench_report::format::counted;
use comfy_table::Table;

use crate::{ranges, terminal::Screen};

/// The load of each target, whose calls take so many seconds at most, as one line.
#[must_use]
pub fn method(load: &Load, timeout_s: u32) -> String {
    let levels: Vec<String> = load.steps.iter().map(f64::to_string).collect();
    let levels = levels.join(", ");
    let kind = match (load.arrival, load.process) {
        (Arrival::Closed, _) => "callers",
        (Arrival::Open, ArrivalProcess::Poisson) => "requests per second (Poisson)",
        (Arrival::Open, ArrivalProcess::Constant) => "requests per second (constant)",
    };
    let search = if load.search && !load.objective.is_empty() {
        ", then a search"
    } else {
        ""
    };
    let minutes = load
        .max_minutes
        .map_or_else(String::new, |minutes| format!(" in {minutes} min"));
    let order = match load.order {
        LoadOrder::Together => "all targets at the same time",
        LoadOrder::Apart => "one target after another",
    };
    let workers = max_workers(load);
    let parts = Parts::of(load, timeout_s);
    let parts = parts.part_s.map_or_else(String::new, |part_s| {
        format!(
            ", and {} of {part_s} s, since a Lambda lasts no longer: {} a step",
            counted(parts.count.into(), "part"),
            counted((workers * parts.count).into(), "invocation"),
        )
    });
    format!(
        "load: {levels} {kind}, each for {} s after a ramp of {} s{search}; at most {}{minutes}, \
         {} each{parts}; {order}",
        load.step_s,
        load.ramp_s,
        counted(load.max_steps.into(), "step"),
        counted(workers.into(), "worker"),
    )
}

/// The highest level of a load.
#[must_use]
pub fn highest_level(load: &Load) -> String {
    let highest = load.steps.iter().copied().fold(0.0, f64::max);
    match load.arrival {
        Arrival::Closed => format!("{highest} callers"),
        Arrival::Open => format!("{highest} requests per second"),
    }
}

/// The estimates of the load of targets.
#[must_use]
pub fn table<'a>(estimates: impl IntoIterator<Item = &'a LoadEstimate>, screen: Screen) -> Table {
    let header = [
        "load",
        "steps",
        "calls",
        "input tokens",
        "output tokens",
        "time",
        "cost",
    ];
    let rows = estimates.into_iter().map(|load| {
        [
            load.target_id.to_string(),
            ranges::whole(load.steps),
            ranges::whole(load.calls),
            ranges::whole(load.input_tokens),
            ranges::whole(load.output_tokens),
            ranges::time(load.seconds),
            load.cost
                .map_or_else(|| "–".to_owned(), bench_report::bounds),
        ]
    });
    screen.table(header, rows, 1)
}

/// The note on the limits of the table.
pub const LIMITS: &str = "\
low:  the steps of the configuration, with the slowest calls; fewer where a target gives way at once
high: all steps, those of the search at the highest level, with the fastest calls";

#[cfg(test)]
mod tests {
    use bench_core::config::Objective;

    use super::*;

    #[test]
    fn the_method_tells_levels_times_and_limits() {
        let closed = Load {
            steps: vec![1.0, 300.0],
            objective: Objective {
                ttft_p95_ms: Some(1_000.0),
                ..Objective::default()
            },
            ..Load::default()
        };
        assert_eq!(
            method(&closed, 300),
            "load: 1, 300 callers, each for 120 s after a ramp of 20 s, then a search; at most 12 \
             steps, 2 workers each; all targets at the same time"
        );
        let open = Load {
            arrival: Arrival::Open,
            steps: vec![0.5],
            max_steps: 1,
            max_minutes: Some(9),
            workers: 1,
            order: LoadOrder::Apart,
            ..Load::default()
        };
        assert_eq!(
            method(&open, 300),
            "load: 0.5 requests per second (Poisson), each for 120 s after a ramp of 20 s; at most \
             1 step in 9 min, 1 worker each; one target after another"
        );
        assert_eq!(highest_level(&open), "0.5 requests per second");
    }

    #[test]
    fn the_method_tells_the_parts_of_a_long_step_and_their_invocations() {
        let long = Load {
            steps: vec![300.0],
            step_s: 1_800,
            search: false,
            ..Load::default()
        };
        assert_eq!(
            method(&long, 300),
            "load: 300 callers, each for 1800 s after a ramp of 20 s; at most 12 steps, 2 workers \
             each, and 4 parts of 455 s, since a Lambda lasts no longer: 8 invocations a step; all \
             targets at the same time"
        );
    }
}
