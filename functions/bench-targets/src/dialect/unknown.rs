//! Events that no reader knows: passed over among others, a failure where nothing
//! else comes.

use super::{json::Json, service_error::ServiceError};
use crate::failure::Failure;

/// The most characters of an event that a failure quotes.
const MAX_QUOTED: usize = 200;

/// Whether any event was known, and the first behind it that was not.
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
        self.first = None;
    }

    /// An event was not known.
    pub(super) fn note(&mut self, root: &Json<'_>, raw: &str) {
        if self.first.is_none() {
            self.first = Some(First {
                quoted: raw.chars().take(MAX_QUOTED).collect(),
                error: ServiceError::of_message(root, raw),
            });
        }
    }

    /// The stream has ended. Fails where events came and none was known, `lack` being
    /// what they had not, and where the answer is `broken`, in these words.
    pub(super) fn end(self, lack: &str, broken: Option<&str>) -> Result<(), Failure> {
        let any_known = self.any_known;
        match (self.first, broken) {
            (
                Some(First {
                    error: Some(error), ..
                }),
                _,
            ) if !any_known || broken.is_some() => Err(error.into_failure(any_known)),
            (Some(First { quoted, .. }), _) if !any_known => {
                Err(Failure::invalid(format!("an event has {lack}: `{quoted}`")))
            }
            (_, Some(words)) => Err(Failure::broken(words)),
            (_, None) => Ok(()),
        }
    }
}
