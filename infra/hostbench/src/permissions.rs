//! What the functions of a stack must be allowed to do to measure the targets of
//! a configuration, and whether they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_iam::{
    Client as Iam, error::ProvideErrorMetadata, types::PolicyEvaluationDecisionType,
};
use bench_core::config::{Network, RunConfig, SecretRef, Service, Target};

use crate::{error::Error, stack, stack::Deployed};

/// What the geographic inference profiles of Bedrock begin with.
const GEOGRAPHIES: [&str; 8] = ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"];

/// What stands for the six characters of chance that end the ARN of every secret.
const ANY_CHARACTERS: &str = "-XXXXXX";

/// One action on one resource that a target needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The target.
    pub target: String,
    /// The function that needs it, by its name in the template.
    pub function: &'static str,
    /// The action, such as `bedrock:InvokeModel`.
    pub action: &'static str,
    /// The ARN that it is done to.
    pub resource: String,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            function,
            action,
            resource,
        } = self;
        write!(
            f,
            "target `{target}` needs `{action}` on `{resource}`, which the role of `{function}` does not allow"
        )
    }
}

/// What IAM says of the needs of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is allowed.
    Allowed,
    /// These are not.
    Missing(Vec<Need>),
    /// We may not ask.
    Unknown(String),
}

impl Verdict {
    /// Whether everything is allowed; `None` where nobody may ask.
    #[must_use]
    pub fn is_allowed(&self) -> Option<bool> {
        match self {
            Self::Allowed => Some(true),
            Self::Missing(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("the stack may call every target"),
            Self::Missing(needs) => {
                f.write_str("the stack may not call every target:")?;
                needs.iter().try_for_each(|need| write!(f, "\n  - {need}"))
            }
            Self::Unknown(reason) => write!(
                f,
                "whether the stack may call the targets is not known: {reason}"
            ),
        }
    }
}

/// Where a stack lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// `aws` nearly everywhere.
    pub partition: String,
    /// The Region.
    pub region: String,
    /// The account.
    pub account: String,
}

impl Home {
    /// From an ARN: `arn:partition:service:region:account:…`.
    #[must_use]
    pub fn of(arn: &str) -> Self {
        let mut parts = arn.split(':').skip(1).map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let partition = next();
        let _service = next();
        Self {
            partition,
            region: next(),
            account: next(),
        }
    }

    fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        let Self {
            partition, account, ..
        } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// A foundation model belongs to no account.
    fn foundation_model(&self, region: &str, id: &str) -> String {
        let partition = &self.partition;
        format!("arn:{partition}:bedrock:{region}::foundation-model/{id}")
    }
}

/// What the targets of a configuration need of a stack there.
#[must_use]
pub fn needs(run: &RunConfig, home: &Home) -> Vec<Need> {
    let targets = run.targets.iter().filter(|target| !target.simulated);
    targets.flat_map(|target| of_target(target, home)).collect()
}

/// The parameters of the template that allow what a configuration needs, each
/// with its ARNs.
#[must_use]
pub fn grants(run: &RunConfig, home: &Home) -> BTreeMap<&'static str, BTreeSet<String>> {
    let needs = needs(run, home);
    let mut grants: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for need in &needs {
        let parameter = match need.action.split_once(':') {
            Some(("bedrock", _)) => "ModelArns",
            Some(("sagemaker", _)) => "EndpointArns",
            Some(("secretsmanager", _)) => "SecretArns",
            _ => "SecureParameterArns",
        };
        // A geographic profile leads to its model in a Region of its own choice.
        let is_routed = needs.iter().any(|other| {
            other.target == need.target && other.resource.contains(":inference-profile/")
        });
        let resource = match need.resource.split_once("::foundation-model/") {
            Some((_, model)) if is_routed => home.foundation_model("*", model),
            _ => need.resource.replace(ANY_CHARACTERS, "-??????"),
        };
        grants.entry(parameter).or_default().insert(resource);
    }
    grants
}

fn of_target(target: &Target, home: &Home) -> Vec<Need> {
    let region = target.region.as_deref().unwrap_or(&home.region);
    let actions: Vec<(&'static str, String)> = match &target.service {
        Service::Bedrock { model, .. } => {
            let action = if target.stream {
                "bedrock:InvokeModelWithResponseStream"
            } else {
                "bedrock:InvokeModel"
            };
            let models = models(model, region, home);
            models.into_iter().map(|model| (action, model)).collect()
        }
        Service::SageMaker {
            endpoint,
            inference_component,
            ..
        } => {
            let action = if target.stream {
                "sagemaker:InvokeEndpointWithResponseStream"
            } else {
                "sagemaker:InvokeEndpoint"
            };
            // SageMaker spells endpoints in lower case in ARNs.
            let endpoint = format!("endpoint/{}", endpoint.to_ascii_lowercase());
            let component = inference_component
                .iter()
                .map(|name| format!("inference-component/{}", name.to_ascii_lowercase()));
            std::iter::once(endpoint)
                .chain(component)
                .map(|resource| (action, home.arn("sagemaker", region, &resource)))
                .collect()
        }
        Service::Http { api_key, .. } => api_key
            .iter()
            .filter_map(|key| secret(key, region, home))
            .collect(),
    };
    let function = function(target);
    let need = |(action, resource)| Need {
        target: target.id.clone(),
        function,
        action,
        resource,
    };
    actions.into_iter().map(need).collect()
}

