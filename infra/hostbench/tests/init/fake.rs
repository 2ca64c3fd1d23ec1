//! Servers that answer by a function, one thread a connection.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use serde_json::Value;

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without its query.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// By their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// An answer; a body that is no text is JSON.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) server: &'static str,
    pub(crate) body: String,
}

impl Answer {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a text or a document, as it is made"
    )]
    pub(crate) fn new(status: u16, body: impl ToString) -> Self {
        Self {
            status,
            server: "",
            body: body.to_string(),
        }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, body)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, r#"{"detail":"Not Found"}"#)
    }
}

/// A running server, until the test ends.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) port: u16,
}

impl Fake {
    /// Starts a server; where the function gives no answer, none comes.
    pub(crate) fn start(
        answer: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            let mut silent = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else {
                    continue;
                };
                match answer(&request) {
                    Some(answer) => write(&mut stream, &answer),
                    // It stays open.
                    None => silent.push(stream),
                }
            }
        });
        Self { port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    let query = query.split('&').filter_map(pair).collect();
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        line.clear();
    }
    let length = headers.get("content-length");
    let length = length.map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path: path.to_owned(),
        query,
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

fn write(stream: &mut TcpStream, answer: &Answer) {
    let server = match answer.server {
        "" => String::new(),
        server => format!("server: {server}\r\n"),
    };
    let head = format!(
        "HTTP/1.1 {} OK\r\ncontent-type: application/json\r\n{server}content-length: {}\r\n\
         connection: close\r\n\r\n",
        answer.status,
        answer.body.len()
    );
    // Who asked may have gone away.
    let _ = stream.write_all(format!("{head}{}", answer.body).as_bytes());
}
