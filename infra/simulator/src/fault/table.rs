//! Every name there is.

use std::{fmt::Write as _, time::Duration};

use super::{Fault, StreamError, parameters::Parameters};

/// A name and what it does.
#[derive(Debug)]
pub struct Named {
    /// The name with its parameters, those in brackets optional.
    pub pattern: &'static str,
    /// An instance of the name that works as it stands.
    pub example: &'static str,
    /// The effect.
    pub means: &'static str,
    /// The protocols it applies to.
    pub applies_to: AppliesTo,
    /// Reads what stands behind the name.
    pub(super) read: fn(&mut Parameters<'_>) -> Option<Fault>,
}

/// Which answers a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppliesTo {
    /// All answers.
    All,
    /// Answers that are streamed.
    Streams,
    /// Answers streamed in frames of `application/vnd.amazon.eventstream`.
    Frames,
}

impl AppliesTo {
    /// Whether a fault is for an answer that is streamed or not, in event-stream
    /// frames or not.
    #[must_use]
    pub fn covers(self, streams: bool, frames: bool) -> bool {
        match self {
            Self::All => true,
            Self::Streams => streams,
            Self::Frames => streams && frames,
        }
    }

    /// The answers it is for, as text.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Streams => "streams",
            Self::Frames => "AWS event streams",
        }
    }
}

// The reader is a function, which has no identity to compare.
impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Named {}

impl Named {
    /// The name without `simulate-` and parameters.
    pub(super) fn word(&self) -> &'static str {
        let name = self.pattern.strip_prefix("simulate-").unwrap_or_default();
        let is_parameter = |c: char| c.is_ascii_uppercase() || c == '[';
        let end = name.find(is_parameter).unwrap_or(name.len());
        name[..end].trim_end_matches('-')
    }
}

macro_rules! names {
    ($($applies_to:ident $pattern:literal, $example:literal, $means:literal, $read:expr;)*) => {
        &[$(Named {
            pattern: $pattern,
            example: $example,
            means: $means,
            applies_to: AppliesTo::$applies_to,
            read: $read,
        }),*]
    };
}

