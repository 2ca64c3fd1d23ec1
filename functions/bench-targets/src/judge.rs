//! Whether an answer that kept the protocol is one, and which of its counts hold.
//!
//! The same for every carrier and schema.

use bench_core::{
    reasoning::visible,
    sample::{ErrorLayer, FinishReason, Outcome},
};

use crate::{
    failure::Failure,
    model::{Instead, Reply},
};

/// The failure of a reply with this text, reasoning included, where it is no answer:
/// the server or the model gave up, or no text came. Reasoning alone is an answer where
/// a limit cut it off, and none where the model was done.
pub(crate) fn failure(reply: &Reply, text: &str, max_tokens: Option<u32>) -> Option<Failure> {
    let raw = reply.finish_reason.as_deref();
    let reason = raw.map(FinishReason::from_raw);
    let code = || raw.map(str::to_owned);
    if reason == Some(FinishReason::Aborted) {
        let word = raw.unwrap_or_default();
        let message = format!("the server ended the answer with the reason `{word}`");
        let has_tokens = !text.is_empty();
        let failure = Failure::in_stream(Outcome::ServerError, has_tokens, code(), message);
        return Some(failure);
    }
    let is_empty = text.trim().is_empty();
    let is_reasoning = || reason == Some(FinishReason::Stop) && visible(text).trim().is_empty();
    if !is_empty && !is_reasoning() {
        return None;
    }
    let message = match (&reply.instead, reason) {
        (Some(Instead::Refusal(words)), _) => {
            format!("the answer has no text: the model refused: `{words}`")
        }
        (Some(Instead::ToolCall), _) | (_, Some(FinishReason::Tool)) => {
            "the answer is a tool call and has no text".to_owned()
        }
        (_, Some(FinishReason::Filtered)) => {
            "the answer has no text: a filter of the service withheld it".to_owned()
        }
        (_, Some(FinishReason::Length)) => {
            let limit = max_tokens.map(|tokens| format!("of {tokens} tokens "));
            let limit = limit.unwrap_or_default();
            format!(
                "the answer has no text: its limit {limit}was reached before any came; raise \
                 `method.max_tokens`"
            )
        }
        _ if !is_empty => "the answer is reasoning alone, no text is behind it".to_owned(),
        _ => "the answer has no text".to_owned(),
    };
    let is_ordinary = matches!(reason, None | Some(FinishReason::Stop));
    let failure = Failure::new(Outcome::InvalidResponse, ErrorLayer::Empty, message);
    Some(failure.with_code(code().filter(|_| !is_ordinary)))
}