/// The function that calls a target, by its name in the template.
fn function(target: &Target) -> &'static str {
    match target.network {
        Network::Public => "InvokerFunction",
        Network::Vpc => "VpcInvokerFunction",
    }
}

/// The ARNs that a model stands for. A geographic inference profile is allowed
/// together with the model that it leads to.
fn models(model: &str, region: &str, home: &Home) -> Vec<String> {
    if model.starts_with("arn:") {
        return vec![model.to_owned()];
    }
    match model.split_once('.') {
        Some((geography, id)) if GEOGRAPHIES.contains(&geography) => vec![
            home.arn("bedrock", region, &format!("inference-profile/{model}")),
            home.foundation_model(region, id),
        ],
        _ => vec![home.foundation_model(region, model)],
    }
}

fn secret(key: &SecretRef, region: &str, home: &Home) -> Option<(&'static str, String)> {
    match key {
        SecretRef::SecretsManager(arn) if arn.starts_with("arn:") => {
            Some(("secretsmanager:GetSecretValue", arn.clone()))
        }
        SecretRef::SecretsManager(name) => {
            let resource = format!("secret:{name}{ANY_CHARACTERS}");
            let arn = home.arn("secretsmanager", region, &resource);
            Some(("secretsmanager:GetSecretValue", arn))
        }
        SecretRef::Ssm(name) => {
            let resource = format!("parameter/{}", name.trim_start_matches('/'));
            Some(("ssm:GetParameter", home.arn("ssm", region, &resource)))
        }
        SecretRef::Env(_) => None,
    }
}

/// Asks IAM whether the functions of a stack may do what a configuration needs.
/// Policies of resources and of the organisation are not looked at.
///
/// # Errors
///
/// [`Error::Unusable`] when the stack has no function for a target, and
/// [`Error::Aws`] when the stack cannot be looked into.
pub async fn verify(deployed: &Deployed, run: &RunConfig) -> Result<Verdict, Error> {
    let aws = &deployed.pipeline.aws;
    let cloudformation = CloudFormation::new(aws);
    for target in &run.targets {
        let function = function(target);
        let there = stack::resource(&cloudformation, &deployed.id, function).await?;
        if there.is_none() {
            return Err(Error::Unusable(format!(
                "target `{}` has `network = \"vpc\"`, and the stack has no `{function}`; deploy it \
                 with `--parameter VpcSubnetIds=… --parameter VpcSecurityGroupIds=…`",
                target.id
            )));
        }
    }
    let iam = Iam::new(aws);
    let home = Home::of(&deployed.id);
    let mut missing = Vec::new();
    for need in needs(run, &home) {
        let Some(role) = role(&cloudformation, &deployed.id, need.function).await? else {
            let function = need.function;
            return Ok(Verdict::Unknown(format!(
                "`{function}` has no role in the stack"
            )));
        };
        let principal = format!("arn:{}:iam::{}:role/{role}", home.partition, home.account);
        match is_allowed(&iam, &principal, &need).await {
            Ok(true) => {}
            Ok(false) => missing.push(need),
            Err(reason) => return Ok(Verdict::Unknown(reason)),
        }
    }
    Ok(if missing.is_empty() {
        Verdict::Allowed
    } else {
        Verdict::Missing(missing)
    })
}

/// The role of a function: the template's own, or else the one that SAM made.
async fn role(
    cloudformation: &CloudFormation,
    stack: &str,
    function: &str,
) -> Result<Option<String>, Error> {
    let own = function.replace("Function", "Role");
    match stack::resource(cloudformation, stack, &own).await? {
        Some(role) => Ok(Some(role)),
        None => stack::resource(cloudformation, stack, &format!("{function}Role")).await,
    }
}

async fn is_allowed(iam: &Iam, principal: &str, need: &Need) -> Result<bool, String> {
    let answer = iam
        .simulate_principal_policy()
        .policy_source_arn(principal)
        .action_names(need.action)
        .resource_arns(&need.resource)
        .send()
        .await
        .map_err(|error| {
            let message = error.message().unwrap_or("no answer").to_owned();
            format!("`iam:SimulatePrincipalPolicy` on `{principal}`: {message}")
        })?;
    let results = answer.evaluation_results();
    let allowed = |decision: &PolicyEvaluationDecisionType| {
        *decision == PolicyEvaluationDecisionType::Allowed
    };
    Ok(!results.is_empty() && results.iter().all(|result| allowed(result.eval_decision())))
}

