//! From a plan and what its samples added up to, to the report.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Accumulator,
    findings::{answer, comparisons, incomplete, load, use_cases, warnings},
    model::{
        FailedCall, LoadModel, MAX_FAILED_CALLS, MethodFacts, Report, RunFacts, SCHEMA_VERSION,
        StddevMethod, Warning, WithSentence,
    },
    render::{definitions, sentences},
    summary::{cost, prompts, target},
};
use bench_core::{plan::Plan, sample::Sample};
use bench_stats::{FigureMethod, LEVEL, MARGIN};

/// Builds the report of a run: a pure function of its arguments, whatever the
/// order of the samples.
#[must_use]
pub fn build(plan: &Plan, samples: &[Sample]) -> Report {
    let mut accumulator = Accumulator::new(&plan.config);
    for sample in samples {
        accumulator.add(sample);
    }
    accumulator.report(plan)
}

/// The report of what was added up.
pub(super) fn report(plan: &Plan, added: &Accumulator) -> Report {
    let built: Vec<target::Built> = plan
        .config
        .targets
        .iter()
        .filter_map(|target| {
            let tally = added.tally(&target.id)?;
            Some(target::build(plan, target, tally, added.runs().len()))
        })
        .collect();
    let inconsistent: Vec<Warning> = built.iter().flat_map(inconsistent).collect();
    let targets: Vec<_> = built.into_iter().map(|built| built.report).collect();
    let comparisons = comparisons::build(plan, added, &targets);
    let incomplete_reasons = WithSentence::all(
        incomplete::reasons(added.stopped_by(), &targets),
        sentences::incomplete::sentence,
    );
    let run = RunFacts {
        run_id: plan.run_id.clone(),
        name: plan.config.name.clone(),
        created_at: plan.created_at,
        started_at: added.window.map(|(first, _)| first),
        finished_at: added.window.map(|(_, last)| last),
        complete: incomplete_reasons.is_empty(),
        incomplete_reasons,
        simulated: targets.iter().any(|target| target.simulated),
        runs: added.runs(),
        dataset: (&plan.dataset).into(),
        prompts: plan.prompts.len(),
        hostbench_version: env!("CARGO_PKG_VERSION").to_owned(),
        function_versions: if added.runs().len() > 1 {
            BTreeMap::new()
        } else {
            plan.function_versions()
        },
    };
    let methods: BTreeSet<FigureMethod> = targets
        .iter()
        .map(|target| target.timings.latency.quantile_method)
        .collect();
    let mut warnings = warnings::warnings(plan, added, &targets, &comparisons);
    warnings.extend(inconsistent);
    let load = load::build(plan, added);
    let (cost, cost_reason) = match cost::build(plan, added, load.as_ref()) {
        Ok((cost, findings)) => (
            Some(crate::render::cost::sentences::report(cost, findings)),
            None,
        ),
        Err(reason) => (None, Some(reason)),
    };
    let use_cases = use_cases::build(&plan.config.use_cases, &targets, cost.as_deref());
    let use_cases = WithSentence::all(use_cases, |found| {
        sentences::use_cases::sentence(found, cost.as_deref())
    });
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        answer: Vec::new(),
        use_cases,
        warnings: WithSentence::all(warnings, sentences::warnings::sentence),
        method: MethodFacts {
            configured: plan.config.method.clone(),
            limits: plan.config.limits,
            level: LEVEL,
            margin: MARGIN,
            quantile_methods: methods,
            stddev: StddevMethod::Sample,
            mode: LoadModel::ClosedLoop,
        },
        prompts: prompts::build(plan, added),
        failed_calls: failed_calls(plan, added),
        run,
        targets,
        load,
        comparisons: WithSentence::all(comparisons, sentences::verdicts::sentence),
        cost,
        cost_reason,
        definitions: definitions::definitions(),
    };
    report.answer = WithSentence::all(answer::answers(&report), |answer| {
        sentences::answer::sentence(answer, &report)
    });
    report
}

/// The invariants that figures of a target break; none unless the software is wrong.
fn inconsistent(built: &target::Built) -> impl Iterator<Item = Warning> + '_ {
    built
        .inconsistencies
        .iter()
        .map(|(figures, law)| Warning::Inconsistent {
            target_id: built.report.id.clone(),
            figures: (*figures).to_owned(),
            law: *law,
        })
}

/// The first failed calls of all targets.
fn failed_calls(plan: &Plan, added: &Accumulator) -> Vec<FailedCall> {
    let mut ids: Vec<&str> = plan
        .config
        .targets
        .iter()
        .map(|target| target.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.into_iter()
        .filter_map(|id| added.tally(id))
        .flat_map(crate::summary::tally::Tally::failed_calls)
        .take(MAX_FAILED_CALLS)
        .cloned()
        .collect()
}

/// Samples by [`SampleKey`](bench_core::sample::SampleKey), those of several runs by
/// run within it.
pub(super) fn in_order(samples: &[Sample]) -> Vec<&Sample> {
    let mut ordered: Vec<&Sample> = samples.iter().collect();
    ordered.sort_by_cached_key(|sample| (sample.key(), &sample.run_id));
    ordered
}
