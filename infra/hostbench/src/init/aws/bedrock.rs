//! The lists of Bedrock.

use bench_core::config::{
    AwsAuth, BedrockApi, BedrockRequest, BedrockTarget, PricingKind, Service,
};
use futures::future::join_all;
use reqwest::Method;
use serde_json::Value;

use super::{Failure, List, Listing, MAX_DETAILS, MAX_PAGES};
use crate::{
    init::candidate::{Draft, Missing, Source},
    signed::{Refusal, SignedClient, encoded},
};

/// The entries of a list, from all of its pages.
async fn pages(
    client: &SignedClient<'_>,
    path: &str,
    entries: &str,
) -> Result<Vec<Value>, Refusal> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let token_query = token.map_or_else(String::new, |token| {
            format!("&nextToken={}", encoded(&token))
        });
        let page = format!("{path}{token_query}");
        let mut answer = client.call(Method::GET, &page, None).await?;
        if let Some(Value::Array(entries)) = answer.get_mut(entries).map(Value::take) {
            all.extend(entries);
        }
        token = answer["nextToken"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(all)
}

/// The model that an ARN is of: a foundation model by its id, which profiles and Provisioned
/// Throughputs of it share, or a custom model by its base model and id.
fn model_of(arn: &Value) -> Option<&str> {
    let (_, model) = arn.as_str()?.split_once("-model/")?;
    // Provisioned Throughputs name the length of the context behind the version.
    let context = model.match_indices(':').nth(1).map(|(at, _)| at);
    let context = context.filter(|_| !model.contains('/'));
    Some(&model[..context.unwrap_or(model.len())])
}

fn text<'a>(entry: &'a Value, field: &str) -> Option<&'a str> {
    entry[field].as_str().filter(|text| !text.trim().is_empty())
}

fn draft(source: Source, name: &str, model: &str, request: BedrockRequest) -> Draft {
    let service = Service::Bedrock(BedrockTarget {
        model: model.to_owned(),
        api: BedrockApi::default(),
        auth: AwsAuth::default(),
        request,
        service_tier: None,
        latency: None,
    });
    Draft::new(source, name, service)
}

/// Imported models, with the Custom Model Units of each.
pub(super) async fn imported(client: &SignedClient<'_>) -> Result<List, Refusal> {
    let models = pages(client, "/imported-models?maxResults=100", "modelSummaries").await?;
    let details = models.iter().map(async |model| {
        let arn = text(model, "modelArn")?;
        let path = format!("/imported-models/{}", encoded(arn));
        Some(client.call(Method::GET, &path, None).await)
    });
    let details = join_all(details.take(MAX_DETAILS)).await;
    let mut list = List::default();
    let details = details.into_iter().chain(std::iter::repeat_with(|| None));
    for (model, detail) in models.iter().zip(details) {
        let Some(arn) = text(model, "modelArn") else {
            continue;
        };
        let name = text(model, "modelName").unwrap_or(arn);
        let (request, is_certain) = import_request(model);
        let mut draft = draft(Source::ImportedModel, name, arn, request);
        draft.model_name = text(model, "modelName").map(str::to_owned);
        if !is_certain {
            draft.missing.push(Missing::Request);
        }
        match detail {
            Some(Ok(detail)) => draft.pricing = units(&detail),
            Some(Err(refusal)) => {
                let failure = Failure::of_entry(Listing::ImportedModels, name, &refusal);
                list.failures.push(failure);
            }
            None => {}
        }
        list.drafts.push(draft);
    }
    Ok(list)
}

/// The request format of an imported model, and whether it is certain: those that follow
/// instructions have the Converse operations, and the body of Llama is of its architecture.
fn import_request(model: &Value) -> (BedrockRequest, bool) {
    let architecture = text(model, "modelArchitecture").unwrap_or_default();
    let is_llama = architecture.to_ascii_lowercase().contains("llama");
    match (model["instructSupported"].as_bool(), is_llama) {
        (Some(true), _) => (BedrockRequest::Converse, true),
        (_, true) => (BedrockRequest::Llama, true),
        _ => (BedrockRequest::OpenAiCompletion, false),
    }
}

fn units(detail: &Value) -> Option<PricingKind> {
    let units = detail["customModelUnits"]["customModelUnitsPerModelCopy"].as_u64()?;
    let units = u32::try_from(units)
        .ok()
        .filter(|units| (1..=1_000).contains(units))?;
    Some(PricingKind::ModelUnits { units, copies: 1 })
}

