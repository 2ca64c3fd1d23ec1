//! The messages of a conversation.

use serde::{Deserialize, Serialize};

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// Every role with its name in a dataset and in a request.
    pub const ALL: [(&'static str, Self); 3] = [
        ("system", Self::System),
        ("user", Self::User),
        ("assistant", Self::Assistant),
    ];

    /// The name in a dataset and in a request.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// The name at the head of a message in a text.
    fn title(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::User => "User",
            Self::Assistant => "Assistant",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Message {
    /// Its author.
    pub role: Role,
    /// Its text.
    pub content: String,
}

impl Message {
    /// A message.
    #[must_use]
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
        }
    }
}

/// Messages as one text, for request formats without messages: each behind the name of its
/// author, the model's turn to answer at the end. One message of a user alone is its text.
///
/// ```
/// use bench_core::message::{Message, Role, as_text};
/// let turns = [Message::new(Role::User, "Hi"), Message::new(Role::Assistant, "Hello.")];
/// assert_eq!(as_text(&turns[..1]), "Hi");
/// assert_eq!(as_text(&turns), "User: Hi\n\nAssistant: Hello.");
/// ```
#[must_use]
pub fn as_text(messages: &[Message]) -> String {
    if let [
        Message {
            role: Role::User,
            content,
        },
    ] = messages
    {
        return content.clone();
    }
    let turns = messages
        .iter()
        .map(|message| format!("{}: {}", message.role.title(), message.content));
    let is_answered = messages.last().map(|message| message.role) == Some(Role::Assistant);
    let next = (!is_answered).then(|| format!("{}:", Role::Assistant.title()));
    turns.chain(next).collect::<Vec<_>>().join("\n\n")
}
