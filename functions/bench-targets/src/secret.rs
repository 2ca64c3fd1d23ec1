//! The key of a server, from where it is kept.

use aws_sdk_secretsmanager::{config::retry::RetryConfig, error::ProvideErrorMetadata};
use bench_core::{
    aws_service::AwsService,
    config::{KeyVariables, SecretRef, Target},
};

use crate::{
    aws::config_for, error::ConnectError, failure::error_chain, key::Key, target_env::TargetEnv,
};

/// Reads the key of `target`, once for each client.
pub(crate) async fn read(
    secret: &SecretRef,
    target: &Target,
    env: &TargetEnv,
) -> Result<Key, ConnectError> {
    let fault = |fault: String, code: Option<&str>| ConnectError::Secret {
        target: target.id.clone(),
        secret: secret.to_string(),
        fault,
        code: code.map(str::to_owned),
    };
    let text = match secret {
        SecretRef::SecretsManager(name) => {
            let config = config_for(AwsService::SecretsManager, target, env).await?;
            let config = aws_sdk_secretsmanager::config::Builder::from(&config)
                .retry_config(RetryConfig::standard())
                .build();
            let client = aws_sdk_secretsmanager::Client::from_conf(config);
            let answer = client.get_secret_value().secret_id(name).send().await;
            let answer = answer.map_err(|error| fault(error_chain(&error), error.code()))?;
            answer.secret_string().map(str::to_owned)
        }
        SecretRef::Ssm(name) => {
            let config = config_for(AwsService::Ssm, target, env).await?;
            let config = aws_sdk_ssm::config::Builder::from(&config)
                .retry_config(RetryConfig::standard())
                .build();
            let client = aws_sdk_ssm::Client::from_conf(config);
            let request = client.get_parameter().name(name).with_decryption(true);
            let answer = request
                .send()
                .await
                .map_err(|error| fault(error_chain(&error), error.code()))?;
            let parameter = answer.parameter().and_then(|parameter| parameter.value());
            parameter.map(str::to_owned)
        }
        // Whatever the plan says: it may not be the planner's.
        SecretRef::Env(name) if env.key_variables.contains(name) => std::env::var(name).ok(),
        SecretRef::Env(_) => {
            return Err(fault(
                format!(
                    "it is none of `{}`; use `secretsmanager:` or `ssm:`",
                    KeyVariables::VARIABLE
                ),
                None,
            ));
        }
    };
    match text.as_deref().map(str::trim) {
        Some("") | None => Err(fault("it holds no text".to_owned(), None)),
        Some(key) => Ok(Key::new(key.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::HttpRequest;

    use super::*;
    use crate::testing::http_target;

    #[tokio::test]
    async fn a_variable_that_nobody_allowed_is_not_read_whatever_the_plan_says() {
        let target = http_target(HttpRequest::Tgi);
        let read = async |place: &SecretRef, allowed: &str| {
            let env = TargetEnv {
                key_variables: KeyVariables::parse(allowed),
                ..TargetEnv::default()
            };
            read(place, &target, &env).await
        };
        // Every process has it.
        let path = SecretRef::Env("PATH".to_owned());
        assert!(read(&path, "PATH").await.is_ok());
        for allowed in ["", "PATHS,PAT", "path"] {
            let error = read(&path, allowed).await.unwrap_err().to_string();
            assert!(error.contains("use `secretsmanager:` or `ssm:`"), "{error}");
        }
        let token = SecretRef::Env("AWS_SESSION_TOKEN".to_owned());
        let error = read(&token, "AWS_SESSION_TOKEN").await.unwrap_err();
        assert!(matches!(error, ConnectError::Secret { .. }), "{error}");
    }
}
