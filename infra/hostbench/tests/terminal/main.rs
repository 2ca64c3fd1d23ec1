//! The command on a terminal, and what sets it up there.

mod pty;
mod setup;

use std::{fmt::Write as _, fs, path::Path};

use console::{measure_text_width, strip_ansi_codes};
use pty::Terminal;
use tempfile::TempDir;

/// A load on a target that is not simulated; nothing listens there.
const LOAD: &str = r#"
name = "small"
dataset = { source = "builtin", prompts = 2 }
[load]
steps = [1, 8]
[[targets]]
id = "a"
kind = "http"
url = "http://127.0.0.1:9"
request = "tgi"
"#;

/// Runs the command on a terminal to its end.
fn on_terminal(
    folder: &Path,
    columns: u16,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    Terminal::start(folder, columns, arguments, environment).end()
}

/// The report of `targets` targets in the folder `out`, as measured by another program.
fn with_report(targets: usize) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let mut lines = String::new();
    for target in 0..targets {
        for call in 0..40 {
            let latency = 900_000 + target * 50_000 + call * 1_000;
            let _ = writeln!(
                lines,
                "{{\"target_id\":\"a-server-number-{target:02}\",\"prompt_id\":\"p{}\",\
                 \"outcome\":\"ok\",\"latency_us\":{latency}}}",
                call / 2
            );
        }
    }
    fs::write(folder.path().join("theirs.jsonl"), lines).expect("a file");
    let rebuild = [
        "rebuild",
        "--samples",
        "theirs.jsonl",
        "--external",
        "--out",
    ];
    let (code, text) = on_terminal(folder.path(), 80, &[&rebuild[..], &["out"]].concat(), &[]);
    assert_eq!(code, Some(0), "{text}");
    folder
}

fn assert_fits(text: &str, columns: usize) {
    let text = strip_ansi_codes(text);
    // A path is not broken, so that it can be copied.
    for line in text.lines().filter(|line| !line.starts_with("report: ")) {
        assert!(measure_text_width(line) <= columns, "{line}\nin {text}");
    }
}

#[test]
fn a_load_on_real_targets_is_asked_about_once_and_starts_on_yes_alone() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("small.toml"), LOAD).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    // No program lies there, so that a run that is let through ends at once.
    let run = ["run", "small.toml", "--local", "--bin-dir", "empty"];
    let nothing_sent = "nothing was sent";
    let without_programs = "`empty` has no program";
    for (answer, expected) in [
        ("n", nothing_sent),
        ("", nothing_sent),
        ("yesterday", nothing_sent),
        ("y", without_programs),
        ("Yes", without_programs),
    ] {
        let mut terminal = Terminal::start(folder.path(), 80, &run, &[]);
        terminal.wait_for("Start? [y/N]");
        terminal.answer(answer);
        let (code, text) = terminal.end();
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(expected), "`{answer}`: {text}");
        assert_eq!(text.matches("[y/N]").count(), 1, "{text}");
        for said in [
            "will be put under load: `a`",
            "1, 8 callers",
            "output tokens",
        ] {
            let joined = text.replace("\n  ", " ");
            assert!(joined.contains(said), "{said} in {text}");
        }
        assert_fits(&text, 80);
    }
    let unasked = [&run[..], &["--yes"]].concat();
    let (_, text) = on_terminal(folder.path(), 80, &unasked, &[]);
    assert!(text.contains(without_programs), "{text}");
    assert!(!text.contains("[y/N]"), "{text}");
}

#[test]
fn results_are_as_wide_as_the_terminal_and_no_wider() {
    let folder = with_report(3);
    let report = ["report", "out", "--folder", "."];
    let at = |columns: u16, environment: &[(&str, &str)]| {
        let (code, text) = on_terminal(folder.path(), columns, &report, environment);
        assert_eq!(code, Some(0), "{text}");
        strip_ansi_codes(&text).into_owned()
    };
    let (narrow, wide) = (at(60, &[]), at(120, &[]));
    assert_fits(&narrow, 60);
    assert_fits(&wide, 120);
    assert!(
        !narrow.contains("min") && wide.contains("min"),
        "{narrow}{wide}"
    );
    assert!(narrow.contains("mean"), "{narrow}");
    assert_eq!(at(120, &[("COLUMNS", "60")]), narrow, "as `COLUMNS` says");
}

#[test]
fn forty_targets_are_a_table_and_at_most_five_sentences() {
    let folder = with_report(40);
    let (code, text) = on_terminal(folder.path(), 100, &["report", "out", "--folder", "."], &[]);
    assert_eq!(code, Some(0), "{text}");
    assert_fits(&text, 100);
    let text = strip_ansi_codes(&text).replace("\n  ", " ");
    let rows = text.lines().filter(|line| line.starts_with(" a-server-"));
    assert_eq!(rows.count(), 40);
    let (_, below) = text.rsplit_once('─').expect("a table");
    let (sentences, _) = below.split_once("report: ").expect("the page");
    let sentences: Vec<&str> = sentences.trim().lines().collect();
    assert!((2..=5).contains(&sentences.len()), "{sentences:#?}");
    for sentence in &sentences {
        assert!(sentence.len() < 300, "{sentence}");
        assert_eq!(sentence.matches(". ").count(), 0, "{sentence}");
    }
    assert!(
        sentences[0].starts_with("Fastest was a-server-number-00: faster than a-server-number-01"),
        "{sentences:#?}"
    );
    assert!(
        sentences
            .iter()
            .any(|said| said.contains("1600 measured calls were made and none failed")),
        "{sentences:#?}"
    );
}

#[test]
fn colors_are_for_a_terminal_where_they_are_not_refused() {
    let folder = with_report(2);
    let report = ["report", "out", "--folder", "."];
    let (_, colored) = on_terminal(folder.path(), 80, &report, &[]);
    assert!(colored.contains("\u{1b}[1m"), "{colored:?}");
    for refused in [[("NO_COLOR", "1")], [("TERM", "dumb")], [("CLICOLOR", "0")]] {
        let (_, plain) = on_terminal(folder.path(), 80, &report, &refused);
        assert!(!plain.contains('\u{1b}'), "{refused:?}: {plain:?}");
        assert_eq!(plain, strip_ansi_codes(&colored));
    }
}

#[test]
fn help_is_as_wide_as_the_terminal_and_at_most_100_columns() {
    let folder = TempDir::new().unwrap();
    for command in setup::commands() {
        for columns in [80, 120] {
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            let arguments = [&arguments[..], &["--help"]].concat();
            let (code, text) = on_terminal(folder.path(), columns, &arguments, &[]);
            assert_eq!(code, Some(0), "{text}");
            assert_fits(&text, usize::from(columns).min(100));
        }
    }
}
