//! The definition, the template and the Lambdas share names. Nothing here runs:
//! three text files are held against each other.

use std::collections::BTreeSet;

use bench_core::{
    config::{MAX_PROMPTS, Overrides, from_toml},
    plan::{Deployment, Transitions},
    sample::{Phase, Sample},
    workflow,
};
use bench_cost::{MeasuredRuns, PipelineTally};
use serde_json::{Map, Value, json};

const BENCHMARK: &str = "statemachine/benchmark.asl.json";
const SWEEPER: &str = "statemachine/sweeper.asl.json";

fn read(definition: &str) -> Value {
    serde_json::from_str(&support::read(definition)).expect("JSON")
}

fn definition() -> Value {
    read(BENCHMARK)
}

/// Every table of states in the definition, the top one first.
fn machines(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if value.get("StartAt").is_some() {
            found.push(value);
        }
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    found
}

fn states(machine: &Value) -> &Map<String, Value> {
    machine["States"].as_object().expect("states")
}

/// The states between the start and the stop of a target.
fn measured(targets: &Value) -> &Map<String, Value> {
    states(&states(&targets["ItemProcessor"])["MeasureTarget"]["Branches"][0])
}

/// The values of every field of that name, anywhere.
fn every<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get(name));
                open.extend(fields.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    found
}

/// Where a state can lead.
fn next(state: &Value) -> Vec<&str> {
    [next_after_success(state), listed(state, "Catch")].concat()
}

/// Where a state can lead that has not failed.
fn next_after_success(state: &Value) -> Vec<&str> {
    let own = ["Next", "Default"]
        .into_iter()
        .filter_map(|field| state.get(field)?.as_str());
    own.chain(listed(state, "Choices")).collect()
}

/// Where the rules of a state lead.
fn listed<'a>(state: &'a Value, rules: &str) -> Vec<&'a str> {
    let rules = state.get(rules).and_then(Value::as_array);
    let rules = rules.into_iter().flatten();
    rules
        .map(|rule| rule["Next"].as_str().expect("a name"))
        .collect()
}

#[test]
fn every_state_can_be_reached_and_leads_somewhere() {
    let (definition, sweeper) = (definition(), read(SWEEPER));
    let all = machines(&definition);
    assert_eq!(
        all.len(),
        7,
        "the run, a target, what is measured of it, a chunk, a prompt, a load, a worker"
    );
    for machine in all.into_iter().chain(machines(&sweeper)) {
        let states = states(machine);
        let mut reached = BTreeSet::new();
        let mut open = vec![machine["StartAt"].as_str().unwrap()];
        while let Some(name) = open.pop() {
            let state = states
                .get(name)
                .unwrap_or_else(|| panic!("there is no state `{name}`"));
            if reached.insert(name) {
                let ends = state.get("End").is_some()
                    || ["Succeed", "Fail"].contains(&state["Type"].as_str().unwrap());
                assert!(
                    ends == next_after_success(state).is_empty(),
                    "`{name}` ends or leads on, not both"
                );
                open.extend(next(state));
            }
        }
        let all: BTreeSet<_> = states.keys().map(String::as_str).collect();
        assert_eq!(reached, all);
    }
}

#[test]
fn every_placeholder_is_substituted_by_the_template_and_none_is_left_over() {
    let template = support::read("infra/template.yaml");
    for definition in [BENCHMARK, SWEEPER] {
        let text = support::read(definition);
        let used: BTreeSet<_> = text
            .split("${")
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap().to_owned())
            .collect();
        let given: BTreeSet<_> = template
            .split(&format!("DefinitionUri: ../{definition}\n"))
            .nth(1)
            .unwrap()
            .split("DefinitionSubstitutions:\n")
            .nth(1)
            .unwrap()
            .lines()
            .take_while(|line| line.starts_with("        "))
            .filter(|line| !line.trim_start().starts_with('#'))
            .map(|line| line.trim().split(':').next().unwrap().to_owned())
            .collect();
        assert_eq!(used, given, "{definition}");
    }
}

