//! Connections that know when their bytes came in and went out.
//!
//! A request has come when its last byte was read, not when the HTTP server has
//! understood it; and the server buffers what it is given, so the time at which
//! an answer was handed to it is not the time at which it left. Each connection
//! therefore notes the time of its reads and writes, and a call is entered in
//! the ledger when the write of its last byte is done. The time is that of the
//! beginning of the write: on a busy machine the client may well run, and read
//! its clock, before the write has returned.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::ledger::{Call, Ledger};

/// Accepts connections that are watched and that send without delay.
pub(crate) struct WatchedListener {
    listener: TcpListener,
    ledger: Arc<Ledger>,
    accepted: u64,
}

impl WatchedListener {
    pub(crate) fn new(listener: TcpListener, ledger: Arc<Ledger>) -> Self {
        Self {
            listener,
            ledger,
            accepted: 0,
        }
    }
}

impl Listener for WatchedListener {
    type Io = WatchedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::warn!(%error, "small writes may be held back");
                    }
                    self.accepted += 1;
                    let watch = Watch(Arc::new(Shared {
                        ledger: Arc::clone(&self.ledger),
                        connection: self.accepted,
                        used: AtomicBool::new(false),
                        state: Mutex::default(),
                    }));
                    return (WatchedStream { stream, watch }, address);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    // Without file descriptors the next try would fail at once.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// The handle of a connection in a handler.
#[derive(Debug, Clone)]
pub(crate) struct Watch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ledger: Arc<Ledger>,
    connection: u64,
    /// Whether a call has come on it.
    used: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_read: Option<Instant>,
    last_write_us: u64,
    tokens: Tokens,
    /// Nothing is to be written any more.
    cut: bool,
    /// The connection ends in a reset.
    reset: bool,
    /// A call that is over but for the writing of its last bytes.
    ended: Option<Call>,
    closed: bool,
}

/// When the tokens of a call were written.
#[derive(Debug, Default)]
struct Tokens {
    /// The next write completes one.
    due: bool,
    first_us: Option<u64>,
    last_us: Option<u64>,
}

impl Connected<IncomingStream<'_, WatchedListener>> for Watch {
    fn connect_info(stream: IncomingStream<'_, WatchedListener>) -> Self {
        stream.io().watch.clone()
    }
}

impl Watch {
    /// The number of the connection, from 1.
    pub(crate) fn connection(&self) -> u64 {
        self.0.connection
    }

    /// Records a call on the connection; whether it is the first.
    pub(crate) fn mark_call(&self) -> bool {
        !self.0.used.swap(true, Ordering::Relaxed)
    }

    /// When the latest bytes of a request were read: its last ones once it is whole.
    pub(crate) fn last_read(&self) -> Instant {
        self.state().last_read.unwrap_or_else(Instant::now)
    }

    /// Records that the next write completes a token of a call.
    pub(crate) fn mark_token(&self) {
        self.state().tokens.due = true;
    }

    /// Lets every write from now on fail, which closes the connection.
    pub(crate) fn cuts(&self) {
        self.state().cut = true;
    }

    /// Lets the connection end in a reset instead of in order.
    pub(crate) fn resets(&self) {
        self.state().reset = true;
    }

    /// Records that the last byte of a call was passed on: it is entered in the
    /// ledger as soon as that byte is written.
    pub(crate) fn ended(&self, call: Call) {
        let mut state = self.state();
        state.ended = Some(call);
        if state.closed {
            self.enter(&mut state);
        }
    }

    /// Notes a write that was begun at that time.
    fn wrote(&self, begun_us: u64) {
        let mut state = self.state();
        state.last_write_us = begun_us;
        let tokens = &mut state.tokens;
        if std::mem::take(&mut tokens.due) {
            tokens.first_us.get_or_insert(begun_us);
            tokens.last_us = Some(begun_us);
        }
    }

    fn flushed(&self) {
        self.enter(&mut self.state());
    }

    fn closed(&self) {
        let mut state = self.state();
        state.closed = true;
        self.enter(&mut state);
    }

    fn enter(&self, state: &mut State) {
        if let Some(mut call) = state.ended.take() {
            let tokens = std::mem::take(&mut state.tokens);
            call.first_token_us = tokens.first_us;
            call.last_token_us = tokens.last_us;
            // Without any write since, the client left: the call ended there.
            call.last_byte_us = state.last_write_us.max(call.received_us);
            self.0.ledger.add(call);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP connection that notes the time of its writes.
pub(crate) struct WatchedStream {
    stream: TcpStream,
    watch: Watch,
}

impl WatchedStream {
    /// When the write that is to begin now begins.
    fn begin(&self) -> io::Result<u64> {
        if self.watch.state().cut {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(self.watch.0.ledger.now())
    }
}

impl Drop for WatchedStream {
    fn drop(&mut self) {
        if self.watch.state().reset
            && let Err(error) = self.stream.set_zero_linger()
        {
            tracing::warn!(%error, "a connection ends in order instead of in a reset");
        }
        self.watch.closed();
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.watch.state().last_read = Some(Instant::now());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let begun_us = self.begin()?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.watch.wrote(begun_us);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let begun_us = self.begin()?;
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.watch.wrote(begun_us);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The server flushes only when its own buffer is empty.
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.watch.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
