//! A run of one ordinary target, and of others whose answers or prices would mislead.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use axum::{Router, extract::Path, http::header::CONTENT_TYPE, response::IntoResponse, routing};
use bench_core::{
    dataset::{self, BUILTIN},
    sample::{Outcome, Phase, Sample},
};
use bench_cost::CostWarning;
use bench_report::{Answer, CostAnswer, LatencyAnswer, Report};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::command::{Ended, Folder, RUN};

const TARGETS: [&str; 5] = ["ordinary", "silent", "zero", "aborting", "euro"];
const PROMPTS: usize = 16;
const REPETITIONS: usize = 3;

async fn start() -> String {
    let routes = Router::new().route("/{target}/v1/chat/completions", routing::post(answer));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(axum::serve(listener, routes).into_future());
    url
}

/// The correct answer, with what is amiss with each target.
async fn answer(Path(target): Path<String>, body: String) -> impl IntoResponse {
    let body: Value = serde_json::from_str(&body).expect("a request");
    let prompt = body["messages"][0]["content"].as_str().expect("a prompt");
    let wait = match target.as_str() {
        "silent" => 1,
        "ordinary" => 60,
        _ => 180,
    };
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let text = format!("#### {}", reference(prompt));
    let reason = if target == "aborting" {
        "abort"
    } else {
        "stop"
    };
    let usage = match target.as_str() {
        "zero" => json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
        _ => json!({"prompt_tokens": 50, "completion_tokens": 9, "total_tokens": 59}),
    };
    let mut events = vec![
        json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string(),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string(),
        json!({"choices": [], "usage": usage}).to_string(),
        "[DONE]".to_owned(),
    ];
    if target == "silent" {
        events.drain(..3);
    }
    let stream = events.iter().map(|event| format!("data: {event}\n\n"));
    (
        [(CONTENT_TYPE, "text/event-stream")],
        stream.collect::<String>(),
    )
}

fn reference(prompt: &str) -> String {
    let problems = dataset::parse("builtin", BUILTIN).expect("problems");
    let asked = |problem: &&dataset::Prompt| prompt.contains(&problem.question);
    let problem = problems.prompts.iter().find(asked);
    let expected = problem.and_then(|problem| problem.expected_answer.as_deref());
    expected.unwrap_or("4").to_owned()
}

/// `head` are lines of the run.
fn folder(url: &str, head: &str) -> Folder {
    let targets = TARGETS.map(|id| {
        let currency = if id == "euro" { "EUR" } else { "USD" };
        format!(
            "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"{url}/{id}\"\n\
             request = \"openai-chat\"\nready_within_s = 5\npricing = {{ kind = \"tokens\", \
             currency = \"{currency}\", prices = {{ \"1M input tokens\" = \"1\", \
             \"1M output tokens\" = \"2\" }} }}\n"
        )
    });
    Folder::with(&format!(
        "name = \"mine\"\n{head}\ndataset = {{ source = \"builtin\", prompts = {PROMPTS} }}\n\
         method = {{ warmup = 0, repetitions = {REPETITIONS}, max_tokens = 64, timeout_s = 20 }}\n{}",
        targets.concat()
    ))
}

/// Asserts that no target but the ordinary one is called fastest or cheapest.
fn assert_only_the_ordinary_one_leads(report: &Report) {
    let priced = |ranked: &[bench_report::CostPerCorrect]| -> Vec<String> {
        ranked
            .iter()
            .map(|priced| priced.target_id.to_string())
            .collect()
    };
    for answer in &report.answer {
        match &answer.finding {
            Answer::Latency(LatencyAnswer::Fastest { target_id, .. }) => {
                assert_eq!(target_id, "ordinary");
            }
            Answer::Cost(CostAnswer::DifferentCurrencies {
                currencies,
                not_ranked,
            }) => {
                let ranked = currencies.iter().map(|of| priced(&of.cheapest_first));
                assert_eq!(ranked.collect::<Vec<_>>(), [["ordinary"], ["euro"]]);
                assert!(not_ranked.iter().any(|target| target.target_id == "zero"));
            }
            Answer::Cost(other) => panic!("one ranking of two currencies: {other:?}"),
            _ => {}
        }
        for other in &TARGETS[1..] {
            for lead in ["Fastest was", "Cheapest was"] {
                let leads = answer.sentence.contains(&format!("{lead} {other}"));
                assert!(!leads, "{}", answer.sentence);
            }
        }
    }
}

/// Asserts that the page has the reason of every failure.
fn assert_reasons_are_on_the_page(folder: &Folder) {
    for file in ["report.html", "report.md"] {
        let page = std::fs::read_to_string(folder.out().join(file)).expect("a page");
        for reason in [
            "the answer has no text",
            "the server ended the answer with the reason",
            "the service did not count the tokens of",
            "priced in different currencies",
        ] {
            assert!(page.contains(reason), "{reason} in {file}");
        }
    }
}

fn of<'a>(samples: &'a [Sample], id: &str, is_made: bool) -> Vec<&'a Sample> {
    let wanted = |sample: &&Sample| {
        let made = sample.outcome != Outcome::Budget;
        sample.phase != Phase::Probe && sample.target_id == *id && made == is_made
    };
    samples.iter().filter(wanted).collect()
}

fn run(folder: &Folder) -> Ended {
    let ended = folder.call(&["--run-id", RUN]);
    assert_eq!(ended.code, Some(1), "two never answer: {}", ended.err);
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_ordinary_target_leads_and_every_failure_has_its_reason() {
    let folder = folder(&start().await, "");
    run(&folder);
    let report = folder.report();
    let fastest = report.answer.iter().any(|answer| {
        matches!(
            answer.finding,
            Answer::Latency(LatencyAnswer::Fastest { .. })
        )
    });
    assert!(fastest, "{:?}", report.answer);
    assert_only_the_ordinary_one_leads(&report);
    assert_reasons_are_on_the_page(&folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_stops_a_target_that_counts_no_tokens_as_early_as_any_and_none_in_euros() {
    // All calls of the ordinary one cost half of it.
    let folder = folder(&start().await, "budget_usd = \"0.006\"");
    let ended = run(&folder);
    let outside = "does not limit targets priced in another currency";
    assert!(ended.err.contains(outside), "{}", ended.err);

    let samples = folder.samples();
    let not_made = ["ordinary", "zero"].map(|id| of(&samples, id, false));
    assert!(not_made.iter().all(|calls| !calls.is_empty()));
    let spent_at = not_made.iter().flatten().map(|sample| sample.started_at);
    let spent_at = spent_at.min().expect("calls that were not made");
    let late = |id: &str| -> usize {
        let calls = of(&samples, id, true);
        calls
            .iter()
            .filter(|call| call.started_at > spent_at)
            .count()
    };
    let late: BTreeMap<_, _> = ["ordinary", "zero", "euro"].map(|id| (id, late(id))).into();
    assert!(late["ordinary"] <= 1 && late["zero"] <= 1, "{late:?}");
    assert!(late["euro"] > 0, "{late:?}");
    assert_eq!(of(&samples, "euro", true).len(), PROMPTS * REPETITIONS);

    let report = folder.report();
    assert_only_the_ordinary_one_leads(&report);
    assert_reasons_are_on_the_page(&folder);
    let warnings = &report.cost.as_ref().expect("a cost").warnings;
    let warned = warnings
        .iter()
        .filter_map(|warning| match &warning.finding {
            CostWarning::OutsideBudget { currencies, .. } => Some(&currencies[0].target_ids),
            _ => None,
        });
    assert_eq!(warned.collect::<Vec<_>>(), [&["euro"]]);
}