#[test]
fn no_arn_of_a_definition_is_of_one_partition_alone() {
    for definition in [BENCHMARK, SWEEPER] {
        let definition = read(definition);
        let resources: Vec<_> = every(&definition, "Resource")
            .into_iter()
            .filter_map(Value::as_str)
            .collect();
        assert!(!resources.is_empty());
        for resource in resources {
            assert!(
                resource.starts_with("arn:${Partition}:states:::"),
                "{resource}"
            );
        }
        assert!(!definition.to_string().contains("arn:aws"));
    }
}

#[test]
fn every_matched_error_is_raised_by_a_lambda_or_by_the_service() {
    let ours = [planner::NAMES, invoker::NAMES, aggregator::NAMES].concat();
    let definitions = [definition(), read(SWEEPER)];
    let matched = definitions
        .iter()
        .flat_map(|definition| every(definition, "ErrorEquals"));
    for name in matched
        .into_iter()
        .flat_map(|names| names.as_array().unwrap())
    {
        let name = name.as_str().unwrap();
        let service = [
            "States.",
            "Lambda.",
            "Runtime.",
            "Sandbox.",
            "Ec2.",
            "SageMaker.",
            "DynamoDB.",
            "DynamoDb.",
            "Sfn.",
        ];
        assert!(
            ours.contains(&name) || service.iter().any(|prefix| name.starts_with(prefix)),
            "nobody raises `{name}`"
        );
    }
}

#[test]
fn a_run_always_reaches_its_report_once_it_is_planned() {
    let definition = definition();
    let states = states(&definition);
    assert_eq!(next(&states["PlanRun"]), ["MeasureTargets", "AlreadyRun"]);
    assert_eq!(
        next(&states["MeasureTargets"]),
        ["AggregateResults", "AggregateResults"]
    );
    assert_eq!(
        states["MeasureTargets"]["Catch"][0]["ErrorEquals"][0],
        "States.ALL"
    );
    assert_eq!(
        states["MeasureTargets"]["ToleratedFailurePercentage"],
        100.0
    );
    assert_eq!(states["RunIncomplete"]["Error"], "IncompleteRun");
}

#[test]
fn a_report_that_fails_leaves_the_samples_and_a_failed_execution_that_says_so() {
    let definition = definition();
    let states = states(&definition);
    assert_eq!(
        next(&states["AggregateResults"]),
        ["IsRunComplete", "KeepSamples"]
    );
    assert_eq!(
        states["AggregateResults"]["Catch"][0]["ErrorEquals"][0],
        "States.ALL"
    );
    assert_eq!(
        next(&states["KeepSamples"]),
        ["ReportFailed", "SamplesNotWritten"]
    );
    let payload = &states["KeepSamples"]["Parameters"]["Payload"];
    let request = serde_json::json!({
        "run_id": "r", "failure": {"Error": "Runtime.ExitError", "Cause": "killed"},
    });
    assert_eq!(
        payload["failure.$"],
        states["AggregateResults"]["Catch"][0]["ResultPath"]
    );
    let read: aggregator::Request = serde_json::from_value(request).unwrap();
    assert!(read.failure.is_some());
    for ended in ["ReportFailed", "SamplesNotWritten"] {
        assert_eq!(states[ended]["Error"], "ReportFailed");
    }
}

#[test]
fn whatever_happens_at_a_target_leads_to_where_it_is_stopped() {
    let definition = definition();
    let target = states(&states(&definition)["MeasureTargets"]["ItemProcessor"]);
    assert_eq!(target["ChooseStop"]["Default"], "ReadLease");
    let mut tasks = 0;
    for name in reached(target, "ChooseStart", &["ReadLease", "ChooseStop"]) {
        let state = &target[name];
        assert!(!next(state).is_empty(), "`{name}` ends");
        if !["Task", "Parallel", "Map"].contains(&state["Type"].as_str().unwrap()) {
            continue;
        }
        let catches = state["Catch"].as_array().unwrap();
        let last = catches.last().unwrap();
        assert_eq!(
            last["ErrorEquals"],
            serde_json::json!(["States.ALL"]),
            "{name}"
        );
        tasks += 1;
    }
    assert_eq!(
        tasks, 10,
        "all of them start, or wait for a start, or measure"
    );
}

/// The states that come before one of the barriers.
fn reached<'a>(
    states: &'a Map<String, Value>,
    start: &'a str,
    barriers: &[&str],
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        if !barriers.contains(&name) && reached.insert(name) {
            open.extend(next(&states[name]));
        }
    }
    reached
}

