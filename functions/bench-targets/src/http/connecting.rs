//! The time to connect, for the call that the connection was made for, and connections that
//! are opened ahead of calls.
//!
//! The client makes a connection within the task of the call that needs it, so
//! a value local to that task carries the time from the connector to the call.

use std::{
    cell::Cell,
    future::ready,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::Read;
use tower_layer::Layer;
use tower_service::Service;

use super::spare::Spare;

/// The error of connectors.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

tokio::task_local! {
    static CONNECT_TIME: Cell<Option<Duration>>;
}

/// Runs a call, with the time to connect where a connection was made for it.
pub(super) async fn with_connect_time<C: Future>(call: C) -> (C::Output, Option<Duration>) {
    let run = async {
        let output = call.await;
        (output, CONNECT_TIME.with(Cell::get))
    };
    CONNECT_TIME.scope(Cell::new(None), run).await
}

/// How the connector of a client connects.
#[derive(Debug, Clone)]
pub(super) enum Connecting {
    /// For calls, timed, unless there is a spare connection.
    ForCalls(Spare),
    /// For calls to come.
    Ahead(Spare),
}

impl<S> Layer<S> for Connecting {
    type Service = Connector<S>;

    fn layer(&self, connector: S) -> Connector<S> {
        Connector {
            inner: connector,
            connecting: self.clone(),
        }
    }
}

/// A connector of a client.
#[derive(Debug, Clone)]
pub(super) struct Connector<S> {
    inner: S,
    connecting: Connecting,
}

/// No request is sent on a connection that was opened ahead of calls.
#[derive(Debug, thiserror::Error)]
#[error("opened for calls to come")]
struct OpenedAhead;

impl<S, To> Service<To> for Connector<S>
where
    S: Service<To, Error = BoxError>,
    S::Response: Read + Unpin + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        match &self.connecting {
            Connecting::ForCalls(spare) => {
                if let Some(connection) = spare.take() {
                    return Box::pin(ready(Ok(connection)));
                }
                let started = Instant::now();
                let connecting = self.inner.call(to);
                Box::pin(async move {
                    let connection = connecting.await?;
                    // One that nobody waits for any more is made in a task of its own.
                    let _ = CONNECT_TIME.try_with(|took| took.set(Some(started.elapsed())));
                    Ok(connection)
                })
            }
            Connecting::Ahead(spare) => {
                let (connecting, spare) = (self.inner.call(to), spare.clone());
                Box::pin(async move {
                    spare.put(connecting.await?);
                    Err(OpenedAhead.into())
                })
            }
        }
    }
}
