use super::*;

fn product(usage: &str, more: &[(&str, &str)]) -> Option<BedrockProduct> {
    let mut attributes = serde_json::json!({"usagetype": usage});
    for (name, value) in more {
        attributes[name] = (*value).into();
    }
    let json = serde_json::json!({"product": {"attributes": attributes}});
    BedrockProduct::of(&Product::read(&json.to_string()).unwrap())
}

fn tokens_of(model: &str, item: Item, routing: Routing) -> BedrockProduct {
    BedrockProduct::Tokens {
        model: model.to_owned(),
        item,
        routing,
    }
}

#[test]
fn both_spellings_of_the_first_offer_are_tokens_of_one_model() {
    use {Item::*, Routing::*};
    for (usage, model, item, routing) in [
        (
            "USE1-DeepSeek-R1-input-tokens",
            "deepseekr1",
            InputTokens,
            Geographic,
        ),
        (
            "EUC1-NovaPro-text-output-tokens",
            "novapro",
            OutputTokens,
            Geographic,
        ),
        (
            "gpt-oss-120b-output-tokens",
            "gptoss120b",
            OutputTokens,
            Geographic,
        ),
        (
            "USE1-deepseek.v3.2-mantle-input-tokens-standard",
            "deepseekv32",
            InputTokens,
            Geographic,
        ),
        (
            "USE1-NovaPro-cache-read-input-token-count",
            "novapro",
            CachedInputTokens,
            Geographic,
        ),
        (
            "USE1-Nova2.0Pro-text-input-tokens-cross-region-global",
            "nova20pro",
            InputTokens,
            Global,
        ),
    ] {
        assert_eq!(
            product(usage, &[]),
            Some(tokens_of(model, item, routing)),
            "{usage}"
        );
    }
}

#[test]
fn the_marketplace_says_the_model_as_the_service() {
    use {Item::*, Routing::*};
    let service = ("servicename", "Claude Haiku 4.5 (Amazon Bedrock Edition)");
    for (usage, item, routing) in [
        (
            "USE1-MP:USE1_InputTokenCount-Units",
            InputTokens,
            Geographic,
        ),
        (
            "USE1-MP:USE1_output_tokens_standard-Units",
            OutputTokens,
            Geographic,
        ),
        (
            "USE1-MP:USE1_InputTokenCount_Global-Units",
            InputTokens,
            Global,
        ),
        (
            "USE1-MP:USE1_cache_read_tokens_global_standard-Units",
            CachedInputTokens,
            Global,
        ),
    ] {
        assert_eq!(
            product(usage, &[service]),
            Some(tokens_of("claudehaiku45", item, routing)),
            "{usage}"
        );
    }
    assert_eq!(product("USE1-MP:USE1_InputTokenCount-Units", &[]), None);
}

#[test]
fn other_products_of_the_same_model_are_not_its_tokens() {
    for usage in [
        "USE1-Qwen3-32B-input-tokens-batch",
        "USE1-Qwen3-32B-input-tokens-flex",
        "USE1-NovaPro-input-tokens-latency-optimized",
        "USE1-NovaLite-input-tokens-custom-model",
        "USE1-openai.gpt-5.6-mantle-input-tokens-long-ctx-standard-x",
        "USE1-MP:USE1_InputTokenCount_Global_Batch-Units",
        "USE1-MP:USE1_cache_write_tokens_1h_global_standard-Units",
    ] {
        let service = ("servicename", "Any (Amazon Bedrock Edition)");
        assert_eq!(product(usage, &[service]), None, "{usage}");
    }
    let usage = "USE1-Qwen3-32B-input-tokens";
    assert!(product(usage, &[("feature", "On-demand Inference")]).is_some());
    assert_eq!(product(usage, &[("feature", "Batch Inference")]), None);
    assert_eq!(product(usage, &[("service_tier", "priority")]), None);
}

#[test]
fn units_of_imported_models_are_told_by_family() {
    let import = [("feature", "Custom Model Import")];
    let units = |family: &str, item| {
        Some(BedrockProduct::ModelUnits {
            family: family.to_owned(),
            item,
        })
    };
    let usage = "USE1-Llama-CustomModelImport-Inference-v1:0";
    assert_eq!(product(usage, &import), units("Llama", Item::CmuMinute));
    let usage = "USE1-Qwen2-5-VL-CustomModelImport-Storage-v1:0";
    assert_eq!(product(usage, &import), units("Qwen2-5-VL", Item::CmuMonth));
    assert_eq!(
        product("USE1-OSS-CustomModelImport-Inference-v2:0", &import),
        None
    );
}

#[test]
fn an_id_is_known_without_geography_version_and_date() {
    for (id, expected) in [
        ("deepseek.r1-v1:0", ["deepseekr1", "r1"]),
        ("deepseek.v3.2", ["deepseekv32", "v32"]),
        ("openai.gpt-5.5", ["openaigpt55", "gpt55"]),
        (
            "openai.gpt-oss-120b-1:0",
            ["openaigptoss120b", "gptoss120b"],
        ),
        (
            "meta.llama3-1-8b-instruct-v1:0",
            ["metallama318b", "llama318b"],
        ),
        (
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            ["anthropicclaudehaiku45", "claudehaiku45"],
        ),
        (
            "anthropic.claude-sonnet-4-6",
            ["anthropicclaudesonnet46", "claudesonnet46"],
        ),
    ] {
        assert_eq!(
            names(id),
            (expected.map(str::to_owned).to_vec(), Routing::Geographic),
            "{id}"
        );
    }
    assert_eq!(names("global.anthropic.claude-opus-5").1, Routing::Global);
}

#[test]
fn a_thousand_and_a_million_tokens_are_told_apart_or_not_priced() {
    let unit = |unit: &str, description: &str| {
        let rate = Rate {
            unit: unit.to_owned(),
            description: description.to_owned(),
            price: 1.into(),
            effective: jiff::civil::date(2026, 1, 1),
        };
        super::unit(&rate, Item::InputTokens).map(Unit::count)
    };
    assert_eq!(unit("1K tokens", ""), Some(1_000));
    assert_eq!(unit("1M tokens", ""), Some(1_000_000));
    assert_eq!(
        unit(
            "Units",
            "AWS Marketplace software usage|us-east-1|Million Input Tokens"
        ),
        Some(1_000_000)
    );
    for unknown in ["Units", "1B tokens", "Requests", "hour", ""] {
        assert_eq!(unit(unknown, ""), None, "{unknown}");
    }
}
