//! A finding and the sentence that states it.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A finding with its sentence, which is one more field of it in JSON.
///
/// It dereferences to the finding: the sentence is for readers, and code reads the
/// fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WithSentence<T> {
    /// The finding.
    #[serde(flatten)]
    pub finding: T,
    /// The finding in a sentence or two, for readers.
    pub sentence: String,
}

impl<T> WithSentence<T> {
    /// A finding with the sentence that `sentence` makes of it.
    pub fn new(finding: T, sentence: impl FnOnce(&T) -> String) -> Self {
        Self {
            sentence: sentence(&finding),
            finding,
        }
    }

    /// Findings, each with the sentence that `sentence` makes of it.
    pub fn all(findings: Vec<T>, sentence: impl Fn(&T) -> String) -> Vec<Self> {
        let findings = findings.into_iter();
        findings
            .map(|finding| Self::new(finding, &sentence))
            .collect()
    }
}

impl<T> Deref for WithSentence<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.finding
    }
}
