//! Configuration and dataset in, plan out.
//!
//! The planner is the only room that reads a configuration: it refuses what
//! cannot run before anything is paid for, and what it writes the later rooms
//! trust. Asked again for a run it has planned, it gives the same plan.

mod error;
mod input;
mod overlap;
mod settings;

use aws_config::SdkConfig;
use aws_sdk_sfn::Client as StepFunctions;
use bench_core::money::Catalogue;
use bench_core::{
    config::{Lifecycle, Network, RunConfig, Target},
    dataset::{self, BUILTIN, Problems, Prompt},
    identity::{RunId, TargetId},
    plan::{DatasetRecord, MAX_STATE_BYTES, Plan, SCHEMA_VERSION},
};
use bench_cost::RunBudget;
use bench_store::{RunRecord, RunStatus, Store, keys};
use serde::Serialize;
use tracing::{Instrument, info, info_span};

pub use error::{Error, NAMES};
pub use input::{Execution, Request, RunInput};
pub use settings::Settings;

/// What the planner works with, built once per Lambda environment.
#[derive(Debug)]
pub struct App {
    /// The table and the bucket.
    pub store: Store,
    /// For asking whether earlier executions go on.
    pub step_functions: StepFunctions,
    /// What the environment said.
    pub settings: Settings,
}

impl App {
    /// Builds the clients.
    #[must_use]
    pub fn new(aws: &SdkConfig, settings: Settings) -> Self {
        Self {
            store: Store::connect(aws, &settings.table, &settings.bucket),
            step_functions: StepFunctions::new(aws),
            settings,
        }
    }
}

/// The output for the state machine: keys and indices, no texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The run.
    pub run_id: RunId,
    /// What to do at each target.
    pub targets: Vec<TargetWork>,
}

/// The work at one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetWork {
    /// The target.
    pub id: TargetId,
    /// Prompts in flight at a time.
    pub concurrency: u32,
    /// Positions of the prompts in the dataset.
    pub prompts: Vec<u32>,
    /// The invoker that can reach the target.
    pub function_arn: String,
    /// What is started for it and stopped after it.
    pub lifecycle: Start,
}

/// What is started for a target and stopped after it. The state machine looks
/// at the kind, so nothing is a kind as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Start {
    /// A machine or endpoint.
    This(Lifecycle),
    /// Nothing.
    Nothing {
        /// `none`.
        kind: &'static str,
    },
}

impl Start {
    /// Nothing is started.
    pub const NOTHING: Self = Self::Nothing { kind: "none" };
}

/// Plans a run.
///
/// # Errors
///
/// [`Error`], by the names the state machine matches.
pub async fn handle(app: &App, request: Request) -> Result<Reply, Error> {
    let input = RunInput::read(&request.input)?;
    let run_id = input::run_id(&input, &request.execution)?;
    let span = info_span!("plan", %run_id);
    plan(app, &request.execution, &input, run_id)
        .instrument(span)
        .await
}

async fn plan(
    app: &App,
    execution: &Execution,
    input: &RunInput,
    run_id: RunId,
) -> Result<Reply, Error> {
    let config = input.configuration(&app.store).await?;
    if input.is_of_an_event() {
        refuse_second_run(app.store.run(&run_id).await?, execution)?;
    }
    let problems = read_dataset(&app.store, &config).await?;
    let label = config.dataset.label();
    let prompts = dataset::first(&label, &problems, config.dataset.prompts)?;
    let reply = Reply {
        targets: work(&config, &prompts, &app.settings)?,
        run_id: run_id.clone(),
    };
    refuse_too_much_state(&reply)?;

    let plan = Plan {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.clone(),
        created_at: execution.started_at,
        dataset: DatasetRecord {
            label,
            sha256: problems.sha256,
            problems: problems.prompts.len(),
        },
        config,
        prompts,
        region: app.settings.region.clone(),
        prices: read_prices(&app.store).await?,
        deployment: app.settings.deployment,
    };
    let known = app.store.get_plan(&run_id).await?;
    if let Some(known) = &known {
        refuse_other_plan(known, &plan)?;
    }
    if known.is_none() {
        validate_budget(&plan)?;
    }
    overlap::acquire_run_lock(app, &plan, execution).await?;
    if known.is_none() && !app.store.put_plan(&plan).await? {
        // Another start of the same run was faster.
        if let Some(stored) = app.store.get_plan(&run_id).await? {
            refuse_other_plan(&stored, &plan)?;
        }
    }
    app.store
        .put_run(&RunRecord {
            run_id: run_id.clone(),
            config_name: plan.config.name.clone(),
            started_at: plan.created_at,
            status: RunStatus::Planned,
            execution: execution.name.clone(),
            entry: None,
        })
        .await?;
    if input.is_of_an_event() {
        // Two of the same event that came at the same time: the record is one's.
        refuse_second_run(app.store.run(&run_id).await?, execution)?;
    }
    info!(
        targets = reply.targets.len(),
        prompts = plan.prompts.len(),
        calls_per_target = plan.calls_per_target(),
        "run planned"
    );
    Ok(reply)
}

