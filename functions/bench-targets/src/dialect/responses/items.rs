//! The items of a response: messages, reasoning, calls of tools.

use crate::{
    dialect::{json::Json, member::Member, parts},
    failure::Failure,
    model::{Instead, Reply},
    stopwatch::Kind,
};

/// Hands on the text of a response's items, and notes what stands in its place.
pub(super) fn put(
    response: &Json<'_>,
    reply: &mut Reply,
    to: &mut dyn FnMut(Kind, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for item in response.get(Member::Output).items() {
        note_call(item, reply);
        if type_of(item) == "reasoning" {
            put_reasoning(item, to)?;
        } else {
            parts::note_instead(item, reply);
            parts::put(item.get(Member::Content), Kind::Visible, to)?;
        }
    }
    Ok(())
}

/// The reasoning itself where the item has it, else its summary.
fn put_reasoning(
    item: &Json<'_>,
    to: &mut dyn FnMut(Kind, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut any = false;
    parts::put(
        item.get(Member::Content),
        Kind::Reasoning,
        &mut |kind, text| {
            any |= !text.is_empty();
            to(kind, text)
        },
    )?;
    if any {
        return Ok(());
    }
    parts::put(item.get(Member::Summary), Kind::Reasoning, to)
}

/// Notes an item that is the call of a tool, whichever tool.
pub(super) fn note_call(item: &Json<'_>, reply: &mut Reply) {
    if type_of(item).ends_with("_call") && reply.instead.is_none() {
        reply.instead = Some(Instead::ToolCall);
    }
}

fn type_of<'j>(item: &'j Json<'_>) -> &'j str {
    item.get(Member::Type).text().unwrap_or_default()
}

/// Why a response ended, in the service's word: of one that is not complete, what cut it off.
pub(super) fn reason(response: &Json<'_>) -> Option<String> {
    let status = response.get(Member::Status).words()?;
    let cut_off = response.get(Member::IncompleteDetails);
    let by = cut_off.get(Member::Reason).words();
    let reason = by.filter(|_| status == "incomplete").unwrap_or(status);
    let goes_on = ["in_progress", "queued"].contains(&reason);
    (!goes_on).then(|| reason.to_owned())
}
