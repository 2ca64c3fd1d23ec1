//! Runs on one machine that are stopped, killed and resumed, or whose targets mislead: the
//! real command, and servers of its own.

mod command;
mod load;
mod misleading;
mod own_prompts;
mod server;

use bench_core::sample::{Outcome, Phase, Sample};
use bench_core::usage::Usage;
use bench_report::Incomplete;
use bench_store::{Journal, JournalWriter};
use command::{Folder, IN_FLIGHT, RUN, Running, assert_each_call_once};
use hostbench::{progress::Console, resume::StoredRun};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use server::Server;
use support::Embedded;

/// A first part of the calls is answered, then answers are held back.
const HELD_FROM: usize = 6;
/// Requests answered before: the probes of two targets, and that part of the calls.
const ANSWERED: usize = 2 + HELD_FROM - 1;

/// Starts the run, and waits until as many of its calls are in flight as can be.
async fn start_and_hold(server: &Server, folder: &Folder) -> Running {
    server.hold_from(HELD_FROM);
    let running = folder.start(&["--run-id", RUN]);
    server.received(ANSWERED + IN_FLIGHT).await;
    running
}

fn interrupted(samples: &[Sample]) -> Vec<&Sample> {
    let is_interrupted = |sample: &&Sample| sample.outcome == Outcome::Interrupted;
    samples.iter().filter(is_interrupted).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_goes_on_and_makes_each_call_once() {
    let server = Server::start().await;
    let folder = Folder::new(&server);
    let running = start_and_hold(&server, &folder).await;
    let before = folder.journaled();
    let stored: Vec<&Sample> = before.iter().filter(|sample| sample.is_ok()).collect();
    assert_eq!(stored.len(), ANSWERED, "what was answered is on the disk");
    running.send(Signal::SIGKILL);
    assert_eq!(running.wait().code, None);
    server.hung_up(IN_FLIGHT).await;
    server.release();

    let other = folder.call(&["--resume", RUN, "--set", "prompts=2"]);
    assert_eq!(other.code, Some(2), "{}", other.err);
    assert!(
        other.err.contains("`dataset.prompts` is `2`"),
        "{}",
        other.err
    );
    let unknown = folder.call(&["--resume", "yours"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.err);
    assert!(unknown.err.contains("`mine`"), "{}", unknown.err);
    let anew = folder.call(&["--run-id", RUN]);
    assert_eq!(anew.code, Some(2), "{}", anew.err);
    assert!(anew.err.contains("--resume mine"), "{}", anew.err);

    let resumed = folder.call(&["--resume", RUN]);
    let samples = folder.samples();
    assert_each_call_once(&server, &samples);
    for sample in stored {
        assert!(samples.contains(sample), "lost or edited: {sample:?}");
    }
    let lost = interrupted(&samples);
    assert_eq!(lost.len(), IN_FLIGHT);
    let measured = |sample: &&&Sample| sample.phase == Phase::Measured;
    let missing = lost.iter().filter(measured).count();
    let report = folder.report();
    let calls = report.targets.iter().map(|target| target.calls);
    assert_eq!(
        calls.clone().map(|calls| calls.missing).sum::<u64>(),
        missing as u64
    );
    assert_eq!(calls.map(|calls| calls.failed).sum::<u64>(), 0);
    assert_eq!(report.run.complete, missing == 0);
    let code = i32::from(missing > 0);
    assert_eq!(resumed.code, Some(code), "{}", resumed.err);
    assert!(!folder.journal().exists(), "all is in the artifacts");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_lets_calls_end_writes_a_partial_report_and_the_run_can_be_completed() {
    let server = Server::start().await;
    let folder = Folder::new(&server);
    let running = start_and_hold(&server, &folder).await;
    let second = folder.call(&["--resume", RUN]);
    assert_eq!(
        second.code,
        Some(2),
        "one process at a time: {}",
        second.err
    );

    running.send(Signal::SIGINT);
    folder.closed().await;
    let sent = server.log().len();
    server.release();
    let stopped = running.wait();
    assert_eq!(stopped.code, Some(130), "{}", stopped.err);
    assert!(stopped.err.contains("--resume mine"), "{}", stopped.err);
    assert_eq!(server.log().len(), sent, "no further call");
    let samples = folder.samples();
    assert_eq!(samples.len(), sent);
    assert!(samples.iter().all(Sample::is_ok), "calls in flight ended");
    let report = folder.report();
    let reasons: Vec<_> = report.run.incomplete_reasons.iter().collect();
    let signal = "SIGINT".to_owned();
    assert_eq!(reasons[0].finding, Incomplete::Stopped { signal });
    assert!(!report.run.complete);
    let page = std::fs::read_to_string(folder.out().join("report.html")).unwrap();
    assert!(page.contains("SIGINT"), "the page says why it is partial");

    let resumed = folder.call(&["--resume", RUN, "--json"]);
    // Seen where what follows does not hold.
    eprintln!("{}", resumed.err);
    assert_eq!(resumed.code, Some(0), "{}", resumed.err);
    let outcome: Value = serde_json::from_str(&resumed.out).unwrap();
    assert_eq!(outcome["complete"], true);
    let all = folder.samples();
    assert_each_call_once(&server, &all);
    assert!(samples.iter().all(|sample| all.contains(sample)));
    assert!(interrupted(&all).is_empty());
    assert!(folder.report().run.complete && !folder.journal().exists());

    let again = folder.call(&["--resume", RUN, "--json"]);
    assert_eq!(
        again.code,
        Some(0),
        "a complete run stays so: {}",
        again.err
    );
    assert_eq!(server.log().len(), all.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_ends_at_once_and_says_where_the_samples_are() {
    let server = Server::start().await;
    let folder = Folder::new(&server);
    let running = start_and_hold(&server, &folder).await;
    running.send(Signal::SIGINT);
    folder.closed().await;
    running.send(Signal::SIGINT);
    let stopped = running.wait();
    assert_eq!(stopped.code, Some(130), "{}", stopped.err);
    let said = stopped.err;
    assert!(said.contains("`hostbench-runs/mine/journal`"), "{said}");
    assert!(said.contains("--resume mine"), "{said}");
    assert!(!folder.out().join("report.json").exists());
    server.release();
    folder.call(&["--resume", RUN]);
    assert_each_call_once(&server, &folder.samples());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_emulator_died_says_how_to_go_on() {
    let server = Server::start().await;
    let folder = Folder::new(&server);
    let running = start_and_hold(&server, &folder).await;
    running.kill_emulator();
    let ended = running.wait();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("--resume mine"), "{}", ended.err);
    server.release();
    folder.call(&["--resume", RUN]);
    assert_each_call_once(&server, &folder.samples());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_invokers_were_killed_goes_on_and_makes_no_call_twice() {
    let server = Server::start().await;
    let folder = Folder::new(&server);
    let running = start_and_hold(&server, &folder).await;
    folder.kill_invokers();
    server.hung_up(IN_FLIGHT).await;
    server.release();
    let ended = running.wait();
    let samples = folder.samples();
    assert_each_call_once(&server, &samples);
    let lost = interrupted(&samples);
    assert_eq!(lost.len(), IN_FLIGHT, "{}", ended.err);
    let complete = lost.iter().all(|sample| sample.phase != Phase::Measured);
    assert_eq!(ended.code, Some(i32::from(!complete)), "{}", ended.err);
    assert_eq!(folder.report().run.complete, complete);
    assert!(!folder.journal().exists(), "all is in the artifacts");
}

#[tokio::test]
async fn a_restored_run_has_spent_what_it_had_spent_and_repeats_nothing() {
    let mut aws = Embedded::start(1_000.0, &[]).await;
    let pricing = json!({"kind": "tokens", "prices": {
        "1K input tokens": "1", "1K output tokens": "1",
    }});
    let fields = [
        ("prompts", json!(3)),
        ("targets", json!(["ec2-inf2"])),
        ("targets.ec2-inf2.pricing", pricing),
        ("budget_usd", json!("4")),
    ];
    let first = aws.request("first", &fields);
    let ending = aws.run(&first).await.ending;
    let samples = aws.samples(&first).await;
    let store = aws.session.store();
    let mut plan = store.get_plan("first").await.unwrap().expect("a plan");
    let spent = store.usage("first").await.unwrap();
    assert!(
        samples
            .iter()
            .any(|sample| sample.outcome == Outcome::Budget)
    );

    plan.run_id = "second".parse().unwrap();
    let of_second = |sample: &Sample| Sample {
        run_id: plan.run_id.clone(),
        ..sample.clone()
    };
    let samples_of_second: Vec<_> = samples.iter().map(of_second).collect();
    let folder = tempfile::TempDir::new().unwrap();
    let journal = Journal::open(folder.path()).unwrap().expect("it is ours");
    let writer = JournalWriter::new(folder.path());
    writer.put_plan(&plan).unwrap();
    for sample in samples_of_second.iter().rev() {
        writer.put_sample(sample).unwrap();
    }
    drop(writer);
    let stored = StoredRun::read(&journal).await.unwrap().expect("a run");
    stored.restore(&store, &Console::silent()).await.unwrap();
    assert_eq!(
        store.samples("second", "ec2-inf2").await.unwrap(),
        samples_of_second
    );
    assert_eq!(store.usage("second").await.unwrap(), spent);
    assert_eq!(spent["ec2-inf2"].usage, Usage::of(&samples));

    let calls = aws.truth().len();
    let second = aws.request("second", &fields);
    assert_eq!(aws.run(&second).await.ending, ending);
    assert_eq!(aws.truth().len(), calls, "nothing is bought again");
    assert_eq!(aws.samples(&second).await, samples_of_second);
}
