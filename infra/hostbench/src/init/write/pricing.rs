//! How a target is paid for.

use bench_core::config::PricingKind;

use super::lines::Lines;
use crate::init::{
    candidate::{Draft, Source},
    toml_text::quoted,
};

/// The pricing of a candidate; a comment where it, or a price of it, is not known.
pub(super) fn pricing(lines: &mut Lines, draft: &Draft) {
    let Some(kind) = &draft.pricing else {
        unknown_pricing(lines, draft);
        return;
    };
    let (fields, price) = match kind {
        PricingKind::Free => ("kind = \"free\"".to_owned(), None),
        PricingKind::Tokens { sku } => {
            let sku = sku.as_ref().map(|sku| format!(", sku = {}", quoted(sku)));
            let fields = format!("kind = \"tokens\"{}", sku.unwrap_or_default());
            let price = "\"1M input tokens\" = \"…\", \"1M output tokens\" = \"…\"";
            (fields, Some(price))
        }
        PricingKind::Hourly { sku, instances } => {
            let fields = format!(
                "kind = \"hourly\", sku = {}, instances = {instances}",
                quoted(sku)
            );
            (fields, Some("hour = \"…\""))
        }
        PricingKind::ModelUnits { units, copies } => {
            let fields = format!("kind = \"model-units\", units = {units}, copies = {copies}");
            (fields, Some("CMU-minute = \"…\""))
        }
        // No candidate is of both.
        PricingKind::Mixed { .. } => return,
    };
    match price.filter(|_| !draft.is_priced) {
        None => lines.plain(&format!("pricing = {{ {fields} }}")),
        Some(price) => {
            lines.plain("# The catalog has no price of it. For cost figures, fill in your own:");
            lines.plain(&format!(
                "# pricing = {{ {fields}, prices = {{ {price} }} }}"
            ));
        }
    }
}

fn unknown_pricing(lines: &mut Lines, draft: &Draft) {
    lines.plain(match draft.source {
        Source::Server { .. } => {
            "# For cost figures: the price of the machine by the hour, or that it costs nothing."
        }
        _ => "# For cost figures: how it is paid for.",
    });
    let choices: &[&str] = match &draft.source {
        Source::Server { .. } => &[
            "{ kind = \"hourly\", sku = \"ec2:g6.2xlarge\" }",
            "{ kind = \"free\" }",
        ],
        Source::ImportedModel => &["{ kind = \"model-units\", units = 2 }"],
        Source::Endpoint { .. } => &["{ kind = \"hourly\", sku = \"sagemaker:ml.g6.2xlarge\" }"],
        Source::ProvisionedThroughput => {
            &["{ kind = \"hourly\", sku = \"bedrock-provisioned:…\", prices = { hour = \"…\" } }"]
        }
        _ => &[
            "{ kind = \"tokens\", prices = { \"1M input tokens\" = \"…\", \"1M output tokens\" = \"…\" } }",
        ],
    };
    for choice in choices {
        lines.plain(&format!("# pricing = {choice}"));
    }
}
