use std::{fs, io::Write};

use bench_core::{
    config::{self, Overrides},
    load::{StepTally, WorkerRecord, WorkerState},
    plan::{DatasetRecord, Plan, SCHEMA_VERSION},
    sample::{Outcome, Phase, Sample, SampleKey},
};
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;

fn call(repetition: u32, outcome: Outcome) -> Sample {
    let key = SampleKey {
        target: "t".parse().unwrap(),
        step: 0,
        worker: 0,
        prompt: 7,
        phase: Phase::Measured,
        repetition,
        attempt: 1,
    };
    let run = "r".parse().unwrap();
    Sample {
        latency_us: 1_500,
        response_text: Some("18\nand\u{2028}more".to_owned()),
        ..Sample::new(run, "builtin/7", key, outcome, Timestamp::UNIX_EPOCH)
    }
}

fn plan() -> Plan {
    let text =
        "name = 'a'\n[[targets]]\nid = 't'\nkind = 'http'\nurl = 'http://a'\nrequest = 'tgi'";
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "r".parse().unwrap(),
        created_at: Timestamp::UNIX_EPOCH,
        config: config::from_toml(text, &Overrides::default()).unwrap(),
        dataset: DatasetRecord {
            label: "builtin".into(),
            sha256: "0".into(),
            problems: 20,
            task: bench_core::task::Task::Gsm8k,
        },
        prompts: Vec::new(),
        region: None,
        prices: None,
        deployment: None,
    }
}

struct Run {
    folder: TempDir,
    journal: Journal,
}

fn run() -> Run {
    let folder = TempDir::new().unwrap();
    let journal = Journal::open(&folder.path().join("journal")).unwrap();
    Run {
        folder,
        journal: journal.expect("nobody else has it"),
    }
}

impl Run {
    /// As another process writes to it.
    fn writer(&self) -> JournalWriter {
        JournalWriter::new(self.journal.folder())
    }

    fn samples(&self) -> Vec<Sample> {
        let samples = self.journal.samples().unwrap();
        samples.iter().map(Result::unwrap).collect()
    }

    fn outcomes(&self) -> Vec<(u32, Outcome)> {
        let samples = self.samples();
        let outcome = |sample: &Sample| (sample.repetition, sample.outcome);
        samples.iter().map(outcome).collect()
    }

    /// Adds to the end of the only file with samples.
    fn append(&self, bytes: &[u8]) {
        let path = self.journal.folder().join("samples-0001.jsonl");
        let mut file = fs::File::options().append(true).open(path).unwrap();
        file.write_all(bytes).unwrap();
    }
}

#[test]
fn a_sample_is_read_as_it_was_stored_by_whichever_process() {
    let run = run();
    let (one, other) = (run.writer(), run.writer());
    one.begin(&call(1, Outcome::Budget)).unwrap();
    other.begin(&call(2, Outcome::Budget)).unwrap();
    other.put_sample(&call(2, Outcome::Timeout)).unwrap();
    one.put_sample(&call(1, Outcome::Ok)).unwrap();
    let samples = run.samples();
    assert_eq!(samples, [call(1, Outcome::Ok), call(2, Outcome::Timeout)]);
}

#[test]
fn a_call_that_began_and_has_no_sample_is_interrupted() {
    let run = run();
    let writer = run.writer();
    writer.begin(&call(1, Outcome::Budget)).unwrap();
    writer.put_sample(&call(1, Outcome::Ok)).unwrap();
    writer.begin(&call(2, Outcome::Budget)).unwrap();
    drop(writer);
    let expected = [(1, Outcome::Ok), (2, Outcome::Interrupted)];
    assert_eq!(run.outcomes(), expected);
    // A process that went on with it has the say, and the first sample stays.
    let writer = run.writer();
    writer.put_sample(&call(2, Outcome::Ok)).unwrap();
    writer.put_sample(&call(2, Outcome::Timeout)).unwrap();
    assert_eq!(run.outcomes(), [(1, Outcome::Ok), (2, Outcome::Ok)]);
}

