//! Failure of a call from an error of the AWS SDK.

use std::{error::Error, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_bedrockruntime::{
    config::http::HttpResponse,
    error::{ConnectorError, ProvideErrorMetadata, SdkError},
};
use aws_smithy_types::event_stream::{Message, RawMessage};
use bench_core::sample::{ErrorLayer, Outcome};
use serde_json::Value;

use super::{frames::FrameTooLong, refusal::outcome_of};
use crate::{
    bounds::{MAX_BODY_BYTES, MAX_FRAME_BYTES, too_long},
    failure::{Failure, causes, error_chain, outcome_of_code},
    retry_after::retry_after,
};

/// A request that failed before or with the head of its answer.
pub(crate) fn of_call<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match error {
        SdkError::ConstructionFailure(_) => Failure::new(
            Outcome::ClientError,
            ErrorLayer::Service,
            error_chain(error),
        ),
        SdkError::TimeoutError(_) => {
            Failure::new(Outcome::Timeout, ErrorLayer::Timeout, error_chain(error))
        }
        SdkError::DispatchFailure(dispatch) => not_sent(error, dispatch.as_connector_error()),
        SdkError::ResponseError(_)
            if causes(error).any(<dyn Error>::is::<http_body_util::LengthLimitError>) =>
        {
            too_long("the answer", MAX_BODY_BYTES).with_status(status)
        }
        // The head was read, the rest was not.
        SdkError::ResponseError(_) => Failure::broken(error_chain(error)).with_status(status),
        SdkError::ServiceError(service) => {
            let headers = service.raw().headers();
            let wait = headers.get("retry-after");
            let wait = wait.and_then(|wait| retry_after(wait, headers.get("date")));
            let body = service.raw().body().bytes().unwrap_or_default();
            service_failure(service.err(), status.unwrap_or_default(), body).with_retry_after(wait)
        }
        _ => Failure::invalid(error_chain(error)).with_status(status),
    }
}

/// An answer that failed after its head, within its event stream.
pub(crate) fn of_stream<E>(error: &SdkError<E, RawMessage>, has_tokens: bool) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(service) => match service.raw() {
            RawMessage::Decoded(message) => exception(message, service.err(), has_tokens),
            _ => Failure::broken(error_chain(error)),
        },
        SdkError::ResponseError(response) => match response.raw() {
            // Bytes are left over at the end: the last frame is not whole.
            RawMessage::Invalid(Some(_)) => {
                Failure::broken("the event stream ended within a frame")
            }
            _ => Failure::invalid(error_chain(error)),
        },
        _ if causes(error).any(<dyn Error>::is::<FrameTooLong>) => {
            too_long("a frame", MAX_FRAME_BYTES)
        }
        _ => Failure::broken(error_chain(error)),
    }
}

/// The connection did not come about, or broke before an answer began.
fn not_sent(error: &(dyn Error + 'static), connector: Option<&ConnectorError>) -> Failure {
    let words = error_chain(error);
    if causes(error).any(<dyn Error>::is::<CredentialsError>) {
        let code = Some("CredentialsError".to_owned());
        return Failure::new(Outcome::ClientError, ErrorLayer::Service, words).with_code(code);
    }
    if words.contains("dns error") || words.contains("failed to lookup address") {
        return Failure::new(Outcome::NotReady, ErrorLayer::Dns, words);
    }
    // The only time limit of the client is the one on connecting.
    let timed_out = connector.is_some_and(ConnectorError::is_timeout);
    let refused = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused);
    if timed_out || refused || words.contains("client error (Connect)") {
        return Failure::new(Outcome::NotReady, ErrorLayer::Connect, words);
    }
    // Anything else but a request that cannot be sent at all is a connection
    // that broke; one that closes early is no I/O error to the SDK.
    if connector.is_some_and(|error| !error.is_user()) {
        return Failure::new(Outcome::ServerError, ErrorLayer::Http, words);
    }
    Failure::new(Outcome::ClientError, ErrorLayer::Service, words)
}

