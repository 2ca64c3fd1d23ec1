//! Loads on one machine: asked for, stopped in the middle, resumed, and reported again.

use std::{collections::BTreeSet, fs};

use bench_core::sample::{Phase, Sample, SampleKey};
use nix::sys::signal::Signal;
use support::eventually;

use crate::command::{Folder, RUN};

const SIMULATED: &str = r#"
name = "mine"
dataset = { source = "builtin", prompts = 2 }
method = { warmup = 1, repetitions = 1, timeout_s = 20 }
load = { steps = [2, 4], step_s = 4, ramp_s = 1, search = false }
[[targets]]
id = "slots"
kind = "http"
url = "http://slots.simulated/simulate-slots-8-even-simulate-tokens-14-every-20ms"
request = "tgi"
simulated = true
"#;

fn keys<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> BTreeSet<SampleKey> {
    samples.into_iter().map(Sample::key).collect()
}

#[test]
fn a_load_on_real_targets_is_not_sent_without_being_asked_for() {
    let real = SIMULATED.replace("simulated = true", "");
    let folder = Folder::with(&real);
    let refused = folder.call(&[]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    for said in ["`slots`", "load of up to 4 callers", "`--yes`"] {
        assert!(refused.err.contains(said), "{said} in {}", refused.err);
    }
    assert!(!folder.out().exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_was_stopped_goes_on_and_makes_each_call_once() {
    let folder = Folder::with(SIMULATED);
    let running = folder.start(&["--run-id", RUN]);
    let is_in_second_step = || async {
        let files = fs::read_dir(folder.journal()).ok()?.flatten();
        let mut texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
        texts.any(|text| text.contains("\"step\":2,")).then_some(())
    };
    eventually(is_in_second_step).await;
    running.send(Signal::SIGINT);
    let stopped = running.wait();
    assert_eq!(stopped.code, Some(130), "{}", stopped.err);
    assert!(stopped.err.contains("under load"), "{}", stopped.err);
    let before = folder.samples();
    assert!(before.iter().any(|sample| sample.step == 2));

    let resumed = folder.call(&["--resume", RUN]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.err);
    let samples = folder.samples();
    let made = keys(&samples);
    assert_eq!(made.len(), samples.len(), "no call twice");
    let calls = |sample: &&Sample| sample.phase != Phase::Probe;
    assert!(
        keys(before.iter().filter(calls)).is_subset(&made),
        "none is lost"
    );
    assert!(!folder.journal().exists(), "nothing is left to resume");

    let load = folder.report().load.expect("a load");
    let steps = &load.targets[0].steps;
    assert!(steps.len() >= 2, "{steps:?}");
    support::assert_figures_can_be_recomputed(&folder.out());
}
