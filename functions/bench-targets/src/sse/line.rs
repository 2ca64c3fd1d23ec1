//! The meaning of one line of a stream.

/// A line of server-sent events, or of JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The end of an event.
    Blank,
    /// Nothing for us: a comment, an id, a time to reconnect.
    Comment,
    /// A line of an event's data.
    Data(&'a str),
    /// The name of an event.
    Name(&'a str),
    /// An error that stands in the place of an event, as llama.cpp writes it.
    Error(&'a str),
    /// JSON that no field name precedes, perhaps the start of it.
    Json(&'a str),
    /// A field that the standard does not know, which it has ignored.
    UnknownField(&'a str),
    /// No field at all, as of an HTML page.
    NoField(&'a str),
}

impl<'a> Line<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        // Most lines by far.
        if let Some(value) = line.strip_prefix("data:") {
            return Self::Data(value.strip_prefix(' ').unwrap_or(value));
        }
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        let text = line.trim();
        if text.is_empty() {
            return Self::Blank;
        }
        if begins_document(text) {
            return Self::Json(text);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name.trim() {
            "" | "id" | "retry" => Self::Comment,
            "data" => Self::Data(value),
            "event" => Self::Name(value.trim()),
            "error" if !value.trim().is_empty() => Self::Error(value.trim()),
            name if is_field_name(name) => Self::UnknownField(text),
            _ => Self::NoField(text),
        }
    }
}

/// Whether a text reads as the start of an object or of a list of them.
fn begins_document(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['{', '[']) else {
        return false;
    };
    let next = rest.trim_start().chars().next();
    next.is_none_or(|next| matches!(next, '"' | '}' | '{' | '[' | ']') || next.is_ascii_digit())
}

fn is_field_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_field_a_document_or_neither() {
        for (line, expected) in [
            ("data: {\"a\": 1}", Line::Data("{\"a\": 1}")),
            ("data:  x ", Line::Data(" x ")),
            ("data", Line::Data("")),
            ("\u{feff}data:x", Line::Data("x")),
            (" data: x", Line::Data("x")),
            ("event: ping", Line::Name("ping")),
            ("event", Line::Name("")),
            (": heartbeat", Line::Comment),
            ("id: 7", Line::Comment),
            ("retry:10", Line::Comment),
            ("", Line::Blank),
            (" \t", Line::Blank),
            ("error: {\"code\":400}", Line::Error("{\"code\":400}")),
            ("error", Line::UnknownField("error")),
            ("trace-id: 4", Line::UnknownField("trace-id: 4")),
            ("{", Line::Json("{")),
            ("[{\"a\":1}]", Line::Json("[{\"a\":1}]")),
            ("[notice] busy", Line::NoField("[notice] busy")),
            ("<html>", Line::NoField("<html>")),
            (
                "upstream failed: reset",
                Line::NoField("upstream failed: reset"),
            ),
        ] {
            assert_eq!(Line::of(line), expected, "{line}");
        }
    }
}
