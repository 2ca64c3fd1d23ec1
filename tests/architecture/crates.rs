//! The dependencies between crates, read from the manifests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// The libraries of ours that each library may depend on.
const ARROWS: [(&str, &[&str]); 7] = [
    ("bench-stats", &[]),
    ("bench-core", &[]),
    ("bench-cost", &["bench-core", "bench-stats"]),
    ("bench-load", &["bench-core", "bench-stats"]),
    (
        "bench-report",
        &["bench-core", "bench-cost", "bench-load", "bench-stats"],
    ),
    ("bench-store", &["bench-core"]),
    ("bench-targets", &["bench-core"]),
];

/// The libraries that do no I/O.
const PURE: [&str; 5] = [
    "bench-stats",
    "bench-core",
    "bench-load",
    "bench-cost",
    "bench-report",
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(support::root())
        .output()
        .expect("cargo");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// The normal dependencies that each manifest of ours lists.
fn manifests() -> BTreeMap<String, Vec<String>> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let normal = |package: &Value| {
        let listed = package["dependencies"].as_array().expect("dependencies");
        let normal = listed.iter().filter(|each| each["kind"].is_null());
        normal.map(name).collect()
    };
    packages
        .iter()
        .map(|package| (name(package), normal(package)))
        .collect()
}

/// Every crate that `package` is built with, by name.
fn tree(package: &str) -> Vec<String> {
    let edges = ["--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let text = cargo(&[&["tree", "--package", package], &edges[..]].concat());
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

fn assert_without(package: &str, unwanted: impl Fn(&str) -> bool) {
    let tree = tree(package);
    assert!(tree.len() > 5, "{package} is built with something");
    let found: Vec<_> = tree.iter().filter(|name| unwanted(name)).collect();
    assert!(found.is_empty(), "{package} is built with {found:?}");
}

#[test]
fn libraries_depend_on_those_below_them_alone() {
    let manifests = manifests();
    let mut wrong = Vec::new();
    for (library, allowed) in ARROWS {
        for dependency in &manifests[library] {
            let ours = manifests.contains_key(dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!(
                    "`{library}` depends on `{dependency}`, expected none of ours but {allowed:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The code of a package without that of packages below it.
fn code(folder: &Path) -> String {
    let mut code = String::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.join("Cargo.toml").exists() {
            code += &self::code(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code += &fs::read_to_string(path).expect("code");
        }
    }
    code
}

#[test]
fn every_dependency_that_a_manifest_lists_is_in_its_code() {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let mut unused = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let package_name = package["name"].as_str().expect("a name");
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let code = code(manifest.parent().expect("a folder"));
        let words: BTreeSet<&str> = code
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .collect();
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let name = dependency["rename"]
                .as_str()
                .or(dependency["name"].as_str())
                .expect("a name");
            if !words.contains(name.replace('-', "_").as_str()) {
                unused.push(format!("`{package_name}` lists `{name}`"));
            }
        }
    }
    assert!(unused.is_empty(), "remove what is not used: {unused:?}");
}

#[test]
fn pure_libraries_are_built_without_aws_a_runtime_or_a_network() {
    for library in PURE {
        assert_without(library, |name| {
            name.starts_with("aws")
                || ["tokio", "hyper", "reqwest", "lambda_runtime", "rand"].contains(&name)
        });
    }
}

#[test]
fn the_planner_is_built_without_charts_templates_tables_and_statistics() {
    assert_without("planner", |name| {
        [
            "bench-report",
            "svg",
            "askama",
            "csv",
            "statrs",
            "hdrhistogram",
        ]
        .contains(&name)
    });
}

#[test]
fn only_the_invoker_carries_the_clients_of_models() {
    let model_client = |name: &str| {
        [
            "aws-sdk-bedrockruntime",
            "aws-sdk-sagemakerruntime",
            "reqwest",
        ]
        .contains(&name)
    };
    assert_without("planner", model_client);
    assert_without("aggregator", model_client);
    assert!(tree("invoker").iter().any(|name| model_client(name)));
}
