//! `hostbench init`.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, IsTerminal, Write},
    path::Path,
    process::ExitCode,
};

use bench_core::{
    config::{self, MAX_TARGETS, Overrides, Service},
    identity::{MAX_NAME, TargetId},
};
use bench_report::format::counted;
use reqwest::Url;

use super::{print_line, print_text};
use crate::{
    cli::Init,
    error::Error,
    init::{
        aws,
        candidate::Candidate,
        choose::{Choices, UnknownChoice},
        found::Found,
        ids,
        machine::Machine,
        servers::{self, Addresses},
        write,
    },
    progress::Console,
    project::Project,
    run_prices,
    shell_word::quoted,
    terminal::Screen,
    upload,
};

pub(super) async fn init(arguments: &Init, console: &Console) -> Result<ExitCode, Error> {
    let path = &arguments.file;
    if !arguments.json {
        check_path(path, arguments.force)?;
    }
    let addresses = Addresses::new(&arguments.ports, &arguments.urls)?;
    let step = console.step("looking for model servers and at AWS");
    let (mut servers, machine, account) = tokio::join!(
        servers::find(&addresses),
        Machine::find(),
        aws::find(arguments.profile.as_deref(), arguments.region.as_deref()),
    );
    if let Some(machine) = machine {
        machine.complete(&mut servers.drafts);
    }
    // Without a catalog, no price is known.
    let project = Project::find().ok();
    let catalog = project.and_then(|project| run_prices::of_project(&project).ok().flatten());
    let found = Found::new(servers, account, catalog.as_ref(), run_prices::today());
    let choices = found.choices();
    step.done(&format!(
        "{} found",
        counted(choices.candidates.len() as u64, "target")
    ));
    if arguments.json {
        print_line(found.as_json())?;
        return Ok(ExitCode::SUCCESS);
    }
    print_text(found.as_text(Screen::stdout()))?;
    let chosen = chosen(arguments, choices, console)?;
    let text = configuration(path, &chosen)?;
    write_file(path, &text, arguments.force)?;
    print_text(next_steps(path, &chosen, arguments.profile.as_deref()))?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses a file that may not be written, before anything is looked for.
fn check_path(path: &Path, force: bool) -> Result<(), Error> {
    if upload::is_json(path) {
        return Err(Error::InvalidInput(format!(
            "`{}` would be read as JSON, and a configuration with comments is TOML; name it `.toml`",
            path.display()
        )));
    }
    if path.exists() && !force {
        return Err(exists(path));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    if path.is_dir() || !(folder.as_os_str().is_empty() || folder.is_dir()) {
        return Err(Error::InvalidInput(format!(
            "`{}` cannot be written: {}",
            path.display(),
            if path.is_dir() {
                "it is a folder; name a file in it".to_owned()
            } else {
                format!(
                    "there is no folder `{}`; make it, or name another",
                    folder.display()
                )
            }
        )));
    }
    Ok(())
}

fn exists(path: &Path) -> Error {
    Error::InvalidInput(format!(
        "`{}` exists and is not overwritten; name another file, or pass `--force`",
        path.display()
    ))
}

/// The candidates that are measured: those of the arguments, the only ones, or the answer of
/// the user.
fn chosen<'a>(
    arguments: &Init,
    choices: Choices<'a>,
    console: &Console,
) -> Result<Vec<&'a Candidate>, Error> {
    let refused = |error: UnknownChoice| Error::InvalidInput(error.to_string());
    let positions = if let Some(targets) = &arguments.targets {
        choices.read(targets).map_err(refused)?
    } else if arguments.yes || choices.candidates.len() <= 1 {
        choices.suggested()
    } else if io::stdin().is_terminal() {
        let answer = choices.ask(&mut io::stdin().lock(), |line| console.note(line));
        let answer = answer.map_err(Error::file("read", "standard input"))?;
        answer.ok_or_else(|| {
            Error::InvalidInput("nothing was chosen, and nothing was written".to_owned())
        })?
    } else {
        return Err(Error::InvalidInput(
            "there is no terminal to ask on; pass `--yes` for what is suggested, or `--targets` \
             with ids or `all`"
                .to_owned(),
        ));
    };
    if positions.len() > MAX_TARGETS {
        return Err(Error::InvalidInput(format!(
            "{} targets are chosen, and a run has at most {MAX_TARGETS}; choose fewer",
            positions.len()
        )));
    }
    let candidates = choices.candidates;
    Ok(positions.into_iter().map(|at| &candidates[at]).collect())
}

/// The text of the file, read back as a run would.
fn configuration(path: &Path, chosen: &[&Candidate]) -> Result<String, Error> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = ids::slug(&stem).chars().take(MAX_NAME).collect();
    let name = if name.is_empty() { "hostbench" } else { &name };
    let text = write::configuration(name, chosen);
    let read = config::from_toml(&text, &Overrides::default());
    read.map_err(|faults| Error::Configuration {
        path: path.display().to_string(),
        faults,
    })?;
    Ok(text)
}

fn write_file(path: &Path, text: &str, force: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).truncate(true);
    // A file that has come in the meantime is not overwritten either.
    if force {
        options.create(true);
    } else {
        options.create_new(true);
    }
    let file = options.open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => Error::file("write", path)(error),
    })
}

/// The closing message: the written file, and the commands to type next.
fn next_steps(path: &Path, chosen: &[&Candidate], profile: Option<&str>) -> String {
    let shown = path.display().to_string();
    let file = quoted(&shown);
    let targets: Vec<String> = chosen.iter().map(|one| format!("`{}`", one.id)).collect();
    let targets = if targets.is_empty() {
        "an example to fill in".to_owned()
    } else {
        targets.join(", ")
    };
    let mut lines = vec![format!("\nwrote `{shown}` with {targets}")];
    if let Some([first, second]) = on_one_machine(chosen) {
        lines.push(format!(
            "note: targets are measured at the same time, and `{first}` and `{second}` share a machine: \
             measure one alone with `--set targets={first}`",
        ));
    }
    let is_of_aws = |one: &&Candidate| !matches!(one.draft.service, Service::Http(_));
    let profile = profile.filter(|_| chosen.iter().any(is_of_aws));
    let profile = profile.map_or_else(String::new, |name| format!(" --profile {}", quoted(name)));
    let run = format!("hostbench run {file} --local{profile}");
    let width = run.len();
    let steps = [
        (
            format!("hostbench check {file}"),
            "what a run takes; no model is called",
        ),
        (run, "measures, and writes the report"),
        ("hostbench open".to_owned(), "opens the report in a browser"),
    ];
    lines.push("next:".to_owned());
    lines.extend(steps.map(|(command, purpose)| format!("  {command:width$}   # {purpose}")));
    lines.join("\n")
}

/// Two targets whose servers have the same host.
fn on_one_machine<'a>(chosen: &[&'a Candidate]) -> Option<[&'a TargetId; 2]> {
    let host = |one: &Candidate| match &one.draft.service {
        Service::Http(target) => Url::parse(&target.url).ok()?.host_str().map(str::to_owned),
        Service::Bedrock(_) | Service::SageMaker(_) => None,
    };
    let mut known: BTreeMap<String, &TargetId> = BTreeMap::new();
    chosen.iter().find_map(|one| {
        let first = known.insert(host(one)?, &one.id)?;
        Some([first, &one.id])
    })
}
