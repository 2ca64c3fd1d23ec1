//! How the JSON documents of a stream follow each other.

use aws_smithy_types::base64;
use bytes::{BufMut, BytesMut};
use serde::Serialize;

use super::json::to_json;
use crate::{
    eventstream::put_event,
    fault::{Fault, Faults},
};

/// The framing of each document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events, with a space behind the colon or without.
    Events { space: bool, noise: bool },
    /// Each document on a line of its own.
    Lines { noise: bool },
    /// Bedrock's `chunk` frames.
    Chunks,
}

/// The payload of a `chunk` frame.
#[derive(Serialize)]
struct Part {
    bytes: String,
}

impl Framing {
    /// The framing of a server with JSON lines or a space after `data:`, unless the
    /// name of the target requests another one.
    pub(crate) fn of(faults: &Faults, lines: bool, space: bool) -> Self {
        let noise = faults.has(&Fault::Noise);
        let asked = faults.find(|fault| match fault {
            Fault::Space => Some(Self::Events { space: true, noise }),
            Fault::NoSpace => Some(Self::Events {
                space: false,
                noise,
            }),
            Fault::Sse => Some(Self::Events { space, noise }),
            Fault::JsonLines => Some(Self::Lines { noise }),
            _ => None,
        });
        asked.unwrap_or(if lines {
            Self::Lines { noise }
        } else {
            Self::Events { space, noise }
        })
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Events { .. } => "text/event-stream",
            Self::Lines { .. } => "application/jsonlines",
            Self::Chunks => "application/json",
        }
    }

    /// Adds a document.
    pub(crate) fn put(self, out: &mut BytesMut, document: &impl Serialize) {
        let document = to_json(document);
        match self {
            Self::Chunks => {
                let bytes = base64::encode(&document);
                put_event(out, "chunk", &Part { bytes });
            }
            _ => self.put_text(out, &document),
        }
    }

    /// Adds `[DONE]` where a stream has it.
    pub(crate) fn put_done(self, out: &mut BytesMut) {
        if let Self::Events { .. } = self {
            self.put_text(out, b"[DONE]");
        }
    }

    fn put_text(self, out: &mut BytesMut, text: &[u8]) {
        out.reserve(text.len() + 80);
        match self {
            Self::Events { space, noise } => {
                if noise {
                    out.put_slice(b": ping\r\n\r\n\r\nevent: message\r\nid: 7\r\nretry: 500\r\n");
                }
                out.put_slice(if space { b"data: " } else { b"data:" });
                out.put_slice(text);
                out.put_slice(if noise { b"\r\n\r\n" } else { b"\n\n" });
            }
            Self::Lines { noise } => {
                if noise {
                    out.put_slice(b"\r\n \r\n");
                }
                out.put_slice(text);
                out.put_slice(if noise { b"\r\n" } else { b"\n" });
            }
            Self::Chunks => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(name: &str, lines: bool) -> String {
        let mut out = BytesMut::new();
        let framing = Framing::of(&Faults::parse(name), lines, true);
        framing.put(&mut out, &1);
        framing.put_done(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn names_choose_what_stands_around_a_document() {
        assert_eq!(framed("", false), "data: 1\n\ndata: [DONE]\n\n");
        assert_eq!(
            framed("simulate-no-space", false),
            "data:1\n\ndata:[DONE]\n\n"
        );
        assert_eq!(framed("", true), "1\n");
        assert_eq!(framed("simulate-json-lines", false), "1\n");
        assert_eq!(framed("simulate-sse", true), "data: 1\n\ndata: [DONE]\n\n");
        let noisy = framed("simulate-noise", false);
        assert!(noisy.starts_with(": ping\r\n") && noisy.ends_with("data: [DONE]\r\n\r\n"));
    }
}
