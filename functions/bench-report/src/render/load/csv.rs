//! `load.csv`: one row a step and target.

use bench_cost::StepCost;
use bench_load::CriterionShare;
use bench_stats::Figure;
use serde::Serialize;

use crate::{
    model::{LoadStep, Report, TargetLoad},
    render::csv_files::{mark, rows, text},
};

/// A column of `load.csv`.
type Column = (&'static str, fn(&LoadStep) -> String);

const COLUMNS: [Column; 42] = [
    ("step", |step| step.plan.step.to_string()),
    ("level", |step| step.plan.level.to_string()),
    ("workers", |step| step.plan.workers.to_string()),
    ("window_start", |step| step.plan.window_start().to_string()),
    ("window_s", |step| step.plan.step_s.to_string()),
    ("calls", |step| step.success.n.to_string()),
    ("answered", |step| step.success.count.to_string()),
    ("throttled", |step| sum(step, |block| block.throttled)),
    ("failed", |step| sum(step, |block| block.failed)),
    ("ramp_calls", |step| step.ramp_calls.to_string()),
    ("requests_per_s", |step| value(&step.requests_per_s)),
    ("output_tokens_per_s", |step| {
        value(&step.output_tokens_per_s)
    }),
    ("input_tokens_per_s", |step| value(&step.input_tokens_per_s)),
    ("user_tokens_per_s", |step| value(&step.user_tokens_per_s)),
    ("response_ms_mean", |step| value(&step.response_ms.mean)),
    ("response_ms_p50", |step| value(&step.response_ms.p50)),
    ("response_ms_p95", |step| value(&step.response_ms.p95)),
    ("response_ms_p99", |step| value(&step.response_ms.p99)),
    ("service_ms_p50", |step| value(&step.service_ms.p50)),
    ("service_ms_p95", |step| value(&step.service_ms.p95)),
    ("service_ms_p99", |step| value(&step.service_ms.p99)),
    ("response_ttft_ms_p50", |step| {
        value(&step.response_ttft_ms.p50)
    }),
    ("response_ttft_ms_p95", |step| {
        value(&step.response_ttft_ms.p95)
    }),
    ("tpot_ms_p50", |step| value(&step.tpot_ms.p50)),
    ("tpot_ms_p95", |step| value(&step.tpot_ms.p95)),
    ("mean_in_flight", |step| {
        step.judgment.dynamics.mean_in_flight.to_string()
    }),
    ("littles_ratio", |step| {
        optional(step.judgment.dynamics.littles_ratio)
    }),
    ("ended_inside", |step| {
        step.judgment.dynamics.ended_inside.to_string()
    }),
    ("queued_p99_ms", |step| step.queued_p99_ms.to_string()),
    ("accuracy", |step| value(&step.accuracy.rate)),
    ("accuracy_low", |step| optional(step.accuracy.low())),
    ("accuracy_high", |step| optional(step.accuracy.high())),
    ("kept_share_low", |step| optional(lowest(step, |it| it.low))),
    ("kept_share_high", |step| {
        optional(lowest(step, |it| it.high))
    }),
    ("kept_share", |step| {
        optional(lowest(step, |it| it.share.unwrap_or(0.0)))
    }),
    ("cost_per_1k_requests", |step| {
        cost(step, |it| &it.per_1k_requests)
    }),
    ("cost_per_1m_output_tokens", |step| {
        cost(step, |it| &it.per_million_output_tokens)
    }),
    ("cost_per_correct", |step| cost(step, |it| &it.per_correct)),
    ("verdict", |step| name(&step.judgment.steadiness)),
    ("objective", |step| name(&step.judgment.outcome)),
    ("parts", |step| step.plan.parts().to_string()),
    ("connections_opened", |step| {
        step.connections_opened.to_string()
    }),
];

/// The steps of every target; nothing where no target was under load.
pub(crate) fn load_csv(report: &Report) -> Option<Vec<u8>> {
    let load = report.load.as_ref()?;
    let facts = ["run_id", "target_id", "simulated", "arrival"];
    let columns = COLUMNS.iter().map(|(name, _)| *name);
    let header = facts
        .into_iter()
        .chain(columns)
        .map(str::to_owned)
        .collect();
    let steps = load.targets.iter().flat_map(|target: &TargetLoad| {
        let simulated = report.is_simulated(&target.target_id);
        let facts = [
            text(report.run.run_id.as_ref()),
            text(target.target_id.as_ref()),
            simulated.to_string(),
            load.configured.arrival.as_str().to_owned(),
        ];
        target.steps.iter().map(move |step| {
            let cells = COLUMNS.iter().map(|(_, cell)| cell(step));
            facts.iter().cloned().chain(cells).collect::<Vec<String>>()
        })
    });
    let rows = rows(std::iter::once(header).chain(steps));
    Some([mark(rows.is_ascii()), &rows].concat())
}

fn cost(step: &LoadStep, of: fn(&StepCost) -> &bench_cost::Figure) -> String {
    let value = step.cost.as_ref().and_then(|cost| of(cost).value());
    value
        .map(|money| money.amount().normalize().to_string())
        .unwrap_or_default()
}

fn value(figure: &Figure) -> String {
    optional(figure.value())
}

fn optional(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn sum(step: &LoadStep, count: fn(&bench_core::load::BlockTally) -> u64) -> String {
    step.blocks.iter().map(count).sum::<u64>().to_string()
}

/// A figure of the limit of the objective that is kept least.
fn lowest(step: &LoadStep, of: fn(&CriterionShare) -> f64) -> Option<f64> {
    step.judgment.worst().map(of)
}

/// The name of a value in `report.json`: of a variant with fields, that of its verdict.
fn name(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    let name = value.as_str().or_else(|| value["verdict"].as_str());
    name.unwrap_or_default().to_owned()
}
