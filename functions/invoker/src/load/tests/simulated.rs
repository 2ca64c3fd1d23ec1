//! A worker with the real client, against the simulator.

use bench_core::sample::{Connection, Phase};
use bench_targets::{TargetEnv, connect};
use jiff::SignedDuration;
use simulator::{Settings, Simulator};

use super::*;

/// 16 tokens 10 ms apart.
const CONFIG: &str = r#"
    name = "load"
    dataset = { source = "builtin", prompts = 5 }
    method = { timeout_s = 30 }
    [[targets]]
    id = "http"
    kind = "http"
    url = "http://simulated/simulate-tokens-16-every-10ms"
    request = "openai-chat"
    simulated = true
    [load]
    steps = [16]
    ramp_s = 1
    step_s = 2
    search = false
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_of_an_open_loop_find_open_connections() {
    let simulator = Simulator::start(Settings::default()).await.unwrap();
    let env = TargetEnv {
        simulator_url: Some(simulator.url()),
        ..TargetEnv::default()
    };
    let plan = plan_of(&CONFIG.replace("steps = [16]", "arrival = 'open'\nsteps = [40]"));
    let target = &plan.config.targets[0];
    let model = connect(target, &env, None).await.unwrap();
    let now = Timestamp::now();
    let step = StepPlan {
        step: 1,
        level: 40.0,
        workers: 1,
        start_at: now + SignedDuration::from_millis(500),
        ramp_s: 1,
        step_s: 2,
        part_s: None,
    };
    let work = LoadWork {
        plan: &plan,
        load: plan.config.load.as_ref().unwrap(),
        target,
        prompts: &plan.prompts,
        step,
        worker: 1,
        invocation: crate::fakes::invocation(),
    };
    let log = LoadMemory::default();
    let time_left = TimeLeft::from_now(Duration::from_mins(15));
    measure_load(&model, &log, &work, &time_left, now)
        .await
        .unwrap();
    let samples = log.stored();
    assert_eq!(outcomes(&samples, Outcome::Ok), samples.len());
    let is_new = |sample: &&Sample| sample.connection == Some(Connection::New);
    let new = samples.iter().filter(is_new).count();
    // Some seven are under way at a time; without connections ahead each new one was opened
    // for a call.
    assert!(new <= 2, "{new} of {}", samples.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_a_worker_open_their_connections_in_the_ramp_and_are_all_stored() {
    let simulator = Simulator::start(Settings::default()).await.unwrap();
    let env = TargetEnv {
        simulator_url: Some(simulator.url()),
        ..TargetEnv::default()
    };
    let plan = plan_of(CONFIG);
    let target = &plan.config.targets[0];
    let model = connect(target, &env, None).await.unwrap();
    let now = Timestamp::now();
    let step = StepPlan {
        step: 1,
        level: 16.0,
        workers: 1,
        start_at: now + SignedDuration::from_millis(50),
        ramp_s: 1,
        step_s: 2,
        part_s: None,
    };
    let load = plan.config.load.as_ref().unwrap();
    let work = LoadWork {
        plan: &plan,
        load,
        target,
        prompts: &plan.prompts,
        step: step.clone(),
        worker: 1,
        invocation: crate::fakes::invocation(),
    };
    let log = LoadMemory::default();
    let time_left = TimeLeft::from_now(Duration::from_mins(15));
    let reply = measure_load(&model, &log, &work, &time_left, now)
        .await
        .unwrap();
    let samples = log.stored();
    assert_eq!((reply.calls, reply.failed), (samples.len() as u64, 0));
    assert_eq!(simulator.ended(samples.len()).await.len(), samples.len());
    assert_eq!(outcomes(&samples, Outcome::Ok), samples.len());
    let measured = samples.iter().filter(|s| s.phase == Phase::Measured);
    // A call takes 160 ms and what a busy machine adds: each caller makes some.
    assert!(measured.clone().count() > 16 * 2, "{}", measured.count());
    let is_reused = |sample: &Sample| sample.connection == Some(Connection::Reused);
    let reused = measured.clone().filter(|s| is_reused(s)).count();
    assert!(reused + 2 >= measured.count(), "{reused}");
    let mut tally = TallyBuilder::new(step, load.objective);
    for sample in &samples {
        tally.add(sample);
    }
    let record = log.worker().unwrap();
    assert_eq!(
        (record.state, record.tally),
        (WorkerState::Done, Some(tally.finish()))
    );
}
