//! An answer that goes out token by token.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;

use super::{
    demand::late_body,
    garbage::{FILLER_BYTES, filler, garbage},
    next::{BodyEnd, Burst, Next, cut},
};
use crate::{
    answer::Answer,
    capacity::Ticket,
    eventstream::spoil_checksum,
    fault::{Fault, Faults, Position, StreamError},
    pace::{self, BURST, Metronome},
    prose::{Kind, Token},
    protocol::{Broken, Piece, Timing, Wire},
    recorder::Recorder,
};

/// The tokens of an answer, and what happens among them.
pub(super) struct Stream {
    wire: Box<dyn Wire>,
    answer: Arc<Answer>,
    received: Instant,
    /// Says when tokens are due, where the target has a capacity.
    ticket: Option<Ticket>,
    seed: u64,
    context: WireContext,
    /// The event, and the token before which it happens.
    fault_at: Option<(StreamFault, usize)>,
    /// Set going with the first token where each is to be exact.
    metronome: Option<Metronome>,
    /// How many tokens are out, and how many are to be.
    sent: usize,
    until: usize,
    /// Whether something happened that no good answer has.
    spoiled: bool,
    first_at: Option<Instant>,
    last_burst: Instant,
    stage: Stage,
}

/// Variations of every token, or of the end.
#[derive(Debug, Clone, Copy, Default)]
struct WireContext {
    swapped: bool,
    with_empty: bool,
    without_end: bool,
    /// How much later than planned every token is.
    delay: Duration,
}

/// A fault between two tokens of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StreamFault {
    Ends(BodyEnd),
    Breaks,
    Truncates,
    Garbage,
    Nonsense,
    BadCrc,
    Exception(StreamError),
    ErrorObject,
    EarlyEnd,
    Huge { megabytes: u64 },
    Endless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Tokens,
    /// So much text that no count tells of is still to come.
    Filling {
        bytes: u64,
    },
    Endless,
    Over(BodyEnd),
}

impl Stream {
    pub(super) fn new(
        wire: Box<dyn Wire>,
        answer: Arc<Answer>,
        faults: &Faults,
        (received, ticket): (Instant, Option<Ticket>),
        seed: u64,
    ) -> Self {
        let delay = late_body(faults).map(|time| time.saturating_sub(answer.first));
        let tokens = answer.tokens.len();
        Self {
            wire,
            received,
            ticket,
            seed,
            context: WireContext {
                swapped: faults.has(&Fault::Disorder),
                with_empty: faults.has(&Fault::EmptyDeltas),
                without_end: faults.has(&Fault::NoEnd),
                delay: delay.unwrap_or_default(),
            },
            fault_at: faults.find(|fault| StreamFault::of(fault, tokens)),
            metronome: None,
            answer,
            sent: 0,
            until: tokens,
            spoiled: false,
            first_at: None,
            last_burst: received,
            stage: Stage::Tokens,
        }
    }

    /// Waits for the next token that is due, and gives it with all others that
    /// are due by then; behind the last one, the end of the stream too.
    pub(super) async fn next(&mut self, recorder: &mut Recorder) -> Next {
        match self.stage {
            Stage::Over(ending) => return Next::End(ending),
            Stage::Endless => return self.endless().await,
            Stage::Filling { bytes } => return self.fill(bytes),
            Stage::Tokens => {}
        }
        self.wait().await;
        let now = Instant::now();
        self.last_burst = now;
        let mut out = BytesMut::new();
        let sent_before = self.sent;
        while self.stage == Stage::Tokens {
            if let Some((fault, _)) = self.fault_at.take_if(|(_, at)| *at == self.sent) {
                self.apply_fault(fault, now, &mut out, recorder);
            } else if self.sent == self.until {
                self.finish(now, &mut out, recorder);
            } else if self.is_due(self.sent, now) {
                self.put_next(&mut out);
            } else {
                break;
            }
        }
        self.wire.flush(&mut out);
        recorder.sent(self.sent);
        let tokens = self.sent > sent_before && !out.is_empty();
        if tokens && self.first_at.is_none() {
            self.first_at = Some(now);
        }
        Next::Burst(Burst {
            bytes: out.freeze(),
            tokens,
        })
    }

    async fn wait(&mut self) {
        let count = self.answer.tokens.len();
        let last = count - 1;
        if let Some(ticket) = &self.ticket {
            return ticket.until(self.sent.min(last)).await;
        }
        let due = self.due(self.sent.min(last));
        if self.answer.exact {
            let first = self.due(0);
            let every = self.answer.first;
            let metronome = &mut self.metronome;
            metronome
                .get_or_insert_with(|| Metronome::new(first, every, count))
                .until(due)
                .await;
        } else if self.sent == 0 {
            pace::exactly_until(due).await;
        } else {
            pace::until_before(due.max(self.last_burst + BURST), self.due(last)).await;
        }
    }

    fn due(&self, token: usize) -> Instant {
        self.received + self.answer.due(token) + self.context.delay
    }

    fn is_due(&self, token: usize, now: Instant) -> bool {
        match &self.ticket {
            Some(ticket) => ticket.is_due(token),
            None => self.due(token) <= now,
        }
    }

    fn put_next(&mut self, out: &mut BytesMut) {
        let count = self.answer.tokens.len();
        let index = if self.context.swapped {
            // The last one of an odd number has no neighbor.
            Some(self.sent ^ 1).filter(|index| *index < count)
        } else {
            None
        };
        let index = index.unwrap_or(self.sent);
        let answer = Arc::clone(&self.answer);
        let token = &answer.tokens[index];
        if self.context.with_empty {
            self.put(&text_like(token, "".into()), index, false, out);
        }
        let last = index + 1 == count && !self.context.without_end;
        self.put(token, index, last, out);
        self.sent += 1;
    }