#[test]
fn no_machine_is_started_or_stopped_before_its_lease_says_so() {
    let (definition, sweeper) = (definition(), read(SWEEPER));
    let target = states(&states(&definition)["MeasureTargets"]["ItemProcessor"]);
    let sweep = states(&states(&sweeper)["SweepMachines"]["ItemProcessor"]);
    let starts = ["StartInstance", "CreateEndpoint"];
    let stops = ["StopInstance", "DeleteEndpoint"];
    for (states, first, barrier, named) in [
        (target, "ChooseStart", "AcquireMachine", &starts),
        (target, "ChooseStart", "MarkStarted", &starts),
        (target, "ChooseStart", "ReadLease", &stops),
        (sweep, "ReadLease", "DescribeOwner", &stops),
        (sweep, "ReadLease", "TakeLease", &stops),
    ] {
        let before = reached(states, first, &[barrier]);
        assert!(named.iter().all(|name| states.contains_key(*name)));
        assert!(named.iter().all(|name| !before.contains(name)), "{barrier}");
    }
}

#[test]
fn the_store_the_definitions_and_the_roles_spell_a_lease_alike() {
    use bench_store::keys;
    for definition in [BENCHMARK, SWEEPER] {
        let definition = read(definition);
        for key in every(&definition, "pk") {
            assert_eq!(key["S"], keys::MACHINES);
        }
    }
    let sweeper = support::read(SWEEPER);
    assert!(sweeper.contains(&format!(r#"":machines": {{"S": "{}"}}"#, keys::MACHINES)));
    assert!(sweeper.contains(&format!(
        "$substringAfter($states.input.lease, '{}')",
        keys::LEASE
    )));
    let template = support::read("infra/template.yaml");
    let granted = format!("\"dynamodb:LeadingKeys\": [{}]", keys::MACHINES);
    assert_eq!(template.matches(&granted).count(), 2);
    for definition in [BENCHMARK, SWEEPER] {
        assert!(support::read(definition).contains("\"TargetsNotStopped\""));
    }
    assert!(template.contains("MetricName: TargetsNotStopped\n"));
}

#[test]
fn the_invoker_understands_why_a_target_was_not_started() {
    let definition = definition();
    let target = states(&states(&definition)["MeasureTargets"]["ItemProcessor"]);
    let sent = target["RecordNotStarted"]["Parameters"]["Payload"].as_object();
    let payload: Map<String, Value> = sent
        .unwrap()
        .iter()
        .map(|(name, value)| match name.strip_suffix(".$") {
            Some(name) => (name.to_owned(), "x".into()),
            None => (name.clone(), value.clone()),
        })
        .collect();
    let request: invoker::Request = serde_json::from_value(payload.into()).unwrap();
    assert!(matches!(request, invoker::Request::NotStarted { .. }));
}

/// The child execution of a chunk.
fn chunk(definition: &Value) -> &Value {
    &measured(&states(definition)["MeasureTargets"])["MeasureChunks"]
}

/// The load of a target.
fn load(definition: &Value) -> &Value {
    &measured(&states(definition)["MeasureTargets"])["MeasureLoad"]
}

/// The states of the load of a target.
fn load_states(definition: &Value) -> &Map<String, Value> {
    states(&load(definition)["ItemProcessor"])
}

#[test]
fn a_target_has_a_load_behind_its_prompts_where_the_planner_says_so() {
    let definition = definition();
    let target = measured(&states(&definition)["MeasureTargets"]);
    let choices = next(&target["HasChunkFailed"]);
    assert_eq!(choices, ["MeasureChunks", "ChunksMeasured", "MeasureLoad"]);
    let without = target["HasChunkFailed"]["Choices"][0]["Condition"].as_str();
    assert!(without.is_some_and(|condition| condition.contains("$not($states.input.target.load)")));
    assert_eq!(next(load(&definition)), ["ChunksMeasured"]);
    let map = load(&definition);
    assert_eq!(
        map["ItemProcessor"]["ProcessorConfig"],
        json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})
    );
    // One load for each target.
    let items = &target["CountChunks"]["Output"]["load"];
    assert_eq!(items.as_array().map(Vec::len), Some(1));
    let load = load_states(&definition);
    assert_eq!(next(&load["RunWorkers"]), ["NextStep"]);
    assert_eq!(next(&load["WaitForStep"]), ["NextStep"]);
    assert_eq!(
        load["RunWorkers"]["MaxConcurrency"],
        bench_core::config::MAX_WORKERS
    );
}

#[test]
fn planner_and_invoker_understand_what_a_load_asks_of_them() {
    let definition = definition();
    let load = load_states(&definition);
    let worker = &states(&load["RunWorkers"]["ItemProcessor"])["InvokeWorker"];
    let payload = |state: &Value| -> Value {
        let payload = state["Arguments"]["Payload"].as_object().expect("fields");
        let value = |(name, value): (&String, &Value)| {
            let number = ["after_step", "step", "worker"].contains(&name.as_str());
            let value = if number {
                json!(1)
            } else if value.as_str().is_some_and(|text| text.starts_with("{%")) {
                json!("x")
            } else {
                value.clone()
            };
            (name.clone(), value)
        };
        payload.iter().map(value).collect::<Map<_, _>>().into()
    };
    let request: planner::Request = serde_json::from_value(payload(&load["NextStep"])).unwrap();
    assert!(matches!(request, planner::Request::NextStep(_)));
    let request: invoker::Request = serde_json::from_value(payload(worker)).unwrap();
    assert!(matches!(request, invoker::Request::Load { .. }));
}

#[test]
fn targets_and_chunks_run_apart_and_prompts_as_the_concurrency_says() {
    let definition = definition();
    let chunks = chunk(&definition);
    for map in [&states(&definition)["MeasureTargets"], chunks] {
        assert_eq!(
            map["ItemProcessor"]["ProcessorConfig"],
            json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})
        );
        assert_eq!(map["ToleratedFailurePercentage"], 100.0);
    }
    assert_eq!(chunks["MaxConcurrency"], 1, "one after another");
    let prompts = &states(&chunks["ItemProcessor"])["MeasurePrompts"];
    assert_eq!(
        prompts["ItemProcessor"]["ProcessorConfig"]["Mode"],
        "INLINE"
    );
    assert_eq!(prompts["MaxConcurrency"], "{% $states.input.concurrency %}");
}

