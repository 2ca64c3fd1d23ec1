//! No file uses another that uses it, directly or through others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::modules::Modules;

const CRATES: [&str; 6] = [
    "functions/bench-stats",
    "functions/bench-core",
    "functions/bench-cost",
    "functions/bench-report",
    "functions/bench-targets",
    "infra/simulator",
];

type Uses<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The shortest way from a file back to itself.
fn cycle<'a>(uses: &Uses<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in &uses[way[way.len() - 1]] {
            let onward = [way.as_slice(), &[*next]].concat();
            if *next == start {
                return Some(onward);
            }
            if seen.insert(*next) {
                ways.push_back(onward);
            }
        }
    }
    None
}

/// Every file that is on a cycle, in the shortest that it is on; each cycle once.
fn cycles<'a>(uses: &Uses<'a>) -> Vec<Vec<&'a str>> {
    let mut known: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    let found = uses.keys().filter_map(|file| cycle(uses, file));
    found
        .filter(|cycle| known.insert(cycle.iter().copied().collect()))
        .collect()
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut wrong = Vec::new();
    for name in CRATES {
        let modules = Modules::read(&support::root().join(name).join("src/lib.rs"));
        let uses = modules.uses();
        let cycles = cycles(&uses);
        wrong.extend(
            cycles
                .iter()
                .map(|cycle| format!("{name}: {}", cycle.join(" -> "))),
        );
    }
    assert!(
        wrong.is_empty(),
        "cycles between files:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_circle_of_three_is_found_once() {
    let uses = Uses::from([
        ("a", BTreeSet::from(["b"])),
        ("b", BTreeSet::from(["c"])),
        ("c", BTreeSet::from(["a", "d"])),
        ("d", BTreeSet::new()),
    ]);
    assert_eq!(cycles(&uses), [["a", "b", "c", "a"]]);
}
