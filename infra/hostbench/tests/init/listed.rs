//! What AWS tells: the models and endpoints of an account, and the instance that a server is on.

use std::fs;

use bench_core::config::{Overrides, PricingKind, Service, from_toml};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    account::{self, Refused},
    code, command,
    fake::{Answer, Fake},
    found, ids, said, servers, written,
};

#[test]
fn a_server_on_an_ec2_instance_is_paid_by_its_hour() {
    let metadata = Fake::start(|request| {
        let path = (request.method.as_str(), request.path.as_str());
        let has_token = request
            .headers
            .get("x-aws-ec2-metadata-token")
            .is_some_and(|token| token == "t");
        Some(match path {
            ("PUT", "/latest/api/token") => Answer::new(200, "t"),
            ("GET", "/latest/meta-data/instance-type") if has_token => {
                Answer::new(200, "g6.2xlarge")
            }
            ("GET", "/latest/meta-data/placement/region") if has_token => {
                Answer::new(200, "us-east-1")
            }
            _ => Answer::not_found(),
        })
    });
    let folder = TempDir::new().unwrap();
    let server = servers::vllm("a/b");
    let port = server.port.to_string();
    let mut command = command(folder.path(), &["init", "a.toml", "--ports", &port]);
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url());
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = fs::read_to_string(folder.path().join("a.toml")).unwrap();
    let target = from_toml(&text, &Overrides::default())
        .unwrap()
        .targets
        .remove(0);
    assert_eq!(target.instance.as_deref(), Some("g6.2xlarge"), "{text}");
    assert_eq!(target.region.as_deref(), Some("us-east-1"));
    let hourly = PricingKind::Hourly {
        sku: "ec2:g6.2xlarge".to_owned(),
        instances: 1,
    };
    assert_eq!(target.pricing.map(|pricing| pricing.kind), Some(hourly));
}

#[test]
fn an_account_is_listed_with_request_formats_instances_and_prices() {
    let account = account::start(Refused::Nothing);
    let found = found(&[], Some(&account));
    assert_eq!(
        found["aws"],
        json!({"region": "eu-west-1", "not_signed_in": null, "failures": []})
    );
    let targets = found["targets"].as_array().unwrap();
    let summary: Vec<_> = targets
        .iter()
        .map(|target| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&target["id"]),
                text(&target["source"]),
                text(&target["service"]["request"]),
                target["is_priced"] == true,
            )
        })
        .collect();
    let expected = [
        ("bedrock-one", "imported_model", "converse", true),
        ("bedrock-two", "imported_model", "llama", true),
        ("bedrock-three", "imported_model", "openai-completion", true),
        (
            "bedrock-support-bot",
            "custom_deployment",
            "converse",
            false,
        ),
        ("bedrock-units", "provisioned_throughput", "converse", false),
        ("bedrock-tuned", "provisioned_throughput", "converse", false),
        ("sagemaker-tgi-8b", "endpoint", "tgi", true),
        ("sagemaker-lmi-8b", "endpoint", "lmi", true),
        ("sagemaker-vllm-8b", "endpoint", "openai-chat", true),
        ("sagemaker-own-container", "endpoint", "openai-chat", false),
        ("sagemaker-component-1", "endpoint", "openai-chat", true),
        (
            "bedrock-search-team",
            "application_profile",
            "converse",
            true,
        ),
        (
            "bedrock-us-deepseek-r1-v1-0",
            "system_profile",
            "converse",
            true,
        ),
        (
            "bedrock-meta-llama3-1-8b-instruct-v1-0",
            "foundation_model",
            "converse",
            true,
        ),
        (
            "bedrock-eu-nobody-knows-v1-0",
            "system_profile",
            "converse",
            false,
        ),
        (
            "bedrock-unpriced-model-v1",
            "foundation_model",
            "converse",
            false,
        ),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(id, source, request, is_priced)| {
            (
                (*id).to_owned(),
                (*source).to_owned(),
                (*request).to_owned(),
                *is_priced,
            )
        })
        .collect();
    assert_eq!(summary, expected);
    let suggested = found["suggested"].as_array().unwrap();
    assert_eq!(
        suggested.len(),
        12,
        "what is on offer to everybody is not suggested: {suggested:?}"
    );
}

