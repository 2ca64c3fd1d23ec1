//! The ground truth: what the simulator really did, call by call.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Write as _},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
    time::Instant,
};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// How many calls are kept in memory; the log file has them all.
const KEPT: usize = 100_000;

/// One call as the simulator served it: a line of the log and an element of
/// `GET /_simulator/calls`.
///
/// Times are microseconds since the simulator started, all on one monotonic
/// clock. Times of bytes are taken when they are handed to the operating system,
/// in the write that it accepted: no client can have seen them earlier, and no
/// delay of the simulator's own follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Order in which requests had been read, from 1.
    pub sequence: u64,
    /// Which connection to the simulator it came on, from 1.
    pub connection: u64,
    /// Whether it was the first call on that connection.
    pub fresh_connection: bool,
    /// `bedrock-converse`, `bedrock-invoke`, `bedrock-openai-chat`,
    /// `bedrock-openai-completion`, `sagemaker`, `sagemaker-lmi`,
    /// `sagemaker-openai-chat`, `sagemaker-openai-completion`, `tgi`,
    /// `openai-chat`, `openai-completion` or `openai-responses`, and through the
    /// OpenAI-compatible APIs of AWS `bedrock-api-chat`, `bedrock-api-responses` or
    /// `sagemaker-api-chat`, with `-stream` behind it when the
    /// answer was streamed.
    pub protocol: String,
    /// Model id, endpoint name, or the path before that of the protocol (`/`
    /// when there is none).
    pub model: String,
    /// The faults requested by the name of the target, as in [`crate::fault::ALL`],
    /// separated by spaces; `null` when there are none.
    pub fault: Option<String>,
    /// SHA-256 of the prompt in hexadecimal: the text of all messages, joined by
    /// line ends. `null` when no prompt could be read or was needed.
    pub prompt_sha256: Option<String>,
    /// Wall clock when the request had been read: a label, never to be subtracted.
    pub received_at: jiff::Timestamp,
    /// When the head of the request had been read.
    pub headers_us: u64,
    /// When the body of the request had been read: service times count from here.
    pub received_us: u64,
    /// Calls that the target serves at the same time; `null` where there is no limit.
    pub slots: Option<u64>,
    /// From `received_us` until its service began, or until the client left the
    /// queue; `null` where the target serves every call as if it were alone.
    pub queued_us: Option<u64>,
    /// Calls that the target served when the service of this one began, itself
    /// included; `null` like `queued_us`, and where it never began.
    pub streams_at_start: Option<u64>,
    /// The mean number of calls that the target served while it served this one,
    /// itself included, without the time of stalls; `null` where its service did not
    /// end.
    pub mean_streams: Option<f64>,
    /// When the first token was meant to go out; `null` when nothing was streamed,
    /// and where the client left a queue.
    pub planned_first_token_us: Option<u64>,
    /// When the first token went out; `null` when nothing was streamed.
    pub first_token_us: Option<u64>,
    /// When the last token went out; `null` when nothing was streamed.
    pub last_token_us: Option<u64>,
    /// When the last byte of the answer was meant to go out; `null` for errors, and
    /// where the client left a target with a capacity before it was known.
    pub planned_last_byte_us: Option<u64>,
    /// When the last byte of the answer went out.
    pub last_byte_us: u64,
    /// Output tokens sent, reasoning and the end token included.
    pub output_tokens: u64,
    /// Tokens of the reasoning in the answer, sent or not, tags not included.
    pub reasoning_tokens: u64,
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Those of them that were reported as cached, where the protocol can.
    pub cached_input_tokens: u64,
    /// HTTP status; 499 when the client left before it could be sent, 0 when the
    /// simulator itself sent none, on request.
    pub status: u16,
    /// `stop`, `length`, `broken` (the simulator broke off or spoiled the answer,
    /// on request) or `disconnected` (the client broke off); `null` for errors.
    pub finish_reason: Option<String>,
    /// Whether the final answer is right; `null` when there is none, or when the
    /// prompt is not known.
    pub correct: Option<bool>,
}

/// Collects calls and keeps the clock they are timed with.
///
/// A call is moved into memory and its line is written by a thread of its own:
/// whoever serves calls waits for neither a disk nor a reader.
#[derive(Debug)]
pub struct Ledger {
    start: Instant,
    calls: Mutex<VecDeque<Call>>,
    added: Notify,
    log: Option<Sender<Entry>>,
}

#[derive(Debug)]
enum Entry {
    Call(Box<Call>),
    /// Everything before this is written.
    Written(SyncSender<()>),
}

impl Ledger {
    /// Starts the clock, and the thread that writes the log.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub fn new(log: Option<File>) -> io::Result<Self> {
        let write = |log| {
            let (sender, entries) = channel();
            let thread = thread::Builder::new().name("ledger".to_owned());
            thread.spawn(move || write_all(log, &entries))?;
            io::Result::Ok(sender)
        };
        Ok(Self {
            start: Instant::now(),
            calls: Mutex::default(),
            added: Notify::new(),
            log: log.map(write).transpose()?,
        })
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

    /// Adds a call; its line in the log follows within a moment.
    pub fn add(&self, call: Call) {
        if let Some(log) = &self.log {
            // Fails only when the log could not be written, which was said then.
            let _ = log.send(Entry::Call(Box::new(call.clone())));
        }
        let mut calls = self.lock();
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
        drop(calls);
        self.added.notify_waiters();
    }

    /// Waits until the calls so far give what is looked for.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&VecDeque<Call>) -> Option<T>) -> T {
        loop {
            let added = self.added.notified();
            let found = look(&self.lock());
            if let Some(found) = found {
                return found;
            }
            added.await;
        }
    }

    /// The calls so far, in the order in which they ended.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().iter().cloned().collect()
    }

    /// Waits until the lines of all calls so far are in the log.
    pub fn flush(&self) {
        if let Some(log) = &self.log {
            let (done, written) = sync_channel(1);
            if log.send(Entry::Written(done)).is_ok() {
                let _ = written.recv();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_all(mut log: File, entries: &Receiver<Entry>) {
    for entry in entries {
        match entry {
            Entry::Call(call) => {
                if let Err(error) = write_line(&mut log, &call) {
                    tracing::error!(%error, "cannot write the log; it ends here");
                    return;
                }
            }
            Entry::Written(done) => {
                let _ = done.send(());
            }
        }
    }
}

fn write_line(log: &mut File, call: &Call) -> io::Result<()> {
    let mut line = serde_json::to_vec(call)?;
    line.push(b'\n');
    // A file without a buffer of its own: whoever reads it next sees the line.
    log.write_all(&line)
}
