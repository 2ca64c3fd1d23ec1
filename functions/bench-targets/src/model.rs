//! The trait of a model's client: one request in, one reply or one failure out.

use bench_core::{config::Target, message::Message, prompt::RenderedPrompt};

use crate::{failure::Failure, stopwatch::Stopwatch};

/// One request as it is put to a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompletionRequest<'a> {
    /// The whole text that is sent, instructions included; of a conversation, its messages as
    /// one text.
    pub prompt: &'a str,
    /// The messages of a conversation, for request formats that have them; empty where the
    /// text is one message of a user.
    pub messages: &'a [Message],
    /// The requested limit of the answer, in output tokens; `None` leaves it out of the
    /// request.
    pub max_tokens: Option<u32>,
    /// The fewest output tokens, for request formats that have the field; `None` leaves it out.
    pub min_tokens: Option<u32>,
    /// Whether the answer is to go on to its limit, for request formats that have the field.
    pub ignore_eos: bool,
    /// Sampling temperature; `None` leaves it out of the request.
    pub temperature: Option<f64>,
    /// Nucleus sampling threshold; `None` leaves it out of the request.
    pub top_p: Option<f64>,
    /// Keeps this call from the prefix caches of servers that know the field.
    pub cache_salt: Option<&'a str>,
}

impl<'a> CompletionRequest<'a> {
    /// A text alone: every other field is left out of the request.
    #[must_use]
    pub const fn of_text(prompt: &'a str) -> Self {
        Self {
            prompt,
            messages: &[],
            max_tokens: None,
            min_tokens: None,
            ignore_eos: false,
            temperature: None,
            top_p: None,
            cache_salt: None,
        }
    }

    /// A prompt of a run, with the fields of every request to `target`.
    #[must_use]
    pub fn of(rendered: &'a RenderedPrompt, target: &Target) -> Self {
        Self {
            prompt: &rendered.text,
            messages: &rendered.messages,
            max_tokens: rendered.max_tokens,
            min_tokens: rendered.min_tokens,
            ignore_eos: rendered.ignore_eos,
            temperature: target.sent_temperature(),
            top_p: target.sent_top_p(),
            cache_salt: rendered.cache_salt.as_deref(),
        }
    }
}

/// A service's own data on a whole answer, `None` where it gave none; text and times
/// of the answer are on the [`Stopwatch`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status of the answer.
    pub http_status: Option<u16>,
    /// Input tokens, those of a prefix cache included.
    pub input_tokens: Option<u64>,
    /// Output tokens including reasoning.
    pub output_tokens: Option<u64>,
    /// Output tokens that were reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Input tokens served from a prefix cache.
    pub cached_input_tokens: Option<u64>,
    /// All tokens, where the service counts them together as well.
    pub total_tokens: Option<u64>,
    /// Why the answer ended, in the service's own word.
    pub finish_reason: Option<String>,
    /// The latency that the service measured itself, in microseconds.
    pub server_latency_us: Option<u64>,
    /// The content in place of text, where there was some.
    pub instead: Option<Instead>,
}

/// Content in place of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// The model refused, in these words.
    Refusal(String),
    /// The model asks for the result of a tool.
    ToolCall,
}

/// The client of a model.
pub trait Model {
    /// Makes one request and reads its answer to the end.
    ///
    /// An implementation calls [`Stopwatch::start`] just before it sends,
    /// [`Stopwatch::token`] (streaming) or [`Stopwatch::whole`] for the text,
    /// and [`Stopwatch::end`] when the last byte has come. The future may be
    /// dropped at any time; what the watch has by then stays valid.
    fn complete(
        &self,
        completion_request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> impl Future<Output = Result<Reply, Failure>> + Send;

    /// Opens connections until so many are open that no call has used, for calls to come, and
    /// gives how many are. A client that opens one only together with a call, as those of the
    /// AWS SDK, opens none.
    fn open_connections(&self, _count: usize) -> impl Future<Output = usize> + Send {
        std::future::ready(0)
    }
}
