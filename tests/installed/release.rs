//! Version, changelog, tag and workflows of a release.

use std::fs;

use support::CommandOutput;
use tempfile::TempDir;

use crate::pack;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Versions of releases in a changelog, newest first.
fn released(changelog: &str) -> Vec<Vec<u32>> {
    let headings = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## ["));
    let names = headings.filter_map(|heading| heading.split(']').next());
    names.filter_map(numbers).collect()
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// The output and exit code of the check of a tag before a release.
fn checked(tag: &str, changelog: &str) -> CommandOutput {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("CHANGELOG.md");
    fs::write(&path, changelog).expect("a file");
    let mut check = pack(&["check", "--tag", tag, "--changelog"]);
    check.arg(path).output().expect("Python").into()
}

#[test]
fn a_release_needs_its_version_as_tag_and_as_the_newest_of_the_changelog() {
    let changelog = format!("## [Unreleased]\n\n## [{VERSION}] - 2026-12-01\n\n## [0.0.9]\n");
    let tag = format!("v{VERSION}");
    let output = checked(&tag, &changelog);
    assert_eq!(output.code, 0, "{output:?}");
    let output = checked("v99.0.0", &changelog);
    assert!(output.code == 1 && output.err.contains(&tag), "{output:?}");
    for unreleased in [
        "## [Unreleased]\n".to_owned(),
        format!("## [9.0.0]\n{changelog}"),
    ] {
        let output = checked(&tag, &unreleased);
        let remedy = format!("`## [{VERSION}] - DATE`");
        assert!(
            output.code == 1 && output.err.contains(&remedy),
            "{output:?}"
        );
    }
}

#[test]
fn every_crate_and_the_changelog_have_the_version_of_the_workspace() {
    let workspace = support::read("Cargo.toml");
    assert!(workspace.contains(&format!("\nversion = \"{VERSION}\"\n")));
    let members = workspace.lines().filter_map(|line| {
        let member = line.trim().strip_suffix("\",")?.strip_prefix('"')?;
        support::root().join(member).is_dir().then_some(member)
    });
    let members: Vec<_> = members.collect();
    assert!(members.contains(&"infra/hostbench"), "{members:?}");
    for member in members {
        let manifest = support::read(&format!("{member}/Cargo.toml"));
        assert!(
            manifest.contains("\nversion.workspace = true\n"),
            "{member}"
        );
    }
    let released = released(&support::read("infra/CHANGELOG.md"));
    assert!(
        released.is_sorted_by(|newer, older| newer > older),
        "{released:?}"
    );
    assert!(
        released.first() <= numbers(VERSION).as_ref(),
        "{released:?}"
    );
}

#[test]
fn actions_of_others_are_pinned_to_a_commit() {
    let folder = support::root().join(".github/workflows");
    let mut loose = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let actions = text.lines().filter_map(|line| line.split_once("uses: "));
        for (_, action) in actions {
            let pinned = action.split_once('@').is_some_and(|(_, version)| {
                let (commit, note) = version.split_at_checked(40).unwrap_or_default();
                commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && note.starts_with(" # v")
            });
            if !pinned {
                loose.push(format!("{}: {action}", path.display()));
            }
        }
    }
    assert_eq!(loose, Vec::<String>::new());
}
