//! The ground truth: what the simulator really did, call by call.

use std::{
    collections::VecDeque,
    fs::File,
    io::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde::{Deserialize, Serialize};

/// How many calls are kept in memory; the log file has them all.
const KEPT: usize = 100_000;

/// One call as the simulator served it: a line of the log and an element of
/// `GET /_simulator/calls`.
///
/// Times are microseconds since the simulator started, all on one monotonic
/// clock. Times of bytes are taken when they are handed to the operating system,
/// in the write that it accepted: no client can have seen them earlier, and no
/// delay of the simulator's own follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Order in which requests had been read, from 1.
    pub sequence: u64,
    /// `bedrock-converse`, `bedrock-invoke`, `sagemaker`, `tgi` or
    /// `openai-chat`, with `-stream` behind it when the answer was streamed.
    pub protocol: String,
    /// Model id, endpoint name, or the path before that of the protocol (`/`
    /// when there is none).
    pub model: String,
    /// SHA-256 of the prompt in hexadecimal: the text of all messages, joined by
    /// line ends. `null` when no prompt could be read or was needed.
    pub prompt_sha256: Option<String>,
    /// Wall clock when the request had been read: a label, never to be subtracted.
    pub received_at: jiff::Timestamp,
    /// When the head of the request had been read.
    pub headers_us: u64,
    /// When the body of the request had been read: service times count from here.
    pub received_us: u64,
    /// When the first token went out; `null` when nothing was streamed.
    pub first_token_us: Option<u64>,
    /// When the last byte of the answer was meant to go out; `null` for errors.
    pub planned_last_byte_us: Option<u64>,
    /// When the last byte of the answer went out.
    pub last_byte_us: u64,
    /// Output tokens sent, reasoning and the end token included.
    pub output_tokens: u64,
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// HTTP status; 499 when the client left before it could be sent.
    pub status: u16,
    /// `stop`, `length`, `broken` (the simulator broke off, as asked) or
    /// `disconnected` (the client did); `null` for errors.
    pub finish_reason: Option<String>,
    /// Whether the final answer is right; `null` when there is none, or when the
    /// question is not known.
    pub correct: Option<bool>,
}

/// Collects calls and keeps the clock they are timed with.
#[derive(Debug)]
pub struct Ledger {
    start: Instant,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    calls: VecDeque<Call>,
    log: Option<File>,
}

impl Ledger {
    /// Starts the clock.
    #[must_use]
    pub fn new(log: Option<File>) -> Self {
        let written = Written {
            calls: VecDeque::new(),
            log,
        };
        Self {
            start: Instant::now(),
            written: Mutex::new(written),
        }
    }

    /// Microseconds from the start to an instant.
    #[must_use]
    pub fn micros(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.start);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// Microseconds from the start until now.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.micros(Instant::now())
    }

    /// Adds a call, and its line to the log, before it returns.
    pub fn add(&self, call: Call) {
        let mut written = self.lock();
        if let Some(log) = &mut written.log
            && let Err(error) = write_line(log, &call)
        {
            tracing::error!(%error, "cannot write the log; it ends here");
            written.log = None;
        }
        if written.calls.len() == KEPT {
            written.calls.pop_front();
        }
        written.calls.push_back(call);
    }

    /// The calls so far, in the order in which they ended.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_line(log: &mut File, call: &Call) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(call)?;
    line.push(b'\n');
    // A file without a buffer of its own: whoever reads it next sees the line.
    log.write_all(&line)
}
