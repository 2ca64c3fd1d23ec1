//! `hostbench check`.

use std::{env, path::Path, process::ExitCode};

use bench_core::{config::RunConfig, dataset::Problems, money::Catalog, workflow::RunSize};
use comfy_table::Table;
use serde_json::{Value, json};

mod estimates;

use self::estimates::{budget_sentence, estimates};
use super::{
    prices::CATALOG,
    print_line, print_text, run, stack,
    stack_check::{StackCheck, StackInput},
};
use crate::{
    access, aws, capacity,
    cli::Check,
    dataset,
    error::Error,
    forecast::{Forecast, ForecastInput, LastRun},
    load_text, notes,
    probe::{self, ProbeResult},
    progress::Console,
    project::{self, Project},
    request::Configuration,
    run_prices,
    terminal::Screen,
    upload::LocalFile,
    workload,
};

pub(super) async fn check(arguments: &Check, console: &Console) -> Result<ExitCode, Error> {
    let overrides = run::overrides(&arguments.config, &arguments.set)?;
    let mut configuration = Configuration::named(&arguments.config, overrides)?;
    let project = Project::find()?;
    let requested = &configuration.run.dataset;
    let file = dataset::find(&project, requested, configuration.path.parent());
    let problems = dataset::check(requested, file.as_ref())?;
    configuration.run = problems.task.resolve(configuration.run);
    let path = arguments.prices.as_deref().map(project::named);
    let catalog = run_prices::read(&path.unwrap_or_else(|| project.root().join(CATALOG)))?;
    let (forecast, refusal) = forecast(arguments, &catalog, &configuration.run, &problems)?;
    let size = RunSize::of(&configuration.run);
    let size = size.map_err(|error| Error::InvalidInput(error.to_string()))?;
    let checked = Checked {
        run: &configuration.run,
        size: &size,
        file: file.as_ref(),
        problems: &problems,
        forecast: &forecast,
    };
    let unset = access::unset_keys(&configuration.run, |name| env::var(name).ok());
    let notes = notes::of(&configuration.run);
    let folder = configuration.path.parent().unwrap_or(Path::new(""));
    if arguments.stack.stack.is_none() {
        access::certificates(&configuration.run, folder)?;
    }
    let probes = if arguments.probe {
        Some(probe::probe(&configuration.run, folder, console).await?)
    } else {
        None
    };
    let stack = match stack::select(&arguments.stack).await? {
        Some(deployed) => {
            let input = StackInput {
                run: &configuration.run,
                size: &size,
                estimate: &forecast.run,
                catalog: &catalog,
            };
            Some(StackCheck::of(&deployed, &arguments.stack, &input).await?)
        }
        None => None,
    };
    if arguments.json {
        let mut object = checked.as_json();
        object["unset_keys"] = json!(unset);
        object["notes"] = json!(notes);
        if let Some(probes) = &probes {
            object["probes"] = json!(probes);
        }
        if let Some(stack) = &stack {
            stack.add_to(&mut object);
        }
        print_line(object)?;
    } else {
        print_text(checked.as_text(Screen::stdout()))?;
        for key in &unset {
            print_text(format!("warning: {key}"))?;
        }
        for note in &notes {
            print_text(format!("note: {note}"))?;
        }
        for probe in probes.iter().flatten() {
            print_text(probe)?;
        }
        if let Some(stack) = &stack {
            print_text(stack)?;
        }
    }
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    let is_silent = |probe: &ProbeResult| probe.answered == Some(false);
    Ok(if probes.iter().flatten().any(is_silent) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The forecast, and why a run would be refused for its budget.
fn forecast(
    arguments: &Check,
    catalog: &Catalog,
    run: &RunConfig,
    problems: &Problems,
) -> Result<(Forecast, Option<Error>), Error> {
    let last = LastRun::find(&arguments.folder, &run.name)?;
    let region = &priced_region();
    let forecast = Forecast::of(
        run,
        &ForecastInput {
            prompts: &problems.prompts[..run.dataset.prompts as usize],
            catalog,
            region,
            day: run_prices::today(),
            last: last.as_ref(),
        },
    );
    let refusal = run_prices::check_budget(run, Some(catalog), region).err();
    Ok((forecast, refusal))
}

/// The Region of prices where targets have none of their own.
pub(super) fn priced_region() -> String {
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|region| !region.is_empty()));
    region.unwrap_or_else(|| aws::DEFAULT_REGION.to_owned())
}

