//! The role of a JSON document in a stream, by its members alone.

use super::{
    json::{self, Json},
    member::Member,
};

/// A document that came where a stream was asked for and that no event carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// A piece of a stream of JSON lines.
    Piece,
    /// Of a form that whole answers and pieces share.
    Either,
    /// A whole answer.
    Whole,
    /// No answer, such as an error.
    Other,
}

impl DocumentKind {
    /// The kind of a document that may be a whole answer.
    pub(crate) fn of(document: &str) -> Self {
        json::read(document, Self::of_root).unwrap_or(Self::Other)
    }

    fn of_root(root: &Json<'_>) -> Self {
        // TGI sends a whole answer as the only item of a list.
        let answer = root.items().first().unwrap_or(root);
        if !answer.get(Member::Token).is_null() {
            return Self::Piece;
        }
        if !answer.get(Member::GeneratedText).is_null() {
            return Self::Whole;
        }
        let event = answer.get(Member::Type).text().unwrap_or_default();
        if event.starts_with("response.") {
            return Self::Piece;
        }
        if !answer.get(Member::Output).is_null() {
            return Self::Whole;
        }
        let choices = answer.get(Member::Choices).items();
        let has_reason = |choice: &Json<'_>| choice.get(Member::FinishReason).words().is_some();
        if choices
            .iter()
            .any(|choice| !choice.get(Member::Delta).is_null())
        {
            Self::Piece
        } else if choices.iter().any(has_reason) {
            Self::Whole
        } else if choices.is_empty() {
            Self::Other
        } else {
            Self::Either
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_members() {
        for (document, expected) in [
            (
                r#"{"token":{"text":"4"},"generated_text":"4"}"#,
                DocumentKind::Piece,
            ),
            (
                r#"{"choices":[{"delta":{"content":"4"}}]}"#,
                DocumentKind::Piece,
            ),
            (
                r#"{"choices":[{"text":"4","finish_reason":null}]}"#,
                DocumentKind::Either,
            ),
            (
                r#"{"choices":[{"message":{"content":"4"},"finish_reason":"stop"}]}"#,
                DocumentKind::Whole,
            ),
            (r#"[{"generated_text":"4"}]"#, DocumentKind::Whole),
            (
                r#"{"type":"response.output_text.delta","delta":"4"}"#,
                DocumentKind::Piece,
            ),
            (
                r#"{"object":"response","status":"completed","output":[]}"#,
                DocumentKind::Whole,
            ),
            (r#"{"error":"no"}"#, DocumentKind::Other),
            (r#"{"choices":[],"usage":{}}"#, DocumentKind::Other),
            ("[1]", DocumentKind::Other),
        ] {
            assert_eq!(DocumentKind::of(document), expected, "{document}");
        }
    }
}
