//! The layers of the report, used in one direction, and the purity of libraries.

use crate::modules::Modules;

/// Layers of `bench-report`, from the first to the last: a file uses nothing of a later
/// one, nor of the modules that call the layers.
const LAYERS: [&str; 4] = ["model", "summary", "findings", "render"];

fn layer(file: &str) -> usize {
    let folder = file.split(['/', '.']).next().unwrap_or_default();
    let found = LAYERS.iter().position(|layer| *layer == folder);
    found.unwrap_or(LAYERS.len())
}

#[test]
fn layers_of_the_report_are_passed_once_and_in_order() {
    let library = support::root().join("functions/bench-report/src/lib.rs");
    let modules = Modules::read(&library);
    let mut wrong = Vec::new();
    for (file, used) in modules.uses() {
        if layer(file) == LAYERS.len() {
            continue;
        }
        for other in used {
            if layer(other) > layer(file) {
                wrong.push(format!("`{file}` uses `{other}`"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "of bench-report, expected {LAYERS:?} to use only what is before them:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn pure_libraries_read_no_clock_no_file_and_no_environment() {
    let mut wrong = Vec::new();
    for library in [
        "bench-stats",
        "bench-core",
        "bench-load",
        "bench-cost",
        "bench-report",
    ] {
        let root = support::root().join(format!("functions/{library}/src/lib.rs"));
        for (file, path) in Modules::read(&root).foreign() {
            let io = ["env", "fs", "net", "process", "thread", "time"];
            // A length of time is a value; reading the time is not.
            let is_value = path.last().is_some_and(|part| part == "Duration");
            let std = path[0] == "std"
                && path.get(1).is_some_and(|part| io.contains(&&**part))
                && !is_value;
            let now = path.len() > 1 && path.last().is_some_and(|part| part == "now");
            if std || now {
                wrong.push(format!("{library}: `{file}` names `{}`", path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