    fn put(&mut self, token: &Token, index: usize, last: bool, out: &mut BytesMut) {
        self.wire.token(Piece { token, index, last }, out);
    }

    fn finish(&mut self, now: Instant, out: &mut BytesMut, recorder: &mut Recorder) {
        if !self.context.without_end {
            self.wire.end(self.timing(now), out);
        }
        if self.spoiled || self.context.without_end {
            recorder.broken();
        } else {
            recorder.finished(&self.answer);
        }
        self.stage = Stage::Over(BodyEnd::InOrder);
    }

    fn apply_fault(
        &mut self,
        fault: StreamFault,
        now: Instant,
        out: &mut BytesMut,
        recorder: &mut Recorder,
    ) {
        let over = Stage::Over(BodyEnd::InOrder);
        self.wire.flush(out);
        let stage = match fault {
            StreamFault::Ends(ending) => Stage::Over(ending),
            StreamFault::Breaks => match self.wire.break_off(out) {
                Broken::WithException => over,
                Broken::ConnectionClosed => Stage::Over(BodyEnd::Close),
            },
            StreamFault::Truncates => {
                let mut next = self.peeked();
                next.truncate(next.len() / 2);
                out.unsplit(next);
                over
            }
            StreamFault::Exception(error) => {
                self.wire.exception(error, out);
                over
            }
            StreamFault::ErrorObject => {
                self.wire.error_object(out);
                over
            }
            StreamFault::EarlyEnd => {
                let answer = Arc::clone(&self.answer);
                self.until = answer.tokens.len() - 1;
                self.put(&answer.tokens[self.until], self.until, true, out);
                self.wire.end(self.timing(now), out);
                self.context.without_end = true;
                Stage::Tokens
            }
            StreamFault::Garbage => {
                out.extend_from_slice(&garbage(self.seed));
                Stage::Tokens
            }
            StreamFault::Nonsense => {
                self.wire.nonsense(out);
                Stage::Tokens
            }
            StreamFault::BadCrc => {
                let mut next = self.peeked();
                spoil_checksum(&mut next);
                out.unsplit(next);
                Stage::Tokens
            }
            StreamFault::Huge { megabytes } => Stage::Filling {
                bytes: megabytes << 20,
            },
            StreamFault::Endless => Stage::Endless,
        };
        self.stage = stage;
        if !matches!(fault, StreamFault::Huge { .. }) {
            self.spoiled = true;
            recorder.broken();
        }
    }

    /// The next token, or the last one if all are out, as it would be written.
    fn peeked(&mut self) -> BytesMut {
        let answer = Arc::clone(&self.answer);
        let index = self.sent.min(answer.tokens.len() - 1);
        let token = text_like(&answer.tokens[index], " again".into());
        let mut next = BytesMut::new();
        self.put(&token, index, false, &mut next);
        self.wire.flush(&mut next);
        next
    }

    /// One more token with much text.
    fn fill(&mut self, left: u64) -> Next {
        let text = filler(FILLER_BYTES);
        let left = left.saturating_sub(text.len() as u64);
        self.stage = if left == 0 {
            Stage::Tokens
        } else {
            Stage::Filling { bytes: left }
        };
        self.more(text)
    }

    /// One more token.
    async fn endless(&mut self) -> Next {
        tokio::time::sleep(BURST).await;
        self.more(" more".to_owned())
    }

    fn more(&mut self, text: String) -> Next {
        let index = self.sent.saturating_sub(1);
        let mut out = BytesMut::new();
        let token = text_like(&self.answer.tokens[index], text.into());
        self.put(&token, index, false, &mut out);
        self.wire.flush(&mut out);
        Next::Burst(Burst {
            bytes: out.freeze(),
            tokens: true,
        })
    }

    fn timing(&self, now: Instant) -> Timing {
        let first = self.first_at.unwrap_or(now);
        Timing {
            first: first - self.received,
            total: now - self.received,
        }
    }
}

/// A token of the same kind with another text.
fn text_like(token: &Token, text: Cow<'static, str>) -> Token {
    let kind = match token.kind {
        Kind::Tag | Kind::End => Kind::Visible,
        kind => kind,
    };
    Token {
        text,
        kind,
        id: token.id,
        logprob: token.logprob,
    }
}

impl StreamFault {
    /// The effect of a fault on a stream of `tokens` tokens, and the token before which
    /// it happens.
    fn of(fault: &Fault, tokens: usize) -> Option<(Self, usize)> {
        let half = tokens.div_ceil(2);
        let at = |position: &Position| match position {
            Position::Midway => half,
            Position::Before | Position::First => 0,
        };
        if let Some((ending, position)) = cut(fault) {
            return Some((Self::Ends(ending), at(&position)));
        }
        match fault {
            Fault::Break => Some((Self::Breaks, half)),
            Fault::Truncate(index) => Some((Self::Truncates, at(index))),
            Fault::Garbage(index) => Some((Self::Garbage, at(index))),
            Fault::Nonsense(index) => Some((Self::Nonsense, at(index))),
            Fault::BadCrc(index) => Some((Self::BadCrc, at(index))),
            Fault::Exception(error, index) => Some((Self::Exception(*error), at(index))),
            Fault::ErrorObject(index) => Some((Self::ErrorObject, at(index))),
            Fault::EarlyEnd => Some((Self::EarlyEnd, (tokens - tokens / 4).min(tokens - 1))),
            Fault::Huge { megabytes } => {
                let megabytes = *megabytes;
                Some((Self::Huge { megabytes }, half))
            }
            Fault::Endless => Some((Self::Endless, half)),
            _ => None,
        }
    }
}