/// History events of a state that is passed without a failure.
fn events_of(state: &Value) -> u32 {
    match state["Type"].as_str().expect("a type") {
        "Task" => 5,
        "Map" if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED" => 6,
        "Map" | "Parallel" => 4,
        _ => 2,
    }
}

/// The states that a machine passes from one to another, the last included.
fn path<'a>(states: &'a Map<String, Value>, from: &'a str, to: &str) -> Vec<&'a Value> {
    let mut passed = vec![&states[from]];
    let mut name = from;
    while name != to {
        let state = &states[name];
        let chosen = state.pointer("/Choices/0/Next").or(state.get("Next"));
        name = chosen.and_then(Value::as_str).expect("it leads there");
        passed.push(&states[name]);
    }
    passed
}

fn events(states: &[&Value]) -> u32 {
    states.iter().map(|state| events_of(state)).sum()
}

#[test]
fn the_planner_counts_the_history_events_that_the_definition_makes() {
    let definition = definition();
    let chunk = &chunk(&definition)["ItemProcessor"];
    let prompt = states(&states(chunk)["MeasurePrompts"]["ItemProcessor"]);
    let invocation = path(prompt, "InvokePrompt", "IsPromptDone");
    assert_eq!(events(&invocation), workflow::INVOCATION_EVENTS);
    // Start and end of the iteration.
    let rest = 2 + events_of(&prompt["PromptMeasured"]);
    assert_eq!(rest, workflow::PROMPT_EVENTS);
    assert_eq!(rest, 2 + events_of(&prompt["PromptGivenUp"]));
    // Start and end of the execution.
    let chunk: Vec<_> = states(chunk).values().collect();
    assert_eq!(2 + events(&chunk), workflow::CHUNK_EVENTS);

    let load = load_states(&definition);
    let of = |names: &[&str]| -> u32 { names.iter().map(|name| events_of(&load[*name])).sum() };
    let step = of(&["NextStep", "IsStepPlanned", "RunWorkers"]);
    assert_eq!(step, workflow::STEP_EVENTS);
    let wait = of(&["NextStep", "IsStepPlanned", "WaitForStep"]);
    assert_eq!(wait, workflow::LOAD_WAIT_EVENTS);
    let end = of(&["NextStep", "IsStepPlanned", "LoadMeasured"]);
    assert_eq!(2 + end, workflow::LOAD_EVENTS);
    let worker = states(&load["RunWorkers"]["ItemProcessor"]);
    assert_eq!(
        2 + events_of(&worker["WaitForPart"]) + events_of(&worker["InvokeWorker"]),
        workflow::WORKER_EVENTS
    );
    let given_up = events_of(&worker["WorkerGivenUp"]);
    assert_eq!(
        workflow::RETRY_EVENTS + given_up,
        workflow::WORKER_FAILURE_EVENTS
    );

    let target = measured(&states(&definition)["MeasureTargets"]);
    let probe = ["ProbeTarget", "IsTargetReady", "WaitForTarget"].map(|name| &target[name]);
    assert_eq!(events(&probe), workflow::PROBE_EVENTS);
    // An invoker asks for no shorter wait than `PROBE_INTERVAL_S`.
    assert_eq!(target["WaitForTarget"]["SecondsPath"], "$.probe.wait_s");
}

