//! Errors of the store.

use aws_smithy_types::error::display::DisplayErrorContext;

/// A call to DynamoDB or S3, or an operation on a journal, that failed, or an item that is
/// not what was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The service refused or could not be reached, after the client's retries; or the file
    /// system refused.
    #[error("could not {action}: {reason}")]
    Call {
        /// The operation, with its key or file.
        action: String,
        /// The whole chain of reasons.
        reason: String,
    },
    /// Something is there that this version did not write.
    #[error("could not read {what}: {reason}")]
    Unreadable {
        /// The item or object.
        what: String,
        /// The fault in it.
        reason: String,
    },
}

impl StoreError {
    pub(crate) fn call(action: impl Into<String>, error: impl std::error::Error) -> Self {
        Self::Call {
            action: action.into(),
            reason: DisplayErrorContext(error).to_string(),
        }
    }

    pub(crate) fn unreadable(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Unreadable {
            what: what.into(),
            reason: reason.to_string(),
        }
    }
}