async fn read_dataset(store: &Store, config: &RunConfig) -> Result<Problems, Error> {
    let dataset = &config.dataset;
    let label = dataset.label();
    if dataset.is_builtin() {
        return Ok(dataset::parse(&label, BUILTIN)?);
    }
    let key = keys::dataset(dataset);
    let text = store
        .get_text(&key)
        .await?
        .ok_or(Error::DatasetMissing { key })?;
    Ok(dataset::parse(&label, &text)?)
}

/// The prices that the run will be costed with; without a catalogue it has no cost.
async fn read_prices(store: &Store) -> Result<Option<Catalogue>, Error> {
    let Some(text) = store.get_text(keys::PRICES).await? else {
        return Ok(None);
    };
    Ok(Some(bench_cost::read_catalogue(&text)?))
}

fn work(
    config: &RunConfig,
    prompts: &[Prompt],
    settings: &Settings,
) -> Result<Vec<TargetWork>, Error> {
    let prompts: Vec<u32> = prompts.iter().map(|prompt| prompt.index).collect();
    config
        .targets
        .iter()
        .map(|target| {
            Ok(TargetWork {
                id: target.id.clone(),
                concurrency: target.concurrency,
                prompts: prompts.clone(),
                function_arn: invoker_of(target, settings)?.to_owned(),
                lifecycle: target.lifecycle.clone().map_or(Start::NOTHING, Start::This),
            })
        })
        .collect()
}

fn invoker_of<'a>(target: &Target, settings: &'a Settings) -> Result<&'a str, Error> {
    match target.network {
        Network::Public => Ok(&settings.invoker_arn),
        Network::Vpc => settings
            .vpc_invoker_arn
            .as_deref()
            .ok_or_else(|| Error::NoVpc {
                target: target.id.clone(),
            }),
    }
}

fn refuse_too_much_state(reply: &Reply) -> Result<(), Error> {
    let bytes = serde_json::to_vec(reply).map_or(usize::MAX, |json| json.len());
    if bytes > MAX_STATE_BYTES {
        return Err(Error::TooLarge { bytes });
    }
    Ok(())
}

/// The invokers keep the budget by the prices of the plan.
fn validate_budget(plan: &Plan) -> Result<(), Error> {
    match RunBudget::of(plan) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Budget(error.to_string())),
    }
}

/// An event that is sent again has its run: another execution made it.
fn refuse_second_run(known: Option<RunRecord>, execution: &Execution) -> Result<(), Error> {
    match known {
        Some(known) if known.execution != execution.name => Err(Error::AlreadyRun {
            run_id: known.run_id,
            execution: known.execution,
        }),
        _ => Ok(()),
    }
}

/// A run id names one plan for good: samples of two plans must not be mixed.
fn refuse_other_plan(known: &Plan, wanted: &Plan) -> Result<(), Error> {
    let same = known.config == wanted.config
        && known.dataset == wanted.dataset
        && known.prompts == wanted.prompts;
    if same {
        Ok(())
    } else {
        Err(Error::RunIdTaken {
            run_id: known.run_id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::{self, Overrides};
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

    fn settings(vpc_invoker_arn: Option<&str>) -> Settings {
        Settings {
            table: "table".into(),
            bucket: "bucket".into(),
            invoker_arn: "arn:public".into(),
            vpc_invoker_arn: vpc_invoker_arn.map(str::to_owned),
            region: None,
            deployment: None,
        }
    }

    fn prompts(count: u32) -> Vec<Prompt> {
        let prompt = |index| Prompt {
            id: format!("x/{index}"),
            index,
            question: "?".into(),
            expected_answer: "1".into(),
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
            },
            prompts,
            region: None,
            prices: None,
            deployment: None,
        }
    }

    #[test]
    fn every_target_is_given_every_prompt_and_the_invoker_that_can_reach_it() {
        let work = work(&config(2, "vpc"), &prompts(3), &settings(Some("arn:vpc"))).unwrap();
        assert_eq!(work.len(), 2);
        assert_eq!(work[1].prompts, [0, 1, 2]);
        assert_eq!(work[1].function_arn, "arn:vpc");
        assert_eq!(
            super::work(&config(1, "public"), &prompts(1), &settings(None)).unwrap()[0]
                .function_arn,
            "arn:public"
        );
    }

    #[test]
    fn the_state_machine_is_told_what_to_start_and_when_there_is_nothing() {
        let json = |start: &Start| serde_json::to_value(start).unwrap();
        let instance = "i-0123456789abcdef0".to_owned();
        assert_eq!(
            json(&Start::This(Lifecycle::Ec2Instance { instance })),
            serde_json::json!({"kind": "ec2-instance", "instance": "i-0123456789abcdef0"})
        );
        assert_eq!(json(&Start::NOTHING), serde_json::json!({"kind": "none"}));
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
        let error = work(&config(1, "vpc"), &prompts(1), &settings(None)).unwrap_err();
        assert_eq!(error.name(), "InvalidConfig");
        assert!(error.to_string().contains("VpcSubnetIds"), "{error}");
    }

    #[test]
    fn a_run_that_does_not_fit_into_a_state_is_refused_before_it_starts() {
        let reply = |targets| Reply {
            run_id: "r".parse().unwrap(),
            targets: work(&config(targets, "public"), &prompts(2_000), &settings(None)).unwrap(),
        };
        assert!(refuse_too_much_state(&reply(20)).is_ok());
        let error = refuse_too_much_state(&reply(40)).unwrap_err();
        assert_eq!(error.name(), "InvalidConfig");
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
}
