//! The time to connect, for the call that the connection was made for.
//!
//! The client makes a connection within the task of the call that needs it, so
//! a value local to that task carries the time from the connector to the call.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tower_layer::Layer;
use tower_service::Service;

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

/// Times the connector of a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeConnecting;

impl<S> Layer<S> for TimeConnecting {
    type Service = Timed<S>;

    fn layer(&self, connector: S) -> Timed<S> {
        Timed(connector)
    }
}

/// A connector that is timed.
#[derive(Debug, Clone)]
pub(super) struct Timed<S>(S);

impl<S, To> Service<To> for Timed<S>
where
    S: Service<To>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        let started = Instant::now();
        let connecting = self.0.call(to);
        Box::pin(async move {
            let connection = connecting.await?;
            // A connection that nobody waits for any more is made in a task of its own.
            let _ = CONNECT_TIME.try_with(|took| took.set(Some(started.elapsed())));
            Ok(connection)
        })
    }
}
