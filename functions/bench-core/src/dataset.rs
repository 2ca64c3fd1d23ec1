//! Files of prompts: one JSON object a line, all of one task.

use std::collections::HashSet;

use serde_json::{Map, Value};
use smol_str::{ToSmolStr as _, format_smolstr};

use crate::{
    config::Dataset,
    task::Task,
    text::{self, TextFault},
};

pub use crate::{
    hash::sha256_hex,
    prompt::{Prompt, RenderedPrompt},
};

/// Twenty problems of our own in the same format, for use without a network.
pub const BUILTIN: &str = include_str!("builtin.jsonl");

/// A fault in a dataset file, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// A line is not a prompt.
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
    /// There are fewer prompts than are asked for.
    #[error(
        "dataset `{label}` has {available} prompts, but `dataset.prompts` asks for {wanted}; \
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
    /// The task of all its lines.
    pub task: Task,
    /// Every prompt of the file.
    pub prompts: Vec<Prompt>,
}

impl Problems {
    /// The prompts as a run of the dataset has them: those that are cut or padded ask
    /// something else than before, so their reference answers no longer hold.
    #[must_use]
    pub fn of_run(mut self, dataset: &Dataset) -> Self {
        if dataset.input_tokens.is_some() {
            for prompt in &mut self.prompts {
                prompt.expected_answer = None;
            }
        }
        self
    }
}

/// Reads a whole dataset file; blank lines are passed over.
///
/// # Errors
///
/// The first line that is not a prompt, or of another task or of the same id as one
/// before it, with its number.
pub fn parse(label: &str, content: &(impl AsRef<[u8]> + ?Sized)) -> Result<Problems, DatasetError> {
    let content = content.as_ref();
    let text = text::decode(content).map_err(|fault| DatasetError::Text {
        label: label.to_owned(),
        fault,
    })?;
    let mut prompts: Vec<Prompt> = Vec::new();
    let (mut task, mut ids) = (None, HashSet::new());
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let index = u32::try_from(prompts.len()).unwrap_or(u32::MAX);
        let fault = |fault| DatasetError::Line {
            label: label.to_owned(),
            line: number + 1,
            fault,
        };
        let prompt = parse_line(label, index, line, &mut task).map_err(fault)?;
        if !ids.insert(prompt.id.clone()) {
            return Err(fault(format!(
                "has the id of an earlier prompt, `{}`; give each its own",
                prompt.id
            )));
        }
        prompts.push(prompt);
    }
    Ok(Problems {
        sha256: sha256_hex(content),
        task: task.unwrap_or_default(),
        prompts,
    })
}

/// The first `wanted` prompts of a dataset.
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

/// One prompt, of the task of the lines before it.
fn parse_line(
    label: &str,
    index: u32,
    line: &str,
    task: &mut Option<Task>,
) -> Result<Prompt, String> {
    let fields: Map<String, Value> = serde_json::from_str(line).map_err(|error| {
        format!(
            "is not a JSON object: {error}; expected one on each line, {}",
            lines()
        )
    })?;
    let found = Task::of(&fields).ok_or_else(|| {
        let names: Vec<_> = fields
            .keys()
            .take(5)
            .map(|name| format!("`{name}`"))
            .collect();
        format!("has the fields {}, expected {}", names.join(", "), lines())
    })?;
    let expected = *task.get_or_insert(found);
    if found != expected {
        return Err(format!(
            "is {}, and the lines before it are {}; keep them in files of their own",
            found.line(),
            expected.line()
        ));
    }
    let entry = found.read(&fields)?;
    let name = entry.id.unwrap_or_else(|| index.to_smolstr());
    Ok(Prompt {
        id: format_smolstr!("{label}/{name}"),
        index,
        question: entry.question,
        messages: entry.messages,
        expected_answer: entry.expected_answer,
        max_tokens: entry.max_tokens,
    })
}

