//! How a call ended, and in which layer it failed.

use serde::{Deserialize, Serialize};

/// How a call ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A whole answer.
    Ok,
    /// The service asked us to slow down.
    Throttled,
    /// The model is not loaded yet, or nothing listens there yet.
    NotReady,
    /// No whole answer within the time limit.
    Timeout,
    /// The service failed (5xx).
    ServerError,
    /// The service refused the request (4xx).
    ClientError,
    /// The answer began and broke off.
    StreamBroken,
    /// An answer came that is not what the protocol promises.
    InvalidResponse,
    /// The Lambda's deadline was reached first.
    Deadline,
    /// The run's budget was spent, so the call was not made.
    #[default]
    Budget,
    /// The pipeline itself was killed while the call was in flight: the response and its
    /// cost are not known.
    Interrupted,
}

impl Outcome {
    /// Whether a further attempt is made after it. A client error would recur, and a
    /// call that timed out or broke off was paid for and is a result; so may be one that was
    /// interrupted.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::NotReady | Self::ServerError)
    }

    /// Whether the pipeline has a result of the call. One that it did not get to, for want
    /// of time or budget, or that was interrupted, tells nothing about the target.
    #[must_use]
    pub fn is_result(self) -> bool {
        !matches!(self, Self::Deadline | Self::Budget | Self::Interrupted)
    }

    /// The name used in artifacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::NotReady => "not_ready",
            Self::Timeout => "timeout",
            Self::ServerError => "server_error",
            Self::ClientError => "client_error",
            Self::StreamBroken => "stream_broken",
            Self::InvalidResponse => "invalid_response",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The layer that failed.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ErrorLayer {
    /// No connection came about.
    Connect,
    /// The name of the service did not resolve.
    Dns,
    /// An HTTP exchange went wrong.
    Http,
    /// The service answered with an error of its own.
    Service,
    /// An answer began and broke off.
    Stream,
    /// A time limit, ours or the service's.
    Timeout,
    /// An answer could not be understood.
    Parse,
    /// An answer came that has no text, such as a refusal or a call of a tool.
    Empty,
}
