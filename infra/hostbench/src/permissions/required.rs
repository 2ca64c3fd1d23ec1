//! The permissions that targets need, and the template parameters that grant them.

use std::collections::{BTreeMap, BTreeSet};

use bench_core::config::{
    AwsAuth, BedrockApi, BedrockRequest, BedrockTarget, Lifecycle, Network, RunConfig,
    SageMakerApi, SageMakerTarget, SecretRef, Service, Target,
};

use super::{ArnScope, Permission, Profiles};

/// Prefixes of the geographic inference profiles of Bedrock.
const GEOGRAPHIES: [&str; 8] = ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"];

/// Placeholder for the six random characters at the end of the ARN of a secret.
const ANY_CHARACTERS: &str = "-XXXXXX";

/// The action of a call with a bearer key, of several services. AWS has no resources for it.
const BEARER: &str = "CallWithBearerToken";

/// The permissions that a stack needs to call the targets of a configuration.
#[must_use]
pub fn required(run: &RunConfig, scope: &ArnScope, profiles: &Profiles) -> Vec<Permission> {
    let targets = run.targets.iter().filter(|target| !target.simulated);
    targets
        .flat_map(|target| of_target(target, scope, profiles))
        .collect()
}

/// The template parameters that grant these permissions, each with its ARNs.
#[must_use]
pub fn grants(
    run: &RunConfig,
    scope: &ArnScope,
    profiles: &Profiles,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    let permissions = required(run, scope, profiles);
    let mut grants: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for need in &permissions {
        let parameter = match need.action.split_once(':') {
            Some((_, BEARER)) => "BearerTokenArns",
            Some(("bedrock-mantle", _)) => "MantleProjectArns",
            Some(("bedrock", _)) => "ModelArns",
            Some(("sagemaker", _)) if need.resource.contains(":endpoint-config/") => {
                "EndpointConfigArns"
            }
            Some(("sagemaker", action)) if action.starts_with("InvokeEndpoint") => "EndpointArns",
            Some(("sagemaker", _)) => "LifecycleEndpointArns",
            Some(("ec2", _)) => "InstanceArns",
            Some(("secretsmanager", _)) => "SecretArns",
            _ => "SecureParameterArns",
        };
        // A profile routes to its model in any Region.
        let is_routed = permissions.iter().any(|other| {
            other.target == need.target && other.resource.contains("inference-profile/")
        });
        let resource = match need.resource.split_once("::foundation-model/") {
            Some((_, model)) if is_routed => scope.foundation_model("*", model),
            _ => need.resource.replace(ANY_CHARACTERS, "-??????"),
        };
        grants.entry(parameter).or_default().insert(resource);
    }
    grants
}

fn of_target(target: &Target, scope: &ArnScope, profiles: &Profiles) -> Vec<Permission> {
    let need = |role, action, resource| Permission {
        target: target.id.clone(),
        role,
        action,
        resource,
    };
    let called = calls(target, scope, profiles).into_iter();
    let called = called.map(|(action, resource)| need(invoker(target).1, action, resource));
    let started = target
        .lifecycle
        .iter()
        .flat_map(|lifecycle| starts(lifecycle, scope));
    let started =
        started.map(|(action, resource)| need("BenchmarkStateMachineRole", action, resource));
    called.chain(started).collect()
}

/// The function that calls a target, and its role, by their logical ids.
pub(super) fn invoker(target: &Target) -> (&'static str, &'static str) {
    match target.network {
        Network::Public => ("InvokerFunction", "InvokerRole"),
        Network::Vpc => ("VpcInvokerFunction", "VpcInvokerRole"),
    }
}

/// The actions of a call to a target, with their resources.
fn calls(target: &Target, scope: &ArnScope, profiles: &Profiles) -> Vec<(&'static str, String)> {
    let region = target.region.as_deref().unwrap_or(&scope.region);
    match &target.service {
        Service::Bedrock(bedrock) => of_bedrock(bedrock, target.stream, region, scope, profiles),
        Service::SageMaker(sagemaker) => of_sagemaker(sagemaker, target.stream, region, scope),
        Service::Http(http) => http
            .api_key
            .iter()
            .filter_map(|key| secret(key, region, scope))
            .collect(),
    }
}

