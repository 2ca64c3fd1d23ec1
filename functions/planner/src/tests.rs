//! Runs that are planned, and runs that are refused.

use bench_core::{
    config::{self, Lifecycle, Overrides},
    dataset::Prompt,
    plan::FunctionVersions,
    workflow::RunSize,
};
use jiff::Timestamp;

use super::*;

fn config(targets: usize, network: &str) -> RunConfig {
    let target = |number| {
        format!(
            "[[targets]]\nid = \"t{number}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
             request = \"tgi\"\nnetwork = \"{network}\"\n"
        )
    };
    let targets: String = (0..targets).map(target).collect();
    config::from_toml(&format!("name = \"x\"\n{targets}"), &Overrides::default()).unwrap()
}

/// The settings of a stack, with these variables besides.
fn settings_of(more: &[(&str, &str)]) -> Settings {
    let own = [("RESULTS_TABLE", "table"), ("RESULTS_BUCKET", "bucket")];
    let value = |name: &str| {
        let mut all = own.iter().chain(more);
        all.find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Settings::from_env(value).unwrap()
}

fn functions(vpc_invoker: Option<&str>) -> FunctionVersions {
    FunctionVersions {
        planner: "arn:planner:1".into(),
        invoker: "arn:public:2".into(),
        vpc_invoker: vpc_invoker.map(str::to_owned),
        aggregator: "arn:aggregator:3".into(),
    }
}

fn reply(targets: Vec<TargetWork>) -> RunReply {
    RunReply {
        run_id: "r".parse().unwrap(),
        targets,
        functions: RunFunctions {
            aggregator: "arn:aggregator:3".into(),
        },
    }
}

fn prompts(count: u32) -> Vec<Prompt> {
    let prompt = |index| Prompt {
        id: format!("x/{index}").into(),
        index,
        question: "?".into(),
        expected_answer: Some("1".into()),
        ..Prompt::default()
    };
    (0..count).map(prompt).collect()
}

fn plan(config: RunConfig, prompts: Vec<Prompt>) -> Plan {
    Plan {
        schema_version: SCHEMA_VERSION,
        run_id: "r".parse().unwrap(),
        created_at: Timestamp::UNIX_EPOCH,
        config,
        dataset: DatasetRecord {
            label: "x".into(),
            sha256: String::new(),
            problems: 1,
            task: bench_core::task::Task::Gsm8k,
        },
        prompts,
        region: None,
        prices: None,
        deployment: None,
    }
}

#[test]
fn every_target_is_given_every_prompt_and_the_invoker_that_can_reach_it() {
    let work = work(
        &config(2, "vpc"),
        &prompts(3),
        &functions(Some("arn:vpc:2")),
    )
    .unwrap();
    assert_eq!(work.len(), 2);
    assert_eq!(work[1].chunks, [[0, 1, 2]]);
    assert_eq!(work[1].function_arn, "arn:vpc:2");
    assert_eq!(
        super::work(&config(1, "public"), &prompts(1), &functions(None)).unwrap()[0].function_arn,
        "arn:public:2"
    );
}

#[test]
fn a_request_names_the_versions_that_the_run_is_made_by() {
    let request = serde_json::json!({
        "mode": "plan",
        "input": {"config": "configs/a.toml"},
        "execution": {"arn": "arn:a", "name": "a", "started_at": "2026-01-02T03:04:05Z"},
        "functions": {
            "planner": "arn:planner:1", "invoker": "arn:public:2", "vpc_invoker": "",
            "aggregator": "arn:aggregator:3",
        },
        "lifecycle_endpoint_arns": "",
    });
    let Request::Plan(request) = serde_json::from_value(request).unwrap() else {
        panic!("a run to plan");
    };
    assert_eq!(request.functions, functions(None), "an empty ARN is none");
    let reply = serde_json::to_value(reply(Vec::new())).unwrap();
    assert_eq!(reply["functions"]["aggregator"], "arn:aggregator:3");
}

#[test]
fn the_state_machine_is_told_what_to_start_and_when_there_is_nothing() {
    let json = |start: &Start| serde_json::to_value(start).unwrap();
    let instance = "i-0123456789abcdef0".to_owned();
    assert_eq!(
        json(&Start::of(Lifecycle::Ec2Instance { instance })),
        serde_json::json!({
            "kind": "ec2-instance", "instance": "i-0123456789abcdef0",
            "machine": "i-0123456789abcdef0", "lease": "MACHINE#i-0123456789abcdef0",
        })
    );
    assert_eq!(json(&Start::NOTHING), serde_json::json!({"kind": "none"}));
}

#[test]
fn a_key_of_the_environment_is_refused_unless_its_variable_is_allowed() {
    let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
                request = \"tgi\"\napi_key = \"env:MODEL_KEY\"\n";
    let config = config::from_toml(text, &Overrides::default()).unwrap();
    let on_aws = settings_of(&[]).key_variables;
    let error = refuse_environment_keys(&config, &on_aws).unwrap_err();
    assert_eq!(error.name(), "InvalidConfig");
    let said = error.to_string();
    assert!(
        said.contains("target `a`") && said.contains("`secretsmanager:hostbench/…`"),
        "{said}"
    );
    let others = settings_of(&[("API_KEY_VARIABLES", "OTHER_KEY")]).key_variables;
    assert!(refuse_environment_keys(&config, &others).is_err());
    let allowed = settings_of(&[("API_KEY_VARIABLES", "OTHER_KEY,MODEL_KEY")]).key_variables;
    assert!(refuse_environment_keys(&config, &allowed).is_ok());
}

#[test]
fn a_lifecycle_is_refused_where_the_stack_cannot_or_must_not_start_it() {
    let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"sagemaker\"\nendpoint = \"e\"\n\
                request = \"tgi\"\nregion = \"us-west-2\"\n\
                lifecycle = { endpoint_config = \"c\" }\n";
    let config = config::from_toml(text, &Overrides::default()).unwrap();
    let said = |region: &str, arns: &str| {
        let refused = refuse_lifecycles(&config, Some(region), arns);
        refused.map_err(|error| {
            assert_eq!(error.name(), "InvalidConfig");
            error.to_string()
        })
    };
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:endpoint/e";
    assert_eq!(said("us-west-2", arn), Ok(()));
    let elsewhere = said("eu-west-1", arn).unwrap_err();
    assert!(
        elsewhere.contains("use a stack in `us-west-2`"),
        "{elsewhere}"
    );
    let not_granted = said("us-west-2", "").unwrap_err();
    assert!(
        not_granted.contains("`LifecycleEndpointArns`"),
        "{not_granted}"
    );
}

#[test]
fn an_event_that_is_sent_again_makes_no_second_run() {
    let record = |execution: &str| RunRecord {
        run_id: "event-1".parse().unwrap(),
        config_name: "x".into(),
        started_at: Timestamp::UNIX_EPOCH,
        status: RunStatus::Planned,
        execution: execution.into(),
        entry: None,
        report_failure: None,
    };
    let execution = Execution {
        arn: "arn:a".into(),
        name: "a".into(),
        started_at: Timestamp::UNIX_EPOCH,
    };
    assert!(refuse_second_run(None, &execution).is_ok());
    assert!(
        refuse_second_run(Some(record("a")), &execution).is_ok(),
        "the planner may be asked twice"
    );
    let error = refuse_second_run(Some(record("b")), &execution).unwrap_err();
    assert_eq!(error.name(), "AlreadyRun");
}

#[test]
fn a_target_in_a_vpc_needs_a_stack_with_one() {
    let error = work(&config(1, "vpc"), &prompts(1), &functions(None)).unwrap_err();
    assert_eq!(error.name(), "InvalidConfig");
    assert!(error.to_string().contains("VpcSubnetIds"), "{error}");
}

#[test]
fn prompts_come_in_chunks_that_keep_within_a_history() {
    let mut config = config(1, "public");
    config.method.timeout_s = 400;
    config.targets[0].max_attempts = 1;
    let work = work(&config, &prompts(1_319), &functions(None)).unwrap();
    let sizes: Vec<_> = work[0].chunks.iter().map(Vec::len).collect();
    assert_eq!(sizes, [165, 165, 165, 165, 165, 165, 165, 164]);
    assert_eq!(
        work[0].chunks.concat(),
        (0..1_319).collect::<Vec<_>>(),
        "every prompt once, in order"
    );
}

#[test]
fn a_prompt_whose_calls_fit_into_no_history_is_refused_before_it_starts() {
    let mut config = config(1, "public");
    config.method.timeout_s = 840;
    (config.method.warmup, config.method.repetitions) = (100, 100);
    config.targets[0].max_attempts = 10;
    let error = work(&config, &prompts(1), &functions(None)).unwrap_err();
    assert_eq!(error.name(), "InvalidConfig");
    assert!(error.to_string().contains("`max_attempts`"), "{error}");
}

#[test]
fn a_run_that_does_not_fit_into_a_state_is_refused_before_it_starts() {
    let of = |targets| {
        let config = config(targets, "public");
        reply(work(&config, &prompts(2_000), &functions(None)).unwrap())
    };
    let bytes = |targets| serde_json::to_vec(&of(targets)).unwrap().len();
    assert!(validate_size(&of(20)).is_ok());
    let error = validate_size(&of(40)).unwrap_err();
    assert_eq!(error.name(), "InvalidConfig");
    let said = error.to_string();
    assert!(
        said.contains("40 `targets`") && said.contains("2000 prompts"),
        "{said}"
    );
    // 4 KB are kept free for what Lambda adds to the answer.
    let most = (20..40)
        .rev()
        .find(|targets| validate_size(&of(*targets)).is_ok());
    let most = bytes(most.unwrap());
    assert!(most <= 252 * 1024, "{most}");
}

#[test]
fn what_check_says_of_the_size_of_a_state_is_never_too_little() {
    for (targets, count) in [(1, 1), (4, 1_319), (20, 2_000)] {
        let mut config = config(targets, "public");
        config.dataset.prompts = count;
        config.method.timeout_s = 840;
        for target in &mut config.targets {
            target.id = format!("{:t<63}", target.id).parse().unwrap();
            let endpoint = "e".repeat(63);
            target.lifecycle = Some(Lifecycle::SageMakerEndpoint {
                endpoint_config: endpoint.clone(),
                endpoint,
            });
        }
        let arn = format!("arn:{:f<140}", "");
        let functions = FunctionVersions {
            invoker: arn.clone(),
            ..functions(None)
        };
        let reply = RunReply {
            run_id: "r".repeat(64).parse().unwrap(),
            targets: work(&config, &prompts(count), &functions).unwrap(),
            functions: RunFunctions { aggregator: arn },
        };
        let bytes = serde_json::to_vec(&reply).unwrap().len();
        let said = RunSize::of(&config).unwrap().max_state_bytes;
        assert!(
            (bytes..2 * bytes + 1_024).contains(&said),
            "{said} of {bytes}"
        );
    }
}

#[test]
fn a_budget_over_an_unknown_price_is_refused_with_the_sku() {
    let mut plan = plan(config(1, "public"), prompts(1));
    let pricing = r#"{"kind": "hourly", "sku": "ec2:nobody.knows"}"#;
    plan.config.targets[0].pricing = serde_json::from_str(pricing).unwrap();
    assert!(validate_budget(&plan).is_ok(), "there is none");
    plan.config.budget_usd = Some(5.into());
    let error = validate_budget(&plan).unwrap_err();
    assert_eq!(error.name(), "InvalidConfig");
    let said = error.to_string();
    assert!(
        said.contains("target `t0`") && said.contains("`ec2:nobody.knows`"),
        "{said}"
    );
}

#[test]
fn a_run_id_names_one_plan_for_good() {
    let known = plan(config(1, "public"), prompts(2));
    let mut again = known.clone();
    again.created_at = Timestamp::MAX;
    assert!(
        refuse_other_plan(&known, &again).is_ok(),
        "the time does not matter"
    );
    let other = plan(config(1, "public"), prompts(3));
    assert_eq!(
        refuse_other_plan(&known, &other).unwrap_err().name(),
        "RunIdTaken"
    );
}
