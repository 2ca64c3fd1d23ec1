//! Simulated model services with known timing: the demo's and the tests' targets.
//!
//! In come requests in the wire protocols of Bedrock, SageMaker, Text Generation
//! Inference and OpenAI; out go answers after the service times of a published
//! benchmark (see [`profile`]), divided by a time scale, with correct and wrong
//! final answers to known prompts. The ledger of what was sent and when is the ground
//! truth (see [`ledger::Call`]) for any measurement of the same calls.
//!
//! Names in a model id, an endpoint name or a path request faults and
//! variations among correct servers: see [`fault`] for all of them. Every answer
//! to a model call has a header `x-simulator-call` with its
//! [`sequence`](ledger::Call::sequence) in the ground truth.

pub mod answer;
mod cache;
mod capacity;
pub mod command;
mod connection;
mod eventstream;
mod failure;
pub mod fault;
mod flow;
pub mod ledger;
pub mod own_process;
pub mod pace;
pub mod profile;
pub mod prompts;
pub mod prose;
mod protocol;
mod recorder;
mod refusal;
mod response;
mod route;
mod service;
mod settings;

pub use settings::{Settings, StartError};

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{Router, routing::get};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    connection::{Watch, WatchedListener},
    ledger::{Call, Ledger},
    service::Service,
};

/// A running simulator; it ends when this is dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    ledger: Arc<Ledger>,
    task: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Starts a simulator in the current runtime; it listens on return.
    ///
    /// # Errors
    ///
    /// Settings that make no sense, files that cannot be read or written, a
    /// port in use.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        settings.check()?;
        let prompts = settings.prompts()?;
        let ledger = Arc::new(Ledger::new(settings.open_log()?).map_err(StartError::Thread)?);
        let listen = |source| StartError::Listen {
            port: settings.port,
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await;
        let listener = listener.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let service = Service::new(&settings, prompts, Arc::clone(&ledger));
        let routes = Router::new()
            .route("/_simulator/health", get(service::health))
            .route("/_simulator/calls", get(service::calls))
            .route("/_simulator/targets", get(service::targets))
            .fallback(service::serve)
            .with_state(Arc::new(service))
            .into_make_service_with_connect_info::<Watch>();
        let listener = WatchedListener::new(listener, Arc::clone(&ledger));
        let task = tokio::spawn(axum::serve(listener, routes).into_future());
        Ok(Self {
            address,
            ledger,
            task,
        })
    }

    /// The base URL, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens, always on 127.0.0.1.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The ground truth so far, in the order in which calls ended. By then it is
    /// in the log, too.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.ledger.flush();
        self.ledger.calls()
    }

    /// Waits until so many calls have ended, and gives the ground truth so far.
    /// Of more than 100,000 calls only the last ones are kept.
    pub async fn ended(&self, count: usize) -> Vec<Call> {
        self.ledger
            .wait_for(|calls| (calls.len() >= count).then_some(()))
            .await;
        self.calls()
    }

    /// Waits until the call that an answer's `x-simulator-call` names has ended,
    /// and gives its ground truth. The last byte of an answer may be read before
    /// that by some microseconds.
    pub async fn truth_of(&self, sequence: u64) -> Call {
        let is_it = |call: &&Call| call.sequence == sequence;
        self.ledger
            .wait_for(|calls| calls.iter().rev().find(is_it).cloned())
            .await
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
        self.ledger.flush();
    }
}
