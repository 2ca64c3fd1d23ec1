//! Where the clients connect, as the environment says.

use std::collections::HashMap;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use bench_core::{
    aws_service::AwsService,
    config::{KeyVariables, Target},
};
use reqwest::Url;

use crate::error::ConnectError;

/// Variables that decide where a target is reached, apart from the target itself.
///
/// | variable | meaning |
/// |---|---|
/// | `SIMULATOR_URL` | where simulated targets are reached |
/// | `AWS_REGION`, `AWS_DEFAULT_REGION` | Region of targets without one |
/// | `MODEL_ENDPOINTS` | `aws`: real models are at the public endpoints of AWS whatever the other variables say |
/// | `MODEL_ENDPOINT_URL_BEDROCK_RUNTIME`, `…_BEDROCK_MANTLE`, `…_SAGEMAKER_RUNTIME`, `…_SECRETS_MANAGER`, `…_SSM` | endpoints that take the place of the public ones then |
/// | `API_KEY_VARIABLES` | names of the variables that keys of servers may be read from, with commas between them |
/// | `MODEL_AWS_ACCESS_KEY_ID`, `MODEL_AWS_SECRET_ACCESS_KEY`, `MODEL_AWS_SESSION_TOKEN` | the credentials for them |
///
/// All but the Region are for a pipeline on an emulated AWS, where the ordinary
/// variables belong to the emulator. A variable set to nothing is not set.
#[derive(Debug, Clone, Default)]
pub struct TargetEnv {
    /// Base URL of the simulator.
    pub simulator_url: Option<String>,
    /// Region of targets that name none.
    pub region: Option<String>,
    /// `aws`, or `None` to leave endpoints and credentials to the SDK.
    pub model_endpoints: Option<String>,
    /// Endpoints of single services when [`Self::model_endpoints`] is `aws`.
    pub endpoints: HashMap<AwsService, String>,
    /// Variables that keys of servers may be read from.
    pub key_variables: KeyVariables,
    /// Credentials for real models when [`Self::model_endpoints`] is `aws`.
    pub model_credentials: Option<SharedCredentialsProvider>,
}

impl TargetEnv {
    /// Reads the environment through `variable`.
    #[must_use]
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let model_credentials = get("MODEL_AWS_ACCESS_KEY_ID")
            .zip(get("MODEL_AWS_SECRET_ACCESS_KEY"))
            .map(|(id, secret)| {
                let token = get("MODEL_AWS_SESSION_TOKEN");
                let credentials = Credentials::new(id, secret, token, None, "environment");
                SharedCredentialsProvider::new(credentials)
            });
        let endpoints = AwsService::ALL
            .into_iter()
            .filter_map(|service| Some((service, get(&service.model_endpoint_variable())?)))
            .collect();
        Self {
            endpoints,
            key_variables: get(KeyVariables::VARIABLE)
                .map_or_else(KeyVariables::default, |list| KeyVariables::parse(&list)),
            simulator_url: get("SIMULATOR_URL"),
            region: get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")),
            model_endpoints: get("MODEL_ENDPOINTS"),
            model_credentials,
        }
    }

    /// Where the simulated `target` is reached.
    pub(crate) fn simulator(&self, target: &Target) -> Result<Url, ConnectError> {
        let url = self
            .simulator_url
            .as_deref()
            .ok_or_else(|| ConnectError::NoSimulator {
                target: target.id.clone(),
            })?;
        http_url(url).ok_or_else(|| ConnectError::SimulatorUrl {
            url: url.to_owned(),
        })
    }

    /// The endpoint that takes the place of a service's public one.
    pub(crate) fn endpoint_of(&self, service: AwsService) -> Option<String> {
        self.endpoints.get(&service).cloned()
    }

    /// Whether real models are at the public endpoints of AWS, come what may.
    pub(crate) fn models_are_on_aws(&self) -> Result<bool, ConnectError> {
        match self.model_endpoints.as_deref() {
            None => Ok(false),
            Some("aws") => Ok(true),
            Some(other) => Err(ConnectError::Endpoints {
                value: other.to_owned(),
            }),
        }
    }
}

/// A URL that can be connected to over HTTP.
pub(crate) fn http_url(url: &str) -> Option<Url> {
    Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> TargetEnv {
        TargetEnv::from_env(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_variable_set_to_nothing_is_not_set() {
        let env = read(&[
            ("SIMULATOR_URL", ""),
            ("AWS_REGION", " "),
            ("AWS_DEFAULT_REGION", "r"),
        ]);
        assert_eq!(env.simulator_url, None);
        assert_eq!(env.region.as_deref(), Some("r"));
    }

    #[tokio::test]
    async fn half_a_pair_of_credentials_is_none() {
        assert!(
            read(&[("MODEL_AWS_ACCESS_KEY_ID", "a")])
                .model_credentials
                .is_none()
        );
        let whole = read(&[
            ("MODEL_AWS_ACCESS_KEY_ID", "a"),
            ("MODEL_AWS_SECRET_ACCESS_KEY", "b"),
            ("MODEL_AWS_SESSION_TOKEN", "c"),
        ]);
        let provider = whole.model_credentials.unwrap();
        let credentials = provider.provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "a");
        assert_eq!(credentials.session_token(), Some("c"));
    }
}
