//! Objects that are written piece by piece.

use aws_sdk_s3::{
    operation::upload_part::UploadPartOutput,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};

use crate::{Store, StoreError};

/// Bytes from which on a part is sent; S3 takes none below 5 MiB but the last.
const PART_BYTES: usize = 8 << 20;

/// An object in the making. It appears when it is whole, and not at all when it is
/// dropped before: what was sent by then is deleted by the lifecycle of the bucket.
///
/// The first part is held back to the end, since the first bytes of a file may depend on
/// all others. So at most two parts are in memory, and an object of less than two is
/// written at once.
#[derive(Debug)]
pub struct Upload<'a> {
    store: &'a Store,
    key: String,
    content_type: &'static str,
    first: Vec<u8>,
    next: Vec<u8>,
    sent: Option<Sent>,
}

/// The parts that the bucket has.
#[derive(Debug)]
struct Sent {
    upload_id: String,
    parts: Vec<CompletedPart>,
}

impl Store {
    /// Begins an object; nothing is sent yet.
    #[must_use]
    pub fn upload(&self, key: String, content_type: &'static str) -> Upload<'_> {
        Upload {
            store: self,
            key,
            content_type,
            first: Vec::new(),
            next: Vec::new(),
            sent: None,
        }
    }
}

impl Upload<'_> {
    /// Adds bytes to the end, and sends a part when there are enough for one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.first.len() < PART_BYTES {
            self.first.extend_from_slice(bytes);
            return Ok(());
        }
        self.next.extend_from_slice(bytes);
        if self.next.len() < PART_BYTES {
            return Ok(());
        }
        let part = std::mem::take(&mut self.next);
        if self.sent.is_none() {
            self.sent = Some(self.create().await?);
        }
        self.send(part).await
    }

    /// Makes the object appear: `head`, then everything that was written.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`]; the object is as it was before.
    pub async fn finish(mut self, head: &[u8]) -> Result<(), StoreError> {
        let mut first = std::mem::take(&mut self.first);
        first.splice(..0, head.iter().copied());
        let last = std::mem::take(&mut self.next);
        if self.sent.is_none() {
            first.extend_from_slice(&last);
            let (store, key) = (self.store, &self.key);
            return store.put_object(key, self.content_type, first).await;
        }
        let ended = self.complete(first, last).await;
        if ended.is_err() {
            self.abort().await;
        }
        ended
    }

    /// Deletes what was sent. One that fails leaves that to the lifecycle of the bucket.
    pub async fn abort(self) {
        let Some(sent) = self.sent else { return };
        let aborted = self
            .store
            .s3
            .abort_multipart_upload()
            .bucket(&self.store.bucket)
            .key(&self.key)
            .upload_id(sent.upload_id)
            .send()
            .await;
        drop(aborted);
    }

    async fn create(&self) -> Result<Sent, StoreError> {
        let created = self
            .store
            .s3
            .create_multipart_upload()
            .bucket(&self.store.bucket)
            .key(&self.key)
            .content_type(self.content_type)
            .send()
            .await
            .map_err(|error| self.fault(error))?;
        let upload_id = created.upload_id.ok_or_else(|| {
            StoreError::unreadable(self.name(), "the bucket gave the upload no id")
        })?;
        Ok(Sent {
            upload_id,
            parts: Vec::new(),
        })
    }

    /// Sends the next part but the first.
    async fn send(&mut self, body: Vec<u8>) -> Result<(), StoreError> {
        let count = self.sent.as_ref().map_or(0, |sent| sent.parts.len());
        let part = self
            .part(i32::try_from(count + 2).unwrap_or(i32::MAX), body)
            .await?;
        if let Some(sent) = &mut self.sent {
            sent.parts.push(part);
        }
        Ok(())
    }

    async fn part(&self, number: i32, body: Vec<u8>) -> Result<CompletedPart, StoreError> {
        let sent = self
            .store
            .s3
            .upload_part()
            .bucket(&self.store.bucket)
            .key(&self.key)
            .set_upload_id(self.sent.as_ref().map(|sent| sent.upload_id.clone()))
            .part_number(number)
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(|error| self.fault(error))?;
        Ok(completed(number, sent))
    }

    async fn complete(&mut self, first: Vec<u8>, last: Vec<u8>) -> Result<(), StoreError> {
        if !last.is_empty() {
            self.send(last).await?;
        }
        let first = self.part(1, first).await?;
        let Some(sent) = &self.sent else {
            return Ok(());
        };
        let parts = std::iter::once(first).chain(sent.parts.iter().cloned());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect()));
        self.store
            .s3
            .complete_multipart_upload()
            .bucket(&self.store.bucket)
            .key(&self.key)
            .upload_id(&sent.upload_id)
            .multipart_upload(parts.build())
            .send()
            .await
            .map_err(|error| self.fault(error))?;
        Ok(())
    }

    fn name(&self) -> String {
        format!("`s3://{}/{}`", self.store.bucket, self.key)
    }

    fn fault(&self, error: impl std::error::Error) -> StoreError {
        StoreError::call(format!("write {}", self.name()), error)
    }
}

/// A part with every checksum that the bucket made of it: it asks for those again when
/// the upload was begun with their algorithm.
fn completed(number: i32, sent: UploadPartOutput) -> CompletedPart {
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(sent.e_tag)
        .set_checksum_crc32(sent.checksum_crc32)
        .set_checksum_crc32_c(sent.checksum_crc32_c)
        .set_checksum_crc64_nvme(sent.checksum_crc64_nvme)
        .set_checksum_sha1(sent.checksum_sha1)
        .set_checksum_sha256(sent.checksum_sha256)
        .build()
}
