//! The question before a load on targets that are not simulated: it can cost money and
//! disturb others.

use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
};

use bench_core::config::RunConfig;
use bench_cost::LoadEstimate;

use super::{check, prices::CATALOG};
use crate::{
    artifacts, dataset,
    error::Error,
    forecast::{Forecast, ForecastInput, LastRun},
    load_text,
    progress::Console,
    project::Project,
    request::Configuration,
    run_prices,
    terminal::Screen,
};

/// Asks before the targets of a run that are not simulated are put under load; `yes` is the
/// answer where it is given before.
///
/// # Errors
///
/// [`Error::InvalidInput`] where the answer is not yes, or there is no terminal to ask on.
pub(super) fn confirm(
    configuration: &Configuration,
    yes: bool,
    console: &Console,
) -> Result<(), Error> {
    let run = &configuration.run;
    let Some(load) = run.load.as_ref().filter(|_| !yes) else {
        return Ok(());
    };
    let real = real_targets(run);
    if real.is_empty() {
        return Ok(());
    }
    let targets = real.join("`, `");
    let highest = load_text::highest_level(load);
    if !io::stdin().is_terminal() {
        return Err(Error::InvalidInput(format!(
            "run `{}` would put targets that are not simulated under load of up to {highest}: \
             `{targets}`. That can cost money and disturb others, and there is no terminal to ask \
             on; see what it takes with `hostbench check {}`, and pass `--yes`",
            run.name,
            configuration.path.display()
        )));
    }
    console.note(question(
        &load_text::method(load, run.method.timeout_s),
        &targets,
        estimate_lines(configuration, &real),
    ));
    if is_yes(&mut io::stdin().lock())? {
        Ok(())
    } else {
        Err(Error::InvalidInput(
            "nothing was sent; answer `y`, or pass `--yes` in a script".to_owned(),
        ))
    }
}

/// The cost of each run of a configuration that puts targets which are not simulated under
/// load: a schedule asks nobody. `None` of any other.
pub(super) fn note(configuration: &Configuration) -> Option<String> {
    let run = &configuration.run;
    let load = run.load.as_ref()?;
    let real = real_targets(run);
    if real.is_empty() {
        return None;
    }
    let mut lines = vec![
        format!(
            "each run of configuration `{}` puts `{}` under load, and a schedule starts it without \
             a question",
            run.name,
            real.join("`, `")
        ),
        load_text::method(load, run.method.timeout_s),
    ];
    lines.extend(estimate_lines(configuration, &real));
    Some(lines.join("\n"))
}

fn real_targets(run: &RunConfig) -> Vec<&str> {
    let real = run.targets.iter().filter(|target| !target.simulated);
    real.map(|target| target.id.as_str()).collect()
}

/// The estimates of the load of these targets; nothing where the dataset is elsewhere, or
/// there are no prices.
fn estimate_lines(configuration: &Configuration, targets: &[&str]) -> Vec<String> {
    let estimates = estimates(configuration).unwrap_or_default();
    let named = |load: &&LoadEstimate| targets.contains(&load.target_id.as_str());
    let mut named = estimates.iter().filter(named).peekable();
    if named.peek().is_none() {
        return Vec::new();
    }
    vec![
        load_text::table(named, Screen::stderr()).to_string(),
        load_text::LIMITS.to_owned(),
    ]
}

fn question(method: &str, targets: &str, estimates: Vec<String>) -> String {
    let mut lines = vec![
        format!("targets that are not simulated will be put under load: `{targets}`"),
        method.to_owned(),
    ];
    lines.extend(estimates);
    lines.push("This can cost money and slow the service down for others. Start? [y/N]".to_owned());
    lines.join("\n")
}

/// The estimates of the load of each target.
///
/// # Errors
///
/// Those of the dataset, which may lie on a stack alone, and of the prices.
fn estimates(configuration: &Configuration) -> Result<Vec<LoadEstimate>, Error> {
    let project = Project::find()?;
    let requested = &configuration.run.dataset;
    let file = dataset::find(&project, requested, configuration.path.parent());
    let problems = dataset::check(requested, file.as_ref())?;
    let run = problems.task.resolve(configuration.run.clone());
    let catalog = run_prices::read(&project.root().join(CATALOG))?;
    let last = LastRun::find(Path::new(artifacts::RUNS), &run.name)?;
    let input = ForecastInput {
        prompts: &problems.prompts[..run.dataset.prompts as usize],
        catalog: &catalog,
        region: &check::priced_region(),
        day: run_prices::today(),
        last: last.as_ref(),
    };
    Ok(Forecast::of(&run, &input).load)
}

fn is_yes(input: &mut impl BufRead) -> Result<bool, Error> {
    let mut answer = String::new();
    input
        .read_line(&mut answer)
        .map_err(Error::file("read", "standard input"))?;
    let answer = answer.trim();
    Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
}

#[cfg(test)]
mod tests {
    use bench_core::config::{Overrides, from_toml};

    use super::*;

    const CONFIG: &str = r#"
        name = "a"
        dataset = { source = "builtin", prompts = 2 }
        [load]
        steps = [1, 8]
        [[targets]]
        id = "real"
        kind = "http"
        url = "http://127.0.0.1:9"
        request = "tgi"
        [[targets]]
        id = "made"
        kind = "http"
        url = "http://made.simulated"
        request = "tgi"
        simulated = true
    "#;

    fn configuration(set: &[&str]) -> Configuration {
        let set: Vec<String> = set.iter().map(|set| (*set).to_owned()).collect();
        let overrides = Overrides::parse(&set).unwrap();
        Configuration {
            path: "a.toml".into(),
            text: CONFIG.to_owned(),
            run: from_toml(CONFIG, &overrides).unwrap(),
            overrides,
        }
    }

    #[test]
    fn only_yes_starts_a_load() {
        for (answer, expected) in [
            ("y\n", true),
            ("Yes\n", true),
            ("n\n", false),
            ("\n", false),
            ("", false),
            ("yesterday\n", false),
        ] {
            assert_eq!(
                is_yes(&mut answer.as_bytes()).unwrap(),
                expected,
                "{answer}"
            );
        }
    }

    #[test]
    fn nothing_is_asked_of_a_simulated_load_or_of_who_said_yes() {
        let console = Console::silent();
        assert!(confirm(&configuration(&["targets=made"]), false, &console).is_ok());
        assert!(confirm(&configuration(&[]), true, &console).is_ok());
    }

    #[test]
    fn the_question_names_real_targets_levels_and_estimates() {
        let configuration = configuration(&[]);
        let load = configuration.run.load.clone().unwrap();
        assert_eq!(real_targets(&configuration.run), ["real"]);
        let method = load_text::method(&load, configuration.run.method.timeout_s);
        let text = question(&method, "real", estimate_lines(&configuration, &["real"]));
        for said in [
            "not simulated will be put under load: `real`",
            "load: 1, 8 callers, each for 120 s",
            "output tokens",
            "[y/N]",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains("made"), "{text}");
    }

    #[test]
    fn a_schedule_of_a_load_is_told_what_it_takes_where_it_is_real() {
        let text = note(&configuration(&[])).unwrap();
        assert!(
            text.contains("configuration `a` puts `real` under load"),
            "{text}"
        );
        assert!(text.contains("output tokens"), "{text}");
        assert_eq!(note(&configuration(&["targets=made"])), None);
    }
}
