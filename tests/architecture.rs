//! Facts of the manifests: the architecture diagram.

use std::process::Command;

/// Every crate that `package` is built with, by name.
fn tree(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ])
        .args(["--package", package])
        .current_dir(support::root())
        .output()
        .expect("cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

fn assert_without(package: &str, unwanted: impl Fn(&str) -> bool) {
    let tree = tree(package);
    assert!(tree.len() > 5, "{package} is built with something");
    let found: Vec<_> = tree.iter().filter(|name| unwanted(name)).collect();
    assert!(found.is_empty(), "{package} is built with {found:?}");
}

#[test]
fn bench_core_has_never_heard_of_aws_nor_of_a_network() {
    assert_without("bench-core", |name| {
        name.starts_with("aws") || ["tokio", "hyper", "reqwest", "lambda_runtime"].contains(&name)
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

#[test]
fn a_main_is_wiring_only() {
    for function in ["planner", "invoker", "aggregator"] {
        let main = support::read(&format!("functions/{function}/src/main.rs"));
        assert!(
            main.lines().count() <= 30,
            "functions/{function}/src/main.rs"
        );
    }
}

#[test]
fn the_top_level_is_the_chosen_one() {
    let mut names: Vec<_> = std::fs::read_dir(support::root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && !["target", "hostbench-runs"].contains(&&**name))
        .collect();
    names.sort();
    let chosen = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "functions",
        "infra",
    ];
    assert_eq!(names, [&chosen[..], &["statemachine", "tests"]].concat());
}
