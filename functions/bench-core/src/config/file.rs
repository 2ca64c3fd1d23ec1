//! A configuration as it is written, and the way from there to a [`RunConfig`].

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    MAX_ATTEMPTS, MAX_OUTPUT_TOKENS, Method, Network, RunConfig, Service, Target, Tier, formats,
    lifecycle::LifecycleFile, pricing::PricingFile,
};
use crate::identity::TargetId;

/// A target as it is configured: fields of the method may be left out.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct TargetFile {
    /// Unique name.
    #[schemars(extend("errorMessage" = formats::NAME))]
    id: TargetId,
    #[serde(flatten)]
    service: Service,
    /// Whether responses are streamed.
    #[serde(default = "yes")]
    stream: bool,
    /// AWS Region of the service; that of the pipeline unless it is set.
    #[schemars(
        regex(pattern = formats::NAME_PATTERN),
        extend("errorMessage" = "expected an AWS Region such as `us-east-1`")
    )]
    region: Option<String>,
    /// Calls in flight at a time.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 40))]
    concurrency: u32,
    /// Longest response in output tokens; the method's unless it is set.
    #[schemars(range(min = 1, max = MAX_OUTPUT_TOKENS))]
    max_tokens: Option<u32>,
    /// Sampling temperature; the method's unless it is set.
    #[schemars(range(min = 0, max = 2))]
    temperature: Option<f64>,
    /// Nucleus sampling threshold; the method's unless it is set.
    #[schemars(range(min = 0, max = 1))]
    top_p: Option<f64>,
    /// Fields that requests leave out because the model refuses them: `max_tokens`,
    /// `temperature` and `top_p` wherever the body has them, any other by its dotted path.
    #[serde(default)]
    #[schemars(
        inner(regex(pattern = formats::FIELD_PATH_PATTERN)),
        extend("errorMessage" = "expected a list of fields such as `[\"stream_options\"]`")
    )]
    omit: Vec<String>,
    /// The name under which the token limit is sent, such as `max_completion_tokens`; that of
    /// the request kind unless it is set.
    #[schemars(
        regex(pattern = formats::FIELD_PATTERN),
        extend("errorMessage" = "expected the name of a field such as `max_completion_tokens`")
    )]
    max_tokens_field: Option<String>,
    /// Fields that are merged into every request body, tables by their fields. Not for secrets:
    /// they are shown in `plan.json`.
    #[serde(default)]
    #[schemars(extend("errorMessage" = "expected a table of fields such as `{ top_k = 20 }`"))]
    extra: Map<String, Value>,
    /// Attempts at one call, the first included.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = MAX_ATTEMPTS))]
    max_attempts: u32,
    /// Seconds that the probe waits for the first response.
    #[serde(default = "a_quarter_of_an_hour")]
    #[schemars(range(min = 0, max = 7_200))]
    ready_within_s: u32,
    /// The network from the pipeline to the target.
    #[serde(default)]
    network: Network,
    /// The machine or endpoint that is started for the run and stopped after it.
    lifecycle: Option<LifecycleFile>,
    /// Targets with the same name claim to be the same model.
    #[schemars(
        regex(pattern = formats::NOT_BLANK),
        extend("errorMessage" = "expected a name")
    )]
    model_name: Option<String>,
    /// Model size.
    tier: Option<Tier>,
    /// The instance type that really serves the model, such as `ml.g6.2xlarge`.
    #[schemars(
        regex(pattern = r"\."),
        extend("errorMessage" = "expected an instance type such as `ml.g6.2xlarge`")
    )]
    instance: Option<String>,
    /// How a response is paid for.
    pricing: Option<PricingFile>,
    /// Whether this is the simulator: test equipment.
    #[serde(default)]
    simulated: bool,
}

impl TargetFile {
    fn resolve(self, method: &Method) -> Target {
        Target {
            id: self.id,
            lifecycle: self
                .lifecycle
                .and_then(|lifecycle| lifecycle.resolve(&self.service)),
            service: self.service,
            stream: self.stream,
            region: self.region,
            concurrency: self.concurrency,
            max_tokens: self.max_tokens.unwrap_or(method.max_tokens),
            temperature: self.temperature.unwrap_or(method.temperature),
            top_p: self.top_p.unwrap_or(method.top_p),
            omit: self.omit,
            max_tokens_field: self.max_tokens_field,
            extra: self.extra,
            max_attempts: self.max_attempts,
            ready_within_s: self.ready_within_s,
            network: self.network,
            model_name: self.model_name,
            tier: self.tier,
            instance: self.instance,
            pricing: self.pricing.map(PricingFile::resolve),
            simulated: self.simulated,
        }
    }
}

/// Puts every default in its place.
pub(super) fn resolve(file: RunConfig<TargetFile>) -> RunConfig {
    let method = &file.method;
    let targets = file.targets.into_iter();
    let targets = targets.map(|target| target.resolve(method)).collect();
    let mut use_cases = file.use_cases;
    for use_case in &mut use_cases {
        if use_case.title.is_empty() {
            use_case.title.clone_from(&use_case.name);
        }
    }
    RunConfig {
        name: file.name,
        dataset: file.dataset,
        method: file.method,
        limits: file.limits,
        use_cases,
        on_overlap: file.on_overlap,
        budget_usd: file.budget_usd,
        requests_per_hour: file.requests_per_hour,
        load: file.load,
        simulation: file.simulation,
        targets,
    }
}

/// A lifecycle that an override has set to nothing is none.
pub(super) fn without_empty_lifecycles(configuration: &mut Value) {
    let targets = configuration
        .get_mut("targets")
        .and_then(Value::as_array_mut);
    for target in targets.into_iter().flatten() {
        if let Some(fields) = target.as_object_mut()
            && fields.get("lifecycle").is_some_and(Value::is_null)
        {
            fields.remove("lifecycle");
        }
    }
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn three() -> u32 {
    3
}

fn a_quarter_of_an_hour() -> u32 {
    900
}