/// Retries of states, each to its end.
fn retries<'a>(states: impl Iterator<Item = &'a Value>) -> u32 {
    let own = states.filter(|state| state["Type"] == "Task");
    let attempts = own.flat_map(|state| every(&state["Retry"], "MaxAttempts"));
    attempts
        .map(|number| u32::try_from(number.as_u64().expect("a number")).expect("a small one"))
        .sum()
}

#[test]
fn no_history_of_the_longest_run_comes_near_its_quota() {
    let definition = definition();
    let text = "name = \"x\"\n[[targets]]\nid = \"t\"\nkind = \"http\"\n\
                url = \"http://10.0.0.1\"\nrequest = \"tgi\"\nready_within_s = 7200\n\
                lifecycle = { instance = \"i-0123456789abcdef0\" }\n";
    let mut config = from_toml(text, &Overrides::default()).expect("a configuration");
    config.dataset.prompts = MAX_PROMPTS;
    let target = &config.targets[0];
    let size = workflow::RunSize::of(&config).expect("it fits");
    let events = workflow::target_events(target);
    assert!(events < workflow::MAX_HISTORY_EVENTS, "{events}");
    assert_eq!(size.max_events, events);
    assert!(size.targets[0].chunks > 1);

    // Around what is measured, a target waits for its machine by a retry a minute.
    let target = states(&states(&definition)["MeasureTargets"]["ItemProcessor"]);
    let around = target.iter().filter(|(name, _)| *name != "MeasureTarget");
    let events = retries(around.map(|(_, state)| state)) * workflow::RETRY_EVENTS;
    let planned = workflow::TARGET_EVENTS + workflow::MACHINE_EVENTS;
    assert!(events < planned, "{events}");

    // A run waits for an earlier one by a retry a minute, and for Lambda by others.
    let events = 1_000 + workflow::RETRY_EVENTS * retries(states(&definition).values());
    assert!(events < workflow::MAX_HISTORY_EVENTS, "{events}");
}

#[test]
fn throttling_of_a_lambda_is_waited_out_for_hours_by_a_retry_of_its_own() {
    let text = support::read("statemachine/benchmark.asl.json");
    let definition = definition();
    let mut calls = 0;
    for machine in machines(&definition) {
        for (name, state) in states(machine) {
            let is_lambda = |resource: &Value| {
                resource
                    .as_str()
                    .is_some_and(|r| r.ends_with(":lambda:invoke"))
            };
            if !state.get("Resource").is_some_and(is_lambda) {
                continue;
            }
            calls += 1;
            let retry = &state["Retry"][0];
            assert_eq!(
                retry["ErrorEquals"][0], "Lambda.TooManyRequestsException",
                "{name}"
            );
            assert_eq!(retry["JitterStrategy"], "FULL", "{name}");
            let number = |field: &str| retry[field].as_u64().expect("a number");
            if name == "InvokeWorker" {
                // A worker that comes when the others have measured is of no use.
                let most = number("MaxAttempts") * number("MaxDelaySeconds");
                assert!(most <= 60, "{most} s");
                continue;
            }
            // With full jitter, half of the delay on average.
            let hours = number("MaxAttempts") * number("MaxDelaySeconds") / 2 / 3_600;
            assert!(hours >= 12, "{name}: {hours} h");
            assert!(number("IntervalSeconds") >= 15, "{name}");
            let others = &state["Retry"].as_array().expect("retries")[1..];
            let others = Value::from(others.to_vec()).to_string();
            assert!(!others.contains("TooManyRequests"), "{name}");
        }
    }
    assert_eq!(calls, text.matches(":lambda:invoke").count());
    assert_eq!(
        calls, 8,
        "planner twice, probe, not started, prompt, worker, aggregator twice"
    );
}

