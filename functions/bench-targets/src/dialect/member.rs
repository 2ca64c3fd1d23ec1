//! Names of the members that readers ask for.

/// A member of a JSON object that any reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    BaseResp,
    CachedTokens,
    Choices,
    Code,
    CompletionTokens,
    CompletionTokensDetails,
    Content,
    Delta,
    Detail,
    Details,
    Error,
    ErrorMessage,
    ErrorType,
    Errors,
    FinishReason,
    FunctionCall,
    GeneratedText,
    GeneratedTokens,
    Generation,
    GenerationTokenCount,
    HttpCode,
    IncompleteDetails,
    Index,
    InputLength,
    InputTokenCount,
    InputTokens,
    InputTokensDetails,
    InvocationLatency,
    InvocationMetrics,
    Item,
    Loc,
    Message,
    Msg,
    NativeFinishReason,
    Object,
    Output,
    OutputTokenCount,
    OutputTokens,
    OutputTokensDetails,
    PromptCacheHitTokens,
    PromptTokenCount,
    PromptTokens,
    PromptTokensDetails,
    Reason,
    Reasoning,
    ReasoningContent,
    ReasoningDetails,
    ReasoningTokens,
    Refusal,
    Response,
    Special,
    SpecialToken,
    Status,
    StatusCode,
    StatusMsg,
    StopReason,
    Summary,
    Text,
    Thinking,
    Thought,
    Token,
    ToolCalls,
    TotalTokens,
    Type,
    Usage,
    Value,
    XGroq,
}

/// Each name and its member, by the length of the name, then by the name.
const NAMES: [(&str, Member); 67] = [
    ("loc", Member::Loc),
    ("msg", Member::Msg),
    ("code", Member::Code),
    ("item", Member::Item),
    ("text", Member::Text),
    ("type", Member::Type),
    ("delta", Member::Delta),
    ("error", Member::Error),
    ("index", Member::Index),
    ("token", Member::Token),
    ("usage", Member::Usage),
    ("value", Member::Value),
    ("detail", Member::Detail),
    ("errors", Member::Errors),
    ("object", Member::Object),
    ("output", Member::Output),
    ("reason", Member::Reason),
    ("status", Member::Status),
    ("x_groq", Member::XGroq),
    ("choices", Member::Choices),
    ("content", Member::Content),
    ("details", Member::Details),
    ("message", Member::Message),
    ("refusal", Member::Refusal),
    ("special", Member::Special),
    ("summary", Member::Summary),
    ("thought", Member::Thought),
    ("response", Member::Response),
    ("thinking", Member::Thinking),
    ("base_resp", Member::BaseResp),
    ("http_code", Member::HttpCode),
    ("reasoning", Member::Reasoning),
    ("error_type", Member::ErrorType),
    ("generation", Member::Generation),
    ("status_msg", Member::StatusMsg),
    ("tool_calls", Member::ToolCalls),
    ("status_code", Member::StatusCode),
    ("stop_reason", Member::StopReason),
    ("input_length", Member::InputLength),
    ("input_tokens", Member::InputTokens),
    ("total_tokens", Member::TotalTokens),
    ("cached_tokens", Member::CachedTokens),
    ("error_message", Member::ErrorMessage),
    ("finish_reason", Member::FinishReason),
    ("function_call", Member::FunctionCall),
    ("output_tokens", Member::OutputTokens),
    ("prompt_tokens", Member::PromptTokens),
    ("special_token", Member::SpecialToken),
    ("generated_text", Member::GeneratedText),
    ("inputTokenCount", Member::InputTokenCount),
    ("generated_tokens", Member::GeneratedTokens),
    ("outputTokenCount", Member::OutputTokenCount),
    ("reasoning_tokens", Member::ReasoningTokens),
    ("completion_tokens", Member::CompletionTokens),
    ("invocationLatency", Member::InvocationLatency),
    ("reasoning_content", Member::ReasoningContent),
    ("reasoning_details", Member::ReasoningDetails),
    ("incomplete_details", Member::IncompleteDetails),
    ("prompt_token_count", Member::PromptTokenCount),
    ("input_tokens_details", Member::InputTokensDetails),
    ("native_finish_reason", Member::NativeFinishReason),
    ("output_tokens_details", Member::OutputTokensDetails),
    ("prompt_tokens_details", Member::PromptTokensDetails),
    ("generation_token_count", Member::GenerationTokenCount),
    ("prompt_cache_hit_tokens", Member::PromptCacheHitTokens),
    ("completion_tokens_details", Member::CompletionTokensDetails),
    (
        "amazon-bedrock-invocationMetrics",
        Member::InvocationMetrics,
    ),
];

impl Member {
    /// The member of that name; `None` for one that nobody asks for.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let order = |known: &str| (known.len(), known).cmp(&(name.len(), name));
        let found = NAMES.binary_search_by(|(known, _)| order(known));
        found.ok().map(|at| NAMES[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for (name, member) in NAMES {
            assert_eq!(Member::of(name), Some(member), "{name}");
        }
        assert_eq!(Member::of("id"), None);
    }
}
