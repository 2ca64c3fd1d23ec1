//! Credentials, endpoints and certificates that local Lambdas need for real targets.

use std::{fmt, path::Path};

use bench_core::{
    aws_service::AwsService,
    config::{HttpTarget, KeyVariables, RunConfig, SecretRef, Service, Target},
    identity::TargetId,
    text::TextFault,
};
use serde::Serialize;

use crate::{error::Error, text_file, upload::LocalFile};

/// Whether a real target needs AWS credentials, for its calls or for its API key.
#[must_use]
pub fn needs_account(run: &RunConfig) -> bool {
    real(run).any(|target| match &target.service {
        Service::Bedrock(_) | Service::SageMaker(_) => true,
        Service::Http(target) => matches!(
            target.api_key,
            Some(SecretRef::SecretsManager(_) | SecretRef::Ssm(_))
        ),
    })
}

/// An API key that is to come from an environment variable which is not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnsetKey {
    /// The target.
    pub target_id: TargetId,
    /// The variable.
    pub variable: String,
}

impl fmt::Display for UnsetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "target `{}` has its `api_key` in the environment variable `{}`, which is not set; \
             set it, or use another `api_key`",
            self.target_id, self.variable
        )
    }
}

/// Every API key whose environment variable is not set.
#[must_use]
pub fn unset_keys(run: &RunConfig, variable: impl Fn(&str) -> Option<String>) -> Vec<UnsetKey> {
    let named = run.targets.iter().filter_map(|target| {
        let name = key_variable(target)?;
        variable(name)
            .is_none_or(|value| value.is_empty())
            .then(|| UnsetKey {
                target_id: target.id.clone(),
                variable: name.clone(),
            })
    });
    named.collect()
}

fn key_variable(target: &Target) -> Option<&String> {
    match &target.service {
        Service::Http(HttpTarget {
            api_key: Some(SecretRef::Env(name)),
            ..
        }) => Some(name),
        _ => None,
    }
}

/// The environment variables of the Lambdas: custom endpoints and API keys.
///
/// # Errors
///
/// [`Error::InvalidInput`] naming the variable of a key that is not set.
pub fn environment(
    run: &RunConfig,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, String)>, Error> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut passed: Vec<(String, String)> = AwsService::ALL
        .into_iter()
        .filter_map(|service| {
            let url = set(&service.sdk_endpoint_variable())?;
            Some((service.model_endpoint_variable(), url))
        })
        .collect();
    if let Some(unset) = unset_keys(run, &variable).first() {
        return Err(Error::InvalidInput(unset.to_string()));
    }
    let keys = run.targets.iter().filter_map(key_variable);
    passed.extend(keys.filter_map(|name| Some((name.clone(), set(name)?))));
    let named = KeyVariables::of(run);
    if named != KeyVariables::default() {
        passed.push((KeyVariables::VARIABLE.to_owned(), named.to_string()));
    }
    Ok(passed)
}

/// The certificate files of the targets, next to the configuration.
///
/// # Errors
///
/// [`Error::InvalidInput`] naming the missing file, [`Error::NotText`] for one that is
/// empty or in UTF-16.
pub fn certificates(run: &RunConfig, config_folder: &Path) -> Result<Vec<LocalFile>, Error> {
    let mut files: Vec<LocalFile> = Vec::new();
    for target in &run.targets {
        let Some(key) = certificate_key(target) else {
            continue;
        };
        if files.iter().any(|file| &file.key == key) {
            continue;
        }
        let name = Path::new(key).file_name().unwrap_or_default();
        let candidates = [config_folder.join(key), config_folder.join(name)];
        let path = candidates.into_iter().find(|path| path.is_file());
        let path = path.ok_or_else(|| {
            let here = config_folder.as_os_str().is_empty();
            let folder = if here { Path::new(".") } else { config_folder };
            Error::InvalidInput(format!(
                "target `{}` has `ca = \"{key}\"`, and `{}` has no such file; put it there",
                target.id,
                folder.display()
            ))
        })?;
        check_encoding(&path)?;
        files.push(LocalFile::certificate(key.clone(), path));
    }
    Ok(files)
}

/// Comments of a PEM file may be in any encoding that contains ASCII.
fn check_encoding(path: &Path) -> Result<(), Error> {
    match text_file::read(path) {
        Err(Error::NotText {
            fault: TextFault::NotUtf8 { .. },
            ..
        })
        | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The S3 keys of the certificate files of the targets.
#[must_use]
pub fn certificate_keys(run: &RunConfig) -> Vec<String> {
    let keys = run.targets.iter().filter_map(certificate_key);
    keys.cloned().collect()
}

fn certificate_key(target: &Target) -> Option<&String> {
    match &target.service {
        Service::Http(target) => target.ca.as_ref(),
        _ => None,
    }
}

fn real(run: &RunConfig) -> impl Iterator<Item = &Target> {
    run.targets.iter().filter(|target| !target.simulated)
}

#[cfg(test)]
mod tests {
    use bench_core::config::{Overrides, from_toml};
    use tempfile::TempDir;

    use super::*;

    fn run(more: &str) -> RunConfig {
        let text = format!(
            "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"http\"\nurl = \"https://m.example\"\n\
             request = \"openai-chat\"\n{more}"
        );
        from_toml(&text, &Overrides::default()).unwrap()
    }

    fn variables(name: &str) -> Option<String> {
        match name {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" => Some("http://127.0.0.1:1".to_owned()),
            "MODEL_KEY" => Some("sk-1".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn replaced_endpoints_and_named_keys_are_passed_on_and_nothing_else() {
        let passed = environment(&run("api_key = \"env:MODEL_KEY\""), variables).unwrap();
        let expected = [
            ("MODEL_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1"),
            ("MODEL_KEY", "sk-1"),
            ("API_KEY_VARIABLES", "MODEL_KEY"),
        ];
        assert_eq!(
            passed,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        let error = environment(&run("api_key = \"env:OTHER\""), variables).unwrap_err();
        assert!(
            error.to_string().contains("`OTHER`, which is not set"),
            "{error}"
        );
    }

    #[test]
    fn a_key_on_aws_needs_an_account_and_a_server_alone_does_not() {
        assert!(!needs_account(&run("")));
        assert!(!needs_account(&run("api_key = \"env:MODEL_KEY\"")));
        assert!(needs_account(&run("api_key = \"ssm:/key\"")));
    }

    #[test]
    fn certificates_lie_config_folder_the_configuration() {
        let folder = TempDir::new().unwrap();
        let run = run("ca = \"configs/ca.pem\"");
        let error = certificates(&run, folder.path()).unwrap_err();
        assert!(error.to_string().contains("configs/ca.pem"), "{error}");
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "\n").unwrap();
        let error = certificates(&run, folder.path()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
        std::fs::write(&path, b"caf\xE9\n-----BEGIN CERTIFICATE-----\n").unwrap();
        let key = "configs/ca.pem".to_owned();
        assert_eq!(
            certificates(&run, folder.path()).unwrap(),
            [LocalFile::certificate(key, path)]
        );
    }
}
