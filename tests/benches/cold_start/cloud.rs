//! A bucket that keeps what it is given, a table that forgets it, and a model
//! that knows its answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

const MISSING: &str = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>";
const NO_ITEMS: &str = r#"{"Items": [], "Count": 0, "ScannedCount": 0}"#;
const ANSWER: &str =
    r#"{"generated_text": "It is 18.", "details": {"finish_reason": "eos_token"}}"#;

type Bucket = Arc<Mutex<HashMap<String, Bytes>>>;

/// The services, on a port of their own.
pub(crate) struct Cloud {
    url: String,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = Router::new().fallback(answer).with_state(Bucket::default());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url: format!("http://{address}"),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

async fn answer(
    State(bucket): State<Bucket>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let objects = || bucket.lock().expect("nobody panics with it");
    if let Some(operation) = headers.get("x-amz-target") {
        let lists =
            operation.as_bytes().ends_with(b"Query") || operation.as_bytes().ends_with(b"Scan");
        let content = [("content-type", "application/x-amz-json-1.0")];
        return (content, if lists { NO_ITEMS } else { "{}" }).into_response();
    }
    match method {
        Method::PUT => {
            objects().insert(uri.path().to_owned(), support::content(&headers, body));
            StatusCode::OK.into_response()
        }
        Method::GET => match objects().get(uri.path()) {
            Some(object) => object.clone().into_response(),
            None => (StatusCode::NOT_FOUND, MISSING).into_response(),
        },
        _ => ([("content-type", "application/json")], ANSWER).into_response(),
    }
}