#[test]
fn a_line_that_was_being_written_is_passed_over() {
    let run = run();
    let writer = run.writer();
    writer.put_sample(&call(1, Outcome::Ok)).unwrap();
    drop(writer);
    let next = serde_json::to_vec(&call(2, Outcome::Ok)).unwrap();
    for length in [1, next.len() / 2, next.len()] {
        run.append(&next[..length]);
        assert_eq!(run.outcomes(), [(1, Outcome::Ok)], "{length}");
        let path = run.journal.folder().join("samples-0001.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - length]).unwrap();
    }
}

#[test]
fn a_line_that_is_not_a_sample_is_named() {
    let run = run();
    run.writer().put_sample(&call(1, Outcome::Ok)).unwrap();
    run.append(b"\0\0\0\n");
    let error = run.journal.samples().unwrap_err().to_string();
    assert!(error.contains("line 2 of"), "{error}");
    assert!(error.contains("samples-0001.jsonl"), "{error}");
}

#[test]
fn calls_in_flight_are_those_of_processes_that_run() {
    let run = run();
    let (one, other) = (run.writer(), run.writer());
    assert_eq!(run.journal.in_flight().unwrap(), 0);
    one.begin(&call(1, Outcome::Budget)).unwrap();
    other.begin(&call(2, Outcome::Budget)).unwrap();
    assert_eq!(run.journal.in_flight().unwrap(), 2);
    one.put_sample(&call(1, Outcome::Ok)).unwrap();
    assert_eq!(run.journal.in_flight().unwrap(), 1);
    assert_eq!(run.journal.writers().unwrap(), 2);
    drop((one, other));
    assert_eq!(run.journal.in_flight().unwrap(), 0);
    assert_eq!(run.journal.writers().unwrap(), 0);
}

/// A call under load.
fn load_call(number: u32, outcome: Outcome) -> Sample {
    Sample {
        step: 2,
        worker: 3,
        response_text: None,
        ..call(number, outcome)
    }
}

#[test]
fn calls_of_a_load_are_in_flight_together_whichever_line_is_the_last() {
    let run = run();
    let writer = run.writer();
    for number in 1..=3 {
        let begun = load_call(number, Outcome::Interrupted);
        writer.begin_under_load(&begun).unwrap();
    }
    writer.put_under_load(&load_call(2, Outcome::Ok)).unwrap();
    assert_eq!(run.journal.in_flight().unwrap(), 2);
    run.journal.close().unwrap();
    let fourth = load_call(4, Outcome::Interrupted);
    assert!(writer.begin_under_load(&fourth).is_err());
    for number in [1, 3] {
        writer
            .put_under_load(&load_call(number, Outcome::Ok))
            .unwrap();
    }
    assert_eq!(run.journal.in_flight().unwrap(), 0);
    assert_eq!(
        run.outcomes(),
        [1, 2, 3].map(|number| (number, Outcome::Ok))
    );
}

#[test]
fn a_worker_that_ended_is_read_as_it_was_written() {
    let run = run();
    assert!(run.journal.ended_workers().unwrap().is_empty());
    let target = "t".parse().unwrap();
    let record = |worker| WorkerRecord {
        step: 2,
        worker,
        state: WorkerState::Done,
        tally: Some(StepTally::default()),
        request_id: "q".to_owned(),
        free_callers: Vec::new(),
    };
    for worker in [12, 3] {
        run.writer().end_worker(&target, &record(worker)).unwrap();
    }
    let ended = run.journal.ended_workers().unwrap();
    assert_eq!(
        ended,
        [3, 12].map(|worker| (target.clone(), record(worker)))
    );
    assert!(run.journal.samples().unwrap().is_empty());
}

#[test]
fn a_process_learns_which_calls_others_had_begun_when_they_ended() {
    let run = run();
    let (own, other, ended, killed) = (run.writer(), run.writer(), run.writer(), run.writer());
    own.begin(&call(1, Outcome::Budget)).unwrap();
    other.begin(&call(2, Outcome::Budget)).unwrap();
    ended.put_sample(&call(3, Outcome::Ok)).unwrap();
    killed.begin(&call(4, Outcome::Budget)).unwrap();
    assert_eq!(own.interrupted().unwrap(), [], "all of them run");
    drop((ended, killed));
    let interrupted = own.interrupted().unwrap();
    assert_eq!(interrupted, [call(4, Outcome::Interrupted)]);
    assert_eq!(other.interrupted().unwrap(), interrupted);
}

#[test]
fn a_closed_journal_begins_no_call_and_takes_the_sample_of_one_in_flight() {
    let run = run();
    let writer = run.writer();
    writer.begin(&call(1, Outcome::Budget)).unwrap();
    run.journal.close().unwrap();
    writer.put_sample(&call(1, Outcome::Ok)).unwrap();
    assert!(writer.begin(&call(2, Outcome::Budget)).is_err());
    assert_eq!(run.outcomes(), [(1, Outcome::Ok)]);
    drop(run.journal);
    let again = Journal::open(&run.folder.path().join("journal"));
    assert!(again.unwrap().is_some());
    writer.begin(&call(2, Outcome::Budget)).unwrap();
}

#[test]
fn the_plan_is_written_once() {
    let run = run();
    assert_eq!(run.journal.plan().unwrap(), None);
    assert!(!Journal::has_begun(run.journal.folder()));
    run.writer().put_plan(&plan()).unwrap();
    let later = Plan {
        created_at: Timestamp::MAX,
        ..plan()
    };
    run.writer().put_plan(&later).unwrap();
    assert_eq!(run.journal.plan().unwrap(), Some(plan()));
    assert!(Journal::has_begun(run.journal.folder()));
}

#[test]
fn a_journal_has_one_owner_at_a_time() {
    let run = run();
    let folder = run.journal.folder().to_owned();
    assert!(Journal::open(&folder).unwrap().is_none());
    drop(run.journal);
    let journal = Journal::open(&folder).unwrap().expect("it is free");
    journal.delete().unwrap();
    assert!(!folder.exists());
}

#[test]
fn a_response_that_the_table_would_cut_is_cut_alike() {
    let run = run();
    let long = Sample {
        response_text: Some("é".repeat(200_000)),
        ..call(1, Outcome::Ok)
    };
    run.writer().put_sample(&long).unwrap();
    let stored = &run.samples()[0];
    let text = stored.response_text.as_deref().unwrap_or_default();
    assert_eq!(text.len(), 350_000);
}
