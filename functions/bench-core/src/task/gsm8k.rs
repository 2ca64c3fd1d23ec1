//! Problems in the format of GSM8K: `question` and `answer`, the answer ending in `#### N`.

use serde_json::{Map, Value};

use super::{
    entry::{Entry, kind_of},
    rules::Rules,
};
use crate::{config::PromptStyle, grading::Decimal};

/// The task.
pub(super) struct Gsm8k;

impl Rules for Gsm8k {
    fn is_its(&self, fields: &Map<String, Value>) -> bool {
        fields.contains_key("question")
    }

    fn read(&self, fields: &Map<String, Value>) -> Result<Entry, String> {
        let question = text(fields, "question")?;
        if question.trim().is_empty() {
            return Err("has an empty `question`".to_owned());
        }
        let (_, answer) = text(fields, "answer")?
            .rsplit_once("####")
            .ok_or_else(|| "has an `answer` without `#### <number>` at its end".to_owned())?;
        let expected = answer.trim();
        if Decimal::parse(expected).is_none() {
            return Err(format!(
                "has the final answer `{expected}`, expected a number"
            ));
        }
        Ok(Entry {
            question: question.to_owned(),
            expected_answer: Some(expected.into()),
            ..Entry::default()
        })
    }

    fn style(&self, configured: PromptStyle) -> PromptStyle {
        configured
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    let value = fields
        .get(name)
        .ok_or_else(|| format!("has no `{name}`, expected `question` and `answer`"))?;
    value.as_str().ok_or_else(|| {
        format!(
            "has a `{name}` that is {}, expected a string",
            kind_of(value)
        )
    })
}
