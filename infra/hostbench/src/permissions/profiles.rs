//! Inference profiles of Bedrock, and the foundation models behind them.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use bench_core::config::{RunConfig, Service};
use reqwest::Method;

use super::ArnScope;
use crate::{
    error::Error,
    signed::{Refusal, SignedClient, encoded},
};

/// The resources that are inference profiles.
const KINDS: [&str; 2] = [":inference-profile/", ":application-inference-profile/"];

/// The ARNs of the models behind inference profiles, by the ARNs of the profiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profiles(BTreeMap<String, Vec<String>>);

/// Whether a model is the ARN of an inference profile.
fn is_profile(model: &str) -> bool {
    model.starts_with("arn:") && KINDS.iter().any(|kind| model.contains(kind))
}

impl Profiles {
    /// Looks up every profile that configurations name by its ARN.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`], naming the target and the profile, with the remedy.
    pub async fn look_up<'a>(
        aws: &SdkConfig,
        runs: impl IntoIterator<Item = &'a RunConfig>,
    ) -> Result<Self, Error> {
        let mut profiles = Self::default();
        let targets = runs.into_iter().flat_map(|run| &run.targets);
        for target in targets.filter(|target| !target.simulated) {
            let Service::Bedrock(bedrock) = &target.service else {
                continue;
            };
            let profile = &bedrock.model;
            if !is_profile(profile) || profiles.0.contains_key(profile) {
                continue;
            }
            let models = models(aws, profile).await.map_err(|refusal| Error::Aws {
                doing: format!(
                    "looking up the models of inference profile `{profile}` of target `{}`",
                    target.id
                ),
                cause: format!(
                    "{refusal}; check the ARN, and let your credentials use \
                     `bedrock:GetInferenceProfile`"
                ),
            })?;
            profiles.0.insert(profile.clone(), models);
        }
        Ok(profiles)
    }

    /// The ARNs that calls of a model need, where it is the ARN of anything: itself, and
    /// the models behind it.
    pub(super) fn arns(&self, model: &str) -> Vec<String> {
        let behind = self.0.get(model).into_iter().flatten();
        std::iter::once(model)
            .chain(behind.map(String::as_str))
            .map(str::to_owned)
            .collect()
    }
}

async fn models(aws: &SdkConfig, profile: &str) -> Result<Vec<String>, Refusal> {
    let client = SignedClient::new(aws, "bedrock", ArnScope::of(profile).region);
    let id = profile.rsplit('/').next().unwrap_or(profile);
    let path = format!("/inference-profiles/{}", encoded(id));
    let answer = client.call(Method::GET, &path, None).await?;
    let models = answer["models"].as_array();
    let models = models.into_iter().flatten();
    Ok(models
        .filter_map(|model| model["modelArn"].as_str().map(str::to_owned))
        .collect())
}

#[cfg(test)]
impl Profiles {
    pub(super) fn known(profile: &str, models: &[&str]) -> Self {
        let models = models.iter().map(|model| (*model).to_owned());
        Self(BTreeMap::from([(profile.to_owned(), models.collect())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_arns_of_profiles_are_looked_up() {
        let arn = |resource: &str| format!("arn:aws:bedrock:eu-west-1:111122223333:{resource}");
        assert!(is_profile(&arn("inference-profile/eu.meta.llama3")));
        assert!(is_profile(&arn("application-inference-profile/a1b2")));
        assert!(!is_profile(&arn("imported-model/a1b2")));
        assert!(!is_profile("eu.meta.llama3"));
    }
}
