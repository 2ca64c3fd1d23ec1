//! `[load]`, and the faults of its fields.

use super::*;
use crate::workflow::Parts;

fn with(load: &str) -> String {
    format!("{SMALLEST}\n[load]\n{load}\n")
}

fn fault_of(load: &str) -> String {
    let mut faults = faults(&with(load));
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

fn read(load: &str) -> Load {
    let config = from_toml(&with(load), &Overrides::default()).unwrap();
    config.load.unwrap()
}

#[test]
fn there_is_no_load_unless_it_is_set_and_an_empty_one_has_the_defaults() {
    let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
    assert_eq!(config.load, None);
    assert_eq!(read(""), Load::default());
}

#[test]
fn callers_are_whole_and_rates_need_not_be() {
    assert_eq!(
        fault_of("steps = [1, 2.5]"),
        "`load.steps[1]` is `2.5`: callers are whole; set a whole number, or `arrival = \"open\"` \
         for a rate"
    );
    assert_eq!(
        read("arrival = \"open\"\nsteps = [0.5, 2.5]").steps,
        [0.5, 2.5]
    );
}

#[test]
fn levels_rise() {
    assert_eq!(
        fault_of("steps = [1, 4, 4]"),
        "`load.steps[2]` is `4`: expected more than the step before, 4"
    );
}

#[test]
fn the_workers_are_enough_for_every_level() {
    assert_eq!(
        fault_of("workers = 2\nsteps = [256, 600]"),
        "`load.steps[1]` is `600`: expected at most 512 callers, 256 for each of 2 workers; \
         raise `load.workers` or lower the level"
    );
    assert_eq!(
        fault_of("arrival = \"open\"\nworkers = 2\nsteps = [100, 101]"),
        "`load.steps[1]` is `101`: expected at most 100 requests per second, 50 for each of 2 \
         workers; raise `load.workers` or lower the level"
    );
}

#[test]
fn a_search_that_is_asked_for_needs_an_objective() {
    assert_eq!(
        fault_of("search = true"),
        "`load.search` is `true`: a search needs a limit that the load has to keep; set one such \
         as `load.objective.ttft_p95_ms`, or `search = false`"
    );
    assert!(read("search = true\nobjective = { ttft_p95_ms = 800 }").search);
    assert!(!read("search = false").search);
}

#[test]
fn a_success_rate_of_one_cannot_be_shown() {
    assert_eq!(
        fault_of("objective = { success_rate = 1 }"),
        "`load.objective.success_rate` is `1`: no number of requests shows that none ever \
         fails; expected less than 1, such as `0.99`"
    );
}

#[test]
fn every_level_may_be_made_and_a_step_has_its_time() {
    assert_eq!(
        fault_of("max_steps = 5"),
        "`load.max_steps` is `5`: expected at least 6, one for each level of `load.steps`; raise \
         it or remove levels"
    );
    assert_eq!(
        fault_of("max_minutes = 2"),
        "`load.max_minutes` is `2`: a step takes 140 s with its ramp; raise it, or lower \
         `load.step_s` or `load.ramp_s`"
    );
}

#[test]
fn a_step_has_parts_that_fit_into_an_invocation_with_their_longest_calls() {
    // 20 s of ramp, 300 s for the last call, 20 s to begin and to end.
    let count = |step_s: u32| {
        let load = read(&format!("step_s = {step_s}"));
        Parts::of(&load, 300).count
    };
    assert_eq!([560, 561, 1_140, 14_400].map(count), [1, 2, 2, 25]);
    let fault = fault_of("step_s = 14_401");
    assert!(fault.starts_with("`load.step_s` is `14401`"), "{fault}");
    let text = format!("{SMALLEST}\n[method]\ntimeout_s = 840\n[load]\nramp_s = 60\n");
    assert_eq!(
        faults(&text),
        [
            "`load.step_s` is `120`: with a ramp of 60 s, a `method.timeout_s` of 840 and 20 s to \
             begin and to end, a step does not fit into the 900 s of a Lambda; lower `load.ramp_s` \
             or `method.timeout_s`"
        ]
    );
}

#[test]
fn the_workers_of_parts_that_overlap_are_no_more_than_run_at_a_time() {
    assert_eq!(
        fault_of("arrival = 'open'\nstep_s = 561\nworkers = 21"),
        "`load.step_s` is `561`: with a `method.timeout_s` of 300, a step has 2 parts of 291 s, of \
         which 2 overlap, each with a Lambda for each of 21 workers; lower `load.workers` to at \
         most 20, or lower `load.step_s` or `method.timeout_s`"
    );
    assert_eq!(
        fault_of("arrival = 'open'\nstep_s = 3600\n"),
        "`load.step_s` is `3600`: with a `method.timeout_s` of 300, a step has 7 parts of 518 s, \
         of which 2 overlap, each with a Lambda for each of 20 workers; lower `load.workers` to \
         at most 9, or lower `load.step_s` or `method.timeout_s`"
    );
    assert_eq!(
        read("arrival = 'open'\nstep_s = 3600\nworkers = 9").workers,
        9
    );
}

#[test]
fn limits_of_tokens_need_streams() {
    let text = |limit: &str| {
        let load = format!("[load]\nobjective = {{ {limit} = 800 }}\n");
        format!("{SMALLEST}    stream = false\n{load}")
    };
    for limit in ["ttft_p95_ms", "tpot_p95_ms"] {
        assert_eq!(
            faults(&text(limit)),
            [format!(
                "`targets[0].stream` is `false`: `load.objective.{limit}` is measured on streams \
                 alone; remove `stream`, or set `load.objective.latency_p95_ms` instead"
            )]
        );
    }
    assert!(from_toml(&text("latency_p95_ms"), &Overrides::default()).is_ok());
}

#[test]
fn a_field_that_is_wrong_by_itself_is_one_fault() {
    let fault = fault_of("step_s = 0\nsteps = [4, 2]\n");
    assert!(fault.starts_with("`load.step_s` is `0`"), "{fault}");
}
