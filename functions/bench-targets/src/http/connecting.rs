//! How long a new connection took, told to the call that made it.
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
    static TOOK: Cell<Option<Duration>>;
}

/// Runs a call; says what connecting took where a connection was made for it.
pub(super) async fn noted<C: Future>(call: C) -> (C::Output, Option<Duration>) {
    let run = async {
        let output = call.await;
        (output, TOOK.with(Cell::get))
    };
    TOOK.scope(Cell::new(None), run).await
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
            let _ = TOOK.try_with(|took| took.set(Some(started.elapsed())));
            Ok(connection)
        })
    }
}
