//! Lets an answer out, in one piece or in bursts of tokens, when it is due.

use std::{sync::Arc, time::Instant};

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use futures::stream;

use crate::{
    answer::Answer,
    pace::{self, BURST},
    protocol::{Broken, Headers, Timing, Wire},
    recorder::Recorder,
};

/// The answer broke off, as the path asks for: the connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the answer breaks off here, as the path asks for")]
struct BrokenOff;

/// An answer on its way out.
pub(crate) struct Flow {
    wire: Box<dyn Wire>,
    answer: Arc<Answer>,
    recorder: Recorder,
    received: Instant,
    breaks: bool,
    /// How many tokens are out.
    sent: usize,
    first_at: Option<Instant>,
    last_burst: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Tokens,
    /// What there was is out; the connection is closed next.
    Cut,
    Over,
}

impl Flow {
    pub(crate) fn new(
        wire: Box<dyn Wire>,
        answer: Arc<Answer>,
        recorder: Recorder,
        received: Instant,
        breaks: bool,
    ) -> Self {
        Self {
            wire,
            answer,
            recorder,
            received,
            breaks,
            sent: 0,
            first_at: None,
            last_burst: received,
            stage: Stage::Tokens,
        }
    }

    /// The answer as a stream: headers now, tokens when they are due.
    pub(crate) fn into_stream(mut self) -> (Headers, Body) {
        self.recorder.begins();
        let headers = self.wire.stream_headers();
        let bursts = stream::unfold(self, async |mut flow| {
            let burst = flow.next_burst().await?;
            Some((burst, flow))
        });
        (headers, Body::from_stream(bursts))
    }

    /// The answer in one piece, with its length, when it is due.
    pub(crate) async fn into_whole(mut self) -> (Headers, usize, Body) {
        // Written before it is due, so that the writing costs no time then.
        let whole = self.wire.whole(self.timing(self.end()));
        pace::exactly_until(self.end()).await;
        let length = whole.body.len();
        self.recorder.begins();
        self.recorder.sent(self.limit());
        let body = if self.breaks {
            self.recorder.broken();
            half(whole.body.slice(..length / 2), self.recorder)
        } else {
            self.recorder.finished(&self.answer);
            recorded(whole.body, self.recorder)
        };
        (whole.headers, length, body)
    }

    /// Waits for the next token that is due, and gives it with all others that
    /// are due by then; behind the last one, the end of the stream too.
    async fn next_burst(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        while self.stage == Stage::Tokens {
            self.wait().await;
            let now = Instant::now();
            self.last_burst = now;
            let mut out = BytesMut::new();
            while self.sent < self.limit() && self.due(self.sent) <= now {
                self.wire.token(self.sent, &mut out);
                self.sent += 1;
            }
            self.recorder.sent(self.sent);
            if !out.is_empty() && self.first_at.is_none() {
                self.first_at = Some(now);
                self.recorder.first_token();
            }
            if self.sent == self.limit() {
                self.stage = self.finish(now, &mut out);
            }
            if !out.is_empty() {
                return Some(Ok(out.freeze()));
            }
        }
        if self.stage == Stage::Cut {
            self.stage = Stage::Over;
            // Time for the last burst to go out before the connection is closed.
            tokio::time::sleep(BURST).await;
            return Some(Err(BrokenOff));
        }
        None
    }

    async fn wait(&self) {
        let due = self.due(self.sent);
        if self.sent == 0 {
            pace::exactly_until(due).await;
        } else {
            pace::until_before(due.max(self.last_burst + BURST), self.end()).await;
        }
    }

    fn finish(&mut self, now: Instant, out: &mut BytesMut) -> Stage {
        if !self.breaks {
            self.wire.end(self.timing(now), out);
            self.recorder.finished(&self.answer);
            return Stage::Over;
        }
        self.recorder.broken();
        match self.wire.exception(out) {
            Broken::InWords => Stage::Over,
            Broken::Silently => Stage::Cut,
        }
    }

    /// How many tokens go out: all, or half of them.
    fn limit(&self) -> usize {
        let tokens = self.answer.tokens.len();
        if self.breaks {
            tokens.div_ceil(2)
        } else {
            tokens
        }
    }

    fn due(&self, token: usize) -> Instant {
        self.received + self.answer.due(token)
    }

    fn end(&self) -> Instant {
        self.due(self.limit() - 1)
    }

    fn timing(&self, now: Instant) -> Timing {
        let first = self.first_at.unwrap_or(self.received + self.answer.first);
        Timing {
            first: first - self.received,
            total: now - self.received,
        }
    }
}

/// A body in one piece whose end is written down.
pub(crate) fn recorded(body: Bytes, recorder: Recorder) -> Body {
    Body::from_stream(stream::unfold(
        (Some(body), recorder),
        async |(body, recorder)| Some((Ok::<_, BrokenOff>(body?), (None, recorder))),
    ))
}

/// The first half of a body, and then nothing more.
fn half(body: Bytes, recorder: Recorder) -> Body {
    Body::from_stream(stream::unfold(
        (Some(body), recorder),
        async |(body, recorder)| {
            if let Some(body) = body {
                return Some((Ok(body), (None, recorder)));
            }
            tokio::time::sleep(BURST).await;
            Some((Err(BrokenOff), (None, recorder)))
        },
    ))
}
