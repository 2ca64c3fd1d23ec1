//! Commands that set the command up in a shell and a browser.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use clap::{CommandFactory, ValueEnum};
use hostbench::cli::Cli;
use tempfile::TempDir;

use super::with_report;

fn hostbench(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hostbench"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("COLUMNS")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WSL_DISTRO_NAME")
        .envs(environment.iter().copied())
        .output()
        .expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every command with its subcommands, the one without any first.
pub(crate) fn commands() -> Vec<Vec<String>> {
    fn add(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for inner in command.get_subcommands() {
            add(
                inner,
                &[path, &[inner.get_name().to_owned()]].concat(),
                found,
            );
        }
    }
    let mut found = Vec::new();
    add(&Cli::command(), &[], &mut found);
    found
}

#[test]
fn each_shell_has_its_completions() {
    let folder = TempDir::new().unwrap();
    for shell in clap_complete::Shell::value_variants() {
        let name = shell.to_string();
        let output = hostbench(folder.path(), &["completions", &name], &[]);
        assert_eq!(output.status.code(), Some(0));
        let script = text(&output.stdout);
        for word in ["hostbench", "rebuild", "refresh", "resume"] {
            assert!(script.contains(word), "{word} for {name}");
        }
    }
    let unknown = hostbench(folder.path(), &["completions", "tcsh"], &[]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn each_command_has_its_manual_page() {
    let folder = TempDir::new().unwrap();
    let output = hostbench(folder.path(), &["man", "--out", "pages"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let pages = fs::read_dir(folder.path().join("pages")).unwrap();
    let pages: BTreeSet<String> = pages
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = commands().into_iter().map(|path| {
        let name = [&["hostbench".to_owned()], &path[..]].concat();
        format!("{}.1", name.join("-"))
    });
    assert_eq!(pages, expected.collect());
    let said = format!("{} manual pages in `pages`\n", pages.len());
    assert_eq!(text(&output.stdout), said);
    let page = |name: &str| fs::read_to_string(folder.path().join("pages").join(name)).unwrap();
    assert!(page("hostbench-run.1").contains("\\-\\-resume"));
    let alone = hostbench(folder.path(), &["man"], &[]);
    assert!(text(&alone.stdout).starts_with(".ie"), "a page of roff");
}

#[test]
fn the_page_of_the_latest_run_is_opened_where_there_is_a_browser() {
    let folder = with_report(1);
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    // A browser that notes down what it opened.
    for name in ["open", "xdg-open"] {
        let program = programs.join(name);
        fs::write(&program, "#!/bin/sh\nprintf %s \"$1\" > opened\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let page = folder
        .path()
        .join("out/report.html")
        .canonicalize()
        .unwrap();
    let page = page.to_str().unwrap();
    let with_display = [("PATH", path.as_str()), ("DISPLAY", ":0")];
    for run in [
        &["open", "--folder", "."][..],
        &["open", "out", "--folder", "."],
    ] {
        let output = hostbench(folder.path(), run, &with_display);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), format!("opened `{page}`\n"));
        let opened = folder.path().join("opened");
        assert_eq!(fs::read_to_string(&opened).unwrap(), page);
        fs::remove_file(opened).unwrap();
    }
    let printed = ["open", "--folder", ".", "--print"];
    let output = hostbench(folder.path(), &printed, &with_display);
    assert_eq!(text(&output.stdout), format!("{page}\n"));
    assert!(!folder.path().join("opened").exists(), "only printed");
}

#[test]
#[cfg(not(target_os = "macos"))]
fn without_a_browser_the_path_of_the_page_is_printed() {
    let folder = with_report(1);
    let output = hostbench(folder.path(), &["open", "out", "--folder", "."], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = folder
        .path()
        .join("out/report.html")
        .canonicalize()
        .unwrap();
    assert_eq!(text(&output.stdout), format!("{}\n", page.display()));
    assert!(text(&output.stderr).contains("no browser"));
}

#[test]
fn a_run_that_is_not_there_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let latest = hostbench(folder.path(), &["open"], &[]);
    assert_eq!(latest.status.code(), Some(2));
    let said = text(&latest.stderr);
    assert!(
        said.contains("no runs in `hostbench-runs`; start one with"),
        "{said}"
    );
    let named = hostbench(folder.path(), &["open", "mine"], &[]);
    assert_eq!(named.status.code(), Some(2));
    assert!(text(&named.stderr).contains("run `mine` not found"));
}