fn service_failure<E>(error: &E, status: u16, body: &[u8]) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if (200..300).contains(&status) {
        return Failure::invalid(error_chain(error)).with_status(Some(status));
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = error
        .message()
        .or_else(|| body.get("OriginalMessage").and_then(Value::as_str))
        .map_or_else(|| error_chain(error), str::to_owned);
    let by_container = body.get("OriginalStatusCode").and_then(Value::as_u64);
    let outcome = outcome_of(error.code(), status, by_container, &message);
    let layer = if outcome == Outcome::Timeout {
        ErrorLayer::Timeout
    } else {
        ErrorLayer::Service
    };
    Failure::new(outcome, layer, message)
        .with_status(Some(status))
        .with_code(error.code().map(str::to_owned))
}

/// An exception event; its name is the one of the stream's member, so it is
/// told in a header and not in the error's own metadata.
fn exception<E>(message: &Message, error: &E, has_tokens: bool) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let header = |name: &str| {
        let header = message
            .headers()
            .iter()
            .find(|header| header.name().as_str() == name)?;
        Some(header.value().as_string().ok()?.as_str().to_owned())
    };
    let payload: Value = serde_json::from_slice(message.payload()).unwrap_or_default();
    let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = header(":exception-type")
        .or_else(|| header(":error-code"))
        .map(|name| capitalized(&name));
    // SageMaker's `ModelStreamError` says which one it is in a field.
    let code = text("ErrorCode").or(name.clone());
    let words = text("message")
        .or_else(|| text("Message"))
        .or_else(|| header(":error-message"))
        .or_else(|| error.message().map(str::to_owned))
        .unwrap_or_else(|| error_chain(error));
    let by_kind = [&code, &name]
        .into_iter()
        .flatten()
        .find_map(|code| outcome_of_code(code))
        .unwrap_or(Outcome::ServerError);
    Failure::in_stream(by_kind, has_tokens, code, words)
}

fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_credential_types::provider::{ProvideCredentials, future};
    use aws_sdk_bedrockruntime::{
        Client, Config,
        config::{BehaviorVersion, Region, retry::RetryConfig},
    };

    use super::*;
    use crate::testing::{Server, bedrock_target, call_at, in_one_piece, simulated};

    #[derive(Debug)]
    struct NoCredentials;

    impl ProvideCredentials for NoCredentials {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("no profile")))
        }
    }

    #[tokio::test]
    async fn missing_credentials_are_not_waited_for() {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .retry_config(RetryConfig::disabled())
            .credentials_provider(NoCredentials)
            .build();
        let request = Client::from_conf(config).converse().model_id("m");
        let failure = of_call(&request.send().await.unwrap_err());
        assert_eq!(failure.outcome, Outcome::ClientError, "{failure:?}");
        assert_eq!(failure.code.as_deref(), Some("CredentialsError"));
        assert!(failure.message.contains("no profile"), "{failure:?}");
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_not_ready() {
        // Too long for a label of a name, so no resolver is asked.
        let url = format!("http://{}.test", "a".repeat(64));
        let target = simulated(bedrock_target());
        let seen = call_at(&url, &target, Duration::from_secs(30)).await;
        assert_eq!(seen.outcome, Outcome::NotReady, "{seen:?}");
        assert_eq!(seen.error_class, Some(ErrorLayer::Dns));
    }

    #[tokio::test]
    async fn a_connection_that_closes_without_an_answer_is_asked_once() {
        for target in [bedrock_target(), in_one_piece(bedrock_target())] {
            let server = Server::closing().await;
            let seen = server.call(&simulated(target)).await;
            assert_eq!(seen.outcome, Outcome::ServerError, "{seen:?}");
            assert_eq!(seen.error_class, Some(ErrorLayer::Http));
            assert_eq!(server.received().len(), 1);
        }
    }
}
