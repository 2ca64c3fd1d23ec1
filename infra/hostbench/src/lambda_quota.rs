//! The Lambda concurrency of an account.

use aws_config::SdkConfig;
use reqwest::Method;
use serde::Deserialize;

use crate::{error::Error, signed::SignedClient};

const DOING: &str = "reading the Lambda concurrency of the account";

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
    let client = SignedClient::new(aws, "lambda", region);
    let answer = client.call(Method::GET, "/2016-08-19/account-settings", None);
    let answer = answer.await.map_err(|refusal| refusal.into_error(DOING))?;
    let settings: Settings =
        serde_json::from_value(answer).map_err(|error| Error::aws(DOING, &error))?;
    Ok(settings.account_limit.unreserved_concurrent_executions)
}
