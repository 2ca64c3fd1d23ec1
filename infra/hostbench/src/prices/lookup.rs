//! From a thing of the catalogue to its price in the list.

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

/// A thing of the catalogue that has a price in a Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey {
    /// What is bought, such as `ec2:g6.xlarge`.
    pub sku: String,
    /// The item that is counted.
    pub item: Item,
    /// Where.
    pub region: String,
}

/// A price as the list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPrice {
    /// What `price` buys.
    pub unit: Unit,
    /// In US dollars.
    pub price: Decimal,
    /// The day from which it holds.
    pub effective: Date,
    /// Offer and usage type.
    pub source: String,
}

/// What the list says about a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Its one price.
    Price(ListedPrice),
    /// No price that could be taken, and why.
    Unresolved(String),
}

/// The service that a SKU belongs to, where this program can look it up.
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
    /// Whether the list is asked for things of this service at all.
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
                "the price list has {unreadable}, a unit that this version does not know"
            ));
        }
        self.only(listed)
    }

    fn only(&self, mut listed: Vec<ListedPrice>) -> Lookup {
        let each = |listed: &ListedPrice| listed.unit.each(listed.price);
        listed.sort_by(|a, b| (a.effective, &a.source).cmp(&(b.effective, &b.source)));
        let Some(first) = listed.first() else {
            return Lookup::Unresolved(format!(
                "the price list has no such product in `{}`",
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
            "choose the family of the imported model with `--import-family`"
        } else {
            "write the right one into the catalogue"
        };
        Lookup::Unresolved(format!(
            "the price list has different prices: {}; {remedy}",
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
