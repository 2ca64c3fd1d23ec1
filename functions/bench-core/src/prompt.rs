//! One prompt, and the form in which a call sends it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{
    config::{Cache, Method, PromptStyle, Service, Target},
    hash::sha256_hex,
    message::{self, Message},
    sample::Phase,
};

/// One prompt with its reference answer, where it has one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Prompt {
    /// Dataset label and position, or the prompt's own `id`: `gsm8k/test/7`.
    pub id: SmolStr,
    /// Position in the dataset, from 0.
    pub index: u32,
    /// The question or the text as it stands in the dataset; empty where there are
    /// `messages`.
    #[serde(default)]
    pub question: String,
    /// The turns of a conversation, system messages first; empty for a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// The reference answer: of GSM8K what stands after `####`. Without one nothing is graded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_answer: Option<SmolStr>,
    /// The longest answer to this prompt in output tokens; it lowers the target's limit and
    /// never raises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
}

impl Prompt {
    /// The prompt in the given style, as one text. Messages have no style.
    ///
    /// ```
    /// use bench_core::{config::PromptStyle, prompt::Prompt};
    /// let prompt = Prompt { question: "What is 2 + 2?".into(), ..Prompt::default() };
    /// assert_eq!(prompt.text(PromptStyle::Raw), "What is 2 + 2?");
    /// assert!(prompt.text(PromptStyle::AnswerLine).ends_with("`#### <number>`."));
    /// ```
    #[must_use]
    pub fn text(&self, style: PromptStyle) -> String {
        let question = self.plain();
        match style {
            _ if !self.messages.is_empty() => question.into_owned(),
            PromptStyle::Raw => question.into_owned(),
            PromptStyle::AnswerLine => format!(
                "{question}\n\nReason step by step, then write the final answer on a line of \
                 its own as `#### <number>`."
            ),
            PromptStyle::Boxed => format!(
                "{question}\n\nReason step by step, and put the final answer within \\boxed{{}}."
            ),
        }
    }

    /// The question, or the messages as one text.
    #[must_use]
    pub fn plain(&self) -> Cow<'_, str> {
        if self.messages.is_empty() {
            Cow::Borrowed(&self.question)
        } else {
            Cow::Owned(message::as_text(&self.messages))
        }
    }

    /// The limit of output tokens that is sent for this prompt, the lower of its own and the
    /// target's; `None` where the target leaves it out.
    #[must_use]
    pub fn sent_max_tokens(&self, target: &Target) -> Option<u32> {
        let limit = target.sent_max_tokens()?;
        Some(self.max_tokens.map_or(limit, |own| own.min(limit)))
    }

    /// The prompt of one call as it is sent to a target.
    ///
    /// Where caches are to be defeated a nonce leads the text, or that of the first message,
    /// since servers keep prefixes; a target that knows `cache_salt` is told the nonce
    /// beside it.
    #[must_use]
    pub fn rendered(
        &self,
        method: &Method,
        target: &Target,
        phase: Phase,
        repetition: u32,
    ) -> RenderedPrompt {
        let salted = matches!(&target.service, Service::Http(target) if target.cache_salt);
        let nonce = (method.cache == Cache::Cold).then(|| self.nonce(phase, repetition));
        let (lead, cache_salt) = match nonce {
            Some(nonce) if salted => (String::new(), Some(nonce)),
            Some(nonce) => (format!("[{nonce}]\n"), None),
            None => (String::new(), None),
        };
        let max_tokens = self.sent_max_tokens(target);
        let mut messages = self.messages.clone();
        let text = if let Some(first) = messages.first_mut() {
            first.content.insert_str(0, &lead);
            message::as_text(&messages)
        } else {
            lead + &self.text(method.prompt_style)
        };
        RenderedPrompt {
            text,
            messages,
            cache_salt,
            max_tokens,
            min_tokens: method
                .min_tokens
                .map(|least| least.min(max_tokens.unwrap_or(least))),
            ignore_eos: method.ignore_eos,
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
    /// The whole text, instructions included; messages as one text.
    pub text: String,
    /// The messages, for request formats that have them; empty for a text.
    pub messages: Vec<Message>,
    /// Keeps the call from prefix caches where a server knows the field.
    pub cache_salt: Option<String>,
    /// The limit of the answer in output tokens; `None` leaves it out of the request.
    pub max_tokens: Option<u32>,
    /// The fewest output tokens, never above the limit; `None` leaves it out of the request.
    pub min_tokens: Option<u32>,
    /// Whether the answer is to go on to its limit.
    pub ignore_eos: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{self, Overrides},
        message::Role,
    };

    fn conversation() -> Prompt {
        Prompt {
            id: "mine/a".into(),
            messages: vec![
                Message::new(Role::System, "Be brief."),
                Message::new(Role::User, "Hello"),
            ],
            ..Prompt::default()
        }
    }

    fn target(fields: &str) -> Target {
        let text = format!(
            "name = 'a'\n[[targets]]\nid = 'a'\nkind = 'http'\nurl = 'http://a'\n\
             request = 'openai-chat'\n{fields}"
        );
        let run = config::from_toml(&text, &Overrides::default()).unwrap();
        run.targets.into_iter().next().unwrap()
    }

    fn rendered(target: &Target, cache: Cache) -> RenderedPrompt {
        let method = Method {
            cache,
            ..Method::default()
        };
        conversation().rendered(&method, target, Phase::Measured, 1)
    }

    #[test]
    fn messages_are_sent_without_the_instructions_of_a_style() {
        let warm = rendered(&target(""), Cache::Warm);
        assert_eq!(warm.messages, conversation().messages);
        assert_eq!(warm.text, "System: Be brief.\n\nUser: Hello\n\nAssistant:");
        assert_eq!(warm.cache_salt, None);
    }

    #[test]
    fn a_nonce_leads_the_first_message_and_with_it_the_text() {
        let cold = rendered(&target(""), Cache::Cold);
        let first = &cold.messages[0].content;
        assert!(first.starts_with('[') && first.ends_with("]\nBe brief."));
        assert_eq!(cold.messages[1], conversation().messages[1]);
        assert!(cold.text.starts_with(&format!("System: {first}")));
        let salted = rendered(&target("cache_salt = true"), Cache::Cold);
        assert_eq!(salted.messages, conversation().messages);
        assert_eq!(salted.cache_salt.map(|salt| salt.len()), Some(16));
    }

    #[test]
    fn a_prompt_lowers_the_limit_of_a_target_and_never_raises_it() {
        let limited = |own| Prompt {
            max_tokens: own,
            ..conversation()
        };
        let target_of_100 = target("max_tokens = 100");
        assert_eq!(limited(None).sent_max_tokens(&target_of_100), Some(100));
        assert_eq!(limited(Some(7)).sent_max_tokens(&target_of_100), Some(7));
        assert_eq!(
            limited(Some(700)).sent_max_tokens(&target_of_100),
            Some(100)
        );
        let without = target("omit = ['max_tokens']");
        assert_eq!(limited(Some(7)).sent_max_tokens(&without), None);
    }
}
