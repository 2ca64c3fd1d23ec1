//! A model server that logs every request when it comes, and holds answers back on request.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::{Path, State},
    routing::post,
};
use serde_json::{Value, json};
use support::eventually;
use tokio::{net::TcpListener, sync::watch};

/// A request: its target, and the prompt.
pub(crate) type Request = (String, String);

/// The server; it ends with the test.
pub(crate) struct Server {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    log: Mutex<Vec<Request>>,
    /// Answers to the calls from this one on are held back.
    held_from: watch::Sender<usize>,
    /// Requests whose client closed the connection before its answer.
    hung_up: AtomicUsize,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            log: Mutex::default(),
            held_from: watch::Sender::new(usize::MAX),
            hung_up: AtomicUsize::new(0),
        });
        let routes = Router::new()
            .route("/{target}/v1/chat/completions", post(answer))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(axum::serve(listener, routes).into_future());
        Self { url, shared }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Holds answers back from the call of that number on. The first request of a target is
    /// its probe, and no call.
    pub(crate) fn hold_from(&self, call: usize) {
        self.shared.held_from.send_replace(call);
    }

    /// Answers whatever is held back, and whatever comes.
    pub(crate) fn release(&self) {
        self.hold_from(usize::MAX);
    }

    /// Every request so far, in the order in which they came.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.shared.log.lock().expect("a log").clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn received(&self, count: usize) {
        eventually(|| async { (self.log().len() >= count).then_some(()) }).await;
    }

    /// Waits until the clients of so many requests have closed their connections unanswered.
    pub(crate) async fn hung_up(&self, count: usize) {
        let hung_up = || self.shared.hung_up.load(Ordering::Relaxed);
        eventually(|| async { (hung_up() >= count).then_some(()) }).await;
    }

    /// How often each target was sent each prompt.
    pub(crate) fn counts(&self) -> BTreeMap<Request, usize> {
        let mut counts = BTreeMap::new();
        for request in self.log() {
            *counts.entry(request).or_default() += 1;
        }
        counts
    }
}

/// Counts a request whose handler is dropped before its answer, as the server does when the
/// client closes the connection.
struct Unanswered<'a>(&'a AtomicUsize);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<String>,
    body: String,
) -> String {
    let body: Value = serde_json::from_str(&body).expect("a request");
    let prompt = body["messages"][0]["content"].as_str().expect("a prompt");
    let number = {
        let mut log = shared.log.lock().expect("a log");
        let is_probe = log.iter().all(|(known, _)| *known != target);
        log.push((target, prompt.to_owned()));
        let targets: BTreeSet<_> = log.iter().map(|(target, _)| target).collect();
        if is_probe {
            0
        } else {
            log.len() - targets.len()
        }
    };
    let unanswered = Unanswered(&shared.hung_up);
    let mut held_from = shared.held_from.subscribe();
    let held = held_from.wait_for(|held_from| number < *held_from).await;
    held.expect("the server is there");
    mem::forget(unanswered);
    let answer = json!({
        "choices": [{
            "message": {"role": "assistant", "content": "#### 18"}, "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 45},
    });
    answer.to_string()
}