/// Refuses what no stack can measure: simulated targets, which only the embedded
/// AWS has, and keys in variables of this machine.
///
/// # Errors
///
/// [`Error::Unusable`] naming the target.
pub fn refuse_local(deployed: &Deployed, run: &RunConfig) -> Result<(), Error> {
    // An endpoint of the user's own is an embedded AWS, with a simulator beside it.
    let embedded = deployed.pipeline.aws.endpoint_url().is_some();
    for target in &run.targets {
        let id = &target.id;
        if target.simulated && !embedded {
            return Err(Error::Unusable(format!(
                "target `{id}` is simulated, and a deployed stack has no simulator; run it with \
                 `--local`, or leave it out with `--set targets=…`"
            )));
        }
        if let Service::Http {
            api_key: Some(SecretRef::Env(name)),
            ..
        } = &target.service
        {
            return Err(Error::Unusable(format!(
                "target `{id}` has its `api_key` in the variable `{name}` of this machine; put it \
                 into Secrets Manager under `hostbench/` and name it as `secretsmanager:hostbench/…`"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bench_core::config::{Overrides, from_toml};

    use super::*;

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/hostbench/1";

    fn needed(target: &str) -> Vec<(&'static str, String)> {
        let text = format!("name = \"x\"\n[[targets]]\nid = \"a\"\n{target}");
        let run = from_toml(&text, &Overrides::default()).unwrap();
        let needs = needs(&run, &Home::of(STACK));
        needs
            .into_iter()
            .map(|need| (need.action, need.resource))
            .collect()
    }

    fn one(action: &'static str, resource: &str) -> Vec<(&'static str, String)> {
        vec![(action, resource.to_owned())]
    }

    #[test]
    fn a_streamed_answer_is_another_action_than_a_whole_one() {
        let target = "kind = \"bedrock\"\nmodel = \"meta.llama3-8b\"\nrequest = \"converse\"\n";
        let model = "arn:aws:bedrock:eu-west-1::foundation-model/meta.llama3-8b";
        assert_eq!(
            needed(target),
            one("bedrock:InvokeModelWithResponseStream", model)
        );
        assert_eq!(
            needed(&format!("{target}stream = false")),
            one("bedrock:InvokeModel", model)
        );
    }

    #[test]
    fn a_geographic_profile_is_needed_with_its_model_in_the_region_of_the_target() {
        let needed = needed(
            "kind = \"bedrock\"\nmodel = \"us.deepseek.r1-v1:0\"\nrequest = \"converse\"\n\
             region = \"us-west-2\"",
        );
        let resources: Vec<_> = needed
            .iter()
            .map(|(_, resource)| resource.as_str())
            .collect();
        assert_eq!(
            resources,
            [
                "arn:aws:bedrock:us-west-2:111122223333:inference-profile/us.deepseek.r1-v1:0",
                "arn:aws:bedrock:us-west-2::foundation-model/deepseek.r1-v1:0",
            ]
        );
    }

    #[test]
    fn a_deployment_allows_what_its_configurations_need_and_no_more() {
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"bedrock\"\n\
                    model = \"us.deepseek.r1-v1:0\"\nrequest = \"converse\"\n[[targets]]\nid = \"b\"\n\
                    kind = \"http\"\nurl = \"https://m.example\"\nrequest = \"tgi\"\n\
                    api_key = \"secretsmanager:hostbench/key\"";
        let run = from_toml(text, &Overrides::default()).unwrap();
        let grants = grants(&run, &Home::of(STACK));
        let models = [
            "arn:aws:bedrock:*::foundation-model/deepseek.r1-v1:0",
            "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/us.deepseek.r1-v1:0",
        ];
        assert_eq!(grants["ModelArns"], models.map(str::to_owned).into());
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hostbench/key-??????";
        assert_eq!(grants["SecretArns"], [secret.to_owned()].into());
        assert_eq!(grants.len(), 2);
    }

    #[test]
    fn an_endpoint_and_the_key_of_a_server_are_needed_by_their_arns() {
        let endpoint = "kind = \"sagemaker\"\nendpoint = \"DeepSeek-8B\"\nrequest = \"tgi\"";
        assert_eq!(
            needed(endpoint),
            one(
                "sagemaker:InvokeEndpointWithResponseStream",
                "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/deepseek-8b"
            )
        );
        let server = "kind = \"http\"\nurl = \"https://m.example\"\nrequest = \"openai-chat\"\n";
        assert_eq!(needed(server), []);
        assert_eq!(
            needed(&format!("{server}api_key = \"ssm:/hostbench/key\"")),
            one(
                "ssm:GetParameter",
                "arn:aws:ssm:eu-west-1:111122223333:parameter/hostbench/key"
            )
        );
    }
}
