//! The unit that one price buys.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Defines the items with the names they have in a unit.
macro_rules! items {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A thing that is counted and paid for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Item {
            $($(#[$doc])* $variant,)+
        }

        impl Item {
            /// Every item with its name in a unit.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];

            /// The name in a unit.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

items! {
    /// A machine for one hour.
    Hour = "hour",
    /// One Custom Model Unit for one minute.
    CmuMinute = "CMU-minute",
    /// Storage of an imported model, for each Custom Model Unit and month.
    CmuMonth = "CMU-month",
    /// Tokens of the prompt.
    InputTokens = "input tokens",
    /// Tokens of the answer, reasoning included.
    OutputTokens = "output tokens",
    /// Tokens of the prompt that a prefix cache held.
    CachedInputTokens = "cached input tokens",
    /// Tokens of the prompt that were put into a prefix cache.
    CacheWriteTokens = "cache write tokens",
    /// A gigabyte of Lambda memory for one second.
    GbSecond = "GB-second",
    /// Invocations of a function or a workflow.
    Requests = "requests",
    /// Steps of a state machine, retries included.
    Transitions = "transitions",
    /// Write request units of a table.
    Writes = "writes",
    /// Read request units of a table.
    Reads = "reads",
    /// Objects written.
    Puts = "puts",
    /// Objects read.
    Gets = "gets",
    /// A gigabyte stored for one month.
    GbMonth = "GB-month",
}

impl Item {
    /// Whether it is a kind of token.
    #[must_use]
    pub fn is_tokens(self) -> bool {
        matches!(
            self,
            Self::InputTokens
                | Self::OutputTokens
                | Self::CachedInputTokens
                | Self::CacheWriteTokens
        )
    }
}

/// A number of items that is paid for together: `1K input tokens`, `hour`.
///
/// ```
/// use bench_core::money::{Item, Unit};
/// let unit = Unit::parse("1K input tokens").unwrap();
/// assert_eq!((unit.count(), unit.item()), (1_000, Item::InputTokens));
/// assert_eq!(unit.to_string(), "1K input tokens");
/// assert_eq!(Unit::parse("hour").unwrap().count(), 1);
/// assert_eq!(Unit::parse("input token"), None);
/// ```
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Unit {
    count: u32,
    item: Item,
}

impl Unit {
    /// So many of an item: 1, 1,000 or 1,000,000; anything else is `None`.
    #[must_use]
    pub fn new(count: u32, item: Item) -> Option<Self> {
        matches!(count, 1 | 1_000 | 1_000_000).then_some(Self { count, item })
    }

    /// Reads a unit as it stands in a catalog.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, name) = if let Some(name) = text.strip_prefix("1K ") {
            (1_000, name)
        } else if let Some(name) = text.strip_prefix("1M ") {
            (1_000_000, name)
        } else {
            (1, text)
        };
        let (_, item) = Item::ALL.iter().find(|(known, _)| *known == name)?;
        Self::new(count, *item)
    }

    /// How many items.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// Which item.
    #[must_use]
    pub fn item(self) -> Item {
        self.item
    }

    /// The price of one item; exact, since counts are powers of ten.
    ///
    /// ```
    /// use bench_core::money::Unit;
    /// use rust_decimal::Decimal;
    /// let each = Unit::parse("1K input tokens").unwrap().each(Decimal::new(135, 5));
    /// assert_eq!(each.unwrap().to_string(), "0.00000135");
    /// ```
    #[must_use]
    pub fn each(self, price: Decimal) -> Option<Decimal> {
        price.checked_div(Decimal::from(self.count))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match self.count {
            1_000 => "1K ",
            1_000_000 => "1M ",
            _ => "",
        };
        write!(f, "{count}{}", self.item.as_str())
    }
}

impl TryFrom<String> for Unit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no unit, {}", Self::expected()))
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.to_string()
    }
}

impl Unit {
    /// The format of a unit, for error messages.
    #[must_use]
    pub fn expected() -> String {
        let names: Vec<_> = Item::ALL.iter().map(|(name, _)| *name).collect();
        format!(
            "expected one of `{}`, with `1K ` or `1M ` before it where a thousand or a million \
             is paid for together",
            names.join("`, `")
        )
    }
}
