//! `hostbench rebuild`.

use std::{
    fs::File,
    io::{BufReader, ErrorKind},
    path::{Path, PathBuf},
    process::ExitCode,
};

use bench_core::{plan::Plan, sample::Sample};
use bench_report::{
    Report,
    rebuild::{Rebuild, Rebuilt},
};
use jiff::Timestamp;

use super::{print_outcome, run};
use crate::{
    cli::Rebuild as Arguments,
    dataset,
    error::Error,
    project::{self, Project},
    report_files,
    request::Configuration,
    run_prices,
    spool::Spool,
    summary::Outcome,
    text_file,
};

/// Adds the samples of the file at `path` to `rebuild`, and hands each to `keep`.
pub(super) fn read_samples(
    rebuild: &mut Rebuild,
    path: &Path,
    keep: impl FnMut(Sample),
) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::unreadable(path))?;
    let name = path.display().to_string();
    rebuild
        .read(&name, BufReader::new(file), keep)
        .map_err(|error| Error::InvalidInput(error.to_string()))
}

pub(super) fn rebuild(arguments: &Arguments) -> Result<ExitCode, Error> {
    arguments
        .samples
        .iter()
        .try_for_each(|path| check_file(path))?;
    let mut rebuild = begin(arguments)?.created_at(Timestamp::now());
    if let Some(path) = &arguments.prices {
        rebuild = rebuild.with_prices(run_prices::read(&project::named(path))?);
    }
    let out = &arguments.out;
    // On the disk of `out`, of which nothing is made before all samples are read.
    let folder = out.ancestors().find(|folder| folder.is_dir());
    let folder = folder.unwrap_or(Path::new("."));
    let mut samples = Spool::new(folder).map_err(Error::file("write", folder))?;
    for path in &arguments.samples {
        read_samples(&mut rebuild, path, |sample| samples.add(&sample))?;
    }
    let Rebuilt { plan, report } = rebuild
        .finish()
        .map_err(|error| Error::InvalidInput(error.to_string()))?;
    let samples = samples.in_order().map_err(Error::file("write", folder))?;
    let samples = samples.map(|sample| sample.map_err(Error::file("read the samples in", folder)));
    report_files::write(&plan, &report, samples, out)?;
    let outcome = Outcome::read(&report.run.run_id, out, None)?;
    print_outcome(&outcome, arguments.json)
}

/// Refuses what is not a file, before anything else is said about it.
fn check_file(path: &Path) -> Result<(), Error> {
    let is_folder = path.metadata().map_err(Error::unreadable(path))?.is_dir();
    if is_folder {
        return Err(Error::unreadable(path)(ErrorKind::IsADirectory.into()));
    }
    Ok(())
}

/// From the given plan or the one next to the first samples file, from the configuration,
/// or from nothing where the samples are of another program.
fn begin(arguments: &Arguments) -> Result<Rebuild, Error> {
    let adjacent = arguments
        .samples
        .first()
        .map(|samples| samples.with_file_name("plan.json"))
        .filter(|plan| arguments.config.is_none() && !arguments.external && plan.is_file());
    if let Some(path) = arguments.plan.as_ref().or(adjacent.as_ref()) {
        let plan = read_plan(path, "pass the configuration with `--config` instead")?;
        let report = earlier_report(&arguments.samples, &plan);
        let rebuild = Rebuild::with_plan(plan);
        return Ok(match report {
            Some(report) => rebuild.with_load_ends(&report),
            None => rebuild,
        });
    }
    if arguments.external {
        return Ok(Rebuild::external());
    }
    let Some(path) = &arguments.config else {
        return Err(Error::InvalidInput(
            "no `plan.json` next to the samples; pass one with `--plan`, or the configuration \
             with `--config`; measurements of another program need `--external` instead"
                .to_owned(),
        ));
    };
    let configuration = Configuration::named(path, run::overrides(path, &arguments.set)?)?;
    let requested = &configuration.run.dataset;
    // Without its dataset a report lacks the prompts and nothing else.
    let problems = Project::find().ok().and_then(|project| {
        let file = dataset::find(&project, requested, configuration.path.parent());
        dataset::check(requested, file.as_ref()).ok()
    });
    let rebuild = Rebuild::without_plan(configuration.run, problems);
    if arguments.prices.is_some() {
        return Ok(rebuild);
    }
    // Without its catalog a report lacks the cost and nothing else.
    let project = Project::find().ok();
    let catalog = project.map(|project| run_prices::of_project(&project));
    Ok(match catalog.transpose()?.flatten() {
        Some(catalog) => rebuild.with_prices(catalog),
        None => rebuild,
    })
}

/// The report that a run with a load had, next to its samples: it alone says why the load
/// ended. Without it, or of another version, a report is made of samples alone.
fn earlier_report(samples: &[PathBuf], plan: &Plan) -> Option<Report> {
    let [samples] = samples else {
        return None;
    };
    plan.config.load.as_ref()?;
    let text = text_file::read(&samples.with_file_name("report.json")).ok()?;
    let report: Report = serde_json::from_str(&text).ok()?;
    (report.run.run_id == plan.run_id).then_some(report)
}

/// Reads `plan.json`; `remedy` is what the user of the command can do about one
/// that another version wrote.
pub(super) fn read_plan(path: &Path, remedy: &str) -> Result<Plan, Error> {
    let text = text_file::read(path)?;
    serde_json::from_str(&text).map_err(|error| {
        Error::InvalidInput(format!(
            "`{}` is not a plan of this version of hostbench: {error}; {remedy}",
            path.display()
        ))
    })
}