/// The lines that a dataset can have, for people.
fn lines() -> String {
    format!("{} or {}", Task::Prompts.line(), Task::Gsm8k.line())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Overrides, PromptStyle};

    #[test]
    fn the_built_in_problems_are_twenty_and_well_formed() {
        let problems = parse("builtin", BUILTIN).unwrap();
        assert_eq!(problems.prompts.len(), 20);
        assert_eq!(problems.prompts[13].id, "builtin/13");
        assert_eq!(problems.prompts[13].expected_answer.as_deref(), Some("-8"));
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

    fn fault(text: &str) -> String {
        parse("mine.jsonl", text).unwrap_err().to_string()
    }

    #[test]
    fn prompts_of_ones_own_are_known_by_their_lines() {
        let problems = parse(
            "mine.jsonl",
            r#"{"prompt":"What is 2 + 2?","answer":4,"id":"sum","max_tokens":16}
{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]}

{"prompt":"Capital of France?","answer":"It is known. #### Paris ","topic":"cities"}
"#,
        )
        .unwrap();
        assert_eq!(problems.task, Task::Prompts);
        let [sum, hello, capital] = &problems.prompts[..] else {
            panic!("{problems:?}");
        };
        assert_eq!(
            (sum.id.as_str(), sum.max_tokens),
            ("mine.jsonl/sum", Some(16))
        );
        assert_eq!(sum.expected_answer.as_deref(), Some("4"));
        assert_eq!((hello.id.as_str(), hello.index), ("mine.jsonl/1", 1));
        assert_eq!(hello.expected_answer, None);
        assert_eq!(hello.messages.len(), 2);
        assert_eq!(capital.expected_answer.as_deref(), Some("Paris"));
        let config = "name = 'a'
[[targets]]
id = 'a'
kind = 'http'
url = 'http://a'
                      request = 'tgi'";
        let config = config::from_toml(config, &Overrides::default()).unwrap();
        let style = |problems: &Problems| problems.task.resolve(config.clone()).method.prompt_style;
        assert_eq!(style(&problems), PromptStyle::Raw);
        let builtin = parse("builtin", BUILTIN).unwrap();
        assert_eq!(style(&builtin), PromptStyle::AnswerLine);
    }

    #[test]
    fn lines_of_two_tasks_are_not_mixed() {
        let own = r#"{"prompt":"Hello"}"#;
        let problem = "{\"question\":\"a\",\"answer\":\"#### 1\"}";
        assert_eq!(
            fault(&format!(
                "{own}
{problem}"
            )),
            "line 2 of dataset `mine.jsonl` is `{\"question\": …, \"answer\": …}`, and the lines \
             before it are `{\"prompt\": …}` or `{\"messages\": …}`; keep them in files of their own"
        );
        assert!(
            fault(&format!(
                "{problem}

{own}"
            ))
            .starts_with("line 3 of")
        );
        let both = fault("{\"prompt\":\"a\",\"question\":\"a\",\"answer\":\"#### 1\"}");
        assert!(both.contains("has the fields"), "{both}");
    }

    #[test]
    fn a_faulty_prompt_is_named_with_its_line_and_the_remedy() {
        for (line, expected) in [
            (
                r#"{"text":"a"}"#,
                "has the fields `text`, expected `{\"prompt\": …}`",
            ),
            ("[1]", "is not a JSON object"),
            (r#"{"prompt":" "}"#, "has an empty `prompt`"),
            (
                r#"{"prompt":null}"#,
                "has neither a `prompt` nor `messages`",
            ),
            (r#"{"prompt":["a"]}"#, "belongs in `messages`"),
            (r#"{"prompt":"a","messages":[]}"#, "remove one of them"),
            (r#"{"messages":"a"}"#, "expected a list of"),
            (r#"{"messages":[]}"#, "without any of the role `user`"),
            (
                r#"{"messages":[{"role":"tool","content":"a"}]}"#,
                "has a message 1 with the role `\"tool\"`, expected `system`, `user` or",
            ),
            (
                r#"{"messages":[{"role":"user","content":""}]}"#,
                "with an empty `content`",
            ),
            (
                r#"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#,
                "with a `content` that is an array, expected a string",
            ),
            (
                r#"{"messages":[{"role":"user","content":"a"},{"role":"system","content":"b"}]}"#,
                "has a message 2 of the role `system` behind others; put it first",
            ),
            (
                r#"{"messages":[{"role":"assistant","content":"a"}]}"#,
                "begin with `user`",
            ),
            (r#"{"prompt":"a","answer":""}"#, "leave it out where"),
            (
                r#"{"prompt":"a","answer":true}"#,
                "expected a string or a number",
            ),
            (r#"{"prompt":"a","max_tokens":0}"#, "from 1 to 131072"),
            (r#"{"prompt":"a","max_tokens":"9"}"#, "from 1 to 131072"),
            (r#"{"prompt":"a","id":"a/b"}"#, "without `/`"),
            (
                r#"{"prompt":"a","id":"first"}"#,
                "has the id of an earlier prompt",
            ),
        ] {
            let text = format!("{{\"prompt\":\"a\",\"id\":\"first\"}}\r\n{line}\r\n");
            let found = fault(&text);
            assert!(
                found.starts_with("line 2 of dataset `mine.jsonl` "),
                "{found}"
            );
            assert!(found.contains(expected), "{line}: {found}");
        }
    }
}
