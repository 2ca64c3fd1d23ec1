//! JSON of which only some members matter: those are kept, whatever type they have.
//!
//! Everything else is passed over unread, so that it may be of any type, doubled or
//! beyond what a number can hold, and costs no memory. Text that strict JSON does not
//! allow and servers send all the same is mended, see [`mended`].

use std::{
    borrow::Cow,
    cell::Cell,
    fmt::{self, Write as _},
};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::member::Member;

/// The most values that are kept of one document; no answer has nearly as many.
const MAX_VALUES: u32 = 50_000;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Vec<(Member, Self)>),
}

/// The most characters of a text that is not JSON that its error has.
const MAX_QUOTED: usize = 80;

/// Why a text is not JSON, as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotJson {
    /// It has no text at all.
    #[error("it is empty")]
    Empty,
    /// It is HTML or XML.
    #[error("it is a page, `{0}`")]
    Page(String),
    /// Anything else.
    #[error("{0}")]
    Malformed(serde_json::Error),
}

impl NotJson {
    fn of(text: &str, fault: serde_json::Error) -> Self {
        let text = text.trim_start();
        if text.is_empty() {
            Self::Empty
        } else if text.starts_with('<') {
            Self::Page(text.chars().take(MAX_QUOTED).collect())
        } else {
            Self::Malformed(fault)
        }
    }
}

/// Reads a document and hands it on.
///
/// # Errors
///
/// [`NotJson`] of a text that is not JSON, mended or not.
pub(crate) fn read<T>(text: &str, take: impl FnOnce(&Json<'_>) -> T) -> Result<T, NotJson> {
    match parse(text) {
        Ok(json) => Ok(take(&json)),
        Err(fault) => {
            let mended = mended(text);
            let json = parse(&mended).map_err(|_| NotJson::of(text, fault))?;
            Ok(take(&json))
        }
    }
}

fn parse(text: &str) -> Result<Json<'_>, serde_json::Error> {
    let left = Cell::new(MAX_VALUES);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let json = Value(&left).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(json)
}

impl Json<'_> {
    /// The member of that name; null where it is missing. Of a member that is there
    /// several times the last one that is not null counts.
    pub(crate) fn get(&self, name: Member) -> &Self {
        let Self::Object(members) = self else {
            return &Self::Null;
        };
        let named = members.iter().rev().filter(|(known, _)| *known == name);
        named
            .map(|(_, value)| value)
            .find(|value| !value.is_null())
            .unwrap_or(&Self::Null)
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text, where it is one and has more than blanks.
    pub(crate) fn words(&self) -> Option<&str> {
        self.text().filter(|text| !text.trim().is_empty())
    }

    /// A whole number that is not negative, written as a number or as a text.
    pub(crate) fn count(&self) -> Option<u64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        let is_count = (0.0..=MAX_COUNT).contains(&number) && number.fract() == 0.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within range"
        )]
        is_count.then_some(number as u64)
    }

    /// The values of a list; a value that is not a list is the only one.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Null => &[],
            Self::List(items) => items,
            other => std::slice::from_ref(other),
        }
    }
}

/// Above it not every whole number is a number of JSON.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// Reads a value, as long as there is room for more.
struct Value<'n>(&'n Cell<u32>);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let left = self.0.get();
        if left == 0 {
            return Err(D::Error::custom("more values than any answer has"));
        }
        self.0.set(left - 1);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no count is so large")]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no count is so large")]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Json::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Value(self.0))? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::new();
        while let Some(name) = members.next_key()? {
            match name {
                Member::Other => drop(members.next_value::<IgnoredAny>()?),
                name => object.push((name, members.next_value_seed(Value(self.0))?)),
            }
        }
        Ok(Json::Object(object))
    }
}

/// The text with what strict JSON refuses put right: half a surrogate pair is U+FFFD,
/// a control character in a text is escaped, and a word or number that JSON does not
/// have, such as `NaN`, is null.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut in_text = false;
    while let Some(next) = rest.chars().next() {
        let length = match (in_text, next) {
            (true, '\\') => escape(rest, &mut out),
            (true, '\0'..='\u{1f}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(next));
                1
            }
            (false, '-' | '+' | '.' | '0'..='9' | 'a'..='z' | 'A'..='Z') => word(rest, &mut out),
            _ => {
                in_text ^= next == '"';
                out.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// Takes an escape from the start of `rest`; how many bytes it has.
fn escape(rest: &str, out: &mut String) -> usize {
    let unit = |at: usize| {
        let digits = rest.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let length = match unit(0) {
        Some(0xd800..=0xdbff) if matches!(unit(6), Some(0xdc00..=0xdfff)) => 12,
        Some(0xd800..=0xdfff) => {
            out.push('\u{fffd}');
            return 6;
        }
        _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
    };
    out.push_str(&rest[..length]);
    length
}

/// Takes a number or a bare word from the start of `rest`; how many bytes it has.
fn word(rest: &str, out: &mut String) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_');
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let word = &rest[..length];
    let is_json = serde_json::from_str::<serde_json::Value>(word).is_ok();
    out.push_str(if is_json { word } else { "null" });
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn content(text: &str) -> Option<String> {
        read(text, |json| {
            json.get(Member::Content).text().map(str::to_owned)
        })
        .unwrap()
    }

    #[test]
    fn members_that_nobody_asks_for_may_be_anything() {
        let text =
            r#"{"a": 1e999, "a": [{"b": "\ud800"}], "content": "4", "c": 184467440737095516160}"#;
        assert_eq!(content(text).as_deref(), Some("4"));
        assert_eq!(
            content(r#"{"content": "4", "content": null}"#).as_deref(),
            Some("4")
        );
        assert_eq!(content(r#"{"content": 4}"#), None);
        assert_eq!(content("[1, 2]"), None);
    }

    #[test]
    fn what_strict_json_refuses_is_mended() {
        let check = |text: &str, expected: &str| {
            assert_eq!(content(text).as_deref(), Some(expected), "{text:?}");
        };
        check(r#"{"content": "a\ud83db"}"#, "a\u{fffd}b");
        check(
            r#"{"content": "a\ude00\\ud83d\ud83d\ude00"}"#,
            "a\u{fffd}\\ud83d😀",
        );
        check(
            r#"{"logprob": NaN, "x": [-Infinity, nan, -1.5e3], "content": "NaN"}"#,
            "NaN",
        );
        check("{\"content\": \"a\nb\", \"x\": 1e999}", "a\nb");
        check("\u{feff}{\"content\": \"a\"}", "a");
        for text in ["", "{", "{\"content\": \"a", "{} {}", "<html>", "{\"a\" 1}"] {
            assert!(read(text, |_| ()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        let count = |value: &str| {
            let text = format!("{{\"prompt_tokens\": {value}}}");
            read(&text, |json| json.get(Member::PromptTokens).count()).unwrap()
        };
        for (value, expected) in [("31", 31), ("31.0", 31), ("\"31\"", 31), ("0", 0)] {
            assert_eq!(count(value), Some(expected), "{value}");
        }
        for value in [
            "-1", "31.5", "\"many\"", "null", "[31]", "true", "1e300", "NaN", "\"\"",
        ] {
            assert_eq!(count(value), None, "{value}");
        }
    }

    #[test]
    fn no_document_fills_the_memory() {
        let text = format!("{{\"choices\": [{}0]}}", "0,".repeat(100_000));
        assert!(read(&text, |_| ()).is_err());
    }
}
