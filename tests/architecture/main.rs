//! The architecture: which crate, which layer and which file may use which other.

mod crates;
mod cycles;
mod layers;
mod modules;
mod sizes;

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