/// Every name: replacements of an answer, faults of the connection, faults in the
/// bytes, and variations among correct servers.
pub static ALL: &[Named] = names![
    All "simulate-error-NNN[-N]", "simulate-error-503",
        "HTTP status 400 to 599 in the protocol's words; with N, only for the first N calls of each prompt",
        |w| Some(Fault::Error { status: w.status(400..600)?, calls: w.number() });
    All "simulate-not-ready-N|D", "simulate-not-ready-2",
        "the first N calls, or all calls within D of the first, find a model that is still loading: Bedrock's `ModelNotReadyException` 429, otherwise 503",
        |w| w.until().map(Fault::NotReady);
    All "simulate-cold-N|D", "simulate-cold-2",
        "the same with `ModelNotReadyException` 429 from SageMaker, too, as from serverless and multi-model endpoints",
        |w| w.until().map(Fault::Cold);
    All "simulate-no-capacity-N|D", "simulate-no-capacity-2",
        "the same for an endpoint scaled to zero: SageMaker's `ValidationError` 400 about missing capacity, otherwise 503",
        |w| w.until().map(Fault::NoCapacity);
    All "simulate-quota", "simulate-quota",
        "a quota is used up: Bedrock's `ServiceQuotaExceededException` 400, otherwise 429",
        |_| Some(Fault::Quota);
    All "simulate-key-SHA", "simulate-key-2bb80d53",
        "401 without the bearer key whose SHA-256 begins so, in hexadecimal, at least 8 digits (HTTP protocols only)",
        |w| w.digest().map(Fault::Key);
    All "simulate-redirect[-NNN]", "simulate-redirect",
        "status 300 to 399, 307 if not given, to the same path without the fault",
        |w| Some(Fault::Redirect(w.status(300..400).unwrap_or(307)));
    All "simulate-html[-NNN]", "simulate-html",
        "an HTML page with the given status, 200 if not given",
        |w| Some(Fault::Html(w.status(200..600).unwrap_or(200)));
    All "simulate-empty", "simulate-empty",
        "status 200 and an empty body",
        |_| Some(Fault::Empty);
    All "simulate-silence[-first|-before]", "simulate-silence-first",
        "nothing more comes, and the connection stays open",
        |w| Some(Fault::Silence(w.position()));
    All "simulate-close[-first|-before]", "simulate-close",
        "the connection is closed",
        |w| Some(Fault::Close(w.position()));
    All "simulate-reset[-first|-before]", "simulate-reset",
        "the connection is reset (RST)",
        |w| Some(Fault::Reset(w.position()));
    All "simulate-break", "simulate-break",
        "half-way, a stream of AWS ends in an exception, and any other answer in a closed connection",
        |_| Some(Fault::Break);
    All "simulate-late-body[-D]", "simulate-late-body-50ms",
        "headers at once, the body or its first token after D from the request on, 8 s if not given",
        |w| Some(Fault::LateBody(w.duration().unwrap_or(Duration::from_secs(8))));
    All "simulate-dribble[-N][-every-D]", "simulate-dribble",
        "N bytes at a time, 7 if not given, every D, 1 ms if not given",
        |w| Some(Fault::Dribble {
            bytes: w.number().unwrap_or(7).max(1),
            every: w.every().unwrap_or(Duration::from_millis(1)),
        });
    All "simulate-truncate[-first]", "simulate-truncate",
        "the body ends in order, but within a frame, a line or the JSON document",
        |w| w.inside().map(Fault::Truncate);
    All "simulate-garbage[-first]", "simulate-garbage",
        "bytes that mean nothing: between the frames or lines of a stream, or in place of the rest of a document",
        |w| w.inside().map(Fault::Garbage);
    All "simulate-nonsense[-first]", "simulate-nonsense",
        "valid JSON that no protocol knows: one more event in a stream, or in place of the document",
        |w| w.inside().map(Fault::Nonsense);
    Frames "simulate-bad-crc[-first]", "simulate-bad-crc",
        "the checksum of a frame is wrong",
        |w| w.inside().map(Fault::BadCrc);
    All "simulate-invalid-utf8[-first]", "simulate-invalid-utf8",
        "one token holds bytes that are not UTF-8",
        |w| w.inside().map(Fault::InvalidUtf8);
    Streams "simulate-exception-internal-server[-first]", "simulate-exception-internal-server",
        "an error event ends the stream: in AWS streams the exception of that name, elsewhere an error object",
        |w| Some(Fault::Exception(StreamError::InternalServer, w.inside()?));
    Streams "simulate-exception-model-stream-error[-first]", "simulate-exception-model-stream-error",
        "likewise",
        |w| Some(Fault::Exception(StreamError::ModelStreamError, w.inside()?));
    Streams "simulate-exception-model-timeout[-first]", "simulate-exception-model-timeout",
        "likewise",
        |w| Some(Fault::Exception(StreamError::ModelTimeout, w.inside()?));
    Streams "simulate-exception-service-unavailable[-first]", "simulate-exception-service-unavailable",
        "likewise",
        |w| Some(Fault::Exception(StreamError::ServiceUnavailable, w.inside()?));
    Streams "simulate-exception-throttling[-first]", "simulate-exception-throttling",
        "likewise",
        |w| Some(Fault::Exception(StreamError::Throttling, w.inside()?));
    Streams "simulate-exception-validation[-first]", "simulate-exception-validation",
        "likewise",
        |w| Some(Fault::Exception(StreamError::Validation, w.inside()?));
    All "simulate-error-object[-first]", "simulate-error-object",
        "an error object of the model server within a 200, also inside SageMaker's parts and Bedrock's chunks; LMI says `finish_reason` `error`",
        |w| w.inside().map(Fault::ErrorObject);
    All "simulate-no-usage", "simulate-no-usage",
        "no token counts, neither in the body nor in the headers",
        |_| Some(Fault::NoUsage);
    Streams "simulate-no-end", "simulate-no-end",
        "the stream ends in order behind the last token, without finish reason, usage and `[DONE]`",
        |_| Some(Fault::NoEnd);
    Streams "simulate-empty-deltas", "simulate-empty-deltas",
        "an empty delta before each token",
        |_| Some(Fault::EmptyDeltas);
    Streams "simulate-disorder", "simulate-disorder",
        "each two neighboring tokens change places",
        |_| Some(Fault::Disorder);
    Streams "simulate-early-end", "simulate-early-end",
        "finish reason, usage and `[DONE]` come before the last quarter of the tokens",
        |_| Some(Fault::EarlyEnd);
    All "simulate-endless", "simulate-endless",
        "tokens or text without end, until the client leaves",
        |_| Some(Fault::Endless);
    All "simulate-huge[-N]", "simulate-huge-1",
        "N MB more text, 100 if not given, that no count tells of",
        |w| Some(Fault::Huge { megabytes: w.number().unwrap_or(100) });
    All "simulate-content-type", "simulate-content-type",
        "the content type is `application/octet-stream`, whatever the content",
        |_| Some(Fault::ContentType);
    All "simulate-tokens-N-every-D", "simulate-tokens-16-every-1ms",
        "exactly N tokens, each with text, exactly D apart, the first D from the request on",
        |w| Some(Fault::Tokens {
            count: w.number().filter(|count| (1..=100_000).contains(count))?,
            every: w.every()?,
        });
    All "simulate-reasoning", "simulate-reasoning",
        "the model reasons, chat answers in a field `reasoning`",
        |_| Some(Fault::Reasoning);
    All "simulate-reasoning-content", "simulate-reasoning-content",
        "the model reasons, chat answers in a field `reasoning_content`",
        |_| Some(Fault::ReasoningContent);
    All "simulate-think", "simulate-think",
        "the model reasons within the text, between `<think>` and `</think>`, in Converse too",
        |_| Some(Fault::Think);
    Streams "simulate-space", "simulate-space",
        "server-sent events with a space behind `data:`, as OpenAI's have without asking",
        |_| Some(Fault::Space);
    Streams "simulate-no-space", "simulate-no-space",
        "server-sent events without that space, as TGI's are without asking",
        |_| Some(Fault::NoSpace);
    Streams "simulate-noise", "simulate-noise",
        "comments, blank lines, other fields, and CR LF for line ends",
        |_| Some(Fault::Noise);
    Streams "simulate-no-done", "simulate-no-done",
        "no `[DONE]` behind the last event",
        |_| Some(Fault::NoDone);
    Streams "simulate-json-lines", "simulate-json-lines",
        "JSON lines in place of server-sent events",
        |_| Some(Fault::JsonLines);
    All "simulate-sse", "simulate-sse",
        "server-sent events, and an array around the answer in one piece, where LMI has JSON lines and an object (its TGI compatibility)",
        |_| Some(Fault::Sse);
    All "simulate-lmi", "simulate-lmi",
        "the SageMaker endpoint is an LMI container; so is any whose name has the word `lmi`",
        |_| Some(Fault::Lmi);
    All "simulate-old-import", "simulate-old-import",
        "a Bedrock import that knows the Llama body only and ignores the keys of the others",
        |_| Some(Fault::OldImport);
    All "simulate-always-cached", "simulate-always-cached",
        "all but one token of every prompt are reported as cached",
        |_| Some(Fault::AlwaysCached);
    All "simulate-slots-N[-exponential][-even][-queue-N]", "simulate-slots-2",
        "N calls of the target are served at the same time, the others wait for a slot in order; with `-exponential`, the time of each is drawn from an exponential distribution with the time it would have taken as its mean; with `-even`, a service begins at the earliest 1/N of the time of the one before behind that one's beginning, so that callers do not move in groups; with `-queue-N`, calls beyond N that wait are refused as by `simulate-throttle`",
        |w| Some(Fault::Slots {
            count: w.count()? as usize,
            exponential: w.word("exponential"),
            even: w.word("even"),
            queue: if w.word("queue") { Some(w.number()?) } else { None },
        });
    All "simulate-batch-R[-knee-N]", "simulate-batch-25pct-knee-4",
        "each stream of the target beyond N that is served at the same time, 1 if not given, lets every token take R longer, such as `25pct` or `8pm` (per mille) of its time alone; `simulate-slots-N` limits the batch",
        |w| Some(Fault::Batch {
            per_mille: w.per_mille()?,
            knee: w.count_behind("knee", 1)? as usize,
        });
    All "simulate-stall-D-every-D", "simulate-stall-20ms-every-100ms",
        "all calls of the target stand still for the first of the two times, at the end of each period of the second one, counted from the first call",
        |w| {
            let (time, every) = (w.span()?, w.every_span(None)?);
            (time < every).then_some(Fault::Stall { time, every })
        };
    All "simulate-throttle-N[-every-D][-burst-N]", "simulate-throttle-1-burst-1",
        "429 (Bedrock's and SageMaker's `ThrottlingException`) for requests to the target beyond N in D, 1 s if not given, by a token bucket that holds a burst of N if not given; HTTP protocols have `Retry-After`",
        |w| {
            let requests = w.count()?;
            Some(Fault::Throttle {
                requests,
                every: w.every_span(Some(Duration::from_secs(1)))?,
                burst: w.count_behind("burst", requests)?,
            })
        };
];

/// The names as a table in Markdown.
#[must_use]
pub fn table() -> String {
    let mut table = String::from("| name | for | what happens |\n|---|---|---|\n");
    for named in ALL {
        let pattern = named.pattern.replace('|', "\\|");
        let _ = writeln!(
            table,
            "| `{pattern}` | {} | {} |",
            named.applies_to.description(),
            named.means
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Faults, Position};

    #[test]
    fn the_documented_table_is_the_one_that_is_read() {
        assert_eq!(include_str!("names.md"), table());
    }

    #[test]
    fn every_example_is_read_as_its_own_name() {
        for named in ALL {
            let faults = Faults::parse(named.example);
            assert_eq!(faults.names().as_deref(), Some(named.pattern));
            assert_eq!(faults.iter().count(), 1, "{}", named.example);
            assert!(named.example.starts_with("simulate-"));
        }
    }

    #[test]
    fn examples_leave_room_for_another_in_an_endpoints_name() {
        let longest = ALL.iter().map(|named| named.example.len()).max();
        assert!(longest <= Some(63));
        assert_eq!(
            Faults::parse("simulate-silence").iter().next(),
            Some(&Fault::Silence(Position::Midway))
        );
    }
}
