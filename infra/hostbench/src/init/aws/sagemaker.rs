//! The endpoints of SageMaker.

use bench_core::config::{PricingKind, SageMakerApi, SageMakerRequest, SageMakerTarget, Service};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    Failure, List, Listing, MAX_DETAILS, MAX_PAGES,
    containers::{with_container, with_image},
};
use crate::{
    init::candidate::{Draft, Missing, Source},
    signed::{Refusal, SignedClient},
};

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
        described.unwrap_or_else(|refusal| List {
            drafts: vec![uncertain(name, None)],
            failures: vec![Failure::of_entry(Listing::Endpoints, name, &refusal)],
        })
    });
    Ok(joined(join_all(details).await))
}

fn joined(lists: impl IntoIterator<Item = List>) -> List {
    let mut all = List::default();
    for list in lists {
        all.drafts.extend(list.drafts);
        all.failures.extend(list.failures);
    }
    all
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

async fn described(client: &SignedClient<'_>, name: &str) -> Result<List, Refusal> {
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
        return Ok(List::default());
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
        if !components.drafts.is_empty() {
            return Ok(List {
                drafts: components.drafts.into_iter().map(complete).collect(),
                failures: components.failures,
            });
        }
    }
    let image = running["DeployedImages"][0]["SpecifiedImage"].as_str();
    let (container, failure) = container(client, &configured["ModelName"]).await;
    let draft = with_image(uncertain(name, None), image);
    Ok(List {
        drafts: vec![complete(with_container(draft, &container))],
        failures: failure.into_iter().collect(),
    })
}

/// The container of a model of SageMaker; null, and why, where it cannot be read.
async fn container(client: &SignedClient<'_>, model: &Value) -> (Value, Option<Failure>) {
    let Some(name) = model.as_str() else {
        return (Value::Null, None);
    };
    let input = json!({"ModelName": name});
    match client.operation("SageMaker.DescribeModel", &input).await {
        Ok(model) => {
            let first = model["Containers"].get(0);
            (first.unwrap_or(&model["PrimaryContainer"]).clone(), None)
        }
        Err(refusal) => {
            let failure = Failure::of_entry(Listing::Models, name, &refusal);
            (Value::Null, Some(failure))
        }
    }
}

/// The number of instances, in the bounds of a configuration.
fn instances(count: Option<u64>) -> u32 {
    let count = count.and_then(|count| u32::try_from(count).ok());
    count.unwrap_or(1).clamp(1, 1_000)
}

async fn components(client: &SignedClient<'_>, endpoint: &str) -> Result<List, Refusal> {
    let input = json!({"EndpointNameEquals": endpoint, "StatusEquals": "InService"});
    let operation = "SageMaker.ListInferenceComponents";
    let listed = pages(client, operation, input, "InferenceComponents").await?;
    let names = listed
        .iter()
        .filter_map(|component| component["InferenceComponentName"].as_str());
    let details = names.take(MAX_DETAILS).map(async |name| {
        let input = json!({"InferenceComponentName": name});
        let operation = "SageMaker.DescribeInferenceComponent";
        let draft = uncertain(endpoint, Some(name));
        match client.operation(operation, &input).await {
            Ok(detail) => component(client, draft, &detail["Specification"]).await,
            // Without the details it is still one that can be called.
            Err(refusal) => List {
                drafts: vec![draft],
                failures: vec![Failure::of_entry(
                    Listing::InferenceComponents,
                    name,
                    &refusal,
                )],
            },
        }
    });
    Ok(joined(join_all(details).await))
}

/// The draft of an inference component, whose container is its own or that of a model.
async fn component(client: &SignedClient<'_>, draft: Draft, specification: &Value) -> List {
    let own = &specification["Container"];
    let image = own["DeployedImage"]["SpecifiedImage"].as_str();
    let (container, failure) = container(client, &specification["ModelName"]).await;
    let image = image.or_else(|| container["Image"].as_str());
    let draft = with_container(with_image(draft, image), &container);
    List {
        drafts: vec![with_container(draft, own)],
        failures: failure.into_iter().collect(),
    }
}
