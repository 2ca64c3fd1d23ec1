//! Products of Amazon Bedrock, by the usage types of its two offers.
//!
//! `AmazonBedrock` lists `USE1-DeepSeek-R1-input-tokens`, and once more
//! `USE1-deepseek.v3.2-mantle-input-tokens-standard`;
//! `AmazonBedrockFoundationModels` lists `USE1-MP:USE1_InputTokenCount-Units` or
//! `…_input_tokens_standard-Units` with the model in `servicename`.
//! Only usage types that match in full count: batch, flex, priority,
//! latency-optimized, long-context and customized models are other products.

use bench_core::money::{Item, Unit};

use super::product::{Product, Rate};

/// The offers of Bedrock.
pub(super) const OFFERS: [&str; 2] = ["AmazonBedrock", "AmazonBedrockFoundationModels"];

/// The routing of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Routing {
    /// Within the Region or its geography.
    Geographic,
    /// To any Region, which has prices of its own.
    Global,
}

/// A product of Bedrock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BedrockProduct {
    /// Tokens of a model.
    Tokens {
        /// The model's name, letters and digits alone.
        model: String,
        item: Item,
        routing: Routing,
    },
    /// Custom Model Units of version 1.0 for a family of imported models.
    ModelUnits { family: String, item: Item },
}

impl BedrockProduct {
    /// Classifies a product; `None` for products that are not looked up.
    pub(super) fn of(product: &Product) -> Option<Self> {
        let usage = without_region(product.attribute("usagetype"));
        let feature = product.attribute("feature");
        if feature == "Custom Model Import" {
            return model_units(usage);
        }
        let tier = ["service_tier", "serviceTier"]
            .map(|name| product.attribute(name))
            .concat();
        let plain = ["", "On-demand Inference"].contains(&feature)
            && (tier.is_empty() || tier.eq_ignore_ascii_case("standard"));
        if !plain {
            return None;
        }
        match usage.strip_prefix("MP:") {
            Some(usage) => marketplace_tokens(usage, product.attribute("servicename")),
            None => tokens(usage),
        }
    }
}

/// The possible names of a model in the list, as alphanumeric characters only, and
/// the routing of requests to it.
///
/// Of `us.anthropic.claude-haiku-4-5-20251001-v1:0` that is `claudehaiku45` and
/// `anthropicclaudehaiku45`: without geography, version, date and `-instruct`.
pub(super) fn names(model: &str) -> (Vec<String>, Routing) {
    let mut model = model;
    let mut routing = Routing::Geographic;
    if let Some((geography, rest)) = model.split_once('.')
        && ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"].contains(&geography)
    {
        model = rest;
        if geography == "global" {
            routing = Routing::Global;
        }
    }
    let name = without_version(model);
    let name = match name.rsplit_once('-') {
        Some((rest, date)) if date.len() == 8 && is_number(date) => rest,
        _ => name,
    };
    let name = name.strip_suffix("-instruct").unwrap_or(name);
    let mut names = vec![plain(name)];
    if let Some((_, name)) = name.split_once('.') {
        names.push(plain(name));
    }
    (names, routing)
}

/// The unit of a token price; `None` if the list has no number of tokens.
pub(super) fn token_unit(rate: &Rate, item: Item) -> Option<Unit> {
    let unit = rate.unit.to_ascii_lowercase();
    let count = match unit.strip_suffix("tokens")?.trim() {
        "" => 1,
        "1k" | "1000" | "1,000" => 1_000,
        "1m" | "1000000" | "1,000,000" | "1 million" => 1_000_000,
        _ => return None,
    };
    Unit::new(count, item)
}

/// As [`token_unit`]; the marketplace's `Units` are a million tokens each where
/// the description says so.
pub(super) fn unit(rate: &Rate, item: Item) -> Option<Unit> {
    let words = rate.unit.to_ascii_lowercase();
    match item {
        Item::CmuMinute => {
            let minute = words.ends_with(" per min") || words.ends_with(" per minute");
            minute.then(|| Unit::new(1, item)).flatten()
        }
        Item::CmuMonth => words
            .ends_with("month")
            .then(|| Unit::new(1, item))
            .flatten(),
        _ if words == "units" => {
            let millions = rate.description.to_ascii_lowercase().contains("million");
            millions.then(|| Unit::new(1_000_000, item)).flatten()
        }
        _ => token_unit(rate, item),
    }
}

