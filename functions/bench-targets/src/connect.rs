//! The client of a target in the configuration.

use bench_core::config::{BedrockApi, SageMakerApi, Service, Target};

use crate::{
    aws_openai::AwsOpenAi,
    bedrock::Bedrock,
    error::ConnectError,
    failure::Failure,
    http::Http,
    model::{CompletionRequest, Model, Reply},
    sagemaker::SageMaker,
    stopwatch::Stopwatch,
    target_env::TargetEnv,
};

/// The client of a model at any service. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub enum AnyModel {
    /// On Amazon Bedrock.
    Bedrock(Bedrock),
    /// Behind a SageMaker endpoint.
    SageMaker(SageMaker),
    /// Behind an OpenAI-compatible API of AWS.
    AwsOpenAi(AwsOpenAi),
    /// Behind an HTTP server.
    Http(Http),
}

impl Model for AnyModel {
    async fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        match self {
            Self::Bedrock(model) => model.complete(completion_request, watch).await,
            Self::SageMaker(model) => model.complete(completion_request, watch).await,
            Self::AwsOpenAi(model) => model.complete(completion_request, watch).await,
            Self::Http(model) => model.complete(completion_request, watch).await,
        }
    }

    async fn open_connections(&self, count: usize) -> usize {
        match self {
            Self::Bedrock(model) => model.open_connections(count).await,
            Self::SageMaker(model) => model.open_connections(count).await,
            Self::AwsOpenAi(model) => model.open_connections(count).await,
            Self::Http(model) => model.open_connections(count).await,
        }
    }
}

