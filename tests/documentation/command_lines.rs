//! Every command line of the documentation and of `--help` is one that the command takes.

use clap::{Command, CommandFactory, Parser, error::ErrorKind};
use hostbench::cli::Cli;
use support::{read, root};

use crate::markdown::current_pages;

/// A text of shell commands with every command on one line.
fn joined(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |joined, part| joined + part.trim_start())
}

/// The calls of hostbench in a text of shell commands, each with its arguments.
fn calls(text: &str) -> Vec<Vec<String>> {
    let lines = joined(text);
    let words = lines.lines().map(|line| {
        shlex::split(line).unwrap_or_else(|| panic!("`{line}` has an open quotation mark"))
    });
    let parts = words.flat_map(|words| {
        let ends = |word: &String| ["|", "||", "&&", ";", "&", ">", "2>", "<"].contains(&&**word);
        let parts = words.split(ends).map(<[String]>::to_vec);
        parts.collect::<Vec<_>>()
    });
    parts.filter_map(|words| arguments(&words)).collect()
}

/// The arguments of one call, after variables that are set for it.
fn arguments(words: &[String]) -> Option<Vec<String>> {
    let set = words.iter().take_while(|word| {
        word.split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    });
    match &words[set.count()..] {
        [command, rest @ ..] if command == "hostbench" => Some(rest.to_vec()),
        [cargo, run, options @ ..] if cargo == "cargo" && run == "run" => {
            let (_, rest) = options.split_at(options.iter().position(|word| word == "--")?);
            Some(rest[1..].to_vec())
        }
        _ => None,
    }
}

/// Why the command does not take these arguments. A mention (`run --local`) may leave out
/// what a call needs.
fn fault(arguments: &[String], is_mention: bool) -> Option<String> {
    let words = ["hostbench"].into_iter().map(str::to_owned);
    let error = Cli::try_parse_from(words.chain(arguments.iter().cloned())).err()?;
    let accepted = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => is_mention,
        // `check --stack`
        ErrorKind::InvalidValue => {
            is_mention && arguments.last().is_some_and(|last| last.starts_with("--"))
        }
        _ => false,
    };
    (!accepted).then(|| error.to_string())
}

/// The arguments that code in a sentence mentions: a call, a subcommand with options
/// (`check --probe`), or options alone.
fn mentioned(code: &str, command: &Command) -> Option<Vec<String>> {
    let words = shlex::split(code)?;
    if let Some(arguments) = arguments(&words) {
        return Some(arguments);
    }
    let named = command.find_subcommand(words.first()?)?;
    let has_more = words.get(1).is_some_and(|word| {
        word.starts_with("--")
            || word.chars().all(|c| c.is_ascii_uppercase())
            || named.find_subcommand(word).is_some()
    });
    has_more.then_some(words)
}

fn subcommands<'a>(command: &'a Command, found: &mut Vec<&'a Command>) {
    found.push(command);
    command
        .get_subcommands()
        .for_each(|sub| subcommands(sub, found));
}

fn command() -> Command {
    let mut command = Cli::command();
    command.build();
    command
}

#[test]
fn every_command_line_of_the_documentation_is_one_that_the_command_takes() {
    let command = command();
    let mut faults = Vec::new();
    let mut seen = 0;
    for page in current_pages() {
        for block in page.blocks.iter().filter(|block| block.language == "sh") {
            for arguments in calls(&block.text) {
                seen += 1;
                let fault = fault(&arguments, false);
                let at = format!("{}:{}", page.path.display(), block.line);
                faults.extend(fault.map(|fault| format!("{at}: {fault}")));
            }
        }
        for code in &page.code {
            let fault = mentioned(code, &command).and_then(|arguments| fault(&arguments, true));
            faults.extend(fault.map(|fault| format!("{}: `{code}`: {fault}", page.path.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_option_that_the_documentation_names_exists() {
    let command = command();
    let mut all = Vec::new();
    subcommands(&command, &mut all);
    let exists = |name: &str| {
        let mut arguments = all.iter().flat_map(|command| command.get_arguments());
        arguments.any(|argument| argument.get_long() == Some(name))
    };
    let mut unknown = Vec::new();
    for page in current_pages() {
        for code in &page.code {
            let Some(option) = code.strip_prefix("--") else {
                continue;
            };
            let name = option.split([' ', '=']).next().unwrap_or_default();
            if !exists(name) {
                unknown.push(format!("{}: `{code}`", page.path.display()));
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_example_of_the_help_is_one_that_the_command_takes() {
    let command = command();
    let mut all = Vec::new();
    subcommands(&command, &mut all);
    let mut faults = Vec::new();
    let mut seen = 0;
    for command in all {
        let help = command.get_after_help().map(ToString::to_string);
        let help = joined(&help.unwrap_or_default());
        let examples = help.lines().filter(|line| line.starts_with("  hostbench "));
        for example in examples {
            // What it does stands behind it.
            let line = example.trim_start().split("  ").next().unwrap_or_default();
            for arguments in calls(line) {
                seen += 1;
                faults.extend(fault(&arguments, false));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_block_of_commands_is_run_or_says_why_not() {
    let mut faults = Vec::new();
    for page in current_pages() {
        for block in &page.blocks {
            let at = format!("{}:{}", page.path.display(), block.line);
            for (name, value) in &block.attributes {
                let fits = match (name.as_str(), block.language.as_str()) {
                    ("run-by", "sh") => root().join(value).exists(),
                    ("no-run", "sh") => !value.is_empty(),
                    ("file", language) => language != "sh",
                    _ => false,
                };
                if !fits {
                    faults.push(format!("{at}: {name}=\"{value}\""));
                }
            }
            let is_shell = ["bash", "console", "shell", "zsh"].contains(&block.language.as_str());
            if is_shell || block.language.is_empty() && block.text.starts_with("hostbench ") {
                faults.push(format!("{at}: expected `sh`"));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn a_parameter_of_the_template_that_the_documentation_sets_exists() {
    let template = read("infra/template.yaml");
    let mut unknown = Vec::new();
    for page in current_pages() {
        let blocks = page.blocks.iter().map(|block| joined(&block.text));
        let texts = blocks.chain(page.code.iter().cloned());
        for words in texts.filter_map(|text| shlex::split(&text)) {
            let names = words.iter().zip(words.iter().skip(1));
            for (_, set) in names.filter(|(option, _)| *option == "--parameter") {
                let name = set.split('=').next().unwrap_or_default();
                if name != "NAME" && !template.contains(&format!("\n  {name}:\n")) {
                    unknown.push(format!("{}: `{set}`", page.path.display()));
                }
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn a_command_line_that_is_not_one_would_be_found() {
    let found =
        calls("A_B=c hostbench run x.toml \\\n  --local > out # a note\ncargo test -- --x\n");
    assert_eq!(found, [["run", "x.toml", "--local"]]);
    assert_eq!(
        calls("cargo run --release -- demo && hostbench runs").len(),
        2
    );
    let words = |text: &str| shlex::split(text).expect("words");
    assert!(fault(&words("demo --loud"), true).is_some());
    assert!(fault(&words("compare A"), false).is_some());
    assert!(fault(&words("compare A"), true).is_none());
    let command = command();
    assert!(mentioned("check --probe", &command).is_some());
    assert!(mentioned("run", &command).is_none());
    assert!(mentioned("report.json", &command).is_none());
}
