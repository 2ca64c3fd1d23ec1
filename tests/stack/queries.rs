//! Queries of the embedded AWS read what they ask for, and not the whole partition.

use std::process::Command;

use hostbench::{emulator, progress::Console, project::Project};
use serde_json::{Value, json};

/// The results of each query of `tests/tools/queries.py`, before and after.
async fn outcome() -> Value {
    let project = Project::find().expect("the project");
    let installation = emulator::install(&project.cache(), &Console::silent()).await;
    let installation = installation.unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new(&installation.python.program)
        .args(["-I", "-S", "-B"])
        .arg(support::root().join("tests/tools/queries.py"))
        .arg(&installation.packages)
        .arg(support::root().join("infra/hostbench/src/emulator"))
        .output()
        .expect("Python");
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[tokio::test]
async fn a_query_answers_as_ever_and_reads_the_samples_it_asks_for() {
    let outcome = outcome().await;
    let queries = outcome["before"].as_object().expect("queries");
    let mut answered = 0;
    for (query, before) in queries {
        let after = &outcome["after"][query];
        assert_eq!(before["answers"], after["answers"], "{query}");
        let evaluated = |asked: &Value| asked["evaluated"].as_u64().expect("a number");
        assert!(evaluated(after) <= evaluated(before), "{query}");
        let status = &after["answers"][0][0];
        answered += usize::from(*status == json!(200));
    }
    assert!(answered > 10 && answered < queries.len(), "{answered}");
    let evaluated = |query: &str| {
        ["before", "after"].map(|when| outcome[when][query]["evaluated"].as_u64().unwrap())
    };
    assert_eq!(evaluated("a prompt"), [80, 1]);
    assert_eq!(evaluated("all samples"), [80, 40]);
    let pages = &outcome["after"]["texts of many pages"]["answers"];
    assert!(pages.as_array().expect("pages").len() > 2);
    assert_eq!(
        outcome["others_are_as_they_were"],
        json!(true),
        "of an emulator with other names nothing is replaced"
    );
}
