//! Lookup of the price of a catalog entry in the Price List.

use bench_core::money::{Item, Unit};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    bedrock::{self, BedrockProduct},
    instance::{self, InstanceService, Query},
    product::{Product, Rate},
};

/// The SKU of Custom Model Units.
const MODEL_UNIT: &str = "cmu";

/// The key of a price: SKU, unit and Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey {
    /// The SKU, such as `ec2:g6.xlarge`.
    pub sku: String,
    /// The billed item.
    pub item: Item,
    /// The Region.
    pub region: String,
}

/// A price in the Price List.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPrice {
    /// The unit that `price` is for.
    pub unit: Unit,
    /// In US dollars.
    pub price: Decimal,
    /// The day from which it is effective.
    pub effective: Date,
    /// Offer and usage type.
    pub source: String,
}

/// The result of a lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The one price.
    Price(ListedPrice),
    /// No price, or an ambiguous one, with the reason.
    Unresolved(String),
}

/// The service of a SKU that can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SkuService<'a> {
    Instance(InstanceService, &'a str),
    Bedrock(&'a str),
}

fn sku_service(sku: &str) -> Option<SkuService<'_>> {
    let (service, what) = sku.split_once(':')?;
    match service {
        "ec2" => Some(SkuService::Instance(InstanceService::Ec2, what)),
        "sagemaker" => Some(SkuService::Instance(InstanceService::SageMaker, what)),
        "bedrock" => Some(SkuService::Bedrock(what)),
        _ => None,
    }
}

impl PriceKey {
    /// Whether SKUs of this service are looked up.
    #[must_use]
    pub fn is_looked_up(&self) -> bool {
        sku_service(&self.sku).is_some()
    }

    /// The queries whose products may have the price. A model may be in either
    /// offer of Bedrock, and the filters of the list do not know its id.
    pub(super) fn queries(&self) -> Vec<Query> {
        let all_of = |service| Query {
            service,
            filters: vec![("regionCode", self.region.clone())],
        };
        match sku_service(&self.sku) {
            Some(SkuService::Instance(service, instance)) => {
                vec![service.query(instance, &self.region)]
            }
            Some(SkuService::Bedrock(MODEL_UNIT)) => vec![all_of(bedrock::OFFERS[0])],
            Some(SkuService::Bedrock(_)) => bedrock::OFFERS.map(all_of).to_vec(),
            None => Vec::new(),
        }
    }

    /// Finds the one price among the products of the queries.
    ///
    /// Of one product the latest term in effect on `day` counts. Several products
    /// must agree to the last digit; where they do not, nothing is taken. Custom
    /// Model Units are priced by family: `family` picks one.
    pub(super) fn find<'a>(
        &self,
        products: impl Iterator<Item = (&'static str, &'a Product)>,
        family: Option<&str>,
        day: Date,
    ) -> Lookup {
        let mut listed = Vec::new();
        let mut unreadable = Vec::new();
        for (service, product) in products.filter(|(_, product)| self.is(product, family)) {
            let usage = product.attribute("usagetype");
            for rate in product.rates_on(day) {
                match self.unit(rate) {
                    Some(unit) => listed.push(ListedPrice {
                        unit,
                        price: rate.price,
                        effective: rate.effective,
                        source: format!("AWS Price List, {service}, {usage}"),
                    }),
                    None => unreadable.push(format!("`{usage}` per `{}`", rate.unit)),
                }
            }
        }
        if let Some(unreadable) = unreadable.first() {
            return Lookup::Unresolved(format!(
                "the Price List has {unreadable}, an unknown unit; write the price into the catalog"
            ));
        }
        self.only(listed)
    }

    fn only(&self, mut listed: Vec<ListedPrice>) -> Lookup {
        let each = |listed: &ListedPrice| listed.unit.each(listed.price);
        listed.sort_by(|a, b| (a.effective, &a.source).cmp(&(b.effective, &b.source)));
        let Some(first) = listed.first() else {
            return Lookup::Unresolved(format!(
                "the Price List has no such product in `{}`; check the SKU and the Region",
                self.region
            ));
        };
        if listed.iter().all(|other| each(other) == each(first)) {
            return Lookup::Price(first.clone());
        }
        let prices: Vec<_> = listed
            .iter()
            .map(|listed| format!("{} per {} ({})", listed.price, listed.unit, listed.source))
            .collect();
        let remedy = if self.sku == format!("bedrock:{MODEL_UNIT}") {
            "select the family of the imported model with `--import-family`"
        } else {
            "write the correct one into the catalog"
        };
        Lookup::Unresolved(format!(
            "the Price List has different prices: {}; {remedy}",
            prices.join(", ")
        ))
    }

    fn is(&self, product: &Product, family: Option<&str>) -> bool {
        match sku_service(&self.sku) {
            Some(SkuService::Instance(service, instance)) => service.is(instance, product),
            Some(SkuService::Bedrock(what)) => match BedrockProduct::of(product) {
                Some(BedrockProduct::ModelUnits { family: of, item }) => {
                    what == MODEL_UNIT
                        && item == self.item
                        && family.is_none_or(|family| family.eq_ignore_ascii_case(&of))
                }
                Some(BedrockProduct::Tokens {
                    model,
                    item,
                    routing,
                }) => {
                    let (names, requested) = bedrock::names(what);
                    item == self.item && routing == requested && names.contains(&model)
                }
                None => false,
            },
            None => false,
        }
    }

    fn unit(&self, rate: &Rate) -> Option<Unit> {
        match sku_service(&self.sku)? {
            SkuService::Instance(..) => instance::unit(rate),
            SkuService::Bedrock(_) => bedrock::unit(rate, self.item),
        }
    }
}
