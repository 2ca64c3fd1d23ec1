//! From text to a [`RunConfig`].

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Cache, ConfigError, Dataset, Fault, MAX_ATTEMPTS, MAX_PROMPTS, MAX_TARGETS, Method, Network,
    Overrides, PromptStyle, RunConfig, Sampling, Simulation, Split, Target, Tier, fields::Fields,
    operation, pricing, service, use_case,
};
use crate::{
    identity::{TargetId, is_name},
    objective::Limits,
};

/// Reads a configuration written as TOML.
///
/// # Errors
///
/// Every fault at once; a file that is no TOML is a single fault with its line.
pub fn from_toml(text: &str, overrides: &Overrides) -> Result<RunConfig, ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        ConfigError::single(
            "configuration",
            None,
            format!("not TOML: {}", error.to_string().trim()),
        )
    })?;
    let value = serde_json::to_value(table)
        .map_err(|error| ConfigError::single("configuration", None, error.to_string()))?;
    from_value(value, overrides)
}

/// Reads a configuration written as JSON.
///
/// # Errors
///
/// Every fault at once; a file that is no JSON is a single fault with its place.
pub fn from_json(text: &str, overrides: &Overrides) -> Result<RunConfig, ConfigError> {
    let value = serde_json::from_str(text).map_err(|error| {
        ConfigError::single("configuration", None, format!("not JSON: {error}"))
    })?;
    from_value(value, overrides)
}

/// Reads a configuration that is already a value, as in a run's input.
///
/// # Errors
///
/// Every fault at once.
pub fn from_value(mut value: Value, overrides: &Overrides) -> Result<RunConfig, ConfigError> {
    let mut faults = Vec::new();
    overrides.apply(&mut value, &mut faults);
    let config = read_run(&value, &mut faults);
    match config {
        Some(config) if faults.is_empty() => Ok(config),
        _ => Err(ConfigError { faults }),
    }
}

pub(super) const NAME: &str = "expected 1 to 64 lower-case letters, digits and hyphens";

fn read_run(value: &Value, faults: &mut Vec<Fault>) -> Option<RunConfig> {
    let mut fields = Fields::new("", Some(value), faults);
    let name = fields.required_text("name", NAME, is_name);
    let dataset = fields.raw("dataset");
    let method = fields.raw("method");
    let limits = fields.raw("limits");
    let use_cases = fields.raw("use_cases");
    let on_overlap = operation::on_overlap(&mut fields);
    let simulation = fields.raw("simulation");
    let targets = fields.raw("targets");
    let budget_usd = pricing::decimal(&mut fields, "budget_usd", "25");
    let requests_per_hour = pricing::decimal(&mut fields, "requests_per_hour", "120");
    let dataset = read_dataset(Fields::new("dataset", dataset, fields.faults()));
    let method = read_method(Fields::new("method", method, fields.faults()));
    let limits = read_limits(Fields::new("limits", limits, fields.faults()));
    let use_cases = use_case::read(use_cases, &mut fields);
    let simulation = read_simulation(Fields::new("simulation", simulation, fields.faults()));
    let targets = read_targets(targets, &method, &mut fields);
    fields.finish();
    Some(RunConfig {
        name: name?,
        dataset,
        method,
        limits,
        use_cases,
        on_overlap,
        budget_usd,
        requests_per_hour,
        simulation,
        targets,
    })
}

fn read_dataset(mut fields: Fields) -> Dataset {
    let dataset = Dataset {
        source: fields
            .text(
                "source",
                "expected `gsm8k`, `builtin` or an S3 key ending in `.jsonl`",
                |text| text == Dataset::GSM8K || text == Dataset::BUILTIN || is_dataset_key(text),
            )
            .unwrap_or_else(|| Dataset::GSM8K.to_owned()),
        split: fields
            .choice("split", &[("test", Split::Test), ("train", Split::Train)])
            .unwrap_or(Split::Test),
        prompts: fields.whole("prompts", 1, MAX_PROMPTS).unwrap_or(20),
    };
    fields.finish();
    dataset
}

fn is_dataset_key(text: &str) -> bool {
    text.len() <= 512
        && std::path::Path::new(text)
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        && !text.starts_with('/')
        && !text.contains("//")
}

/// The defaults are the published benchmark's.
fn read_method(mut fields: Fields) -> Method {
    let styles = [
        ("raw", PromptStyle::Raw),
        ("answer-line", PromptStyle::AnswerLine),
        ("boxed", PromptStyle::Boxed),
    ];
    let method = Method {
        warmup: fields.whole("warmup", 0, 100).unwrap_or(3),
        repetitions: fields.whole("repetitions", 1, 100).unwrap_or(5),
        max_tokens: fields.whole("max_tokens", 1, 131_072).unwrap_or(4_096),
        temperature: fields.number("temperature", 0.0, 2.0).unwrap_or(0.3),
        top_p: fields.number("top_p", 0.0, 1.0).unwrap_or(0.9),
        prompt_style: fields
            .choice("prompt_style", &styles)
            .unwrap_or(PromptStyle::AnswerLine),
        cache: fields
            .choice("cache", &[("warm", Cache::Warm), ("cold", Cache::Cold)])
            .unwrap_or(Cache::Warm),
        // A call must fit into one Lambda invocation of 15 minutes.
        timeout_s: fields.whole("timeout_s", 1, 840).unwrap_or(300),
    };
    fields.finish();
    method
}

