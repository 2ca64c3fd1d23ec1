//! The permissions that the roles of a stack need, target by target.

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
fn an_openai_compatible_api_needs_its_project_and_the_bearer_key_where_it_has_one() {
    let target = |api: &str, more: &str| {
        format!("kind = \"bedrock\"\nmodel = \"m\"\nstream = false\napi = \"{api}\"\n{more}")
    };
    let model = (
        "bedrock:InvokeModel",
        "arn:aws:bedrock:eu-west-1::foundation-model/m",
    );
    let project = "arn:aws:bedrock:eu-west-1:111122223333:project/default";
    let mantle = "arn:aws:bedrock-mantle:eu-west-1:111122223333:project/default";
    for (target, expected) in [
        (target("openai", "request = \"openai-chat\""), vec![model]),
        (
            target(
                "openai",
                "request = \"openai-responses\"\nauth = \"bearer\"",
            ),
            vec![
                model,
                ("bedrock:InvokeModel", project),
                ("bedrock:CallWithBearerToken", "*"),
            ],
        ),
        (
            target("mantle", "request = \"openai-responses\""),
            vec![("bedrock-mantle:CreateInference", mantle)],
        ),
        (
            target(
                "mantle-openai",
                "request = \"openai-chat\"\nauth = \"bearer\"",
            ),
            vec![
                ("bedrock-mantle:CreateInference", mantle),
                ("bedrock-mantle:CallWithBearerToken", "*"),
            ],
        ),
        (
            "kind = \"sagemaker\"\nendpoint = \"e\"\napi = \"openai\"\n\
             request = \"openai-chat\""
                .to_owned(),
            vec![
                (
                    "sagemaker:InvokeEndpoint",
                    "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e",
                ),
                ("sagemaker:CallWithBearerToken", "*"),
            ],
        ),
    ] {
        let needed = needed(&target);
        let needed: Vec<_> = needed
            .iter()
            .map(|(action, on)| (*action, on.as_str()))
            .collect();
        assert_eq!(needed, expected, "{target}");
    }
}

#[test]
fn a_deployment_allows_bearer_keys_and_projects_by_parameters_of_their_own() {
    let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"bedrock\"\nmodel = \"m\"\n\
                api = \"mantle\"\nauth = \"bearer\"\nrequest = \"openai-chat\"";
    let run = from_toml(text, &Overrides::default()).unwrap();
    let grants = grants(&run, &ArnScope::of(STACK), &Profiles::default());
    let mantle = "arn:aws:bedrock-mantle:eu-west-1:111122223333:project/default";
    let expected = [
        ("BearerTokenArns", [("*".to_owned())].into()),
        ("MantleProjectArns", [mantle.to_owned()].into()),
    ];
    assert_eq!(grants, expected.into());
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
    let model = |region: &str| format!("arn:aws:bedrock:{region}::foundation-model/meta.llama3");
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
