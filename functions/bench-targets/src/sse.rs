//! Server-sent events and JSON lines out of bytes that arrive in any slices.
//!
//! A slice may end within a line or within a character; only whole lines are
//! decoded. The dialect interprets a line, see [`Reader`].

use crate::{
    bounds::{MAX_LINE_BYTES, too_long},
    dialect::{Event, Reader},
    failure::Failure,
    model::Reply,
    stopwatch::Stopwatch,
};

/// Cuts bytes into events and hands them to a reader.
pub(crate) struct SseDecoder {
    reader: Box<dyn Reader>,
    /// The line that is not at its end yet.
    line: Vec<u8>,
}

impl SseDecoder {
    pub(crate) fn new(reader: Box<dyn Reader>) -> Self {
        Self {
            reader,
            line: Vec::new(),
        }
    }

    /// The next slice has come.
    pub(crate) fn push(&mut self, mut bytes: &[u8], watch: &mut Stopwatch) -> Result<(), Failure> {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            let line = str::from_utf8(&line)
                .map_err(|error| Failure::invalid(format!("a line is not UTF-8: {error}")))?;
            if let Some(event) = event_of(line)? {
                self.reader.event(event, watch)?;
            }
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > MAX_LINE_BYTES {
            return Err(too_long("a line", MAX_LINE_BYTES));
        }
        Ok(())
    }

    /// The last byte has come; a last line need not have an end of line, but it
    /// must be whole.
    pub(crate) fn finish(mut self, watch: &mut Stopwatch) -> Result<Reply, Failure> {
        let tail = std::mem::take(&mut self.line);
        if !tail.is_empty() {
            let event = str::from_utf8(&tail)
                .ok()
                .and_then(|line| event_of(line).ok())
                .flatten();
            let whole = match event {
                Some(Event::Data(data)) => {
                    serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok()
                }
                Some(Event::Done | Event::Error(_)) => true,
                None => tail.trim_ascii().is_empty() || tail.starts_with(b":"),
            };
            if !whole {
                return Err(Failure::broken("the stream ended within a line"));
            }
            if let Some(event) = event {
                self.reader.event(event, watch)?;
            }
        }
        self.reader.finish()
    }
}

/// The content of a line; `None` for what carries no data.
fn event_of(line: &str) -> Result<Option<Event<'_>>, Failure> {
    let line = line.trim_end_matches('\r');
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let data = match line.split_once(':') {
        Some(("data", data)) => data.trim(),
        Some(("" | "event" | "id" | "retry", _)) => return Ok(None),
        _ => line.trim(),
    };
    match data {
        "" => Ok(None),
        "[DONE]" => Ok(Some(Event::Done)),
        json if json.starts_with(['{', '[']) => Ok(Some(Event::Data(json))),
        other => {
            let start: String = other.chars().take(80).collect();
            Err(Failure::invalid(format!(
                "a line is neither an event nor JSON: `{start}`"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use bench_core::sample::Outcome;

    use super::*;

    /// Notes what it is given.
    #[derive(Default)]
    struct Notes(Vec<String>);

    impl Reader for Notes {
        fn event(&mut self, event: Event<'_>, _: &mut Stopwatch) -> Result<(), Failure> {
            self.0.push(match event {
                Event::Data(data) => data.to_owned(),
                Event::Done => "done".to_owned(),
                Event::Error(error) => format!("error {error}"),
            });
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<Reply, Failure> {
            Ok(Reply {
                finish_reason: Some(self.0.join("|")),
                ..Reply::default()
            })
        }
    }

    fn read<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> Result<String, Failure> {
        let mut watch = Stopwatch::new();
        let mut events = SseDecoder::new(Box::new(Notes::default()));
        for slice in slices {
            events.push(slice, &mut watch)?;
        }
        events
            .finish(&mut watch)
            .map(|reply| reply.finish_reason.unwrap())
    }

    #[test]
    fn slices_may_end_within_a_line_and_within_a_character() {
        let bytes = "data:{\"a\":\"é😀\"}\n\ndata: {\"b\":1}\r\n\r\ndata: [DONE]\n\n".as_bytes();
        let expected = Ok("{\"a\":\"é😀\"}|{\"b\":1}|done".to_owned());
        for at in 0..=bytes.len() {
            assert_eq!(read([&bytes[..at], &bytes[at..]]), expected, "{at}");
        }
        assert_eq!(read(bytes.chunks(1)), expected);
    }

    #[test]
    fn json_lines_comments_and_other_fields_are_understood() {
        let text = ": ping\nevent: message\nid: 3\nretry: 5\n{\"a\":1}\n\n[1]\n";
        assert_eq!(read([text.as_bytes()]).unwrap(), "{\"a\":1}|[1]");
    }

    #[test]
    fn a_last_line_needs_no_end_but_must_be_whole() {
        assert_eq!(read([b"data:{\"a\":1}".as_slice()]).unwrap(), "{\"a\":1}");
        assert_eq!(read([b"data:{}\n\r".as_slice()]).unwrap(), "{}");
        for cut in [
            b"data:{\"a\":".as_slice(),
            b"da",
            b"{\"a\":\"\xc3",
            b"data: [DO",
        ] {
            assert_eq!(
                read([cut]).unwrap_err().outcome,
                Outcome::StreamBroken,
                "{cut:?}"
            );
        }
    }

    #[test]
    fn what_is_no_protocol_is_refused() {
        for bytes in [
            b"<html>\n".as_slice(),
            b"data: hello\n",
            b"{\"a\":\"\xff\"}\n",
        ] {
            assert_eq!(
                read([bytes]).unwrap_err().outcome,
                Outcome::InvalidResponse,
                "{bytes:?}"
            );
        }
    }
}