/// A validated configuration with its forecast.
struct Checked<'a> {
    run: &'a RunConfig,
    size: &'a RunSize,
    file: Option<&'a LocalFile>,
    problems: &'a Problems,
    forecast: &'a Forecast,
}

impl Checked<'_> {
    /// Calls of one target: warm-ups and measured ones.
    fn calls(&self) -> (u64, u64) {
        let prompts = u64::from(self.run.dataset.prompts);
        (
            prompts * u64::from(self.run.method.warmup),
            prompts * u64::from(self.run.method.repetitions),
        )
    }

    fn as_json(&self) -> Value {
        let (warm_up, measured) = self.calls();
        let Self { run, forecast, .. } = self;
        json!({
            "config": run,
            "dataset": {
                "label": run.dataset.label(),
                "file": self.file.map(|file| file.path.clone()),
                "problems": self.problems.prompts.len(),
                "task": self.problems.task,
                "graded": workload::graded(run, self.problems),
            },
            "calls_per_target": {"warmup": warm_up, "measured": measured},
            "calls": (warm_up + measured) * run.targets.len() as u64,
            "size": self.size,
            "estimate": forecast.run,
            "load": run.load.as_ref().map(|_| &forecast.load),
            "last_run": forecast.last_run,
            "budget": forecast.budget.as_ref().map(|budget| json!({
                "limit": budget.limit,
                "coverage": budget.coverage.as_str(),
                "sentence": budget_sentence(budget),
            })),
            "warnings": forecast.warnings,
        })
    }

    fn as_text(&self, screen: Screen) -> String {
        let (warm_up, measured) = self.calls();
        let run = self.run;
        let path = self
            .file
            .map_or_else(String::new, |file| format!(", `{}`", file.path.display()));
        let total = (warm_up + measured) * run.targets.len() as u64;
        format!(
            "configuration `{}` is valid\n\
             dataset: first {} of {} prompts of `{}`{path}{}\n\
             method: {} warm-up and {} measured calls per prompt, at most {} output tokens{}\n\
             {}{}\n\
             {total} calls in total, plus at least one probe per target{}\n{}\n\n{}",
            run.name,
            run.dataset.prompts,
            self.problems.prompts.len(),
            run.dataset.label(),
            workload::ungraded(run, self.problems),
            run.method.warmup,
            run.method.repetitions,
            run.method.max_tokens,
            workload::lengths(run),
            run.load.as_ref().map_or_else(String::new, |load| {
                format!("{}\n", load_text::method(load, run.method.timeout_s))
            }),
            self.plan(screen),
            if run.load.is_some() {
                " and the load"
            } else {
                ""
            },
            capacity::size_text(self.size),
            estimates(self.forecast, screen),
        )
    }

    fn plan(&self, screen: Screen) -> Table {
        let (warm_up, measured) = self.calls();
        let header = [
            "target",
            "service",
            "request",
            "concurrency",
            "warm-up",
            "measured",
            "calls",
        ];
        let rows = self.run.targets.iter().map(|target| {
            let service = target.service.kind();
            let request = target.service.request();
            let request = match target.service.compatible_api() {
                Some(api) => format!("{request}, api {api}"),
                None => request.to_owned(),
            };
            [
                target.id.to_string(),
                if target.simulated {
                    format!("{service}, simulated")
                } else {
                    service.to_owned()
                },
                if target.stream {
                    format!("{request}, streaming")
                } else {
                    request
                },
                target.concurrency.to_string(),
                warm_up.to_string(),
                measured.to_string(),
                (warm_up + measured).to_string(),
            ]
        });
        screen.table(header, rows, 3)
    }
}
