//! The faults and variations that a request can name.

use std::time::Duration;

/// An injected fault, or a variation among correct servers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of names says what each one means")]
pub enum Fault {
    // In place of an answer.
    Error {
        status: u16,
        calls: Option<u64>,
    },
    NotReady(Until),
    Cold(Until),
    NoCapacity(Until),
    Quota,
    Key(String),
    Redirect(u16),
    Html(u16),
    Empty,
    // On the connection.
    Silence(Position),
    Close(Position),
    Reset(Position),
    Break,
    LateBody(Duration),
    Dribble {
        bytes: usize,
        every: Duration,
    },
    // In the bytes.
    Truncate(Position),
    Garbage(Position),
    Nonsense(Position),
    BadCrc(Position),
    InvalidUtf8(Position),
    Exception(StreamError, Position),
    ErrorObject(Position),
    NoUsage,
    NoEnd,
    EmptyDeltas,
    Disorder,
    EarlyEnd,
    Endless,
    Huge {
        megabytes: u64,
    },
    ContentType,
    // What good servers differ in.
    Tokens {
        count: usize,
        every: Duration,
    },
    Reasoning,
    ReasoningContent,
    Think,
    Space,
    NoSpace,
    Noise,
    NoDone,
    JsonLines,
    Sse,
    Lmi,
    OldImport,
    AlwaysCached,
    // What a target can take.
    Slots {
        count: usize,
        exponential: bool,
        even: bool,
        queue: Option<usize>,
    },
    Batch {
        per_mille: u32,
        knee: usize,
    },
    Stall {
        time: Duration,
        every: Duration,
    },
    Throttle {
        requests: u32,
        every: Duration,
        burst: u32,
    },
}

/// Where in an answer something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Before the headers.
    Before,
    /// Behind the headers, before the first token.
    First,
    /// Half-way.
    Midway,
}

/// How long a target refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// So many calls.
    Calls(u64),
    /// From the first call on.
    Time(Duration),
}

/// An error that is told within a stream, by Bedrock's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamError {
    /// `internalServerException`; SageMaker's `InternalStreamFailure`.
    InternalServer,
    /// `modelStreamErrorException`; SageMaker's `ModelStreamError`.
    ModelStreamError,
    /// `modelTimeoutException`; SageMaker's `ModelStreamError` with
    /// `ModelInvocationTimeExceeded`.
    ModelTimeout,
    /// `serviceUnavailableException`.
    ServiceUnavailable,
    /// `throttlingException`.
    Throttling,
    /// `validationException`.
    Validation,
}
