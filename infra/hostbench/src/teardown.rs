//! Deletion of a stack with its runs.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_s3::{
    Client as S3,
    error::ProvideErrorMetadata,
    types::{Delete, ObjectIdentifier},
};

use crate::error::Error;

/// Timeout of the deletion of a stack: network interfaces of functions in a VPC
/// take 20 minutes and more.
pub const LIMIT: Duration = Duration::from_hours(1);

/// Attempts to empty a bucket that is still written to.
const ATTEMPTS: usize = 5;

/// Deletes every version of every object of a bucket, then the bucket, and returns
/// the number of versions. A missing bucket is not an error.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn delete_bucket(aws: &SdkConfig, bucket: &str) -> Result<usize, Error> {
    let s3 = S3::new(aws);
    let mut deleted = 0;
    for attempt in 1.. {
        deleted += empty(&s3, bucket).await?;
        match s3.delete_bucket().bucket(bucket).send().await {
            Ok(_) => break,
            Err(error) if is_gone(&error) => break,
            Err(error) if error.code() == Some("BucketNotEmpty") && attempt < ATTEMPTS => {}
            Err(error) => return Err(Error::aws(format!("deleting bucket `{bucket}`"), &error)),
        }
    }
    Ok(deleted)
}

/// Deletes the first page of versions until there is none.
async fn empty(s3: &S3, bucket: &str) -> Result<usize, Error> {
    let failed = |error: &dyn std::error::Error| Error::Aws {
        doing: format!("emptying bucket `{bucket}`"),
        cause: error.to_string(),
    };
    let mut deleted = 0;
    loop {
        let page = match s3.list_object_versions().bucket(bucket).send().await {
            Ok(page) => page,
            Err(error) if is_gone(&error) => return Ok(deleted),
            Err(error) => return Err(Error::aws(format!("listing bucket `{bucket}`"), &error)),
        };
        let versions = page
            .versions()
            .iter()
            .map(|one| (one.key(), one.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|one| (one.key(), one.version_id()));
        let objects: Result<Vec<_>, _> = versions
            .chain(markers)
            .map(|(key, version)| {
                ObjectIdentifier::builder()
                    .key(key.unwrap_or_default())
                    .set_version_id(version.map(str::to_owned))
                    .build()
            })
            .collect();
        let objects = objects.map_err(|error| failed(&error))?;
        if objects.is_empty() {
            return Ok(deleted);
        }
        deleted += objects.len();
        let batch = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build();
        let answer = s3
            .delete_objects()
            .bucket(bucket)
            .delete(batch.map_err(|error| failed(&error))?)
            .send()
            .await
            .map_err(|error| Error::aws(format!("emptying bucket `{bucket}`"), &error))?;
        if let Some(refused) = answer.errors().first() {
            return Err(Error::Aws {
                doing: format!(
                    "deleting `s3://{bucket}/{}`",
                    refused.key().unwrap_or_default()
                ),
                cause: refused.message().unwrap_or("no reason").to_owned(),
            });
        }
    }
}

fn is_gone(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("NoSuchBucket")
}

/// Deletes the table; a missing one is not an error.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn delete_table(aws: &SdkConfig, table: &str) -> Result<(), Error> {
    let dynamodb = DynamoDb::new(aws);
    match dynamodb.delete_table().table_name(table).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
        Err(error) => Err(Error::aws(format!("deleting table `{table}`"), &error)),
    }
}

/// Whether there is a table of that name.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn has_table(aws: &SdkConfig, table: &str) -> Result<bool, Error> {
    let dynamodb = DynamoDb::new(aws);
    match dynamodb.describe_table().table_name(table).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(false),
        Err(error) => Err(Error::aws(format!("describing table `{table}`"), &error)),
    }
}
