//! Connections that are open and that no call has used yet.
//!
//! The pool of the client opens a connection when a call needs one, within the time of that
//! call, and knows no other way. So a second client does nothing but open connections: its
//! connector puts each of them here and gives none to it, so that it never sends a request.
//! The connector of the client that makes calls looks here first.

use std::{
    any::Any,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use hyper::rt::{Read, ReadBuf};

/// A connection that no call has used.
trait Unused: Any + Send {
    /// Whether the server, which was not asked anything, has neither said anything nor hung
    /// up.
    fn is_open(&mut self) -> bool;
}

impl<C: Read + Unpin + Send + 'static> Unused for C {
    fn is_open(&mut self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(Waker::noop());
        let read = Pin::new(self).poll_read(&mut context, buffer.unfilled());
        read.is_pending()
    }
}

/// The connections. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Spare(Arc<Mutex<Vec<Box<dyn Unused>>>>);

impl Spare {
    /// Adds a connection.
    pub(super) fn put<C: Read + Unpin + Send + 'static>(&self, connection: C) {
        self.connections().push(Box::new(connection));
    }

    /// Takes the newest connection that is still open.
    pub(super) fn take<C: Read + Unpin + Send + 'static>(&self) -> Option<C> {
        loop {
            let mut newest = self.connections().pop()?;
            if newest.is_open() {
                let connection: Box<dyn Any> = newest;
                return connection.downcast().ok().map(|it| *it);
            }
        }
    }

    /// Drops the connections that are not open any more, and gives how many are.
    pub(super) fn count(&self) -> usize {
        let mut connections = self.connections();
        connections.retain_mut(|connection| connection.is_open());
        connections.len()
    }

    fn connections(&self) -> MutexGuard<'_, Vec<Box<dyn Unused>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.connections().len();
        f.debug_tuple("Spare").field(&count).finish()
    }
}