/// At 40 prompts in flight, each throttled all the time and retried every 7.5 minutes on
/// average, what the plan leaves of a history lasts for a working day.
#[test]
fn hours_of_throttling_fit_into_what_the_plan_leaves_of_a_history() {
    let definition = definition();
    let prompt = &states(&chunk(&definition)["ItemProcessor"])["MeasurePrompts"];
    let retry = &states(&prompt["ItemProcessor"])["InvokePrompt"]["Retry"][0];
    let delay = retry["MaxDelaySeconds"].as_u64().expect("a number") / 2;
    let left = workflow::MAX_HISTORY_EVENTS - workflow::MAX_CHUNK_EVENTS;
    let retries = u64::from(left / workflow::RETRY_EVENTS);
    assert!(retries / 40 * delay / 3_600 >= 8);
}

#[test]
fn the_template_gives_invokers_the_time_that_the_planner_counts_on() {
    let template = support::read("infra/template.yaml");
    let own = format!("      Timeout: {}\n", workflow::MAX_INVOCATION_S);
    for function in ["InvokerFunction", "VpcInvokerFunction"] {
        let (_, rest) = template
            .split_once(&format!("\n  {function}:\n"))
            .expect("a function");
        let (resource, _) = rest.split_once("\n\n").expect("its end");
        assert!(resource.contains(&own), "{function}");
    }
}

#[test]
fn a_target_that_waits_is_probed_again_when_its_probe_says_so() {
    let definition = definition();
    let measured = measured(&states(&definition)["MeasureTargets"]);
    let probe = &measured["ProbeTarget"];
    let asked = &probe["ResultSelector"]["wait_s.$"];
    assert_eq!(
        (asked, &probe["ResultPath"]),
        (&"$.Payload.wait_s".into(), &"$.probe".into())
    );
    assert_eq!(measured["WaitForTarget"]["SecondsPath"], "$.probe.wait_s");
}

#[test]
fn the_template_gives_every_lambda_the_environment_it_asks_for() {
    let template = support::read("infra/template.yaml");
    let transitions =
        r#"{"run": 1, "target": 1, "chunk": 1, "probe": 1, "invocation": 1, "prompt": 1}"#;
    let value = |name: &str| match name {
        "FUNCTION_ARCHITECTURE" => "arm64",
        "STATE_TRANSITIONS" => transitions,
        _ => "1",
    };
    let variables = |name: &str| {
        template
            .contains(&format!("{name}:"))
            .then(|| value(name).to_owned())
    };
    planner::Settings::from_env(variables).unwrap();
    invoker::Settings::from_env(variables).unwrap();
    aggregator::Settings::from_env(variables).unwrap();
}

#[test]
fn the_template_names_the_index_that_the_store_reads() {
    let template = support::read("infra/template.yaml");
    let named = format!("IndexName: {}\n", bench_store::keys::RUNS_INDEX);
    assert!(template.contains(&named));
    assert!(template.contains(&format!("/index/{}", bench_store::keys::RUNS_INDEX)));
}

#[test]
fn every_configuration_that_is_shipped_works_as_it_stands() {
    let mut read = 0;
    for entry in std::fs::read_dir(support::root().join("infra/configs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let config = from_toml(&text, &Overrides::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            path.file_stem().unwrap().to_str(),
            Some(config.name.as_str())
        );
        read += 1;
    }
    assert!(read >= 3);
}

