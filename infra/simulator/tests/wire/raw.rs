//! A client that sees connections as they are: what came, and how they ended.

use std::{
    fmt,
    time::{Duration, Instant},
};

use simulator::Simulator;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long a busy machine may take for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long nothing comes before a connection counts as silent.
pub(crate) const SILENCE: Duration = Duration::from_millis(300);

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The server closed it.
    Closed,
    /// The server reset it.
    Reset,
    /// It is open, and nothing came for a while.
    Open,
}

/// The bytes received on a connection.
pub(crate) struct Raw {
    /// Status line and headers; empty when none came.
    pub(crate) head: String,
    /// The body, without the framing of chunks.
    pub(crate) body: Vec<u8>,
    /// Whether the body was as long as the headers or the chunks said.
    pub(crate) whole: bool,
    pub(crate) end: End,
    /// From the request on, until the head and until the last byte.
    pub(crate) head_after: Duration,
    pub(crate) last_after: Duration,
    /// How many reads the body took.
    pub(crate) reads: usize,
}

impl fmt::Debug for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = &self.body[..self.body.len().min(600)];
        out.debug_struct("Raw")
            .field("head", &self.head)
            .field("body", &String::from_utf8_lossy(start))
            .field("length", &self.body.len())
            .field("whole", &self.whole)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Raw {
    pub(crate) fn status(&self) -> Option<u16> {
        self.head.split(' ').nth(1)?.parse().ok()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends a request with further header lines, and reads until the connection
/// ends or until nothing comes for a while.
pub(crate) async fn post(
    simulator: &Simulator,
    path: &str,
    headers: &str,
    body: &str,
    patience: Duration,
) -> Raw {
    let mut connection = TcpStream::connect(simulator.address())
        .await
        .expect("a connection");
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: simulator\r\ncontent-type: application/json\r\n\
         connection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let sent = Instant::now();
    connection
        .write_all(request.as_bytes())
        .await
        .expect("sent");
    let (mut all, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    let (mut head_after, mut last_after, mut reads) = (Duration::ZERO, Duration::ZERO, 0);
    let end = loop {
        match timeout(patience, connection.read(&mut buffer)).await {
            Err(_) => break End::Open,
            Ok(Ok(0)) => break End::Closed,
            Ok(Err(_)) => break End::Reset,
            Ok(Ok(count)) => {
                if all.is_empty() {
                    head_after = sent.elapsed();
                }
                last_after = sent.elapsed();
                reads += 1;
                all.extend_from_slice(&buffer[..count]);
            }
        }
    };
    let head = all.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, rest) = all.split_at(head.map_or(all.len(), |at| at + 4));
    let head = String::from_utf8(head.to_vec()).expect("a head in UTF-8");
    let length = |head: &str| -> Option<usize> {
        let (_, value) = head.split_once("content-length: ")?;
        value.lines().next()?.parse().ok()
    };
    let (body, whole) = match length(&head) {
        Some(length) => (rest.to_vec(), rest.len() == length),
        None => without_chunks(rest),
    };
    Raw {
        head,
        body,
        whole,
        end,
        head_after,
        last_after,
        reads,
    }
}

/// The content of chunks, and whether the last one came.
fn without_chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(at) = rest.windows(2).position(|bytes| bytes == b"\r\n") {
        let size = str::from_utf8(&rest[..at]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        rest = &rest[at + 2..];
        if size == 0 {
            return (body, true);
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}
