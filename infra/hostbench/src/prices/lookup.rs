//! From a thing of the catalogue to its price in the list.

use bench_core::money::{Item, Unit};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    bedrock::{self, Sold},
    machine::{self, Landlord, Query},
    product::{Product, Rate},
};

/// The SKU of Custom Model Units.
const MODEL_UNIT: &str = "cmu";

/// A thing of the catalogue that has a price in a Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// What is bought, such as `ec2:g6.xlarge`.
    pub sku: String,
    /// The item that is counted.
    pub item: Item,
    /// Where.
    pub region: String,
}

/// A price as the list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
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
pub enum Found {
    /// Its one price.
    Price(Listed),
    /// No price that could be taken, and why.
    Nothing(String),
}

/// The service that a SKU belongs to, where this program can look it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seller<'a> {
    Machine(Landlord, &'a str),
    Bedrock(&'a str),
}

fn seller(sku: &str) -> Option<Seller<'_>> {
    let (service, what) = sku.split_once(':')?;
    match service {
        "ec2" => Some(Seller::Machine(Landlord::Ec2, what)),
        "sagemaker" => Some(Seller::Machine(Landlord::SageMaker, what)),
        "bedrock" => Some(Seller::Bedrock(what)),
        _ => None,
    }
}

impl Wanted {
    /// Whether the list is asked for things of this service at all.
    #[must_use]
    pub fn is_looked_up(&self) -> bool {
        seller(&self.sku).is_some()
    }

    /// The queries whose products may have the price. A model may be in either
    /// offer of Bedrock, and the filters of the list do not know its id.
    pub(super) fn queries(&self) -> Vec<Query> {
        let all_of = |service| Query {
            service,
            filters: vec![("regionCode", self.region.clone())],
        };
        match seller(&self.sku) {
            Some(Seller::Machine(landlord, machine)) => vec![landlord.query(machine, &self.region)],
            Some(Seller::Bedrock(MODEL_UNIT)) => vec![all_of(bedrock::OFFERS[0])],
            Some(Seller::Bedrock(_)) => bedrock::OFFERS.map(all_of).to_vec(),
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
    ) -> Found {
        let mut listed = Vec::new();
        let mut unreadable = Vec::new();
        for (service, product) in products.filter(|(_, product)| self.is(product, family)) {
            let usage = product.attribute("usagetype");
            for rate in product.rates_on(day) {
                match self.unit(rate) {
                    Some(unit) => listed.push(Listed {
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
            return Found::Nothing(format!(
                "the price list has {unreadable}, a unit that this version does not know"
            ));
        }
        self.only(listed)
    }

    fn only(&self, mut listed: Vec<Listed>) -> Found {
        let each = |listed: &Listed| listed.unit.each(listed.price);
        listed.sort_by(|a, b| (a.effective, &a.source).cmp(&(b.effective, &b.source)));
        let Some(first) = listed.first() else {
            return Found::Nothing(format!(
                "the price list has no such product in `{}`",
                self.region
            ));
        };
        if listed.iter().all(|other| each(other) == each(first)) {
            return Found::Price(first.clone());
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
        Found::Nothing(format!(
            "the price list has different prices: {}; {remedy}",
            prices.join(", ")
        ))
    }

    fn is(&self, product: &Product, family: Option<&str>) -> bool {
        match seller(&self.sku) {
            Some(Seller::Machine(landlord, machine)) => landlord.is(machine, product),
            Some(Seller::Bedrock(what)) => match Sold::of(product) {
                Some(Sold::ModelUnits { family: of, item }) => {
                    what == MODEL_UNIT
                        && item == self.item
                        && family.is_none_or(|family| family.eq_ignore_ascii_case(&of))
                }
                Some(Sold::Tokens {
                    model,
                    item,
                    routing,
                }) => {
                    let (names, wanted) = bedrock::names(what);
                    item == self.item && routing == wanted && names.contains(&model)
                }
                None => false,
            },
            None => false,
        }
    }

    fn unit(&self, rate: &Rate) -> Option<Unit> {
        match seller(&self.sku)? {
            Seller::Machine(..) => machine::unit(rate),
            Seller::Bedrock(_) => bedrock::unit(rate, self.item),
        }
    }
}
