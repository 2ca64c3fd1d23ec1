//! Failures in the shape of each protocol.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::route::Shape;

/// Something that a service answers instead of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The status requested by the path.
    Requested(u16),
    /// The model is not loaded yet.
    NotReady,
    /// The same, said by a serverless or multi-model endpoint.
    Cold,
    /// The endpoint is scaled to zero.
    NoCapacity,
    /// A quota is used up.
    Quota,
    /// The bearer key is missing or wrong.
    Unauthorized,
    /// The request cannot be served; says why.
    Invalid(String),
    /// The request is too long to be read.
    TooLarge,
    /// Too many requests; the next one is taken after that time.
    Throttled(Duration),
}

/// A failure ready to be sent.
pub(crate) struct Rendered {
    pub(crate) status: StatusCode,
    /// AWS names its errors in a header as well.
    error_type: Option<&'static str>,
    /// When to come again, where the protocol has a header for that.
    retry_after: Option<Duration>,
    pub(crate) body: Value,
}

impl Failure {
    /// The failure as the protocol says it.
    pub(crate) fn render(&self, shape: Shape) -> Rendered {
        Rendered {
            retry_after: self.retry_after(shape),
            ..self.shaped(shape)
        }
    }

    fn retry_after(&self, shape: Shape) -> Option<Duration> {
        match (self, shape) {
            (Self::Throttled(time), Shape::Tgi | Shape::OpenAi) => Some(*time),
            _ => None,
        }
    }

    fn shaped(&self, shape: Shape) -> Rendered {
        let status = self.status(shape);
        let message = self.message();
        match shape {
            Shape::Bedrock => {
                let name = match self {
                    Self::NotReady | Self::Cold => "ModelNotReadyException",
                    Self::Quota => "ServiceQuotaExceededException",
                    _ => bedrock_error(status),
                };
                Rendered {
                    status,
                    error_type: Some(name),
                    retry_after: None,
                    body: json!({"message": message}),
                }
            }
            Shape::SageMaker => self.sagemaker(status, &message),
            // Assumed: `OpenAI`'s object, as SageMaker was seen to answer, with the names and
            // statuses of the service's own operations.
            Shape::BedrockOpenAi | Shape::SageMakerOpenAi => {
                let own = if shape == Shape::BedrockOpenAi {
                    Shape::Bedrock
                } else {
                    Shape::SageMaker
                };
                let own = self.shaped(own);
                let said = own.body["message"]
                    .as_str()
                    .or(own.body["Message"].as_str());
                let body = openai_error(status, said.unwrap_or(&message));
                Rendered { body, ..own }
            }
            Shape::Tgi => {
                let kind = match status.as_u16() {
                    422 => "validation",
                    429 => "overloaded",
                    503 => "healthcheck",
                    424 => "generation",
                    _ => "simulated",
                };
                let body = json!({"error": message, "error_type": kind});
                Rendered {
                    status,
                    error_type: None,
                    retry_after: None,
                    body,
                }
            }
            Shape::OpenAi => {
                let body = openai_error(status, &message);
                Rendered {
                    status,
                    error_type: None,
                    retry_after: None,
                    body,
                }
            }
        }
    }