/// Builds the client for a target. Keep it: its connections are reused, and a
/// new one would put a handshake into the next call's time.
///
/// `ca` holds the certificates that the target's `ca` names, as PEM.
///
/// # Errors
///
/// Anything that the configuration or the environment lacks. Nothing is sent to the
/// target yet, so a service that is not there shows only in a call.
pub async fn connect(
    target: &Target,
    env: &TargetEnv,
    ca: Option<&[u8]>,
) -> Result<AnyModel, ConnectError> {
    match &target.service {
        Service::Bedrock(bedrock) if bedrock.api == BedrockApi::Native => {
            let model = Bedrock::connect(bedrock, target, env).await;
            model.map(AnyModel::Bedrock)
        }
        Service::Bedrock(bedrock) => {
            let model = AwsOpenAi::bedrock(bedrock, target, env).await;
            model.map(AnyModel::AwsOpenAi)
        }
        Service::SageMaker(sagemaker) if sagemaker.api == SageMakerApi::Native => {
            let model = SageMaker::connect(sagemaker, target, env).await;
            model.map(AnyModel::SageMaker)
        }
        Service::SageMaker(sagemaker) => {
            let model = AwsOpenAi::sagemaker(sagemaker, target, env).await;
            model.map(AnyModel::AwsOpenAi)
        }
        Service::Http(http) => {
            let model = Http::connect(http, target, env, ca).await;
            model.map(AnyModel::Http)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use aws_credential_types::{
        Credentials,
        provider::{ProvideCredentials, SharedCredentialsProvider, future},
    };
    use bench_core::{
        aws_service::AwsService,
        config::HttpRequest,
        sample::{Connection, Outcome, Sample},
    };
    use jiff::Timestamp;

    use super::*;
    use crate::{
        Limit, measure,
        testing::{
            Answer, REQUEST, Server, event, http_target, in_one_piece, payload_part,
            sagemaker_target, simulated,
        },
    };

    const TGI: &str = "data:{\"token\":{\"text\":\"4\"},\"generated_text\":\"4\"}\n\n";

    #[tokio::test]
    async fn a_connection_serves_one_call_after_another() {
        let delta = r#"{"contentBlockIndex":0,"delta":{"text":"4"}}"#;
        let stop = r#"{"stopReason":"end_turn"}"#;
        let bedrock = crate::testing::bedrock_target();
        for (target, answer) in [
            (
                bedrock,
                Answer::status(200)
                    .chunk(event("contentBlockDelta", delta))
                    .chunk(event("messageStop", stop)),
            ),
            (
                sagemaker_target(),
                Answer::status(200).chunk(payload_part(TGI.as_bytes())),
            ),
            (
                http_target(HttpRequest::Tgi),
                Answer::status(200).chunk(TGI),
            ),
            (
                in_one_piece(http_target(HttpRequest::Tgi)),
                Answer::status(200).chunk(r#"{"generated_text":"4"}"#),
            ),
        ] {
            let server = Server::answering(answer).await;
            let env = TargetEnv {
                simulator_url: Some(server.url.clone()),
                ..Default::default()
            };
            let model = connect(&simulated(target), &env, None).await.unwrap();
            for _ in 0..3 {
                let limit = Limit::timeout(Duration::from_secs(30));
                let seen = measure(&model, &REQUEST, limit, Sample::default()).await;
                assert_eq!(seen.outcome, Outcome::Ok, "{seen:?}");
            }
            assert_eq!((server.received().len(), server.connections()), (3, 1));
        }
    }

    /// The time until the connection to a port shows that it is alive, as Linux has it;
    /// `None` where it never does.
    #[cfg(target_os = "linux")]
    fn next_keepalive(port: &str) -> Option<Duration> {
        let port = format!(":{:04X}", port.parse::<u16>().unwrap());
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
        // Timer 2 is that of keep-alive; its time is in hundredths of a second. Connections that
        // had the port before have others.
        table.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let timer = fields[5].strip_prefix("02:");
            let timer = timer.filter(|_| fields[2].ends_with(&port))?;
            let hundredths = u64::from_str_radix(timer, 16).unwrap();
            Some(Duration::from_millis(hundredths * 10))
        })
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_connection_shows_that_it_is_alive_while_a_model_thinks() {
        for target in [
            crate::testing::bedrock_target(),
            sagemaker_target(),
            in_one_piece(sagemaker_target()),
            in_one_piece(http_target(HttpRequest::Tgi)),
        ] {
            let server = Server::answering(Answer::silent()).await;
            let port = server.url.rsplit(':').next().unwrap();
            let target = simulated(target);
            let watch = async {
                loop {
                    if let Some(next) = next_keepalive(port) {
                        return next;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let call = server.call_with_timeout(&target, Duration::from_secs(30));
            let next = tokio::select! {
                next = watch => next,
                seen = call => panic!("no keep-alive: {seen:?}"),
            };
            assert!(next <= crate::bounds::TCP_KEEPALIVE, "{next:?}");
        }
    }

    /// Credentials that take their time, as those of a role do.
    #[derive(Debug)]
    struct SlowCredentials;

    impl SlowCredentials {
        const DELAY: Duration = Duration::from_millis(200);
    }

    impl ProvideCredentials for SlowCredentials {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                tokio::time::sleep(Self::DELAY).await;
                Ok(Credentials::new("id", "secret", None, None, "slow"))
            })
        }
    }

    #[tokio::test]
    async fn a_call_cut_off_before_its_answer_keeps_its_connection_and_its_start() {
        let server = Server::answering(Answer::silent()).await;
        let endpoints = AwsService::ALL.map(|service| (service, server.url.clone()));
        let target_env = TargetEnv {
            region: Some("us-east-1".to_owned()),
            model_endpoints: Some("aws".to_owned()),
            endpoints: endpoints.into(),
            model_credentials: Some(SharedCredentialsProvider::new(SlowCredentials)),
            ..Default::default()
        };
        for target in [crate::testing::bedrock_target(), sagemaker_target()] {
            for target in [target.clone(), in_one_piece(target)] {
                let model = connect(&target, &target_env, None).await.unwrap();
                let limit = Limit::timeout(Duration::from_secs(1));
                let (asked_at, clock) = (Timestamp::now(), Instant::now());
                let seen = measure(&model, &REQUEST, limit, Sample::default()).await;
                let whole = clock.elapsed();
                assert_eq!(seen.outcome, Outcome::Timeout, "{seen:?}");
                assert_eq!(seen.connection, Some(Connection::New));
                assert!(seen.connect_us.is_some());
                // It starts when it is sent: after its credentials came and it was signed.
                assert!(
                    seen.started_at >= asked_at + SlowCredentials::DELAY,
                    "{seen:?}"
                );
                let latency = Duration::from_micros(seen.latency_us);
                assert!(
                    latency + SlowCredentials::DELAY <= whole,
                    "{latency:?} of {whole:?}"
                );
            }
        }
    }
}
