//! Modules that are read in one go.

use std::{
    fs,
    path::{Path, PathBuf},
};

const MAX_LINES: usize = 400;
const MAX_MEDIAN: usize = 150;

/// Tables of data: they have a line for each fact, and are looked up, not read.
const TABLES: [&str; 0] = [];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && !["tests.rs", "testing.rs"].contains(&name.as_str())
        {
            found.push(path);
        }
    }
}

/// Lines up to the tests at the end of a module.
fn lines(text: &str) -> usize {
    let tests = text.find("#[cfg(test)]\nmod tests {");
    text[..tests.unwrap_or(text.len())].lines().count()
}

#[test]
fn modules_are_short() {
    let root = support::root();
    let mut files = Vec::new();
    for members in ["functions", "infra"] {
        for entry in fs::read_dir(root.join(members)).unwrap() {
            let source = entry.unwrap().path().join("src");
            if source.exists() {
                sources(&source, &mut files);
            }
        }
    }
    let mut sizes: Vec<(usize, String)> = files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (lines(&fs::read_to_string(path).unwrap()), name)
        })
        .filter(|(_, name)| !TABLES.contains(&name.as_str()))
        .collect();
    sizes.sort();
    let long: Vec<String> = sizes
        .iter()
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, name)| format!("`{name}` has {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "expected at most {MAX_LINES} lines before the tests of a module, split:\n{}",
        long.join("\n")
    );
    let median = sizes[sizes.len() / 2].0;
    assert!(
        median <= MAX_MEDIAN,
        "the median module has {median} lines, expected at most {MAX_MEDIAN}"
    );
}
