//! Objects of the bucket.

use aws_sdk_s3::{
    error::ProvideErrorMetadata, operation::get_object::GetObjectError, primitives::ByteStream,
};
use bench_core::plan::Plan;

use crate::{Store, StoreError, keys};

/// The media type of a plan.
const PLAN_TYPE: &str = "application/json";

/// An object of the bucket, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag, which changes with the content.
    pub etag: Option<String>,
}

impl Store {
    /// Writes an object.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn put_object(
        &self,
        key: &str,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Result<(), StoreError> {
        self.s3
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(body.into()))
            .send()
            .await
            .map_err(|error| {
                StoreError::call(format!("write `s3://{}/{key}`", self.bucket), error)
            })?;
        Ok(())
    }

    /// Reads an object; `None` when there is none of that key.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn get_object(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let action = || format!("read `s3://{}/{key}`", self.bucket);
        match self
            .s3
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(object) => {
                let body = object.body.collect().await;
                body.map(|body| Some(body.to_vec()))
                    .map_err(|error| StoreError::call(action(), error))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError::call(action(), error)),
        }
    }

    /// Reads an object that is text.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; an object that is not UTF-8 is unreadable.
    pub async fn get_text(&self, key: &str) -> Result<Option<String>, StoreError> {
        let Some(body) = self.get_object(key).await? else {
            return Ok(None);
        };
        let text = String::from_utf8(body).map_err(|error| {
            StoreError::unreadable(format!("`s3://{}/{key}`", self.bucket), error)
        })?;
        Ok(Some(text))
    }

    /// A part of an object: at most `length` bytes from `start` on.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`], also when the object is another one by now.
    pub async fn get_part(
        &self,
        object: &Listed,
        start: u64,
        length: u64,
    ) -> Result<Vec<u8>, StoreError> {
        let action = || format!("read `s3://{}/{}`", self.bucket, object.key);
        let part = self
            .s3
            .get_object()
            .bucket(&self.bucket)
            .key(&object.key)
            .range(format!("bytes={start}-{}", start + length.max(1) - 1))
            .set_if_match(object.etag.clone())
            .send()
            .await
            .map_err(|error| StoreError::call(action(), error))?;
        let body = part.body.collect().await;
        let body = body.map_err(|error| StoreError::call(action(), error))?;
        Ok(body.to_vec())
    }

    /// The keys of all objects that begin so, in order.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn list_objects(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let objects = self.list(prefix).await?;
        Ok(objects.into_iter().map(|object| object.key).collect())
    }

    /// All objects whose keys begin so, in order.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn list(&self, prefix: &str) -> Result<Vec<Listed>, StoreError> {
        let mut pages = self
            .s3
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                StoreError::call(format!("list `s3://{}/{prefix}`", self.bucket), error)
            })?;
            found.extend(page.contents().iter().filter_map(|object| {
                Some(Listed {
                    key: object.key()?.to_owned(),
                    size: object.size()?.try_into().ok()?,
                    etag: object.e_tag().map(str::to_owned),
                })
            }));
        }
        Ok(found)
    }

    /// Writes a run's plan unless the run has one; whether it was written.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn put_plan(&self, plan: &Plan) -> Result<bool, StoreError> {
        let (key, body) = plan_object(plan)?;
        let put = self
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .content_type(PLAN_TYPE)
            .if_none_match("*")
            .body(ByteStream::from(body))
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(false),
            Err(error) => Err(StoreError::call(
                format!("write `s3://{}/{key}`", self.bucket),
                error,
            )),
        }
    }

    /// Writes a run's plan over the one that it has.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn replace_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let (key, body) = plan_object(plan)?;
        self.put_object(&key, PLAN_TYPE, body).await
    }

    /// Reads a run's plan; `None` when the run has none.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn get_plan(&self, run_id: &str) -> Result<Option<Plan>, StoreError> {
        let key = keys::plan(run_id);
        let Some(body) = self.get_object(&key).await? else {
            return Ok(None);
        };
        let plan = serde_json::from_slice(&body)
            .map_err(|error| StoreError::unreadable(format!("plan `{key}`"), error))?;
        Ok(Some(plan))
    }
}

/// The key and the content of a run's plan.
fn plan_object(plan: &Plan) -> Result<(String, Vec<u8>), StoreError> {
    let key = keys::plan(&plan.run_id);
    let body = serde_json::to_vec_pretty(plan)
        .map_err(|error| StoreError::unreadable(format!("plan `{key}`"), error))?;
    Ok((key, body))
}