    fn status(&self, shape: Shape) -> StatusCode {
        let requested = |status: u16| {
            let status = StatusCode::from_u16(status).ok();
            status.filter(|status| status.is_client_error() || status.is_server_error())
        };
        let shape = match shape {
            Shape::BedrockOpenAi => Shape::Bedrock,
            Shape::SageMakerOpenAi => Shape::SageMaker,
            own => own,
        };
        match (self, shape) {
            (Self::Requested(status), _) => requested(*status).unwrap_or(StatusCode::BAD_REQUEST),
            (Self::NoCapacity, Shape::SageMaker)
            | (Self::Quota, Shape::Bedrock)
            | (Self::Invalid(_), Shape::Bedrock | Shape::OpenAi | Shape::BedrockOpenAi) => {
                StatusCode::BAD_REQUEST
            }
            (Self::Quota | Self::Throttled(_), _)
            | (Self::NotReady, Shape::Bedrock)
            | (Self::Cold, Shape::Bedrock | Shape::SageMaker) => StatusCode::TOO_MANY_REQUESTS,
            (Self::NotReady | Self::Cold | Self::NoCapacity, _) => StatusCode::SERVICE_UNAVAILABLE,
            (Self::Unauthorized, _) => StatusCode::UNAUTHORIZED,
            (Self::Invalid(_), Shape::Tgi) => StatusCode::UNPROCESSABLE_ENTITY,
            // The container refuses, and the service reports that.
            (Self::Invalid(_), Shape::SageMaker | Shape::SageMakerOpenAi) => {
                StatusCode::FAILED_DEPENDENCY
            }
            (Self::TooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Requested(status) if (400..600).contains(status) => {
                format!("simulated error {status}, as the path asks for")
            }
            Self::Requested(status) => {
                format!("`simulate-error-{status}` is no error, use a status of 400 to 599")
            }
            Self::NotReady | Self::Cold => {
                "Model is not ready for inference. Please try again later.".to_owned()
            }
            Self::NoCapacity => "Inference Component has no capacity to process this request. \
                                 ApplicationAutoScaling may be in-progress (if configured) or try \
                                 to increase the capacity by invoking \
                                 UpdateInferenceComponentRuntimeConfig API."
                .to_owned(),
            Self::Quota => "the quota is used up, as the path asks for".to_owned(),
            Self::Unauthorized => "the bearer key is missing or wrong".to_owned(),
            Self::Invalid(fault) => fault.clone(),
            Self::TooLarge => "the request body is too large".to_owned(),
            Self::Throttled(_) => "Too many requests, please wait before trying again.".to_owned(),
        }
    }

    fn sagemaker(&self, status: StatusCode, message: &str) -> Rendered {
        let name = match (self, status.as_u16()) {
            (Self::Cold, _) => "ModelNotReadyException",
            (_, 424) => "ModelError",
            (_, 429) => "ThrottlingException",
            (_, 503) => "ServiceUnavailable",
            (_, 530) => "InternalDependencyException",
            (_, 400..=499) => "ValidationError",
            _ => "InternalFailure",
        };
        let body = if name == "ModelError" {
            let original = match self {
                Self::Invalid(_) => 422,
                _ => 500,
            };
            let said = json!({"error": message, "error_type": "validation"}).to_string();
            json!({
                "Message": format!("Received client error ({original}) from primary with message \"{said}\""),
                "OriginalStatusCode": original,
                "OriginalMessage": said,
                "LogStreamArn": "",
            })
        } else {
            json!({"Message": message})
        };
        Rendered {
            status,
            error_type: Some(name),
            retry_after: None,
            body,
        }
    }
}

impl Rendered {
    /// The answer, its body given by the caller, who also times it.
    pub(crate) fn response(&self, length: usize, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(name) = self.error_type {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(name));
        }
        if let Some(time) = self.retry_after {
            // Whole seconds: any less would be too early.
            let seconds = time.as_nanos().div_ceil(1_000_000_000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn openai_error(status: StatusCode, message: &str) -> Value {
    let kind = match status.as_u16() {
        401 => "authentication_error",
        429 => "rate_limit_error",
        503 => "service_unavailable_error",
        400..=499 => "invalid_request_error",
        _ => "internal_server_error",
    };
    json!({"error": {
        "message": message, "type": kind, "param": null, "code": status.as_u16(),
    }})
}

fn bedrock_error(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        400..=499 => "ValidationException",
        _ => "InternalServerException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bedrock_errors_carry_their_names() {
        for (status, name) in [
            (429, "ThrottlingException"),
            (400, "ValidationException"),
            (500, "InternalServerException"),
            (503, "ServiceUnavailableException"),
            (424, "ModelErrorException"),
        ] {
            let rendered = Failure::Requested(status).render(Shape::Bedrock);
            assert_eq!(rendered.status.as_u16(), status);
            assert_eq!(rendered.error_type, Some(name));
        }
        let loading = Failure::NotReady.render(Shape::Bedrock);
        assert_eq!(
            (loading.status.as_u16(), loading.error_type),
            (429, Some("ModelNotReadyException"))
        );
    }

    #[test]
    fn throttling_has_the_name_of_aws_or_the_header_of_http() {
        let throttled = Failure::Throttled(Duration::from_millis(1_001));
        for shape in [Shape::Bedrock, Shape::SageMaker, Shape::Tgi, Shape::OpenAi] {
            let rendered = throttled.render(shape);
            let name = rendered.error_type;
            let response = rendered.response(0, Body::empty());
            assert_eq!(response.status(), 429);
            let wait = response.headers().get("retry-after");
            if matches!(shape, Shape::Bedrock | Shape::SageMaker) {
                assert_eq!((name, wait), (Some("ThrottlingException"), None));
            } else {
                assert_eq!((name, wait), (None, Some(&HeaderValue::from(2))));
            }
        }
    }

    #[test]
    fn what_the_container_refuses_is_a_model_error_of_the_endpoint() {
        let rendered = Failure::Invalid("no".into()).render(Shape::SageMaker);
        assert_eq!(
            (rendered.status.as_u16(), rendered.error_type),
            (424, Some("ModelError"))
        );
        assert_eq!(rendered.body["OriginalStatusCode"], 422);
    }

    #[test]
    fn a_status_that_is_no_error_is_answered_with_the_remedy() {
        let rendered = Failure::Requested(200).render(Shape::Tgi);
        assert_eq!(rendered.status.as_u16(), 400);
        assert!(
            rendered.body["error"]
                .as_str()
                .unwrap()
                .contains("400 to 599")
        );
    }
}