#[test]
fn the_targets_of_an_account_are_written_with_region_instance_and_price() {
    let account = account::start(Refused::Nothing);
    let (text, run, printed) = written(&[], Some(&account), &["--targets", "all"]);
    assert_eq!(run.targets.len(), 14, "{text}");
    assert!(printed.contains("and 2 models of Bedrock"), "{printed}");
    assert!(
        run.targets
            .iter()
            .all(|target| target.region.as_deref() == Some("eu-west-1"))
    );
    let pricing = |id: &str| {
        let target = run.targets.iter().find(|target| target.id == *id).unwrap();
        (
            target.instance.clone(),
            target.pricing.clone().map(|pricing| pricing.kind),
        )
    };
    let units = PricingKind::ModelUnits {
        units: 2,
        copies: 1,
    };
    assert_eq!(pricing("bedrock-one"), (None, Some(units)));
    let hourly = PricingKind::Hourly {
        sku: "sagemaker:ml.g6.2xlarge".to_owned(),
        instances: 2,
    };
    let machine = Some("ml.g6.2xlarge".to_owned());
    assert_eq!(pricing("sagemaker-tgi-8b"), (machine, Some(hourly)));
    // A price that nobody knows is a comment.
    let unknown = (Some("ml.unknown.xlarge".to_owned()), None);
    assert_eq!(pricing("sagemaker-own-container"), unknown);
    assert!(
        text.contains("# pricing = { kind = \"hourly\", sku = \"sagemaker:ml.unknown.xlarge\""),
        "{text}"
    );
    let Service::SageMaker(shared) = &run.targets[10].service else {
        panic!("{:?}", run.targets[10].service)
    };
    assert_eq!(
        (
            shared.endpoint.as_str(),
            shared.inference_component.as_deref()
        ),
        ("shared", Some("component-1"))
    );
    // What an hour of a model unit costs depends on the commitment.
    assert_eq!(pricing("bedrock-units"), (None, None));
    let line = "# pricing = { kind = \"hourly\", sku = \
                \"bedrock-provisioned:meta.llama3-1-8b-instruct-v1:0\", instances = 2, prices";
    assert!(text.contains(line), "{text}");
    // By its id, also what is not listed can be taken.
    let (_, run, _) = written(
        &[],
        Some(&account),
        &["--targets", "bedrock-unpriced-model-v1"],
    );
    assert_eq!(run.targets.len(), 1);
}

#[test]
fn targets_of_one_model_have_one_name_wherever_it_is_known() {
    let account = account::start(Refused::Nothing);
    let servers = [servers::vllm(account::R1), servers::llama_cpp()];
    let (text, run, _) = written(
        &[&servers[0], &servers[1]],
        Some(&account),
        &["--targets", "all"],
    );
    let name = |id: &str| {
        let target = run.targets.iter().find(|target| target.id == *id);
        let target = target.unwrap_or_else(|| panic!("{id} in {text}"));
        target.model_name.as_deref()
    };
    for id in [
        "vllm-deepseek-r1-distill-llama-8b",
        "sagemaker-tgi-8b",
        "sagemaker-lmi-8b",
        "sagemaker-component-1",
    ] {
        assert_eq!(name(id), Some(account::R1), "{id}");
    }
    let llama = "meta.llama3-1-8b-instruct-v1:0";
    let tuned = format!("{llama}:128k/abcdefghijkl");
    for (id, expected) in [
        ("bedrock-one", Some("one")),
        ("bedrock-support-bot", Some("m1")),
        ("bedrock-search-team", Some("deepseek.v3.2")),
        ("bedrock-us-deepseek-r1-v1-0", Some("deepseek.r1-v1:0")),
        ("bedrock-meta-llama3-1-8b-instruct-v1-0", Some(llama)),
        ("bedrock-units", Some(llama)),
        ("bedrock-tuned", Some(tuned.as_str())),
        ("llama-cpp-qwen3-0-6b-q8-0", Some("Qwen3-0.6B-Q8_0")),
        ("sagemaker-vllm-8b", None),
        ("sagemaker-own-container", None),
    ] {
        assert_eq!(name(id), expected, "{id}");
    }
}

#[test]
fn what_an_account_refuses_is_a_line_and_the_rest_is_listed() {
    let account = account::start(Refused::SageMaker);
    let without_endpoints = found(&[], Some(&account));
    assert_eq!(ids(&without_endpoints).len(), 11);
    let failures = without_endpoints["aws"]["failures"].as_array().unwrap();
    assert_eq!(
        (failures.len(), &failures[0]["listing"]),
        (1, &json!("endpoints"))
    );
    let (_, _, printed) = written(&[], Some(&account), &["--yes"]);
    let line = "SageMaker endpoints cannot be read: AccessDeniedException: User: ";
    assert!(
        printed.lines().any(|printed| printed.starts_with(line)),
        "{printed}"
    );

    let account = account::start(Refused::Units);
    let (text, run, printed) = written(&[], Some(&account), &["--targets", "1"]);
    assert_eq!(run.targets[0].pricing, None);
    assert!(
        text.contains("# pricing = { kind = \"model-units\", units = 2 }"),
        "{text}"
    );
    assert!(
        printed.contains("imported models (`one`) cannot be read: "),
        "{printed}"
    );

    let account = account::start(Refused::Containers);
    let (_, run, printed) = written(&[], Some(&account), &["--targets", "all"]);
    assert_eq!(run.targets.len(), 14, "{printed}");
    for line in [
        "SageMaker models (`model-of-tgi-8b`) cannot be read: AccessDeniedException: ",
        "inference components (`component-1`) cannot be read: AccessDeniedException: ",
    ] {
        let lines = printed.lines().filter(|printed| printed.starts_with(line));
        assert_eq!(lines.count(), 1, "{printed}");
    }

    let account = account::start(Refused::Everything);
    let nothing = found(&[&servers::llama_cpp_python()], Some(&account));
    assert_eq!(ids(&nothing), ["llama-cpp-python-random"]);
    assert_eq!(nothing["aws"]["failures"].as_array().unwrap().len(), 6);
}
