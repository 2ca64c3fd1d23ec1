//! The plan of a run, derived from a configuration and the samples.

use super::seen::Seen;
use crate::model::Warning;
use bench_core::{
    config::RunConfig,
    dataset::Problems,
    identity::RunId,
    plan::{DatasetRecord, Plan, SCHEMA_VERSION},
};

/// The plan, and where the samples differ from the configuration: a run may have
/// been started with other prompts, repetitions or targets.
pub(super) fn plan(
    mut config: RunConfig,
    problems: Option<Problems>,
    seen: &Seen,
    runs: &[RunId],
) -> (Plan, Vec<Warning>) {
    let mut warnings = Vec::new();
    let prompts: Vec<_> = seen.prompts.iter().flatten().cloned().collect();
    let count = u32::try_from(prompts.len()).unwrap_or(u32::MAX);
    let mut differ = |field: &str, configured: &mut u32, shown: u32| {
        if shown > 0 && *configured != shown {
            warnings.push(Warning::ConfigurationDiffers {
                field: field.to_owned(),
                configured: *configured,
                found: shown,
            });
            *configured = shown;
        }
    };
    differ("dataset.prompts", &mut config.dataset.prompts, count);
    differ(
        "method.repetitions",
        &mut config.method.repetitions,
        seen.repetitions,
    );
    differ("method.warmup", &mut config.method.warmup, seen.warmup);
    let (known, missing): (Vec<_>, Vec<_>) = config
        .targets
        .into_iter()
        .partition(|target| seen.targets.contains(&target.id));
    config.targets = known;
    if !missing.is_empty() {
        warnings.push(Warning::TargetsWithoutSamples {
            target_ids: missing.into_iter().map(|target| target.id).collect(),
        });
    }
    let label = prompts
        .first()
        .and_then(|prompt| prompt.id.rsplit_once('/'))
        .map_or_else(|| config.dataset.label(), |(label, _)| label.to_owned());
    let at_hand = problems.filter(|problems| {
        let first = problems.prompts.first();
        first.is_some_and(|first| {
            first
                .id
                .rsplit_once('/')
                .is_some_and(|(own, _)| own == label)
        })
    });
    let plan = Plan {
        schema_version: SCHEMA_VERSION,
        run_id: RunId::pooled(runs),
        created_at: seen.started_at.unwrap_or_default(),
        dataset: DatasetRecord {
            label,
            sha256: at_hand
                .as_ref()
                .map(|p| p.sha256.clone())
                .unwrap_or_default(),
            task: at_hand.as_ref().map(|p| p.task).unwrap_or_default(),
            problems: at_hand.map_or(0, |problems| problems.prompts.len()),
        },
        prompts,
        config,
        region: None,
        prices: None,
        deployment: None,
    };
    (plan, warnings)
}