/// The states on the shortest way from one to another, both included.
fn path_names<'a>(states: &'a Map<String, Value>, from: &'a str, to: &str) -> Vec<&'a str> {
    let mut ways = vec![vec![from]];
    let mut at = 0;
    while let Some(way) = ways.get(at).cloned() {
        let last = way.last().expect("a state");
        if *last == to {
            return way;
        }
        for next in next_after_success(&states[*last]) {
            ways.push([way.as_slice(), &[next]].concat());
        }
        at += 1;
    }
    unreachable!("a way leads there")
}

/// States from the first to the end, where everything goes well at once.
fn happy_path(machine: &Value) -> u64 {
    let mut length = 1;
    let mut state = &states(machine)[machine["StartAt"].as_str().expect("a name")];
    loop {
        let chosen = state.pointer("/Choices/0/Next").or(state.get("Next"));
        let Some(name) = chosen.and_then(Value::as_str) else {
            return length;
        };
        state = &states(machine)[name];
        length += 1;
    }
}

fn sample(phase: Phase, invocation: &str) -> Sample {
    serde_json::from_value(serde_json::json!({
        "run_id": "r", "target_id": "t", "prompt_id": "p/0", "prompt_index": 0, "phase": phase,
        "repetition": 1, "attempt": 1, "outcome": "ok", "started_at": "2026-01-02T03:04:05Z",
        "latency_us": 2_000_000, "prompt_chars": 4, "function_cold_start": false,
        "function_request_id": invocation,
    }))
    .expect("a sample")
}

/// The environment that the template gives the planner, at its default parameters.
fn deployment() -> Deployment {
    let template = support::read("infra/template.yaml");
    let after = |text: &str, start: &str| -> Option<String> {
        let rest = text.split_once(start)?.1;
        Some(rest.lines().next()?.trim().to_owned())
    };
    let value = |variable: &str| -> Option<String> {
        let value = after(&template, &format!("\n          {variable}: "))?;
        match value.strip_prefix("!Ref ") {
            Some(parameter) => {
                let (_, parameter) = template.split_once(&format!("\n  {parameter}:\n"))?;
                after(parameter, "Default: ")
            }
            None => Some(value.trim_matches('\'').to_owned()),
        }
    };
    let read = |name: &str| value(name).or(name.starts_with("RESULTS_").then(|| "x".to_owned()));
    let settings = planner::Settings::from_env(read).expect("the settings of the template");
    settings.deployment.expect("the template tells the planner")
}

#[test]
fn the_pipeline_is_costed_as_definition_and_template_build_it() {
    let deployment = deployment();
    let shipped = Deployment::OF_TEMPLATE;
    assert_eq!(deployment.architecture, shipped.architecture);
    assert_eq!(deployment.invoker_memory_mb, shipped.invoker_memory_mb);
    assert_eq!(deployment.transitions, shipped.transitions);
    let template = support::read("infra/template.yaml");
    let given = template.matches("MemorySize: !Ref InvokerMemory\n").count();
    assert_eq!(given, 2, "both invokers have it");
    assert!(template.contains("Architectures: [!Ref Architecture]"));

    let mut tally = PipelineTally::default();
    tally.add(&sample(Phase::Probe, "probe"));
    tally.add(&sample(Phase::Measured, "prompt"));
    let definition = definition();
    let load = load(&definition);
    let of_load = machines(load);
    let without_load = machines(&definition)
        .into_iter()
        .filter(|machine| !of_load.contains(machine));
    let path: u64 = without_load.map(happy_path).sum();
    let one = MeasuredRuns {
        runs: 1,
        chunks: 1,
        prompts: 1,
    };
    assert_eq!(tally.usage(one, &deployment).transitions, path);

    // What a load adds: its Map, and its last question with the end behind it; for each step
    // three states, and each worker's two.
    let states = load_states(&definition);
    let end = path_names(states, "NextStep", "LoadMeasured").len() as u64;
    let step = path_names(states, "NextStep", "RunWorkers").len() as u64;
    let worker = happy_path(&states["RunWorkers"]["ItemProcessor"]);
    let Transitions {
        load,
        step: each,
        worker: invoked,
        ..
    } = deployment.transitions;
    assert_eq!((load, each, invoked), (1 + end, step, worker));
}
