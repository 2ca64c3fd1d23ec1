//! A recording proxy: it keeps every request that it receives, and passes it on to
//! another server.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
};

use simulator::{Settings, Simulator};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The bytes of one connection.
type Bytes = Arc<Mutex<Vec<u8>>>;

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Where it went.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: HashMap<String, String>,
}

/// A running recorder.
#[derive(Debug)]
pub struct Recorder {
    url: String,
    connections: Arc<Mutex<Vec<Bytes>>>,
    behind: Arc<OnceLock<SocketAddr>>,
    simulator: Option<Simulator>,
}

impl Recorder {
    /// Starts one before the simulator, as model services, with a bearer key where an
    /// HTTP server would need one.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn of_models(api_key: &str) -> Self {
        let settings = Settings {
            time_scale: 1_000.0,
            api_key: Some(api_key.to_owned()),
            ..Settings::default()
        };
        let simulator = Simulator::start(settings).await.expect("a simulator");
        let mut recorder = Self::start().await;
        recorder.lead_to(simulator.address());
        recorder.simulator = Some(simulator);
        recorder
    }

    /// Starts one whose server is set later.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::<Mutex<Vec<Bytes>>>::default();
        let behind = Arc::<OnceLock<SocketAddr>>::default();
        let (place, all) = (Arc::clone(&behind), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let heard = Bytes::default();
                all.lock().expect("no panic").push(Arc::clone(&heard));
                let behind = *place.get().expect("a place to lead to");
                tokio::spawn(pass_on(client, behind, heard));
            }
        });
        Self {
            url: format!("http://{address}"),
            connections,
            behind,
            simulator: None,
        }
    }

    /// Sets the server that requests are passed on to.
    ///
    /// # Panics
    ///
    /// When it was set before.
    pub fn lead_to(&self, address: SocketAddr) {
        self.behind.set(address).expect("said once");
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every request so far.
    ///
    /// # Panics
    ///
    /// When something was no request with a known length.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        let connections = self.connections.lock().expect("no panic");
        let mut heard = Vec::new();
        for bytes in connections.iter() {
            let bytes = bytes.lock().expect("no panic");
            let mut rest = bytes.as_slice();
            while let Some((request, behind)) = read(rest) {
                heard.push(request);
                rest = behind;
            }
            assert!(rest.is_empty(), "more came than requests");
        }
        heard
    }

    /// Whether a text came, in whatever request.
    ///
    /// # Panics
    ///
    /// Never: no other thread panics while it holds the lock.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let connections = self.connections.lock().expect("no panic");
        connections.iter().any(|bytes| {
            let bytes = bytes.lock().expect("no panic");
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        })
    }
}

/// Passes a client's bytes on, and keeps them.
async fn pass_on(client: TcpStream, behind: SocketAddr, heard: Bytes) {
    let server = TcpStream::connect(behind).await.expect("a server");
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            heard
                .lock()
                .expect("no panic")
                .extend_from_slice(&buffer[..length]);
            if to_server.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
        let _ = to_server.shutdown().await;
    };
    let _ = tokio::join!(asking, tokio::io::copy(&mut from_server, &mut to_client));
}

/// The first request, and what is behind it; `None` when there is none.
fn read(bytes: &[u8]) -> Option<(RecordedRequest, &[u8])> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = str::from_utf8(&bytes[..end]).expect("a head of text");
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length");
    let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
    Some((
        RecordedRequest { path, headers },
        bytes.get(end + 4 + length..)?,
    ))
}
