//! The error objects of each protocol within a 200.

use serde_json::{Value, json};

use crate::fault::StreamError;

const WORDS: &str = "the answer ends in an error, as the name of the target asks for";

/// Bedrock's name of an exception event, and its payload.
pub(super) fn bedrock(error: StreamError) -> (&'static str, Value) {
    let plain = json!({"message": WORDS});
    match error {
        StreamError::InternalServer => ("internalServerException", plain),
        StreamError::ModelTimeout => ("modelTimeoutException", plain),
        StreamError::ServiceUnavailable => ("serviceUnavailableException", plain),
        StreamError::Throttling => ("throttlingException", plain),
        StreamError::Validation => ("validationException", plain),
        StreamError::ModelStreamError => (
            "modelStreamErrorException",
            json!({
                "message": WORDS, "originalStatusCode": 500, "originalMessage": "simulated",
            }),
        ),
    }
}

/// SageMaker's name of an exception event, and its payload.
pub(super) fn sagemaker(error: StreamError) -> (&'static str, Value) {
    let code = match error {
        StreamError::InternalServer => {
            return ("InternalStreamFailure", json!({"Message": WORDS}));
        }
        StreamError::ModelTimeout => "ModelInvocationTimeExceeded",
        _ => "StreamBroken",
    };
    (
        "ModelStreamError",
        json!({"Message": WORDS, "ErrorCode": code}),
    )
}

/// The error object of TGI.
pub(super) fn tgi(error: StreamError) -> Value {
    let kind = match error {
        StreamError::Throttling => "overloaded",
        StreamError::Validation => "validation",
        StreamError::ModelTimeout => "timeout",
        StreamError::ServiceUnavailable => "healthcheck",
        StreamError::InternalServer | StreamError::ModelStreamError => "generation",
    };
    json!({"error": WORDS, "error_type": kind})
}

/// The error object of OpenAI's protocols.
pub(super) fn openai(error: StreamError) -> Value {
    let (kind, code) = match error {
        StreamError::Throttling => ("rate_limit_error", 429),
        StreamError::Validation => ("invalid_request_error", 400),
        StreamError::ModelTimeout => ("timeout_error", 504),
        StreamError::ServiceUnavailable => ("service_unavailable_error", 503),
        StreamError::InternalServer | StreamError::ModelStreamError => {
            ("internal_server_error", 500)
        }
    };
    json!({"error": {"message": WORDS, "type": kind, "param": null, "code": code}})
}

/// A document that no protocol knows.
pub(crate) fn nonsense() -> Value {
    json!({"nonsense": true, "reason": "the name of the target asks for it"})
}

/// The error object of the Llama body and of Converse.
pub(super) fn plain() -> Value {
    json!({"message": WORDS})
}
