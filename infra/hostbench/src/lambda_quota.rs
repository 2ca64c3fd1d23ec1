//! The Lambda concurrency of an account.
//!
//! One request of Lambda's API, signed here: its client would be the largest part of this
//! command for it.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use serde::Deserialize;

use crate::error::Error;

const DOING: &str = "reading the Lambda concurrency of the account";

/// The longest wait for the answer.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    account_limit: AccountLimit,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountLimit {
    unreserved_concurrent_executions: u32,
}

/// The invocations that functions without a reservation may have at a time, all of the
/// account and the Region together: `lambda:GetAccountSettings`.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn unreserved(aws: &SdkConfig) -> Result<u32, Error> {
    let region = aws.region().map_or("", AsRef::as_ref);
    let endpoint = match aws.endpoint_url() {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("https://lambda.{region}.{}", domain(region)),
    };
    let url = format!("{endpoint}/2016-08-19/account-settings");
    let client = reqwest::Client::builder().timeout(TIMEOUT);
    let client = client.build().map_err(|error| Error::aws(DOING, &error))?;
    let mut request = client.get(&url);
    for (name, value) in signature(aws, region, &url).await? {
        request = request.header(name, value);
    }
    let answer = request.send().await;
    let answer = answer.map_err(|error| Error::aws(DOING, &error))?;
    let status = answer.status();
    let body = answer.bytes().await;
    let body = body.map_err(|error| Error::aws(DOING, &error))?;
    if !status.is_success() {
        return Err(failed(format!(
            "{status}: {}",
            String::from_utf8_lossy(&body)
        )));
    }
    let settings: Settings =
        serde_json::from_slice(&body).map_err(|error| Error::aws(DOING, &error))?;
    Ok(settings.account_limit.unreserved_concurrent_executions)
}

/// The headers that sign a request without a body.
async fn signature(
    aws: &SdkConfig,
    region: &str,
    url: &str,
) -> Result<Vec<(String, String)>, Error> {
    let provider = aws.credentials_provider();
    let provider = provider.ok_or_else(|| failed("there are no credentials".to_owned()))?;
    let credentials = provider.provide_credentials().await;
    let identity = credentials
        .map_err(|error| Error::aws(DOING, &error))?
        .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("lambda")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| Error::aws(DOING, &error))?
        .into();
    let request = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|error| Error::aws(DOING, &error))?;
    let signed = sign(request, &parameters).map_err(|error| Error::aws(DOING, &error))?;
    let headers = signed.output().headers();
    Ok(headers
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

fn failed(cause: String) -> Error {
    Error::Aws {
        doing: DOING.to_owned(),
        cause,
    }
}

/// The domain of a Region's endpoints.
fn domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}
