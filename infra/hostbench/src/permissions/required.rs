//! The permissions that targets need, and the template parameters that grant them.

use std::collections::{BTreeMap, BTreeSet};

use bench_core::config::{Lifecycle, Network, RunConfig, SecretRef, Service, Target};

use super::{ArnScope, Permission, Profiles};

/// Prefixes of the geographic inference profiles of Bedrock.
const GEOGRAPHIES: [&str; 8] = ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"];

/// Placeholder for the six random characters at the end of the ARN of a secret.
const ANY_CHARACTERS: &str = "-XXXXXX";

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
        Service::Bedrock(bedrock) => {
            let action = if target.stream {
                "bedrock:InvokeModelWithResponseStream"
            } else {
                "bedrock:InvokeModel"
            };
            let models = models(&bedrock.model, region, scope, profiles);
            models.into_iter().map(|model| (action, model)).collect()
        }
        Service::SageMaker(sagemaker) => {
            let action = if target.stream {
                "sagemaker:InvokeEndpointWithResponseStream"
            } else {
                "sagemaker:InvokeEndpoint"
            };
            let component = sagemaker.inference_component.iter();
            let component =
                component.map(|name| scope.sagemaker(region, "inference-component", name));
            std::iter::once(scope.sagemaker(region, "endpoint", &sagemaker.endpoint))
                .chain(component)
                .map(|resource| (action, resource))
                .collect()
        }
        Service::Http(http) => http
            .api_key
            .iter()
            .filter_map(|key| secret(key, region, scope))
            .collect(),
    }
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
mod tests {
    use bench_core::config::{Overrides, from_toml};

    use super::*;

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/hostbench/1";

    fn needed(target: &str) -> Vec<(&'static str, String)> {
        let text = format!("name = \"x\"\n[[targets]]\nid = \"a\"\n{target}");
        let run = from_toml(&text, &Overrides::default()).unwrap();
        let permissions = required(&run, &ArnScope::of(STACK), &Profiles::default());
        permissions
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
    fn a_profile_that_is_named_by_its_arn_needs_the_models_behind_it_in_any_region() {
        let profile = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/a1b2";
        let model =
            |region: &str| format!("arn:aws:bedrock:{region}::foundation-model/meta.llama3");
        let behind = [model("eu-west-1"), model("eu-west-3")];
        let profiles = Profiles::known(profile, &[&behind[0], &behind[1]]);
        let text = format!(
            "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"bedrock\"\nmodel = \"{profile}\"\n\
             request = \"converse\""
        );
        let run = from_toml(&text, &Overrides::default()).unwrap();
        let scope = ArnScope::of(STACK);
        let needed = required(&run, &scope, &profiles);
        let needed: Vec<_> = needed.iter().map(|need| need.resource.as_str()).collect();
        assert_eq!(needed, [profile, &behind[0], &behind[1]]);
        let granted = grants(&run, &scope, &profiles);
        let expected = [model("*"), profile.to_owned()];
        assert_eq!(granted["ModelArns"], expected.into());
    }

    #[test]
    fn a_deployment_allows_what_its_configurations_need_and_no_more() {
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"bedrock\"\n\
                    model = \"us.deepseek.r1-v1:0\"\nrequest = \"converse\"\n[[targets]]\nid = \"b\"\n\
                    kind = \"http\"\nurl = \"https://m.example\"\nrequest = \"tgi\"\n\
                    api_key = \"secretsmanager:hostbench/key\"";
        let run = from_toml(text, &Overrides::default()).unwrap();
        let grants = grants(&run, &ArnScope::of(STACK), &Profiles::default());
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
    fn what_a_run_starts_and_stops_is_needed_and_granted_as_well() {
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"sagemaker\"\nendpoint = \"e\"\n\
                    request = \"tgi\"\nlifecycle = { endpoint_config = \"c\" }\n[[targets]]\nid = \"b\"\n\
                    kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"tgi\"\n\
                    lifecycle = { instance = \"i-0123456789abcdef0\" }";
        let run = from_toml(text, &Overrides::default()).unwrap();
        let scope = ArnScope::of(STACK);
        let actions: Vec<_> = required(&run, &scope, &Profiles::default())
            .into_iter()
            .filter(|need| need.role == "BenchmarkStateMachineRole")
            .map(|need| need.action)
            .collect();
        assert_eq!(
            actions,
            [
                "sagemaker:CreateEndpoint",
                "sagemaker:CreateEndpoint",
                "sagemaker:DescribeEndpoint",
                "sagemaker:DeleteEndpoint",
                "ec2:StartInstances",
                "ec2:StopInstances",
            ]
        );
        let parameters: Vec<_> = grants(&run, &scope, &Profiles::default())
            .into_keys()
            .collect();
        assert_eq!(
            parameters,
            [
                "EndpointArns",
                "EndpointConfigArns",
                "InstanceArns",
                "LifecycleEndpointArns"
            ]
        );
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
