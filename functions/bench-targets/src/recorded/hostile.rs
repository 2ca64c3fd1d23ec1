//! Whatever a server sends ends in a sample: no bytes make a reader panic.

use std::sync::{Arc, LazyLock, Mutex};

use bench_core::sample::{Outcome, Sample};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::TestRunner,
};
use tokio::runtime::{Builder, Runtime};

use super::{Kind, NAMES, REQUEST, Recorded, Server, TIMEOUT, client, dialect, measure, simulator};
use crate::{
    AnyModel,
    dialect::{Dialect, Event},
    failure::Failure,
    model::Reply,
    sse::SseDecoder,
    stopwatch::Stopwatch,
    testing::{event, payload_part},
};

/// Cases of bytes that are handed to a reader.
const CASES: u32 = 2_000;

/// Cases of bytes that travel to a client.
const SERVER_CASES: u32 = 600;

/// Words that readers look for, and values that JSON can hold in their place.
const WORDS: [&str; 18] = [
    "null",
    "[]",
    "{}",
    "[[",
    "-1",
    "1e999",
    "18446744073709551616",
    "\"\\ud800\"",
    "\"",
    "\n\n",
    "data:",
    "[DONE]",
    "{\"type\":\"response.output_text.delta\",\"delta\":",
    "{\"type\":\"response.completed\",\"response\":{\"output\":[",
    "\u{feff}",
    "<think>",
    "</think>",
    ":",
];

/// Answers of every request kind, streamed and not.
static RECORDED: LazyLock<Vec<Recorded>> = LazyLock::new(|| {
    runtime().block_on(async {
        let simulator = simulator().await;
        let mut all = Vec::new();
        for kind in Kind::all() {
            let names = if kind.stream { NAMES[1] } else { NAMES[0] };
            all.push(Recorded::of(&simulator, kind, names).await);
        }
        all
    })
});

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One change of recorded bytes.
#[derive(Debug, Clone)]
enum Edit {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

impl Edit {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<Index>;
        let word = select(WORDS.as_slice()).prop_map(|word| word.as_bytes().to_vec());
        prop_oneof![
            (at(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            (at(), word).prop_map(|(at, word)| Self::Insert(at, word)),
            (at(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Self::Insert(at, bytes)),
            (at(), 1_usize..200).prop_map(|(at, length)| Self::Remove(at, length)),
            (at(), 1_usize..200).prop_map(|(at, length)| Self::Repeat(at, length)),
            at().prop_map(Self::Cut),
        ]
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        let end = |from: usize, length: usize| (from + length).min(bytes.len());
        match self {
            Self::Set(at, byte) => {
                let at = place(at);
                if let Some(there) = bytes.get_mut(at) {
                    *there = *byte;
                }
            }
            Self::Insert(at, more) => {
                let at = place(at);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Remove(at, length) => {
                let at = place(at);
                bytes.drain(at..end(at, *length));
            }
            Self::Repeat(at, length) => {
                let at = place(at);
                let again = bytes[at..end(at, *length)].to_vec();
                bytes.splice(at..at, again);
            }
            Self::Cut(at) => bytes.truncate(place(at)),
        }
    }
}

fn arbitrary() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..400)
}

/// Words and bytes in any order: nearer to a protocol than bytes alone.
fn random_words() -> impl Strategy<Value = Vec<u8>> {
    let word = select(WORDS.as_slice()).prop_map(|word| word.as_bytes().to_vec());
    vec(prop_oneof![word, vec(any::<u8>(), 0..4)], 0..60).prop_map(|words| words.concat())
}

fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        edit.apply(&mut bytes);
    }
    bytes
}

/// A recorded answer: which one, and what becomes of it.
fn changes() -> impl Strategy<Value = (Index, Vec<Edit>)> {
    (any::<Index>(), vec(Edit::any(), 0..5))
}