/// Custom models that are deployed on demand and active.
pub(super) async fn deployments(client: &SignedClient<'_>) -> Result<List, Refusal> {
    let path = "/model-customization/custom-model-deployments?maxResults=100&statusEquals=Active";
    let deployments = pages(client, path, "modelDeploymentSummaries").await?;
    let drafts = deployments.iter().filter_map(|deployment| {
        let arn = text(deployment, "customModelDeploymentArn")?;
        let name = text(deployment, "customModelDeploymentName").unwrap_or(arn);
        let request = BedrockRequest::Converse;
        let mut draft = draft(Source::CustomDeployment, name, arn, request);
        draft.model_name = model_of(&deployment["modelArn"]).map(str::to_owned);
        Some(draft)
    });
    Ok(drafts.collect::<Vec<_>>().into())
}

/// Provisioned Throughputs that can be called, paid by the hour of each of their model units;
/// what an hour costs depends on the base model and on the commitment.
pub(super) async fn provisioned(client: &SignedClient<'_>) -> Result<List, Refusal> {
    let path = "/provisioned-model-throughputs?maxResults=100";
    let all = pages(client, path, "provisionedModelSummaries").await?;
    let is_called = |one: &&Value| one["status"] == "InService" || one["status"] == "Updating";
    let drafts = all.iter().filter(is_called).filter_map(|one| {
        let arn = text(one, "provisionedModelArn")?;
        let name = text(one, "provisionedModelName").unwrap_or(arn);
        let request = BedrockRequest::Converse;
        let mut draft = draft(Source::ProvisionedThroughput, name, arn, request);
        draft.model_name = model_of(&one["modelArn"]).map(str::to_owned);
        let units = one["modelUnits"].as_u64();
        let units = units.and_then(|units| u32::try_from(units).ok());
        draft.pricing = model_of(&one["foundationModelArn"])
            .zip(units.filter(|units| (1..=1_000).contains(units)))
            .map(|(base, units)| PricingKind::Hourly {
                sku: format!("bedrock-provisioned:{base}"),
                instances: units,
            });
        Some(draft)
    });
    Ok(drafts.collect::<Vec<_>>().into())
}

/// Inference profiles, the account's own first.
pub(super) async fn profiles(client: &SignedClient<'_>) -> Result<List, Refusal> {
    let path = |kind: &str| format!("/inference-profiles?maxResults=1000&type={kind}");
    let own = path("APPLICATION");
    let system = path("SYSTEM_DEFINED");
    let (own, system) = tokio::join!(
        pages(client, &own, "inferenceProfileSummaries"),
        pages(client, &system, "inferenceProfileSummaries"),
    );
    let is_active = |profile: &&Value| profile["status"] == "ACTIVE";
    let own = own?;
    let own = own.iter().filter(is_active).filter_map(|profile| {
        let arn = text(profile, "inferenceProfileArn")?;
        let name = text(profile, "inferenceProfileName").unwrap_or(arn);
        let request = BedrockRequest::Converse;
        let mut draft = draft(Source::ApplicationProfile, name, arn, request);
        let model = model_of(&profile["models"][0]["modelArn"]);
        draft.model_name = model.map(str::to_owned);
        draft.pricing = model.map(|model| PricingKind::Tokens {
            sku: Some(format!("bedrock:{model}")),
        });
        Some(draft)
    });
    let system = system?;
    let system = system.iter().filter(is_active).filter_map(|profile| {
        let id = text(profile, "inferenceProfileId")?;
        let model = model_of(&profile["models"][0]["modelArn"]);
        Some(by_the_token(Source::SystemProfile, id, model))
    });
    Ok(own.chain(system).collect::<Vec<_>>().into())
}

/// Foundation models that stream text on demand.
pub(super) async fn foundation(client: &SignedClient<'_>) -> Result<List, Refusal> {
    let path = "/foundation-models?byInferenceType=ON_DEMAND&byOutputModality=TEXT";
    let models = pages(client, path, "modelSummaries").await?;
    let has = |model: &Value, field: &str, value: &str| {
        let values = model[field].as_array();
        values.is_some_and(|values| values.iter().any(|known| known == value))
    };
    let is_meant = |model: &&Value| {
        has(model, "inputModalities", "TEXT")
            && has(model, "outputModalities", "TEXT")
            && has(model, "inferenceTypesSupported", "ON_DEMAND")
            && model["responseStreamingSupported"] == true
            && model["modelLifecycle"]["status"] == "ACTIVE"
    };
    let drafts = models.iter().filter(is_meant).filter_map(|model| {
        let id = text(model, "modelId")?;
        Some(by_the_token(Source::FoundationModel, id, Some(id)))
    });
    Ok(drafts.collect::<Vec<_>>().into())
}

/// A model that everybody is offered, by the token.
fn by_the_token(source: Source, id: &str, model: Option<&str>) -> Draft {
    let mut draft = draft(source, id, id, BedrockRequest::Converse);
    draft.model_name = model.map(str::to_owned);
    draft.pricing = Some(PricingKind::Tokens { sku: None });
    draft
}
