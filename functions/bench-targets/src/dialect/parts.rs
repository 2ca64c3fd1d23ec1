//! Text of an answer, in the forms that its content comes in: a text, a list of
//! parts, or one part.

use super::{json::Json, member::Member};
use crate::{
    failure::Failure,
    model::{Instead, Reply},
    stopwatch::Kind,
};

/// How deep parts are within parts at most.
const MAX_DEPTH: u32 = 4;

/// A receiver of pieces of text.
type Take<'t> = dyn FnMut(Kind, &str) -> Result<(), Failure> + 't;

/// Hands on every text of a content, and its kind where the part does not say.
pub(super) fn put(content: &Json<'_>, kind: Kind, to: &mut Take<'_>) -> Result<(), Failure> {
    put_within(content, kind, to, MAX_DEPTH)
}

fn put_within(
    content: &Json<'_>,
    kind: Kind,
    to: &mut Take<'_>,
    depth: u32,
) -> Result<(), Failure> {
    for part in content.items() {
        if let Some(text) = part.text() {
            to(kind, text)?;
            continue;
        }
        if let Json::Number(number) = part {
            // Some gateways read an answer of digits as a number.
            to(kind, &number.to_string())?;
            continue;
        }
        let part_type = part.get(Member::Type).text().unwrap_or_default();
        let is_reasoning = ["thinking", "reasoning", "thought"]
            .iter()
            .any(|word| part_type.contains(word))
            || *part.get(Member::Thought) == Json::Bool(true);
        let kind = if is_reasoning { Kind::Reasoning } else { kind };
        let members = [
            Member::Text,
            Member::Thinking,
            Member::Reasoning,
            Member::Summary,
            Member::Content,
            Member::Value,
        ];
        let inner = members.iter().map(|member| part.get(*member));
        if let Some(inner) = inner.into_iter().find(|inner| !inner.is_null())
            && depth > 0
        {
            put_within(inner, kind, to, depth - 1)?;
        }
    }
    Ok(())
}

/// Hands on reasoning and text of a message or of a piece of one. Reasoning that is
/// there by several names is the same, and counts once.
pub(super) fn put_message(message: &Json<'_>, to: &mut Take<'_>) -> Result<(), Failure> {
    for name in [
        Member::Reasoning,
        Member::ReasoningContent,
        Member::Thinking,
        Member::ReasoningDetails,
    ] {
        let mut any = false;
        put(message.get(name), Kind::Reasoning, &mut |kind, text| {
            any |= !text.is_empty();
            to(kind, text)
        })?;
        if any {
            break;
        }
    }
    put(message.get(Member::Content), Kind::Visible, to)
}

/// Notes what a message has in place of text.
pub(super) fn note_instead(message: &Json<'_>, reply: &mut Reply) {
    let parts = message.get(Member::Content).items();
    let of_parts = parts.iter().map(|part| part.get(Member::Refusal));
    for refusal in of_parts.chain([message.get(Member::Refusal)]) {
        if let Some(text) = refusal.text().filter(|text| !text.is_empty()) {
            match &mut reply.instead {
                Some(Instead::Refusal(before)) => before.push_str(text),
                instead => *instead = Some(Instead::Refusal(text.to_owned())),
            }
        }
    }
    let calls = message.get(Member::ToolCalls).items().iter();
    let is_call = calls
        .chain([message.get(Member::FunctionCall)])
        .any(Json::is_object);
    if is_call && reply.instead.is_none() {
        reply.instead = Some(Instead::ToolCall);
    }
}