/// Reads lines in slices that end at the given cases.
fn read(dialect: Dialect, bytes: &[u8], ends: &[Index]) -> Result<Reply, Failure> {
    let mut ends: Vec<usize> = ends.iter().map(|at| at.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut watch = Stopwatch::new();
    let mut events = SseDecoder::new(dialect);
    let mut from = 0;
    for end in ends {
        events.push(&bytes[from..end], &mut watch)?;
        from = end;
    }
    events.finish(&mut watch)
}

fn has_a_word(result: &Result<Reply, Failure>) -> bool {
    match result {
        Ok(_) => true,
        Err(failure) => failure.outcome != Outcome::Ok && !failure.message.is_empty(),
    }
}

const DIALECTS: [Dialect; 5] = [
    Dialect::Llama,
    Dialect::Tgi,
    Dialect::OpenAiChat,
    Dialect::OpenAiCompletion,
    Dialect::OpenAiResponses,
];

/// Has everything read the bytes that is made for a dialect.
fn read_by_all(dialect: Dialect, bytes: &[u8], ends: &[Index]) -> Result<(), TestCaseError> {
    prop_assert!(has_a_word(&read(dialect, bytes, ends)));
    prop_assert!(has_a_word(&dialect.whole(bytes, &mut Stopwatch::new())));
    let text = String::from_utf8_lossy(bytes);
    let (mut reader, mut watch) = (dialect.reader(), Stopwatch::new());
    let ended = reader
        .event(Event::Data(&text), &mut watch)
        .and_then(|()| reader.event(Event::Done, &mut watch))
        .and_then(|()| reader.finish());
    prop_assert!(has_a_word(&ended));
    Ok(())
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn any_bytes_end_in_a_reply_or_a_failure(
        dialect in select(DIALECTS.as_slice()),
        bytes in prop_oneof![arbitrary(), random_words()],
        ends in vec(any::<Index>(), 0..4),
    ) {
        read_by_all(dialect, &bytes, &ends)?;
    }

    #[test]
    fn a_changed_recording_ends_in_a_reply_or_a_failure(
        (which, edits) in changes(),
        ends in vec(any::<Index>(), 0..4),
    ) {
        let readable = |one: &&Recorded| dialect(one.kind).is_some();
        let all: Vec<_> = RECORDED.iter().filter(readable).collect();
        let recorded = which.get(&all);
        let bytes = if recorded.kind.is_bedrock() || !recorded.kind.stream {
            recorded.body.clone()
        } else {
            recorded.lines()
        };
        let dialect = dialect(recorded.kind).unwrap();
        read_by_all(dialect, &edited(&bytes, &edits), &ends)?;
    }
}

/// A client whose next answers can be laid out.
struct StreamCase {
    kind: Kind,
    model: AnyModel,
    pieces: Arc<Mutex<Vec<Vec<u8>>>>,
    _server: Server,
}

impl StreamCase {
    async fn of(recorded: &Recorded) -> Self {
        let (kind, pieces) = (recorded.kind, Arc::<Mutex<Vec<Vec<u8>>>>::default());
        let next = Arc::clone(&pieces);
        let server =
            Server::answering_each(move |_| Recorded::answer(kind, next.lock().unwrap().clone()))
                .await;
        let model = client(&server.url, &recorded.target).await;
        Self {
            kind,
            model,
            pieces,
            _server: server,
        }
    }

    async fn call(&self, bytes: &[u8], split: Index) -> Sample {
        let (before, behind) = bytes.split_at(split.index(bytes.len() + 1));
        *self.pieces.lock().unwrap() = vec![before.to_vec(), behind.to_vec()];
        measure(&self.model, &REQUEST, TIMEOUT, Sample::default()).await
    }
}

/// Bytes sent in place of an answer.
#[derive(Debug, Clone)]
enum Sent {
    Bytes(Vec<u8>),
    Changed(Vec<Edit>),
    /// In frames that are sound, by the name of their event.
    Framed(&'static str, Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    const EVENTS: [&str; 6] = [
        "chunk",
        "contentBlockDelta",
        "messageStop",
        "metadata",
        "initial-response",
        "PayloadPart",
    ];
    prop_oneof![
        1 => prop_oneof![arbitrary(), random_words()].prop_map(Sent::Bytes),
        4 => vec(Edit::any(), 0..4).prop_map(Sent::Changed),
        2 => (select(EVENTS.as_slice()), random_words())
            .prop_map(|(name, payload)| Sent::Framed(name, payload)),
    ]
}

#[test]
fn any_bytes_that_travel_to_a_client_end_in_a_sample() {
    // Made in a runtime of its own, which no other can run.
    let recordings = &*RECORDED;
    let runtime = runtime();
    let cases: Vec<StreamCase> = runtime.block_on(async {
        let mut all = Vec::new();
        for recorded in recordings {
            all.push(StreamCase::of(recorded).await);
        }
        all
    });
    let strategy = (any::<Index>(), sent(), any::<Index>());
    let checked = TestRunner::new(config(SERVER_CASES)).run(&strategy, |(which, sent, split)| {
        let which = which.index(cases.len());
        let bytes = match &sent {
            Sent::Bytes(bytes) => bytes.clone(),
            Sent::Changed(edits) => edited(&recordings[which].body, edits),
            Sent::Framed("PayloadPart", payload) => payload_part(payload),
            Sent::Framed(name, payload) => event(name, &String::from_utf8_lossy(payload)),
        };
        let case = &cases[which];
        let seen = runtime.block_on(case.call(&bytes, split));
        prop_assert_ne!(seen.outcome, Outcome::Timeout, "{} hangs", case.kind);
        let failed = seen.outcome != Outcome::Ok;
        prop_assert_eq!(failed, seen.error_message.is_some(), "{}", case.kind);
        prop_assert!(seen.ttft_us <= seen.last_token_us);
        prop_assert!(seen.last_token_us <= Some(seen.latency_us));
        Ok(())
    });
    checked.unwrap();
}
