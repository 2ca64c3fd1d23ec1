//! The wire protocols: parsing of requests, and writing of answers.
//!
//! An answer is written in two layers. A [`Dialect`] writes the JSON documents of
//! a model server, and a [`Wire`] transports them: as they are over HTTP, in the
//! chunks of Bedrock, or in the parts of SageMaker. Converse is a wire of its own.

mod converse;
pub(crate) mod errors;
mod framing;
mod http;
mod invoke;
pub(crate) mod json;
mod llama;
mod lmi;
mod openai;
mod parse;
mod request;
mod responses;
mod sagemaker;
mod tgi;
mod wire;

use std::sync::Arc;

use crate::{answer::Answer, route::Operation};

use wire::Dialect;

pub(crate) use parse::read;
pub(crate) use request::{CompletionRequest, Format};
pub(crate) use tgi::info;
pub(crate) use wire::{Broken, Headers, Piece, Timing, Wire, WireContext};

/// Whether the answer goes out as it is made; `request` is `None` when the body
/// could not be read.
pub(crate) fn streams(operation: Operation, request: Option<&CompletionRequest>) -> bool {
    match operation {
        Operation::ConverseStream
        | Operation::InvokeStream
        | Operation::SageMakerStream
        | Operation::GenerateStream => true,
        Operation::Chat
        | Operation::Completion
        | Operation::Responses
        | Operation::BedrockChat
        | Operation::BedrockResponses
        | Operation::SageMakerChat => request.is_some_and(|request| request.stream),
        _ => false,
    }
}

/// The writer of an answer.
pub(crate) fn wire(context: WireContext<'_>, answer: Arc<Answer>) -> Box<dyn Wire> {
    let operation = context.route.operation;
    let format = context.request.format;
    let own = Arc::clone(&answer);
    let dialect: Box<dyn Dialect> = match format {
        Format::Converse => return Box::new(converse::Converse::new(answer, context)),
        Format::Llama => Box::new(llama::Llama::new(own, context)),
        Format::Completion | Format::Chat => Box::new(openai::OpenAi::new(own, context)),
        Format::Responses => Box::new(responses::Responses::new(own, context)),
        Format::Tgi => Box::new(tgi::Tgi::new(own, context)),
        Format::Lmi => Box::new(lmi::Lmi::new(own, context)),
    };
    match operation {
        Operation::Invoke | Operation::InvokeStream => {
            Box::new(invoke::Invoke::new(dialect, context))
        }
        Operation::SageMaker | Operation::SageMakerStream => {
            Box::new(sagemaker::SageMaker::new(dialect, answer, context))
        }
        _ => Box::new(http::Http::new(dialect, context)),
    }
}
