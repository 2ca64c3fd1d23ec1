//! A conclusion and the sentence that states it.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A typed conclusion with its sentence, which in JSON stands among its fields.
///
/// It dereferences to the conclusion: the sentence is for people alone, and code
/// reads the fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Said<T> {
    /// The conclusion.
    #[serde(flatten)]
    pub finding: T,
    /// The conclusion in a sentence or two, for readers.
    pub sentence: String,
}

impl<T> Said<T> {
    /// A conclusion in the words that `sentence` finds for it.
    pub fn by(finding: T, sentence: impl FnOnce(&T) -> String) -> Self {
        Self {
            sentence: sentence(&finding),
            finding,
        }
    }

    /// Conclusions, each in the words that `sentence` finds for it.
    pub fn each(findings: Vec<T>, sentence: impl Fn(&T) -> String) -> Vec<Self> {
        let findings = findings.into_iter();
        findings
            .map(|finding| Self::by(finding, &sentence))
            .collect()
    }
}

impl<T> Deref for Said<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.finding
    }
}
