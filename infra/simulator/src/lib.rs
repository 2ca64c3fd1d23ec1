//! Simulated model services with known timing: the demo's and the tests' targets.
//!
//! In come requests in the wire protocols of Bedrock, SageMaker, Text Generation
//! Inference and OpenAI; out go answers after the service times of a published
//! benchmark (see [`profile`]), divided by a time scale, with correct and wrong
//! final answers to known prompts. What was really sent and when is the ground
//! truth (see [`ledger::Call`]), which any measurement of the same calls can be
//! held against.
//!
//! Names in a model id, an endpoint name or a path request faults and
//! variations among correct servers: see [`fault`] for all of them. Every answer
//! to a model call has a header `x-simulator-call` with its
//! [`sequence`](ledger::Call::sequence) in the ground truth.

pub mod answer;
mod cache;
pub mod command;
mod connection;
mod eventstream;
mod failure;
pub mod fault;
mod flow;
pub mod ledger;
pub mod pace;
pub mod profile;
pub mod prompts;
pub mod prose;
mod protocol;
mod recorder;
mod refusal;
mod route;
mod service;

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use axum::{Router, routing::get};
use bench_core::dataset::{self, DatasetError};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    connection::{Watch, WatchedListener},
    ledger::{Call, Ledger},
    prompts::KnownPrompts,
    service::Service,
};

/// The settings of a simulator.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The speed-up relative to the published service times; above 0.
    pub time_scale: f64,
    /// The share of correct answers, 0 to 1.
    pub accuracy: f64,
    /// The seed of all draws.
    pub seed: u64,
    /// Where the ground truth is written as JSON lines; an old file is replaced.
    pub log: Option<PathBuf>,
    /// GSM8K-format files whose prompts are known besides the built-in ones.
    pub datasets: Vec<PathBuf>,
    /// The key that the HTTP protocols require in `Authorization: Bearer`; `None`
    /// requires none.
    pub api_key: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            time_scale: 100.0,
            accuracy: 0.9,
            seed: 7,
            log: None,
            datasets: Vec::new(),
            api_key: None,
        }
    }
}

/// An error that keeps a simulator from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No answer can be drawn with this accuracy.
    #[error("`accuracy` is {0}, expected a share from 0 to 1")]
    Accuracy(f64),
    /// No answer can be timed with this scale.
    #[error("`time-scale` is {0}, expected a finite number above 0")]
    TimeScale(f64),
    /// A dataset cannot be read.
    #[error("cannot read dataset `{path}`: {source}; check the path")]
    DatasetUnreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A dataset is not in the format of GSM8K.
    #[error("{0}; expected GSM8K-format JSON lines")]
    DatasetInvalid(#[from] DatasetError),
    /// The log cannot be written.
    #[error("cannot write the log `{path}`: {source}; check the path")]
    Log {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Nothing can be written down.
    #[error("cannot start a thread for the log: {0}; free some memory or processes")]
    Thread(io::Error),
    /// The port is not to be had.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another `port`, or 0 for any")]
    Listen {
        /// The port.
        port: u16,
        /// The error of the operating system.
        source: io::Error,
    },
}

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

impl Settings {
    fn check(&self) -> Result<(), StartError> {
        if !(0.0..=1.0).contains(&self.accuracy) {
            return Err(StartError::Accuracy(self.accuracy));
        }
        if !self.time_scale.is_finite() || self.time_scale <= 0.0 {
            return Err(StartError::TimeScale(self.time_scale));
        }
        Ok(())
    }

    fn prompts(&self) -> Result<KnownPrompts, StartError> {
        let mut prompts = KnownPrompts::default();
        prompts.add(dataset::parse("builtin", dataset::BUILTIN)?);
        for path in &self.datasets {
            let text =
                fs::read_to_string(path).map_err(|source| StartError::DatasetUnreadable {
                    path: path.clone(),
                    source,
                })?;
            prompts.add(dataset::parse(&path.display().to_string(), &text)?);
        }
        Ok(prompts)
    }

    fn open_log(&self) -> Result<Option<File>, StartError> {
        let open = |path: &PathBuf| {
            File::create(path).map_err(|source| StartError::Log {
                path: path.clone(),
                source,
            })
        };
        self.log.as_ref().map(open).transpose()
    }
}