/// A call may take as long as a call may: 14 minutes.
fn read_limits(mut fields: Fields) -> Limits {
    let longest = 840_000.0;
    let limits = Limits {
        ttft_ms: fields.number("ttft_ms", 0.0, longest),
        tpot_ms: fields.number("tpot_ms", 0.0, longest),
        latency_ms: fields.number("latency_ms", 0.0, longest),
    };
    fields.finish();
    limits
}

fn read_simulation(mut fields: Fields) -> Simulation {
    let simulation = Simulation {
        time_scale: fields.number("time_scale", 1.0, 10_000.0).unwrap_or(100.0),
        accuracy: fields.number("accuracy", 0.0, 1.0).unwrap_or(0.9),
        seed: u64::from(fields.whole("seed", 0, u32::MAX).unwrap_or(7)),
    };
    fields.finish();
    simulation
}

fn read_targets(value: Option<&Value>, method: &Method, fields: &mut Fields) -> Vec<Target> {
    let list = match value {
        Some(Value::Array(list)) if (1..=MAX_TARGETS).contains(&list.len()) => list,
        other => {
            let remedy = format!("expected a list of 1 to {MAX_TARGETS} targets, `[[targets]]`");
            fields.fault("targets", other, remedy);
            return Vec::new();
        }
    };
    let mut ids = HashSet::new();
    let mut targets = Vec::new();
    for (position, value) in list.iter().enumerate() {
        let path = format!("targets[{position}]");
        let target = read_target(Fields::new(&path, Some(value), fields.faults()), method);
        if let Some(id) = value.get("id").and_then(Value::as_str)
            && !ids.insert(id)
        {
            fields.faults().push(Fault {
                field: format!("{path}.id"),
                value: Some(id.to_owned()),
                remedy: "another target has this id, give each its own".to_owned(),
            });
        }
        targets.extend(target);
    }
    operation::refuse_shared_machines(&targets, fields.faults());
    targets
}

