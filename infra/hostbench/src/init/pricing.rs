//! Which prices of candidates the catalog has.

use bench_core::{
    config::{PricingKind, Service},
    money::{Catalog, Item, Overrides},
};
use bench_cost::{PriceBook, Terms};
use jiff::civil::Date;

use super::candidate::Draft;

/// Marks the drafts whose prices are all in the catalog, as of a day.
pub fn look_up(drafts: &mut [Draft], catalog: &Catalog, day: Date) {
    for draft in drafts {
        let region = draft.region.as_deref().unwrap_or_default();
        let book = PriceBook {
            catalog,
            overrides: &Overrides::default(),
            region,
            day,
        };
        draft.is_priced = items(draft)
            .is_some_and(|(sku, items)| items.iter().all(|item| book.find(&sku, *item).is_some()));
    }
}

/// The SKU that a draft is paid by, and the items of it that are needed.
fn items(draft: &Draft) -> Option<(String, &'static [Item])> {
    match draft.pricing.as_ref()? {
        PricingKind::Tokens { sku } => {
            let own = match &draft.service {
                Service::Bedrock(target) => Some(format!("bedrock:{}", target.model)),
                Service::SageMaker(_) | Service::Http(_) => None,
            };
            let sku = sku.clone().or(own)?;
            Some((sku, &[Item::InputTokens, Item::OutputTokens]))
        }
        PricingKind::Hourly { sku, .. } => Some((sku.clone(), &[Item::Hour])),
        PricingKind::ModelUnits { .. } => Some((Terms::MODEL_UNIT.to_owned(), &[Item::CmuMinute])),
        PricingKind::Free | PricingKind::Mixed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::{AwsAuth, BedrockApi, BedrockRequest, BedrockTarget};

    use super::*;
    use crate::init::candidate::Source;

    fn is_priced(model: &str, pricing: Option<PricingKind>) -> bool {
        let service = Service::Bedrock(BedrockTarget {
            model: model.to_owned(),
            api: BedrockApi::default(),
            auth: AwsAuth::default(),
            request: BedrockRequest::Converse,
            service_tier: None,
            latency: None,
        });
        let mut draft = Draft::new(Source::SystemProfile, model, service);
        draft.region = Some("us-east-1".to_owned());
        draft.pricing = pricing;
        let catalog = include_str!("../../../prices.toml");
        let catalog = bench_cost::read_catalog(catalog).unwrap();
        let mut drafts = [draft];
        look_up(&mut drafts, &catalog, jiff::civil::date(2026, 12, 1));
        drafts[0].is_priced
    }

    #[test]
    fn a_price_is_known_where_the_catalog_has_every_part_of_it() {
        let tokens = |sku: Option<&str>| {
            let sku = sku.map(str::to_owned);
            Some(PricingKind::Tokens { sku })
        };
        assert!(is_priced("us.deepseek.r1-v1:0", tokens(None)));
        assert!(!is_priced("us.nobody.knows-v1:0", tokens(None)));
        assert!(is_priced(
            "arn:aws:bedrock:x",
            tokens(Some("bedrock:deepseek.v3.2"))
        ));
        let hourly = |sku: &str| {
            Some(PricingKind::Hourly {
                sku: sku.to_owned(),
                instances: 1,
            })
        };
        assert!(is_priced("a", hourly("sagemaker:ml.g6.2xlarge")));
        assert!(!is_priced("a", hourly("sagemaker:ml.unknown")));
        let units = PricingKind::ModelUnits {
            units: 2,
            copies: 1,
        };
        assert!(is_priced("a", Some(units)));
        assert!(!is_priced("a", None));
    }
}