/// Drops counts that cannot be, of a reply with this text, and adds reasoning that a
/// service counts apart; whether what is left contradicts itself.
pub(crate) fn reconcile(reply: &mut Reply, text: &str) -> bool {
    let some = |count: Option<u64>| count.filter(|count| *count > 0);
    // Every request has a prompt, and text is made of tokens.
    reply.input_tokens = some(reply.input_tokens);
    reply.total_tokens = some(reply.total_tokens);
    if !text.is_empty() {
        reply.output_tokens = some(reply.output_tokens);
    }
    let (Some(input), Some(output)) = (reply.input_tokens, reply.output_tokens) else {
        return false;
    };
    let mut output = output;
    if let Some(total) = reply.total_tokens {
        let rest = total.saturating_sub(input.saturating_add(output));
        if rest > 0 && reply.reasoning_tokens == Some(rest) {
            output += rest;
            reply.output_tokens = Some(output);
        }
        if total != input.saturating_add(output) {
            return true;
        }
    }
    reply.reasoning_tokens > Some(output) || reply.cached_input_tokens > Some(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(reason: &str) -> Reply {
        Reply {
            finish_reason: Some(reason.to_owned()),
            ..Reply::default()
        }
    }

    #[track_caller]
    fn check(reply: &Reply, text: &str, expected: Option<(Outcome, ErrorLayer, Option<&str>)>) {
        let failure = failure(reply, text, Some(64));
        let found = failure
            .as_ref()
            .map(|failure| (failure.outcome, failure.class, failure.code.as_deref()));
        assert_eq!(found, expected, "{reply:?} {text:?}");
    }

    const EMPTY: (Outcome, ErrorLayer, Option<&str>) =
        (Outcome::InvalidResponse, ErrorLayer::Empty, None);

    #[test]
    fn an_answer_without_text_is_none() {
        for text in ["", " \n"] {
            check(&Reply::default(), text, Some(EMPTY));
            check(&ended("stop"), text, Some(EMPTY));
            let because = |reason| Some((EMPTY.0, EMPTY.1, Some(reason)));
            check(&ended("length"), text, because("length"));
            check(&ended("content_filter"), text, because("content_filter"));
            check(&ended("tool_calls"), text, because("tool_calls"));
            check(&ended("moon"), text, because("moon"));
        }
        let refused = Reply {
            instead: Some(Instead::Refusal("I would rather not".to_owned())),
            ..ended("stop")
        };
        check(&refused, "", Some(EMPTY));
        let message = failure(&refused, "", Some(64)).unwrap().message;
        assert!(message.contains("`I would rather not`"), "{message}");
    }

    #[test]
    fn reasoning_alone_is_an_answer_only_where_a_limit_cut_it_off() {
        for text in ["<think>\n9 * 2", "<think>9 * 2</think>\n", "9 * 2</think>"] {
            check(&ended("stop"), text, Some(EMPTY));
            check(&ended("length"), text, None);
            check(&Reply::default(), text, None);
        }
        check(&ended("stop"), "<think>9 * 2</think>18", None);
    }

    #[test]
    fn an_answer_that_was_aborted_is_none() {
        for reason in [
            "abort",
            "ERROR",
            "network_error",
            "insufficient_system_resource",
        ] {
            let broken = (Outcome::StreamBroken, ErrorLayer::Stream, Some(reason));
            check(&ended(reason), "18", Some(broken));
            let failed = (Outcome::ServerError, ErrorLayer::Service, Some(reason));
            check(&ended(reason), "", Some(failed));
        }
        for reason in ["stop", "length", "content_filter", "tool_calls", "moon"] {
            check(&ended(reason), "18", None);
        }
    }

    /// Input, output, reasoning, cached and total tokens.
    type Counts = [Option<u64>; 5];

    fn reconciled(counts: Counts, text: &str) -> (Option<u64>, Option<u64>, bool) {
        let [
            input_tokens,
            output_tokens,
            reasoning_tokens,
            cached_input_tokens,
            total_tokens,
        ] = counts;
        let mut reply = Reply {
            input_tokens,
            output_tokens,
            reasoning_tokens,
            cached_input_tokens,
            total_tokens,
            ..Reply::default()
        };
        let disagree = reconcile(&mut reply, text);
        (reply.input_tokens, reply.output_tokens, disagree)
    }

    #[test]
    fn counts_that_cannot_be_are_unknown() {
        let zero = [Some(0), Some(0), None, None, Some(0)];
        assert_eq!(reconciled(zero, "18"), (None, None, false));
        assert_eq!(reconciled(zero, ""), (None, Some(0), false));
        let input = [Some(31), Some(0), None, None, Some(31)];
        assert_eq!(reconciled(input, "18"), (Some(31), None, false));
    }

    #[test]
    fn a_total_tells_whether_output_has_the_reasoning() {
        let check = |counts, expected| assert_eq!(reconciled(counts, "18"), expected, "{counts:?}");
        let of = |output, disagree| (Some(31), Some(output), disagree);
        check(
            [Some(31), Some(7), Some(300), None, Some(338)],
            of(307, false),
        );
        check(
            [Some(31), Some(307), Some(300), None, Some(338)],
            of(307, false),
        );
        check([Some(31), Some(7), None, None, None], of(7, false));
        check([Some(31), Some(7), None, None, Some(338)], of(7, true));
        check([Some(31), Some(7), Some(299), None, Some(338)], of(7, true));
        check([Some(31), Some(7), None, None, Some(30)], of(7, true));
        check([Some(31), Some(7), Some(300), None, None], of(7, true));
        check([Some(31), Some(7), None, Some(32), None], of(7, true));
    }
}
