//! Lets an answer out, in one piece or in bursts of tokens, when it is due, and
//! applies the faults requested by the name of the target.

mod demand;
mod garbage;
mod next;
mod stream;
mod whole;

use std::{sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures::stream::unfold;

use crate::{
    answer::Answer,
    capacity::Ticket,
    fault::{Fault, Faults},
    pace::BURST,
    protocol::{Headers, Timing, Wire},
    recorder::Recorder,
};

pub(crate) use self::{demand::demand, whole::needs_filler};
use self::{
    demand::late_body,
    next::{BodyEnd, Burst, Next},
    stream::Stream,
    whole::{Due, Whole},
};

/// How long a connection is kept before it is cut, so that what was sent before
/// is not lost with it.
const BEFORE_CUT: Duration = Duration::from_millis(3);

/// The answer is cut off on request: the connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the answer is cut off here, as requested by the name of the target")]
struct BrokenOff;

/// An answer on its way out.
pub(crate) struct Flow {
    pub(crate) wire: Box<dyn Wire>,
    pub(crate) answer: Arc<Answer>,
    pub(crate) faults: Faults,
    /// The place of the call, where its target has a capacity. It is given up before
    /// the recorder looks how the call was served.
    pub(crate) ticket: Option<Ticket>,
    pub(crate) recorder: Recorder,
    pub(crate) received: std::time::Instant,
    /// The seed of garbage.
    pub(crate) seed: u64,
}

/// The parts of a response.
pub(crate) struct Outgoing {
    pub(crate) headers: Headers,
    /// The length of the body, if it is told.
    pub(crate) length: Option<u64>,
    pub(crate) body: Body,
}

impl Flow {
    /// The answer as a stream: headers now, tokens when they are due.
    pub(crate) fn into_stream(self) -> Outgoing {
        let headers = self.wire.stream_headers();
        let dribble = Dribble::of(&self.faults);
        let mut recorder = self.recorder;
        recorder.begins();
        let stream = Stream::new(
            self.wire,
            self.answer,
            &self.faults,
            (self.received, self.ticket),
            self.seed,
        );
        Outgoing {
            headers,
            length: None,
            body: Outlet::new(Source::Stream(Box::new(stream)), recorder, dribble),
        }
    }

    /// The answer in one piece, with its length, when it is due: or its headers
    /// at once, if the body is to be late.
    pub(crate) async fn into_whole(mut self) -> Outgoing {
        let dribble = Dribble::of(&self.faults);
        let late = late_body(&self.faults);
        let mut timing = Timing {
            first: self.answer.first,
            total: late.unwrap_or(self.answer.total),
        };
        if let Some(ticket) = self.ticket.take_if(|_| late.is_none()) {
            ticket.until(0).await;
            // What the wait for a slot adds is known only now.
            let total = self.received.elapsed();
            let waited = total.saturating_sub(timing.total);
            timing.first += waited;
            timing.total = total;
        }
        let due = match self.ticket.take() {
            Some(ticket) => Due::Served(ticket),
            None => Due::At(self.received + timing.total),
        };
        let (headers, mut whole) = Whole::write(&mut *self.wire, &self.faults, timing, self.seed);
        whole.wait_for(due);
        if late.is_none() {
            whole.wait().await;
        }
        self.recorder.begins();
        self.recorder.sent(self.answer.tokens.len());
        if whole.is_valid() {
            self.recorder.finished(&self.answer);
        } else {
            self.recorder.broken();
        }
        Outgoing {
            headers,
            length: whole.length(),
            body: Outlet::new(Source::Whole(whole), self.recorder, dribble),
        }
    }
}

/// A body in one piece whose end is written down.
pub(crate) fn recorded(body: Bytes, recorder: Recorder) -> Body {
    let whole = Whole::plain(body);
    Outlet::new(Source::Whole(whole), recorder, None)
}

enum Source {
    Stream(Box<Stream>),
    Whole(Whole),
}

/// So many bytes at a time, so far apart.
struct Dribble {
    bytes: usize,
    every: Duration,
}

impl Dribble {
    fn of(faults: &Faults) -> Option<Self> {
        faults.find(|fault| match *fault {
            Fault::Dribble { bytes, every } => Some(Self { bytes, every }),
            _ => None,
        })
    }
}

/// Where the bytes of an answer leave.
struct Outlet {
    source: Source,
    recorder: Recorder,
    dribble: Option<Dribble>,
    /// The part that is due and not written yet.
    burst: Burst,
}

impl Outlet {
    #[expect(clippy::new_ret_no_self, reason = "an outlet is of use as a body only")]
    fn new(source: Source, recorder: Recorder, dribble: Option<Dribble>) -> Body {
        let outlet = Self {
            source,
            recorder,
            dribble,
            burst: Burst::default(),
        };
        Body::from_stream(unfold(outlet, async |mut outlet| {
            let bytes = outlet.next().await?;
            Some((bytes, outlet))
        }))
    }

    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        while self.burst.bytes.is_empty() {
            let next = match &mut self.source {
                Source::Stream(stream) => stream.next(&mut self.recorder).await,
                Source::Whole(whole) => whole.next().await,
            };
            match next {
                Next::Burst(burst) => self.burst = burst,
                Next::End(BodyEnd::InOrder) => return None,
                Next::End(ending) => return Some(Err(self.break_off(ending).await)),
            }
        }
        let bytes = match &self.dribble {
            None => std::mem::take(&mut self.burst.bytes),
            Some(dribble) => {
                tokio::time::sleep(dribble.every).await;
                let length = dribble.bytes.min(self.burst.bytes.len());
                self.burst.bytes.split_to(length)
            }
        };
        if self.burst.tokens && self.burst.bytes.is_empty() {
            self.recorder.token_sent();
        }
        Some(Ok(bytes))
    }

    async fn break_off(&mut self, ending: BodyEnd) -> BrokenOff {
        if ending == BodyEnd::Silence {
            // Until the client leaves, which drops this.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(BEFORE_CUT.max(BURST)).await;
        if ending == BodyEnd::Reset {
            self.recorder.resets();
        }
        BrokenOff
    }
}
