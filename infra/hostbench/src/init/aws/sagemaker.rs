//! The endpoints of SageMaker.

use bench_core::config::{PricingKind, SageMakerApi, SageMakerRequest, SageMakerTarget, Service};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{Failure, List, Listing, MAX_DETAILS, MAX_PAGES};
use crate::{
    init::candidate::{Draft, Missing, Source},
    signed::{Refusal, SignedClient},
};

/// The containers whose request format is known, by a part of the names of their images.
const CONTAINERS: [(&str, SageMakerRequest); 6] = [
    ("text-generation-inference", SageMakerRequest::Tgi),
    ("tgi-inference", SageMakerRequest::Tgi),
    ("huggingface-neuronx-tgi", SageMakerRequest::Tgi),
    ("djl-inference", SageMakerRequest::Lmi),
    ("vllm", SageMakerRequest::OpenAiChat),
    ("sglang", SageMakerRequest::OpenAiChat),
];

/// The entries of a list, from all of its pages.
async fn pages(
    client: &SignedClient<'_>,
    operation: &'static str,
    input: Value,
    entries: &str,
) -> Result<Vec<Value>, Refusal> {
    let mut input = input;
    let mut all = Vec::new();
    for _ in 0..MAX_PAGES {
        let mut answer = client.operation(operation, &input).await?;
        if let Some(Value::Array(entries)) = answer.get_mut(entries).map(Value::take) {
            all.extend(entries);
        }
        match answer["NextToken"].as_str() {
            Some(token) => input["NextToken"] = json!(token),
            None => break,
        }
    }
    Ok(all)
}

/// Endpoints in service: one draft each, or one for each of its inference components.
pub(super) async fn endpoints(client: &SignedClient<'_>) -> Result<List, Refusal> {
    let input = json!({"StatusEquals": "InService", "MaxResults": 100});
    let endpoints = pages(client, "SageMaker.ListEndpoints", input, "Endpoints").await?;
    let names = endpoints
        .iter()
        .filter_map(|endpoint| endpoint["EndpointName"].as_str());
    let details = names.take(MAX_DETAILS).map(async |name| {
        let described = described(client, name).await;
        let failure = described.as_ref().err().map(|refusal| Failure {
            listing: Listing::Endpoints,
            entry: Some(name.to_owned()),
            reason: refusal.to_string(),
        });
        let drafts = described.unwrap_or_else(|_| vec![uncertain(name, None)]);
        (drafts, failure)
    });
    let mut list = List::default();
    for (mut drafts, failure) in join_all(details).await {
        list.drafts.append(&mut drafts);
        list.failures.extend(failure);
    }
    Ok(list)
}

/// An endpoint of which only the name is known.
fn uncertain(endpoint: &str, component: Option<&str>) -> Draft {
    let service = Service::SageMaker(SageMakerTarget {
        endpoint: endpoint.to_owned(),
        api: SageMakerApi::default(),
        request: SageMakerRequest::OpenAiChat,
        inference_component: component.map(str::to_owned),
        target_variant: None,
    });
    let name = component.unwrap_or(endpoint);
    let mut draft = Draft::new(Source::Endpoint { image: None }, name, service);
    draft.missing.push(Missing::Request);
    draft
}

async fn described(client: &SignedClient<'_>, name: &str) -> Result<Vec<Draft>, Refusal> {
    let endpoint = json!({"EndpointName": name});
    let endpoint = client
        .operation("SageMaker.DescribeEndpoint", &endpoint)
        .await?;
    let config = json!({"EndpointConfigName": endpoint["EndpointConfigName"]});
    let config = client
        .operation("SageMaker.DescribeEndpointConfig", &config)
        .await?;
    // Such an endpoint answers into a bucket.
    if endpoint["AsyncInferenceConfig"].is_object() {
        return Ok(Vec::new());
    }
    // Calls go to the variants by their weights; more than one is not one machine.
    let only = |list: &Value| match list.as_array().map(Vec::as_slice) {
        Some([only]) => Some(only.clone()),
        _ => None,
    };
    let configured = only(&config["ProductionVariants"]).unwrap_or_default();
    let running = only(&endpoint["ProductionVariants"]).unwrap_or_default();
    let instance = configured["InstanceType"].as_str().map(str::to_owned);
    let count = running["CurrentInstanceCount"].as_u64();
    let count = count.or_else(|| configured["InitialInstanceCount"].as_u64());
    let complete = |mut draft: Draft| {
        draft.instance.clone_from(&instance);
        draft.pricing = instance.as_ref().map(|instance| PricingKind::Hourly {
            sku: format!("sagemaker:{instance}"),
            instances: instances(count),
        });
        draft
    };
    // A variant without a model of its own hosts inference components.
    if configured.is_object() && configured["ModelName"].is_null() {
        let components = components(client, name).await?;
        if !components.is_empty() {
            return Ok(components.into_iter().map(complete).collect());
        }
    }
    let image = running["DeployedImages"][0]["SpecifiedImage"].as_str();
    Ok(vec![complete(with_image(uncertain(name, None), image))])
}

/// The number of instances, in the bounds of a configuration.
fn instances(count: Option<u64>) -> u32 {
    let count = count.and_then(|count| u32::try_from(count).ok());
    count.unwrap_or(1).clamp(1, 1_000)
}

async fn components(client: &SignedClient<'_>, endpoint: &str) -> Result<Vec<Draft>, Refusal> {
    let input = json!({"EndpointNameEquals": endpoint, "StatusEquals": "InService"});
    let operation = "SageMaker.ListInferenceComponents";
    let listed = pages(client, operation, input, "InferenceComponents").await?;
    let names = listed
        .iter()
        .filter_map(|component| component["InferenceComponentName"].as_str());
    let details = names.take(MAX_DETAILS).map(async |name| {
        let input = json!({"InferenceComponentName": name});
        let operation = "SageMaker.DescribeInferenceComponent";
        // Without the details the component is still one that can be called.
        let detail = client
            .operation(operation, &input)
            .await
            .unwrap_or_default();
        let container = &detail["Specification"]["Container"];
        let image = container["DeployedImage"]["SpecifiedImage"].as_str();
        with_image(uncertain(endpoint, Some(name)), image)
    });
    Ok(join_all(details).await)
}

/// The draft with the request format of its container, where that is known.
fn with_image(mut draft: Draft, image: Option<&str>) -> Draft {
    let known = image.and_then(|image| {
        let known = CONTAINERS.iter().find(|(part, _)| image.contains(part));
        known.map(|(_, request)| *request)
    });
    draft.source = Source::Endpoint {
        image: image.map(str::to_owned),
    };
    if let (Some(request), Service::SageMaker(target)) = (known, &mut draft.service) {
        target.request = request;
        draft.missing.retain(|missing| *missing != Missing::Request);
    }
    draft
}
