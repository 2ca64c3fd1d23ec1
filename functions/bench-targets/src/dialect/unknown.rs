//! Events that no reader knows: passed over among others, a failure where nothing
//! else comes.

use super::{json::Json, service_error::ServiceError};
use crate::failure::Failure;

/// The most characters of an event that a failure quotes.
const MAX_QUOTED: usize = 200;

/// Whether any event was known, and the first that was not.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    any_known: bool,
    first: Option<First>,
}

#[derive(Debug)]
struct First {
    quoted: String,
    error: Option<ServiceError>,
}

impl Unknown {
    /// An event was known.
    pub(super) fn known(&mut self) {
        self.any_known = true;
    }

    /// An event was not known.
    pub(super) fn note(&mut self, root: &Json<'_>, raw: &str) {
        if self.first.is_none() && !self.any_known {
            self.first = Some(First {
                quoted: raw.chars().take(MAX_QUOTED).collect(),
                error: ServiceError::of_message(root, raw),
            });
        }
    }

    /// Fails where events came and none was known; `lack` is what none of them had.
    pub(super) fn check(self, lack: &str) -> Result<(), Failure> {
        match self.first.filter(|_| !self.any_known) {
            None => Ok(()),
            Some(First {
                error: Some(error), ..
            }) => Err(error.into_failure(false)),
            Some(First { quoted, .. }) => {
                Err(Failure::invalid(format!("an event has {lack}: `{quoted}`")))
            }
        }
    }
}
