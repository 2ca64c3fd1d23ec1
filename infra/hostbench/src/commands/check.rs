//! `hostbench check`.

use std::process::ExitCode;

use bench_core::config::RunConfig;
use serde_json::{Value, json};

use super::{run, say, stack};
use crate::{
    cli::Check,
    dataset::{self, DatasetFile},
    error::Error,
    project::Project,
    request::Configuration,
    terminal,
};

pub(super) async fn check(arguments: &Check) -> Result<ExitCode, Error> {
    let overrides = run::overrides(&arguments.config, &arguments.set)?;
    let configuration = Configuration::read(&arguments.config, overrides)?;
    let project = Project::find()?;
    let wanted = &configuration.run.dataset;
    let file = dataset::find(&project, wanted, configuration.path.parent());
    let problems = dataset::check(wanted, file.as_ref())?.prompts.len();
    let stack = match stack::at(&arguments.place).await? {
        Some(deployed) => Some(stack::verify(&deployed, &configuration.run).await?),
        None => None,
    };
    if arguments.json {
        let mut told = as_json(&configuration.run, file.as_ref(), problems);
        if let Some(verdict) = &stack {
            told["allowed"] = json!(verdict.is_allowed());
        }
        say(told)?;
    } else {
        say(as_text(&configuration.run, file.as_ref(), problems))?;
        if let Some(verdict) = &stack {
            say(verdict)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Calls of one target: warm-ups and measured ones.
fn calls(run: &RunConfig) -> (u64, u64) {
    let prompts = u64::from(run.dataset.prompts);
    (
        prompts * u64::from(run.method.warmup),
        prompts * u64::from(run.method.repetitions),
    )
}

fn as_json(run: &RunConfig, file: Option<&DatasetFile>, problems: usize) -> Value {
    let (warm_up, measured) = calls(run);
    json!({
        "config": run,
        "dataset": {
            "label": run.dataset.label(),
            "file": file.map(|file| file.path.clone()),
            "problems": problems,
        },
        "calls_per_target": {"warmup": warm_up, "measured": measured},
        "calls": (warm_up + measured) * run.targets.len() as u64,
    })
}

fn as_text(run: &RunConfig, file: Option<&DatasetFile>, problems: usize) -> String {
    let (warm_up, measured) = calls(run);
    let header = [
        "target",
        "service",
        "request",
        "in flight",
        "warm-ups",
        "measured",
        "calls",
    ];
    let rows = run.targets.iter().map(|target| {
        let service = target.service.kind();
        let request = target.service.request();
        [
            target.id.clone(),
            if target.simulated {
                format!("{service}, simulated")
            } else {
                service.to_owned()
            },
            if target.stream {
                format!("{request}, streaming")
            } else {
                request.to_owned()
            },
            target.concurrency.to_string(),
            warm_up.to_string(),
            measured.to_string(),
            (warm_up + measured).to_string(),
        ]
    });
    let table = terminal::table(header, rows, 3);
    let place = file.map_or_else(String::new, |file| format!(", `{}`", file.path.display()));
    let total = (warm_up + measured) * run.targets.len() as u64;
    format!(
        "configuration `{}` is valid\n\
         dataset: the first {} of {problems} problems of `{}`{place}\n\
         method: {} warm-up and {} measured calls of each prompt, up to {} output tokens\n{table}\n\
         {total} calls in all, and one probe of each target at least",
        run.name,
        run.dataset.prompts,
        run.dataset.label(),
        run.method.warmup,
        run.method.repetitions,
        run.method.max_tokens,
    )
}
