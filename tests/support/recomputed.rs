//! Figures of a report, recomputed elsewhere.

use std::{path::Path, process::Command};

/// Has every figure of the report in a folder recomputed from its `samples.csv` by a program
/// that shares nothing with this one.
///
/// # Panics
///
/// When samples and report disagree, with every figure that differs.
pub fn assert_figures_can_be_recomputed(folder: &Path) {
    let output = Command::new("python3")
        .arg(crate::root().join("tests/tools/recompute.py"))
        .args([folder.join("report.json"), folder.join("samples.csv")])
        .output()
        .expect("python3");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
