//! The input of a request body.

use crate::model::CompletionRequest;

/// A request with what a carrier adds to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DialectInput<'a> {
    /// The request.
    pub(crate) completion_request: &'a CompletionRequest<'a>,
    /// The name of the model, where the server wants it.
    pub(crate) model: Option<&'a str>,
    /// Whether the body says that the answer is to be streamed; `None` where the
    /// path or the operation says it.
    pub(crate) stream: Option<bool>,
}
