//! Everything that was found, in the order in which it is listed.

use bench_core::{identity::TargetId, money::Catalog};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    aws::{Account, Failure},
    candidate::{Candidate, Draft},
    choose::Choices,
    ids, pricing,
    servers::{Other, Servers},
};

/// The candidates found on this machine and in the account.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The candidates: first those that are listed.
    pub(super) candidates: Vec<Candidate>,
    pub(super) listed: usize,
    pub(super) others: Vec<Other>,
    /// The Region of the account, or why there is none.
    pub(super) signed_in: Result<String, String>,
    pub(super) failures: Vec<Failure>,
}

impl Found {
    /// Puts together what was found; prices are looked up in the catalog, where there is one.
    #[must_use]
    pub fn new(servers: Servers, account: Account, catalog: Option<&Catalog>, day: Date) -> Self {
        let mut drafts = servers.drafts;
        let (signed_in, failures) = match account {
            Account::NotSignedIn(reason) => (Err(reason), Vec::new()),
            Account::Listed {
                region,
                drafts: listed,
                failures,
            } => {
                drafts.extend(listed);
                (Ok(region), failures)
            }
        };
        if let Some(catalog) = catalog {
            pricing::look_up(&mut drafts, catalog, day);
        }
        let is_listed = |draft: &Draft| draft.source.is_own() || draft.is_priced;
        let (mut drafts, offers): (Vec<_>, Vec<_>) = drafts.into_iter().partition(is_listed);
        let listed = drafts.len();
        drafts.extend(offers);
        Self {
            listed: if listed == 0 { drafts.len() } else { listed },
            candidates: ids::assign(drafts),
            others: servers.others,
            signed_in,
            failures,
        }
    }

    /// The candidates to choose from.
    #[must_use]
    pub fn choices(&self) -> Choices<'_> {
        Choices {
            candidates: &self.candidates,
            listed: self.listed,
        }
    }

    /// Everything as one JSON object.
    #[must_use]
    pub fn as_json(&self) -> Value {
        let choices = self.choices();
        let suggested = choices.suggested();
        let suggested = suggested.iter().map(|at| self.candidates[*at].id.clone());
        json!({
            "targets": self.candidates,
            "suggested": suggested.collect::<Vec<TargetId>>(),
            "not_servers": self.others,
            "aws": {
                "region": self.signed_in.as_ref().ok(),
                "not_signed_in": self.signed_in.as_ref().err(),
                "failures": self.failures,
            },
        })
    }
}
