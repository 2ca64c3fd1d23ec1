//! A minimal client, as a baseline: a request written to a blocking socket, and the
//! response read until the last chunk. The latency it adds is the operating
//! system's, and no client can add less.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Instant,
};

use serde_json::json;

/// A connection to a server that speaks the schema of TGI.
pub(crate) struct SocketClient {
    connection: TcpStream,
    path: String,
}

/// Times of one call.
pub(crate) struct Timing {
    pub(crate) latency_us: u64,
    pub(crate) ttft_us: u64,
}

impl SocketClient {
    /// Connects to `host:port`.
    pub(crate) fn connect(address: &str, path: String) -> io::Result<Self> {
        let connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        Ok(Self { connection, path })
    }

    /// Requests a stream of `max_tokens` tokens and reads it to its end.
    pub(crate) fn complete(&mut self, prompt: &str, max_tokens: u32) -> io::Result<Timing> {
        let parameters = json!({ "max_new_tokens": max_tokens });
        let body = json!({ "inputs": prompt, "parameters": parameters }).to_string();
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: simulated\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.path,
            body.len()
        );
        let start = Instant::now();
        self.connection.write_all(request.as_bytes())?;
        let mut first = None;
        let mut tail = Vec::new();
        let mut slice = [0; 16_384];
        while !tail.ends_with(b"\r\n0\r\n\r\n") {
            let length = self.connection.read(&mut slice)?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let read = &slice[..length];
            if first.is_none() && read.windows(5).any(|bytes| bytes == b"data:") {
                first = Some(start.elapsed());
            }
            tail.drain(..tail.len().saturating_sub(7));
            tail.extend_from_slice(read);
        }
        let latency = start.elapsed();
        let first = first.ok_or(io::ErrorKind::InvalidData)?;
        let micros = |time: std::time::Duration| u64::try_from(time.as_micros());
        Ok(Timing {
            latency_us: micros(latency).map_err(io::Error::other)?,
            ttft_us: micros(first).map_err(io::Error::other)?,
        })
    }
}
