//! Problems in the format of GSM8K: one JSON object a line, `question` and
//! `answer`, the answer ending in `#### N`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};

use crate::{
    config::{Cache, Method, PromptStyle, Service, Target},
    sample::Phase,
    text::{self, TextFault},
};

/// Twenty problems of our own in the same format, for use without a network.
pub const BUILTIN: &str = include_str!("builtin.jsonl");

/// One question with its correct answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Prompt {
    /// Dataset label and position: `gsm8k/test/7`.
    pub id: SmolStr,
    /// Position in the dataset, from 0.
    pub index: u32,
    /// The question as it stands in the dataset.
    pub question: String,
    /// The final answer, after `####`.
    pub expected_answer: SmolStr,
}

impl Prompt {
    /// The question in the given style, as it is sent to a model.
    ///
    /// ```
    /// use bench_core::{config::PromptStyle, dataset::Prompt};
    /// let prompt = Prompt {
    ///     id: "builtin/0".into(),
    ///     index: 0,
    ///     question: "What is 2 + 2?".into(),
    ///     expected_answer: "4".into(),
    /// };
    /// assert_eq!(prompt.text(PromptStyle::Raw), "What is 2 + 2?");
    /// assert!(prompt.text(PromptStyle::AnswerLine).ends_with("`#### <number>`."));
    /// ```
    #[must_use]
    pub fn text(&self, style: PromptStyle) -> String {
        let question = &self.question;
        match style {
            PromptStyle::Raw => question.clone(),
            PromptStyle::AnswerLine => format!(
                "{question}\n\nReason step by step, then write the final answer on a line of \
                 its own as `#### <number>`."
            ),
            PromptStyle::Boxed => format!(
                "{question}\n\nReason step by step, and put the final answer within \\boxed{{}}."
            ),
        }
    }

    /// The prompt of one call as it is sent to a target.
    ///
    /// Where caches are to be defeated a nonce leads the text, since servers keep
    /// prefixes; a target that knows `cache_salt` is told the nonce beside it.
    #[must_use]
    pub fn rendered(
        &self,
        method: &Method,
        target: &Target,
        phase: Phase,
        repetition: u32,
    ) -> RenderedPrompt {
        let text = self.text(method.prompt_style);
        let salted = matches!(&target.service, Service::Http(target) if target.cache_salt);
        match method.cache {
            Cache::Warm => RenderedPrompt {
                text,
                cache_salt: None,
            },
            Cache::Cold if salted => RenderedPrompt {
                text,
                cache_salt: Some(self.nonce(phase, repetition)),
            },
            Cache::Cold => RenderedPrompt {
                text: format!("[{}]\n{text}", self.nonce(phase, repetition)),
                cache_salt: None,
            },
        }
    }

    /// The same for the same prompt, phase and repetition on every target and in
    /// every run, so that targets are asked the same; of one length, so that it
    /// costs the same.
    fn nonce(&self, phase: Phase, repetition: u32) -> String {
        let seed = format!("{}/{}/{repetition}", self.id, phase.as_str());
        sha256_hex(seed.as_bytes())[..16].to_owned()
    }
}

/// A prompt as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPrompt {
    /// The whole text, instructions included.
    pub text: String,
    /// Keeps the call from prefix caches where a server knows the field.
    pub cache_salt: Option<String>,
}

/// A fault in a dataset file, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// A line is not a problem.
    #[error("line {line} of dataset `{label}` {fault}")]
    Line {
        /// The dataset.
        label: String,
        /// Line number, from 1.
        line: usize,
        /// The fault, as the end of a sentence about the line.
        fault: String,
    },
    /// The file is not text.
    #[error("dataset `{label}` {fault}")]
    Text {
        /// The dataset.
        label: String,
        /// Why not.
        fault: TextFault,
    },
    /// There are fewer problems than prompts asked for.
    #[error(
        "dataset `{label}` has {available} problems, but `dataset.prompts` asks for {wanted}; \
         lower it to {available} or less"
    )]
    TooFew {
        /// The dataset.
        label: String,
        /// How many it has.
        available: usize,
        /// How many were asked for.
        wanted: u32,
    },
}

/// A dataset file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// Every problem of the file.
    pub prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Line {
    question: String,
    answer: String,
}