/// Suffixes of `AmazonBedrock`, longest first where one ends in another.
const ITEMS: [(&str, Item); 8] = [
    ("-text-input-tokens", Item::InputTokens),
    ("-input-tokens", Item::InputTokens),
    ("-text-output-tokens", Item::OutputTokens),
    ("-output-tokens", Item::OutputTokens),
    ("-cache-read-input-token-count", Item::CachedInputTokens),
    ("-cache-read-tokens", Item::CachedInputTokens),
    ("-cache-write-input-token-count", Item::CacheWriteTokens),
    ("-cache-write-tokens", Item::CacheWriteTokens),
];

/// Usage types of the marketplace, without Region and `-Units`: older and newer
/// spelling, within the geography and global.
const MARKETPLACE_ITEMS: [(&str, &str, Item); 4] = [
    ("InputTokenCount", "input_tokens", Item::InputTokens),
    ("OutputTokenCount", "output_tokens", Item::OutputTokens),
    (
        "CacheReadInputTokenCount",
        "cache_read_tokens",
        Item::CachedInputTokens,
    ),
    (
        "CacheWriteInputTokenCount",
        "cache_write_tokens",
        Item::CacheWriteTokens,
    ),
];

fn tokens(usage: &str) -> Option<BedrockProduct> {
    let (usage, routing) = match usage.strip_suffix("-cross-region-global") {
        Some(usage) => (usage, Routing::Global),
        None => (usage, Routing::Geographic),
    };
    let usage = usage.strip_suffix("-standard").unwrap_or(usage);
    let (model, item) = ITEMS
        .iter()
        .find_map(|(suffix, item)| Some((usage.strip_suffix(suffix)?, *item)))?;
    let model = plain(model.strip_suffix("-mantle").unwrap_or(model));
    (!model.is_empty()).then_some(BedrockProduct::Tokens {
        model,
        item,
        routing,
    })
}

fn marketplace_tokens(usage: &str, service: &str) -> Option<BedrockProduct> {
    let (_, usage) = usage.strip_suffix("-Units")?.split_once('_')?;
    let (item, routing) = MARKETPLACE_ITEMS.iter().find_map(|(older, newer, item)| {
        let routing = if usage == *older || usage == format!("{newer}_standard") {
            Routing::Geographic
        } else if usage == format!("{older}_Global") || usage == format!("{newer}_global_standard")
        {
            Routing::Global
        } else {
            return None;
        };
        Some((*item, routing))
    })?;
    let model = plain(service.strip_suffix("(Amazon Bedrock Edition)")?);
    (!model.is_empty()).then_some(BedrockProduct::Tokens {
        model,
        item,
        routing,
    })
}

fn model_units(usage: &str) -> Option<BedrockProduct> {
    let (family, use_) = usage.split_once("-CustomModelImport-")?;
    let item = match use_ {
        "Inference-v1:0" => Item::CmuMinute,
        "Storage-v1:0" => Item::CmuMonth,
        _ => return None,
    };
    Some(BedrockProduct::ModelUnits {
        family: family.to_owned(),
        item,
    })
}

/// A usage type without the code of its Region, such as `USE1-` or `EU-`.
fn without_region(usage: &str) -> &str {
    match usage.split_once('-') {
        Some((code, rest)) => {
            let letters = code.trim_end_matches(|c: char| c.is_ascii_digit());
            let is_code = (2..=4).contains(&letters.len())
                && letters.bytes().all(|byte| byte.is_ascii_uppercase())
                && code.len() <= letters.len() + 1;
            if is_code { rest } else { usage }
        }
        None => usage,
    }
}

/// A model id without its version: `-v1:0`, `-v1`, `-1:0`, and a context length
/// behind it.
fn without_version(model: &str) -> &str {
    let (name, versioned) = match model.split_once(':') {
        Some((name, _)) => (name, true),
        None => (model, false),
    };
    match name.rsplit_once('-') {
        Some((rest, version)) => {
            let marked = version.strip_prefix('v').is_some_and(is_number);
            if marked || (versioned && is_number(version)) {
                rest
            } else {
                name
            }
        }
        None => name,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Alphanumeric characters in lower case: the list and model ids agree on nothing
/// else.
fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests;