/// Those of a call to Bedrock. Its second endpoint knows projects in place of models; the
/// Responses API of the first wants the project beside the model.
fn of_bedrock(
    bedrock: &BedrockTarget,
    stream: bool,
    region: &str,
    scope: &ArnScope,
    profiles: &Profiles,
) -> Vec<(&'static str, String)> {
    let is_bearer = bedrock.auth == AwsAuth::Bearer;
    let with_bearer = |mut calls: Vec<_>, action| {
        calls.extend(is_bearer.then(|| (action, "*".to_owned())));
        calls
    };
    if let BedrockApi::Mantle | BedrockApi::MantleOpenAi = bedrock.api {
        let project = scope.arn("bedrock-mantle", region, "project/default");
        let call = vec![("bedrock-mantle:CreateInference", project)];
        return with_bearer(call, "bedrock-mantle:CallWithBearerToken");
    }
    let action = if stream {
        "bedrock:InvokeModelWithResponseStream"
    } else {
        "bedrock:InvokeModel"
    };
    let models = models(&bedrock.model, region, scope, profiles);
    let mut calls: Vec<_> = models.into_iter().map(|model| (action, model)).collect();
    if bedrock.request == BedrockRequest::OpenAiResponses {
        let project = scope.arn("bedrock", region, "project/default");
        calls.push(("bedrock:InvokeModel", project));
    }
    with_bearer(calls, "bedrock:CallWithBearerToken")
}

/// Those of a call to an endpoint. Its OpenAI-compatible API streams under the same action.
fn of_sagemaker(
    sagemaker: &SageMakerTarget,
    stream: bool,
    region: &str,
    scope: &ArnScope,
) -> Vec<(&'static str, String)> {
    let is_compatible = sagemaker.api == SageMakerApi::OpenAi;
    let action = if stream && !is_compatible {
        "sagemaker:InvokeEndpointWithResponseStream"
    } else {
        "sagemaker:InvokeEndpoint"
    };
    let component = sagemaker.inference_component.iter();
    let component = component.map(|name| scope.sagemaker(region, "inference-component", name));
    let bearer = ("sagemaker:CallWithBearerToken", "*".to_owned());
    std::iter::once(scope.sagemaker(region, "endpoint", &sagemaker.endpoint))
        .chain(component)
        .map(|resource| (action, resource))
        .chain(is_compatible.then_some(bearer))
        .collect()
}

/// The actions that start and stop a target, in the Region of the stack.
fn starts(lifecycle: &Lifecycle, scope: &ArnScope) -> Vec<(&'static str, String)> {
    let region = &scope.region;
    match lifecycle {
        Lifecycle::Ec2Instance { instance } => {
            let instance = scope.arn("ec2", region, &format!("instance/{instance}"));
            vec![
                ("ec2:StartInstances", instance.clone()),
                ("ec2:StopInstances", instance),
            ]
        }
        Lifecycle::SageMakerEndpoint {
            endpoint,
            endpoint_config,
        } => {
            let endpoint = scope.sagemaker(region, "endpoint", endpoint);
            let config = scope.sagemaker(region, "endpoint-config", endpoint_config);
            vec![
                ("sagemaker:CreateEndpoint", config),
                ("sagemaker:CreateEndpoint", endpoint.clone()),
                ("sagemaker:DescribeEndpoint", endpoint.clone()),
                ("sagemaker:DeleteEndpoint", endpoint),
            ]
        }
    }
}

/// The ARNs of a model. A geographic inference profile needs the model that it
/// routes to as well.
fn models(model: &str, region: &str, scope: &ArnScope, profiles: &Profiles) -> Vec<String> {
    if model.starts_with("arn:") {
        return profiles.arns(model);
    }
    match model.split_once('.') {
        Some((geography, id)) if GEOGRAPHIES.contains(&geography) => vec![
            scope.arn("bedrock", region, &format!("inference-profile/{model}")),
            scope.foundation_model(region, id),
        ],
        _ => vec![scope.foundation_model(region, model)],
    }
}

fn secret(key: &SecretRef, region: &str, scope: &ArnScope) -> Option<(&'static str, String)> {
    match key {
        SecretRef::SecretsManager(arn) if arn.starts_with("arn:") => {
            Some(("secretsmanager:GetSecretValue", arn.clone()))
        }
        SecretRef::SecretsManager(name) => {
            let resource = format!("secret:{name}{ANY_CHARACTERS}");
            let arn = scope.arn("secretsmanager", region, &resource);
            Some(("secretsmanager:GetSecretValue", arn))
        }
        SecretRef::Ssm(name) => {
            let resource = format!("parameter/{}", name.trim_start_matches('/'));
            Some(("ssm:GetParameter", scope.arn("ssm", region, &resource)))
        }
        SecretRef::Env(_) => None,
    }
}

#[cfg(test)]
mod tests;