/// Reads a whole dataset file; blank lines are passed over.
///
/// # Errors
///
/// The first line that is not a problem, with its number.
pub fn parse(label: &str, content: &(impl AsRef<[u8]> + ?Sized)) -> Result<Problems, DatasetError> {
    let content = content.as_ref();
    let text = text::decode(content).map_err(|fault| DatasetError::Text {
        label: label.to_owned(),
        fault,
    })?;
    let mut prompts = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let index = u32::try_from(prompts.len()).unwrap_or(u32::MAX);
        let prompt = parse_line(label, index, line).map_err(|fault| DatasetError::Line {
            label: label.to_owned(),
            line: number + 1,
            fault,
        })?;
        prompts.push(prompt);
    }
    Ok(Problems {
        sha256: sha256_hex(content),
        prompts,
    })
}

/// The first `wanted` problems of a dataset.
///
/// # Errors
///
/// [`DatasetError::TooFew`].
pub fn first(label: &str, problems: &Problems, wanted: u32) -> Result<Vec<Prompt>, DatasetError> {
    let available = problems.prompts.len();
    let count = wanted as usize;
    if count > available {
        return Err(DatasetError::TooFew {
            label: label.to_owned(),
            available,
            wanted,
        });
    }
    Ok(problems.prompts[..count].to_vec())
}

/// SHA-256 in hexadecimal, as dataset publishers print it.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn parse_line(label: &str, index: u32, line: &str) -> Result<Prompt, String> {
    let line: Line = serde_json::from_str(line)
        .map_err(|error| format!("is not a JSON object with `question` and `answer`: {error}"))?;
    if line.question.trim().is_empty() {
        return Err("has an empty `question`".to_owned());
    }
    let (_, answer) = line
        .answer
        .rsplit_once("####")
        .ok_or_else(|| "has an `answer` without `#### <number>` at its end".to_owned())?;
    let expected_answer = answer.trim();
    if crate::grading::Decimal::parse(expected_answer).is_none() {
        return Err(format!(
            "has the final answer `{expected_answer}`, expected a number"
        ));
    }
    Ok(Prompt {
        id: format_smolstr!("{label}/{index}"),
        index,
        question: line.question,
        expected_answer: expected_answer.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_problems_are_twenty_and_well_formed() {
        let problems = parse("builtin", BUILTIN).unwrap();
        assert_eq!(problems.prompts.len(), 20);
        assert_eq!(problems.prompts[13].id, "builtin/13");
        assert_eq!(problems.prompts[13].expected_answer, "-8");
    }

    #[test]
    fn a_faulty_line_is_named() {
        let text =
            "{\"question\":\"a\",\"answer\":\"#### 1\"}\n\n{\"question\":\"b\",\"answer\":\"2\"}\n";
        let error = parse("mine.jsonl", text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 3 of dataset `mine.jsonl` has an `answer` without `#### <number>` at its end"
        );
        assert!(
            parse("x", "{\"question\":\"a\"}")
                .unwrap_err()
                .to_string()
                .contains("line 1")
        );
        assert!(parse("x", "{\"question\":\" \",\"answer\":\"#### 1\"}").is_err());
        assert!(parse("x", "{\"question\":\"a\",\"answer\":\"#### one\"}").is_err());
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_is_in_the_hash_of_the_file() {
        let bare = "{\"question\":\"a\",\"answer\":\"#### 1\"}";
        let marked = format!("\u{feff}{bare}");
        let (read, expected) = (parse("x", &marked).unwrap(), parse("x", bare).unwrap());
        assert_eq!(read.prompts, expected.prompts);
        assert_eq!(read.sha256, sha256_hex(marked.as_bytes()));
        let latin = b"{\"question\":\"a caf\xE9\",\"answer\":\"#### 1\"}";
        assert_eq!(
            parse("mine.jsonl", latin).unwrap_err().to_string(),
            "dataset `mine.jsonl` is not in UTF-8: line 1 has the byte 0xE9 at column 19; save it \
             as UTF-8"
        );
    }

    #[test]
    fn more_prompts_than_problems_are_refused() {
        let problems = parse("builtin", BUILTIN).unwrap();
        assert_eq!(first("builtin", &problems, 20).unwrap().len(), 20);
        let error = first("builtin", &problems, 21).unwrap_err();
        assert!(
            error.to_string().ends_with("lower it to 20 or less"),
            "{error}"
        );
    }

    #[test]
    fn the_hash_is_that_of_the_whole_file() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
