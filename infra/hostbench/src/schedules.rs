//! The schedules of a stack.

use aws_config::SdkConfig;
use reqwest::Method;

use crate::{
    error::Error,
    signed::{SignedClient, encoded},
};

/// Fields of a schedule that an update does not take.
const READ_ONLY: [&str; 3] = ["Arn", "CreationDate", "LastModificationDate"];

/// Disables every schedule of a group, those that were added by hand included, and
/// returns their names. A group that is gone has none.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn disable(aws: &SdkConfig, group: &str) -> Result<Vec<String>, Error> {
    let region = aws.region().map_or("", AsRef::as_ref);
    let client = SignedClient::new(aws, "scheduler", region);
    let names = enabled(&client, group).await?;
    for name in &names {
        let doing = || format!("disabling schedule `{name}`");
        let path = format!("/schedules/{name}?groupName={group}");
        let read = client.call(Method::GET, &path, None).await;
        let mut schedule = read.map_err(|refusal| refusal.into_error(doing()))?;
        if let Some(fields) = schedule.as_object_mut() {
            for field in READ_ONLY {
                fields.remove(field);
            }
        }
        schedule["State"] = "DISABLED".into();
        let path = format!("/schedules/{name}");
        let updated = client.call(Method::PUT, &path, Some(&schedule)).await;
        updated.map_err(|refusal| refusal.into_error(doing()))?;
    }
    Ok(names)
}

/// The names of the schedules of a group that start runs.
async fn enabled(client: &SignedClient<'_>, group: &str) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/schedules?ScheduleGroup={group}&State=ENABLED{next}");
        let page = match client.call(Method::GET, &path, None).await {
            Ok(page) => page,
            Err(refusal) if refusal.code == "ResourceNotFoundException" => return Ok(names),
            Err(refusal) => return Err(refusal.into_error("listing the schedules of the stack")),
        };
        let schedules = page["Schedules"].as_array();
        names.extend(
            schedules
                .into_iter()
                .flatten()
                .filter_map(|schedule| schedule["Name"].as_str().map(str::to_owned)),
        );
        let Some(token) = page["NextToken"].as_str() else {
            return Ok(names);
        };
        next = format!("&NextToken={}", encoded(token));
    }
}
