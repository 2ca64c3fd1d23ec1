//! The OpenAI-compatible APIs of AWS, and what goes together with them.

use serde_json::json;

use crate::config::{AwsAuth, BedrockApi, Overrides, SageMakerApi, Service, Target, from_toml};

const BEDROCK: &str = "kind = \"bedrock\"\nmodel = \"us.openai.gpt-5.5\"\n";
const ENDPOINT: &str = "kind = \"sagemaker\"\nendpoint = \"e\"\n";

fn read(target: &str) -> Result<Target, String> {
    let text = format!("name = \"x\"\n[[targets]]\nid = \"a\"\n{target}");
    from_toml(&text, &Overrides::default())
        .map(|mut config| config.targets.remove(0))
        .map_err(|error| error.to_string())
}

#[test]
fn an_api_is_the_service_s_own_unless_it_is_named_and_then_requests_are_signed() {
    let Service::Bedrock(own) = read(&format!("{BEDROCK}request = \"converse\""))
        .unwrap()
        .service
    else {
        panic!("another service")
    };
    assert_eq!((own.api, own.auth), (BedrockApi::Native, AwsAuth::SigV4));
    let plan = serde_json::to_value(&own).unwrap();
    assert!(plan.get("api").is_none() && plan.get("auth").is_none());
    for (name, api) in BedrockApi::ALL.iter().skip(1) {
        let fields =
            format!("{BEDROCK}api = \"{name}\"\nrequest = \"openai-responses\"\nauth = \"bearer\"");
        let target = read(&fields).unwrap();
        assert_eq!(target.service.compatible_api(), Some(*name));
        assert_eq!(target.service.max_tokens_path(), "max_output_tokens");
        let Service::Bedrock(bedrock) = target.service else {
            panic!("another service")
        };
        assert_eq!((bedrock.api, bedrock.auth), (*api, AwsAuth::Bearer));
        let plan = serde_json::to_value(&bedrock).unwrap();
        assert_eq!(
            (&plan["api"], &plan["auth"]),
            (&json!(name), &json!("bearer"))
        );
    }
    let chat = "api = \"openai\"\nrequest = \"openai-chat\"\ninference_component = \"c\"";
    let Service::SageMaker(endpoint) = read(&format!("{ENDPOINT}{chat}")).unwrap().service else {
        panic!("another service")
    };
    assert_eq!(endpoint.api, SageMakerApi::OpenAi);
}

#[test]
fn what_an_api_does_not_take_is_refused_with_what_it_takes() {
    for (target, field, remedy) in [
        (
            format!("{BEDROCK}request = \"openai-responses\""),
            "request",
            "set `api = \"openai\"`",
        ),
        (
            format!("{BEDROCK}request = \"converse\"\nauth = \"sigv4\""),
            "auth",
            "are signed",
        ),
        (
            format!("{BEDROCK}api = \"openai\"\nrequest = \"converse\""),
            "request",
            "`api = \"openai\"` takes `openai-chat` or `openai-responses`",
        ),
        (
            format!(
                "{BEDROCK}api = \"mantle\"\nrequest = \"openai-chat\"\nlatency = \"optimized\""
            ),
            "latency",
            "no latency mode",
        ),
        (
            format!(
                "{BEDROCK}api = \"openai\"\nrequest = \"openai-chat\"\nservice_tier = \"flex\""
            ),
            "service_tier",
            "`extra`",
        ),
        (
            format!("{ENDPOINT}api = \"openai\"\nrequest = \"tgi\""),
            "request",
            "takes `openai-chat`",
        ),
        (
            format!(
                "{ENDPOINT}api = \"openai\"\nrequest = \"openai-chat\"\ntarget_variant = \"v\""
            ),
            "target_variant",
            "chooses no variant",
        ),
        (
            format!("{BEDROCK}api = \"opanai\"\nrequest = \"openai-chat\""),
            "api",
            "`native`, `openai`, `mantle`, `mantle-openai`",
        ),
    ] {
        let error = read(&target).unwrap_err();
        let named = format!("`targets[0].{field}` is ");
        assert!(error.contains(&named) && error.contains(remedy), "{error}");
        assert_eq!(error.matches("`targets[0].").count(), 1, "{error}");
    }
}

#[test]
fn the_prompt_and_the_limit_of_a_response_are_no_extra() {
    let fields = "kind = \"http\"\nurl = \"http://a\"\nrequest = \"openai-responses\"\n";
    for (extra, remedy) in [
        ("input = \"x\"", "the prompt is that of the dataset"),
        ("max_output_tokens = 9", "set `max_tokens`"),
    ] {
        let error = read(&format!("{fields}extra = {{ {extra} }}")).unwrap_err();
        assert!(error.contains(remedy), "{error}");
    }
    let without = read(&format!("{fields}omit = [\"max_output_tokens\"]")).unwrap();
    assert_eq!(without.sent_max_tokens(), None);
}
