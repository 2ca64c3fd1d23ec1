//! The command reference of the guide is `--help`, as pages have it.

use std::{env, fmt::Write as _, fs};

use clap::{Arg, Command, CommandFactory};
use hostbench::cli::Cli;
use support::root;

const PAGE: &str = "infra/guide/commands.md";

/// The part behind this line is made of the arguments of the command.
const MARKER: &str = "<!-- Made of `--help`: run the test `documentation` with \
                      HOSTBENCH_WRITE_REFERENCE=1. -->\n";

fn reference() -> String {
    let mut command = Cli::command();
    command.build();
    let mut leaves = Vec::new();
    collect(&command, "hostbench", &mut leaves);
    let mut text = String::new();
    for (name, command) in &leaves {
        let anchor = name.replace(' ', "-");
        let about = command.get_about().map(ToString::to_string);
        let about = about.unwrap_or_default();
        writeln!(text, "- [`{name}`](#{anchor}): {}", lower_first(&about))
            .expect("a string takes it");
    }
    for (name, command) in &mut leaves {
        write!(text, "\n## {name}\n\n{}", section(command)).expect("a string takes it");
    }
    text
}

/// The commands that do something, each with its whole name.
fn collect(command: &Command, name: &str, found: &mut Vec<(String, Command)>) {
    let shown = |sub: &&Command| !sub.is_hide_set() && sub.get_name() != "help";
    let mut subs = command.get_subcommands().filter(shown).peekable();
    if subs.peek().is_none() {
        found.push((name.to_owned(), command.clone()));
    }
    for sub in subs {
        collect(sub, &format!("{name} {}", sub.get_name()), found);
    }
}

fn section(command: &mut Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let mut text = format!("{}\n\n```text\n{usage}\n```\n", sentence(&about));
    let hidden = |argument: &&Arg| {
        !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
    };
    let arguments: Vec<&Arg> = command.get_arguments().filter(hidden).collect();
    if !arguments.is_empty() {
        text.push_str("\n| argument or option | meaning |\n|---|---|\n");
    }
    let (options, positional): (Vec<&Arg>, Vec<&Arg>) = arguments
        .into_iter()
        .partition(|argument| argument.get_long().is_some());
    for argument in positional.into_iter().chain(options) {
        writeln!(text, "| `{}` | {} |", name(argument), meaning(argument))
            .expect("a string takes it");
    }
    if let Some(help) = command.get_after_help() {
        write!(text, "\n```text\n{help}\n```\n").expect("a string takes it");
    }
    text
}

/// An argument as it is typed: `CONFIG`, `--json`, `--set FIELD=VALUE`.
fn name(argument: &Arg) -> String {
    let takes_value = argument.get_action().takes_values();
    let values = argument.get_value_names().unwrap_or_default();
    let values = values.iter().map(ToString::to_string).collect::<Vec<_>>();
    match argument.get_long() {
        Some(long) if takes_value => format!("--{long} {}", values.join(" ")),
        Some(long) => format!("--{long}"),
        None => values.join(" "),
    }
}

/// The help of an argument as one line, with its values and its default.
fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let paragraphs = help.split("\n\n").map(sentence);
    let mut text = paragraphs.collect::<Vec<_>>().join(" ").replace('\n', " ");
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if argument.get_action().takes_values() && !values.is_empty() {
        write!(text, " One of {}.", values.join(", ")).expect("a string takes it");
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        write!(text, " Default: {}.", defaults.join(", ")).expect("a string takes it");
    }
    text.replace('|', "\\|")
}

/// A text with a full stop at its end, which clap takes from short ones.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', ':', '!', '?']) || text.is_empty() {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_lowercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

#[test]
fn the_command_reference_has_every_command_and_option_as_their_help_says() {
    let path = root().join(PAGE);
    let published = fs::read_to_string(&path).unwrap_or_default();
    let (head, _) = published.split_once(MARKER).expect("the marker");
    let made = format!("{head}{MARKER}\n{}", reference());
    if env::var_os("HOSTBENCH_WRITE_REFERENCE").is_some() {
        fs::write(&path, &made).unwrap();
        return;
    }
    assert!(
        published == made,
        "`{PAGE}` does not agree with `--help`: run this test with HOSTBENCH_WRITE_REFERENCE=1, and \
         look at what changed"
    );
}
