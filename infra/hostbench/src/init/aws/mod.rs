//! Models and endpoints of an AWS account in a Region that could be measured. Everything is read, nothing
//! is required: a list that is refused is one line.

mod bedrock;
mod containers;
mod sagemaker;

use std::time::Duration;

use aws_config::SdkConfig;
use serde::Serialize;
use tokio::time::timeout;

use super::candidate::Draft;
use crate::{
    aws,
    signed::{Refusal, SignedClient},
};

/// The longest time to find credentials.
const SIGN_IN_LIMIT: Duration = Duration::from_secs(5);
/// The longest time of one list.
const LIST_LIMIT: Duration = Duration::from_secs(10);
/// The most pages of a list.
const MAX_PAGES: usize = 10;
/// The most entries of which details are read.
const MAX_DETAILS: usize = 50;

/// A list of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// Imported models of Bedrock.
    ImportedModels,
    /// Custom models of Bedrock that are deployed on demand.
    CustomDeployments,
    /// Provisioned Throughputs of Bedrock.
    ProvisionedThroughputs,
    /// Endpoints of SageMaker in service.
    Endpoints,
    /// Inference components of SageMaker.
    InferenceComponents,
    /// Models of SageMaker: the containers behind endpoints.
    Models,
    /// Inference profiles of Bedrock.
    InferenceProfiles,
    /// Foundation models of Bedrock on demand.
    FoundationModels,
}

/// A list that could not be read, or a detail of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The list.
    pub listing: Listing,
    /// The entry whose details are missing; `None` where there is no list at all.
    pub entry: Option<String>,
    /// Why.
    pub reason: String,
}

impl Failure {
    /// The details of an entry that could not be read.
    fn of_entry(listing: Listing, entry: &str, refusal: &Refusal) -> Self {
        Self {
            listing,
            entry: Some(entry.to_owned()),
            reason: refusal.to_string(),
        }
    }
}

/// The models and endpoints found in an account.
#[derive(Debug, Clone, PartialEq)]
pub enum Account {
    /// There are no credentials or no Region, with the remedy.
    NotSignedIn(String),
    /// The lists of a Region.
    Listed {
        /// The Region.
        region: String,
        /// The entries.
        drafts: Vec<Draft>,
        /// The failures.
        failures: Vec<Failure>,
    },
}

/// Reads every list of the account that a profile, or else the environment, has access to.
pub async fn find(profile: Option<&str>, region: Option<&str>) -> Account {
    match timeout(SIGN_IN_LIMIT, aws::config(profile, region)).await {
        Ok(Ok(config)) => Box::pin(list(&config)).await,
        Ok(Err(error)) => Account::NotSignedIn(error.to_string()),
        Err(_) => Account::NotSignedIn(format!(
            "no AWS credentials within {} s",
            SIGN_IN_LIMIT.as_secs()
        )),
    }
}

async fn list(config: &SdkConfig) -> Account {
    let region = config.region().map_or("", AsRef::as_ref).to_owned();
    let bedrock = SignedClient::new(config, "bedrock", &*region);
    let sagemaker = SignedClient::new(config, "sagemaker", &*region);
    let (imported, deployed, provisioned, endpoints, profiles, models) = tokio::join!(
        limited(Listing::ImportedModels, bedrock::imported(&bedrock)),
        limited(Listing::CustomDeployments, bedrock::deployments(&bedrock)),
        limited(
            Listing::ProvisionedThroughputs,
            bedrock::provisioned(&bedrock)
        ),
        limited(Listing::Endpoints, sagemaker::endpoints(&sagemaker)),
        limited(Listing::InferenceProfiles, bedrock::profiles(&bedrock)),
        limited(Listing::FoundationModels, bedrock::foundation(&bedrock)),
    );
    let mut drafts = Vec::new();
    let mut failures = Vec::new();
    for list in [imported, deployed, provisioned, endpoints, profiles, models] {
        match list {
            Ok(list) => {
                drafts.extend(list.drafts);
                failures.extend(list.failures);
            }
            Err(failure) => failures.push(failure),
        }
    }
    for draft in &mut drafts {
        draft.region = Some(region.clone());
    }
    Account::Listed {
        region,
        drafts,
        failures,
    }
}

/// One list.
#[derive(Debug, Default)]
struct List {
    drafts: Vec<Draft>,
    failures: Vec<Failure>,
}

impl From<Vec<Draft>> for List {
    fn from(drafts: Vec<Draft>) -> Self {
        Self {
            drafts,
            failures: Vec::new(),
        }
    }
}

async fn limited(
    listing: Listing,
    list: impl Future<Output = Result<List, Refusal>>,
) -> Result<List, Failure> {
    let failure = |reason: String| Failure {
        listing,
        entry: None,
        reason,
    };
    match timeout(LIST_LIMIT, list).await {
        Ok(list) => list.map_err(|refusal| failure(refusal.to_string())),
        Err(_) => Err(failure(format!(
            "no answer within {} s",
            LIST_LIMIT.as_secs()
        ))),
    }
}
