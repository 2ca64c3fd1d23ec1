//! Own prompts: `prompt` or `messages`, and perhaps `answer`, `max_tokens` and `id`.

use serde_json::{Map, Value};
use smol_str::{SmolStr, ToSmolStr};

use super::{
    entry::{Entry, kind_of},
    rules::Rules,
};
use crate::{
    config::{MAX_OUTPUT_TOKENS, PromptStyle},
    message::{Message, Role},
};

/// The longest name of a prompt, in characters.
const MAX_ID: usize = 64;

/// The task.
pub(super) struct Prompts;

impl Rules for Prompts {
    fn is_its(&self, fields: &Map<String, Value>) -> bool {
        fields.contains_key("prompt") || fields.contains_key("messages")
    }

    fn read(&self, fields: &Map<String, Value>) -> Result<Entry, String> {
        let stated = |name: &str| fields.get(name).filter(|value| !value.is_null());
        let (question, messages) = match (stated("prompt"), stated("messages")) {
            (Some(prompt), None) => (text(prompt)?, Vec::new()),
            (None, Some(messages)) => (String::new(), conversation(messages)?),
            (None, None) => return Err("has neither a `prompt` nor `messages`".to_owned()),
            (Some(_), Some(_)) => {
                return Err("has both `prompt` and `messages`; remove one of them".to_owned());
            }
        };
        Ok(Entry {
            id: stated("id").map(id).transpose()?,
            question,
            messages,
            expected_answer: stated("answer").map(answer).transpose()?,
            max_tokens: stated("max_tokens").map(max_tokens).transpose()?,
        })
    }

    /// The text is sent as it is.
    fn style(&self, _: PromptStyle) -> PromptStyle {
        PromptStyle::Raw
    }
}

fn text(prompt: &Value) -> Result<String, String> {
    let Some(text) = prompt.as_str() else {
        return Err(format!(
            "has a `prompt` that is {}, expected a string; a conversation belongs in `messages`",
            kind_of(prompt)
        ));
    };
    if text.trim().is_empty() {
        return Err("has an empty `prompt`".to_owned());
    }
    Ok(text.to_owned())
}

/// System messages come first, and a user's first of the others: that is what every
/// request format can express.
fn conversation(messages: &Value) -> Result<Vec<Message>, String> {
    let Some(list) = messages.as_array() else {
        return Err(format!(
            "has `messages` that are {}, expected a list of `{{\"role\": …, \"content\": …}}`",
            kind_of(messages)
        ));
    };
    let mut turns: Vec<Message> = Vec::with_capacity(list.len());
    for (value, number) in list.iter().zip(1..) {
        let message = message(value).map_err(|fault| format!("has a message {number} {fault}"))?;
        let is_later = turns.iter().any(|turn| turn.role != Role::System);
        if message.role == Role::System && is_later {
            return Err(format!(
                "has a message {number} of the role `system` behind others; put it first"
            ));
        }
        if message.role == Role::Assistant && !is_later {
            return Err(format!(
                "has a message {number} of the role `assistant` before any of `user`; begin with \
                 `user`"
            ));
        }
        turns.push(message);
    }
    if turns.iter().all(|turn| turn.role == Role::System) {
        return Err("has `messages` without any of the role `user`; add one".to_owned());
    }
    Ok(turns)
}

fn message(value: &Value) -> Result<Message, String> {
    let role = &value["role"];
    let known = Role::ALL.iter().find(|(name, _)| role == name);
    let Some((_, role)) = known else {
        return Err(format!(
            "with the role `{role}`, expected `system`, `user` or `assistant`"
        ));
    };
    match value["content"].as_str() {
        Some(content) if !content.trim().is_empty() => Ok(Message::new(*role, content)),
        Some(_) => Err("with an empty `content`".to_owned()),
        None => Err(format!(
            "with a `content` that is {}, expected a string",
            kind_of(&value["content"])
        )),
    }
}

/// A number or a text; of an explained answer as GSM8K has it, what stands after `####`.
fn answer(value: &Value) -> Result<SmolStr, String> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(number) => return Ok(number.to_smolstr()),
        other => {
            return Err(format!(
                "has an `answer` that is {}, expected a string or a number",
                kind_of(other)
            ));
        }
    };
    let last = text.rsplit_once("####").map_or(text, |(_, last)| last);
    if last.trim().is_empty() {
        return Err(
            "has an empty `answer`; leave it out where the response is not to be graded".to_owned(),
        );
    }
    Ok(last.trim().into())
}

fn max_tokens(value: &Value) -> Result<u32, String> {
    let tokens = value.as_u64().and_then(|tokens| u32::try_from(tokens).ok());
    let tokens = tokens.filter(|tokens| (1..=MAX_OUTPUT_TOKENS).contains(tokens));
    tokens.ok_or_else(|| {
        format!("has `max_tokens` `{value}`, expected a whole number from 1 to {MAX_OUTPUT_TOKENS}")
    })
}

fn id(value: &Value) -> Result<SmolStr, String> {
    let name = match value {
        Value::String(text) => text.to_smolstr(),
        Value::Number(number) => number.to_smolstr(),
        other => {
            return Err(format!(
                "has an `id` that is {}, expected a string or a number",
                kind_of(other)
            ));
        }
    };
    let is_plain = !name
        .chars()
        .any(|letter| letter == '/' || letter.is_control());
    if name.trim().is_empty() || name.chars().count() > MAX_ID || !is_plain {
        return Err(format!(
            "has the `id` {value}, expected 1 to {MAX_ID} characters without `/`"
        ));
    }
    Ok(name)
}
