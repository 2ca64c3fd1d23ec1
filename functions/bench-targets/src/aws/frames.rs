//! A bound on the frames of an event stream, which the SDK keeps in memory until
//! they are whole, however long they say they are.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use aws_sdk_bedrockruntime::error::BoxError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::bounds::MAX_FRAME_BYTES;

/// How many bytes at the start of a frame tell its whole length.
const LENGTH_BYTES: usize = 4;

/// A frame says that it is longer than any answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame is longer than {MAX_FRAME_BYTES} bytes")]
pub(crate) struct FrameTooLong;

/// The bytes of an event stream, as long as its frames are not too long.
#[derive(Debug)]
pub(super) struct BoundedFrames {
    body: SdkBody,
    frames: Frames,
}

impl BoundedFrames {
    pub(super) fn new(body: SdkBody) -> Self {
        let frames = Frames::default();
        Self { body, frames }
    }
}

impl Body for BoundedFrames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &next
            && let Some(bytes) = frame.data_ref()
            && let Err(error) = self.frames.pass(bytes)
        {
            return Poll::Ready(Some(Err(error.into())));
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

/// Where in its frames a stream is.
#[derive(Debug, Default)]
struct Frames {
    /// The start of a frame whose length is not known yet.
    start: Vec<u8>,
    /// Bytes until the next frame.
    left: usize,
}

impl Frames {
    /// The next bytes go by; they may end anywhere.
    fn pass(&mut self, mut bytes: &[u8]) -> Result<(), FrameTooLong> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let passed = self.left.min(bytes.len());
                self.left -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            let taken = bytes.len().min(LENGTH_BYTES - self.start.len());
            self.start.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if let Ok(length) = <[u8; LENGTH_BYTES]>::try_from(self.start.as_slice()) {
                self.start.clear();
                let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                if length > MAX_FRAME_BYTES {
                    return Err(FrameTooLong);
                }
                // What says that it is shorter than its own length is the
                // decoder's to refuse.
                self.left = length.saturating_sub(LENGTH_BYTES);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bench_core::sample::Outcome;

    use super::*;
    use crate::testing::{
        Answer, End, Server, bedrock_target, event, llama_target, sagemaker_target, simulated,
    };

    #[test]
    fn frames_are_followed_wherever_the_bytes_are_split() {
        let long = u32::try_from(MAX_FRAME_BYTES + 1).unwrap().to_be_bytes();
        let mut bytes = [event("messageStart", "{}"), event("metadata", "[1]")].concat();
        let whole = bytes.len();
        bytes.extend_from_slice(&long);
        for at in 0..=whole {
            let mut frames = Frames::default();
            assert_eq!(frames.pass(&bytes[..at]), Ok(()), "{at}");
            assert_eq!(frames.pass(&bytes[at..whole]), Ok(()), "{at}");
            assert_eq!(frames.pass(&bytes[whole..]), Err(FrameTooLong), "{at}");
        }
    }

    #[tokio::test]
    async fn a_frame_that_says_it_is_longer_than_any_answer_is_not_waited_for() {
        let head = [&0x0800_0000_u32.to_be_bytes(), [0; 64].as_slice()].concat();
        for target in [bedrock_target(), llama_target(), sagemaker_target()] {
            let answer = Answer::status(200)
                .header("content-type", "application/vnd.amazon.eventstream")
                .chunk(head.clone())
                .ending(End::Silence);
            let server = Server::answering(answer).await;
            let seen = server.call(&simulated(target)).await;
            assert_eq!(seen.outcome, Outcome::InvalidResponse, "{seen:?}");
            let words = seen.error_message.unwrap_or_default();
            assert!(words.starts_with("a frame is longer than"), "{words}");
        }
    }
}