fn read_target(mut fields: Fields, method: &Method) -> Option<Target> {
    let id = fields.required_text("id", NAME, is_name);
    let id = id.and_then(|id| TargetId::try_from(id).ok());
    let service = service::read(&mut fields);
    let pricing = fields.raw("pricing");
    let network = fields.choice("network", Network::ALL);
    let target = Target {
        // Not seen: a target without one has a fault.
        id: id.clone().unwrap_or_else(TargetId::placeholder),
        service: service.clone().unwrap_or_else(service::placeholder),
        stream: fields.flag("stream").unwrap_or(true),
        region: fields.text(
            "region",
            "expected an AWS Region such as `us-east-1`",
            is_name,
        ),
        concurrency: fields.whole("concurrency", 1, 40).unwrap_or(1),
        max_tokens: fields
            .whole("max_tokens", 1, 131_072)
            .unwrap_or(method.max_tokens),
        temperature: fields
            .number("temperature", 0.0, 2.0)
            .unwrap_or(method.temperature),
        top_p: fields.number("top_p", 0.0, 1.0).unwrap_or(method.top_p),
        omit: fields.choices("omit", Sampling::ALL),
        max_attempts: fields.whole("max_attempts", 1, MAX_ATTEMPTS).unwrap_or(3),
        ready_within_s: fields.whole("ready_within_s", 0, 7_200).unwrap_or(900),
        network: network.unwrap_or(Network::Public),
        lifecycle: operation::lifecycle(&mut fields, service.as_ref()),
        model_name: fields.text("model_name", "expected a name", |text| {
            !text.trim().is_empty()
        }),
        tier: fields.choice("tier", Tier::ALL),
        instance: fields.text(
            "instance",
            "expected an instance type such as `ml.g6.2xlarge`",
            |text| text.contains('.'),
        ),
        pricing: pricing.and_then(|value| {
            pricing::read(Fields::new(
                &fields.path_of("pricing"),
                Some(value),
                fields.faults(),
            ))
        }),
        simulated: fields.flag("simulated").unwrap_or(false),
    };
    fields.finish();
    service.and(id).and(Some(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        name = "small"
        [[targets]]
        id = "a"
        kind = "http"
        url = "http://10.0.0.1:8080"
        request = "tgi"
    "#;

    fn faults(text: &str) -> Vec<String> {
        let error = from_toml(text, &Overrides::default()).unwrap_err();
        error.faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn limits_are_read_and_their_faults_named() {
        let with = |limits: &str| format!("{SMALLEST}\n[limits]\n{limits}\n");
        let config = from_toml(&with("ttft_ms = 800"), &Overrides::default()).unwrap();
        assert_eq!(
            (config.limits.ttft_ms, config.limits.tpot_ms),
            (Some(800.0), None)
        );
        assert!(
            from_toml(SMALLEST, &Overrides::default())
                .unwrap()
                .limits
                .is_empty()
        );
        let found = faults(&with("tftt_ms = 800\nlatency_ms = -1"));
        assert!(
            found
                .iter()
                .any(|fault| fault.contains("did you mean `ttft_ms`")),
            "{found:?}"
        );
        assert!(
            found
                .iter()
                .any(|fault| fault.contains("`limits.latency_ms` is `-1`"))
        );
    }

    #[test]
    fn use_cases_are_read_and_their_faults_named() {
        let with = |uses: &str| format!("{SMALLEST}\n{uses}\n");
        let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
        assert_eq!(config.use_cases.len(), 5);
        let mine = with("[[use_cases]]\nname = \"chat\"\nlatency_p95_ms = 900");
        let config = from_toml(&mine, &Overrides::default()).unwrap();
        assert_eq!(config.use_cases.len(), 1);
        assert_eq!(
            (
                config.use_cases[0].title.as_str(),
                config.use_cases[0].latency_p95_ms
            ),
            ("chat", Some(900.0))
        );
        let found = faults(&with(
            "[[use_cases]]\nname = \"chat\"\n[[use_cases]]\nname = \"chat\"\nacuracy = 0.9\naccuracy = 9",
        ));
        for said in [
            "`use_cases[0].limits` is missing: set a limit",
            "`use_cases[1].acuracy` is `0.9`: unknown field, did you mean `accuracy`?",
            "`use_cases[1].accuracy` is `9`: expected a number from 0 to 1",
            "`use_cases[1].name` is `chat`: another use has this name",
        ] {
            assert!(
                found.iter().any(|fault| fault.starts_with(said)),
                "{said}: {found:?}"
            );
        }
    }

    #[test]
    fn what_is_not_said_is_as_published() {
        let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
        assert_eq!(config.dataset.prompts, 20);
        assert_eq!((config.method.warmup, config.method.repetitions), (3, 5));
        assert_eq!(
            (config.targets[0].max_tokens, config.targets[0].concurrency),
            (4_096, 1)
        );
        assert!(config.targets[0].stream && !config.targets[0].simulated);
    }

    #[test]
    fn every_fault_is_reported_at_once_with_field_value_and_remedy() {
        let text = r#"
            name = "Five Faults"
            [method]
            repetitions = 0
            temprature = 0.3
            [[targets]]
            id = "a"
            kind = "sagemaker"
            endpoint = "x"
            request = "converse"
            [[targets]]
            id = "a"
            kind = "http"
            request = "tgi"
        "#;
        assert_eq!(
            faults(text),
            [
                "`name` is `Five Faults`: expected 1 to 64 lower-case letters, digits and hyphens",
                "`method.repetitions` is `0`: expected a whole number from 1 to 100",
                "`method.temprature` is `0.3`: unknown field, did you mean `temperature`?",
                "`targets[0].request` is `converse`: expected one of `tgi`, `lmi`, `openai-chat`",
                "`targets[1].url` is missing: expected `http://host:port` or `https://host` \
                 without a query",
                "`targets[1].id` is `a`: another target has this id, give each its own",
            ]
        );
    }

    #[test]
    fn json_says_the_same_as_toml() {
        let json = r#"{"name":"small","targets":[{"id":"a","kind":"http",
            "url":"http://10.0.0.1:8080","request":"tgi"}]}"#;
        let nothing = Overrides::default();
        assert_eq!(
            from_json(json, &nothing).unwrap(),
            from_toml(SMALLEST, &nothing).unwrap()
        );
    }

    #[test]
    fn text_that_is_neither_is_one_fault_with_its_place() {
        assert!(faults("name = ")[0].contains("line 1"));
        let error = from_json("{", &Overrides::default()).unwrap_err();
        assert!(error.to_string().contains("not JSON"), "{error}");
        assert!(from_json("[]", &Overrides::default()).is_err());
    }

    #[test]
    fn an_override_sets_one_field_and_is_checked_like_the_rest() {
        let set = |argument: &str| {
            from_toml(SMALLEST, &Overrides::parse(&[argument.to_owned()]).unwrap())
        };
        assert_eq!(set("prompts=5").unwrap().dataset.prompts, 5);
        assert_eq!(
            set("dataset.split=train").unwrap().dataset.split,
            Split::Train
        );
        assert_eq!(
            set("targets.a.concurrency=4").unwrap().targets[0].concurrency,
            4
        );
        assert_eq!(set(r#"targets=["a"]"#).unwrap().targets.len(), 1);
        assert!(
            set("targets=b")
                .unwrap_err()
                .to_string()
                .contains("known are `a`")
        );
        assert!(set("targets.b.concurrency=4").is_err());
        assert!(set("dataset.prompts=0").is_err());
        assert!(set("name.x=1").is_err());
        assert!(Overrides::parse(&["prompts".to_owned()]).is_err());
    }

    #[test]
    fn a_resolved_configuration_survives_storage() {
        let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
        let stored = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<RunConfig>(&stored).unwrap(), config);
    }
}
