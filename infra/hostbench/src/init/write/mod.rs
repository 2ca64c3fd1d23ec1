//! The text of a configuration, with comments on what a newcomer may change.

mod head;
mod lines;
mod pricing;

use bench_core::config::{BedrockRequest, HttpRequest, SageMakerRequest, Service};

use self::lines::Lines;
use super::{
    candidate::{Candidate, Draft, Missing, ServerKind, Source},
    toml_text::{one_line, quoted},
};

/// The configuration of these candidates under a name; an example of a target where there
/// are none.
#[must_use]
pub fn configuration(name: &str, candidates: &[&Candidate]) -> String {
    let mut lines = Lines::default();
    head::head(&mut lines, name, candidates);
    for candidate in candidates {
        lines.blank();
        target(&mut lines, candidate);
    }
    if candidates.is_empty() {
        head::example(&mut lines);
    }
    lines.0
}

fn target(lines: &mut Lines, Candidate { id, draft }: &Candidate) {
    lines.plain(&format!("# {}", origin(draft)));
    lines.plain("[[targets]]");
    lines.text("id", id.as_str());
    lines.text("kind", draft.service.kind());
    match &draft.service {
        Service::Bedrock(target) => {
            lines.text("model", &target.model);
            request(lines, draft, target.request.as_str());
        }
        Service::SageMaker(target) => {
            lines.text("endpoint", &target.endpoint);
            if let Some(component) = &target.inference_component {
                lines.text("inference_component", component);
            }
            request(lines, draft, target.request.as_str());
        }
        Service::Http(target) => {
            lines.text("url", &target.url);
            request(lines, draft, target.request.as_str());
            if let Some(model) = &target.model {
                lines.text("model", model);
            }
        }
    }
    if let Some(model) = &draft.model_name {
        lines.explained(
            &format!("model_name = {}", quoted(model)),
            "targets of one name are compared as one model",
        );
    }
    if let Some(region) = &draft.region {
        lines.text("region", region);
    }
    if draft.missing.contains(&Missing::Model) {
        lines.explained(
            "# model = \"NAME\"",
            "as the server lists it at `/v1/models`",
        );
    }
    if draft.missing.contains(&Missing::Key) {
        lines.explained(
            "# api_key = \"env:MODEL_KEY\"",
            "the server wants a key: the variable that has it",
        );
    }
    if matches!(draft.service, Service::Http(_)) {
        lines.explained(
            "ready_within_s = 120",
            "seconds to wait for its first answer",
        );
    }
    if let Some(instance) = &draft.instance {
        lines.text("instance", instance);
    }
    pricing::pricing(lines, draft);
}

/// A description of a candidate and of where it was found.
fn origin(draft: &Draft) -> String {
    let name = one_line(&draft.name);
    match &draft.source {
        Source::Server {
            server, version, ..
        } => {
            let version = version
                .as_deref()
                .map(|version| format!(" {}", one_line(version)));
            format!("{}{}", server.title(), version.unwrap_or_default())
        }
        Source::ImportedModel => format!("Bedrock, imported model {name}"),
        Source::CustomDeployment => format!("Bedrock, custom model deployment {name}"),
        Source::ProvisionedThroughput => format!("Bedrock, Provisioned Throughput {name}"),
        Source::ApplicationProfile => format!("Bedrock, application inference profile {name}"),
        Source::SystemProfile => "Bedrock, inference profile".to_owned(),
        Source::FoundationModel => "Bedrock, foundation model on demand".to_owned(),
        Source::Endpoint { image } => {
            let image = image.as_deref().map(container);
            let image = image.map_or_else(String::new, |image| format!(", container {image}"));
            format!("SageMaker endpoint{image}")
        }
    }
}

/// The name and the tag of an image without its registry.
fn container(image: &str) -> String {
    one_line(image.rsplit('/').next().unwrap_or(image))
}

fn request(lines: &mut Lines, draft: &Draft, request: &str) {
    let line = format!("request = {}", quoted(request));
    let choices = match &draft.service {
        Service::Bedrock(_) => {
            let all = BedrockRequest::ALL.iter().copied();
            // The Responses API is no operation of Bedrock's own.
            let native = all.filter(|(_, request)| *request != BedrockRequest::OpenAiResponses);
            names(&native.collect::<Vec<_>>())
        }
        Service::SageMaker(_) => names(SageMakerRequest::ALL),
        Service::Http(_) => names(HttpRequest::ALL),
    };
    let is_tgi = matches!(
        &draft.source,
        Source::Server {
            server: ServerKind::Tgi,
            ..
        }
    );
    if draft.missing.contains(&Missing::Request) {
        lines.explained(&line, &format!("a guess, of {choices}"));
    } else if is_tgi {
        lines.explained(
            &line,
            "or \"openai-chat\", with the chat template of the model",
        );
    } else {
        lines.plain(&line);
    }
}

/// The request formats of a kind.
fn names<T>(all: &[(&str, T)]) -> String {
    let names: Vec<String> = all.iter().map(|(name, _)| quoted(name)).collect();
    names.join(", ")
}
