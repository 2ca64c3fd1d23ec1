//! What the container of an endpoint tells of the target: its request format and its model.

use bench_core::config::{SageMakerRequest, Service};
use serde_json::Value;

use crate::init::candidate::{Draft, Missing, Source};

/// The containers whose request format is known, by a part of the names of their images.
const CONTAINERS: [(&str, SageMakerRequest); 6] = [
    ("text-generation-inference", SageMakerRequest::Tgi),
    ("tgi-inference", SageMakerRequest::Tgi),
    ("huggingface-neuronx-tgi", SageMakerRequest::Tgi),
    ("djl-inference", SageMakerRequest::Lmi),
    ("vllm", SageMakerRequest::OpenAiChat),
    ("sglang", SageMakerRequest::OpenAiChat),
];

/// The variables by which containers are told the model to serve.
const MODELS: [&str; 5] = [
    "HF_MODEL_ID",
    "SM_VLLM_MODEL",
    "SM_SGLANG_MODEL_PATH",
    "OPTION_MODEL_ID",
    "MODEL_ID",
];

/// The draft with the model that its container was told to serve, where that is a name.
pub(super) fn with_container(mut draft: Draft, container: &Value) -> Draft {
    let told = MODELS.iter();
    let mut told = told.filter_map(|variable| container["Environment"][*variable].as_str());
    // A path or an address says where a copy is, not what it is a copy of.
    let is_name = |told: &&str| !told.is_empty() && !told.starts_with('/') && !told.contains("://");
    if let Some(model) = told.find(is_name) {
        draft.model_name = Some(model.to_owned());
    }
    draft
}

/// The draft with the request format of its container, where that is known.
pub(super) fn with_image(mut draft: Draft, image: Option<&str>) -> Draft {
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
