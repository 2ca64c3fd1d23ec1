//! How a target is paid for, read from its fields.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::Fields;
use crate::money::{Currency, Overrides as Prices};

/// How a target is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pricing {
    /// What is paid for.
    #[serde(flatten)]
    pub kind: PricingKind,
    /// Prices of the target's own, which win over the catalogue's.
    #[serde(default, skip_serializing_if = "Prices::is_empty")]
    pub prices: Prices,
}

/// What is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PricingKind {
    /// Per token in and out.
    Tokens {
        /// What the tokens are priced as; the target's own model when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<String>,
    },
    /// Per hour of a machine.
    Hourly {
        /// What is paid for, such as `sagemaker:ml.g6.2xlarge`.
        sku: String,
        /// Machines that share the calls.
        #[serde(default = "one")]
        instances: u32,
    },
    /// Per Custom Model Unit and five-minute window.
    ModelUnits {
        /// Custom Model Units of one copy.
        units: u32,
        /// Copies that share the calls.
        #[serde(default = "one")]
        copies: u32,
    },
    /// Per hour of a machine and per token on top.
    Mixed {
        /// What is paid by the hour.
        sku: String,
        /// Machines that share the calls.
        #[serde(default = "one")]
        instances: u32,
        /// What the tokens are priced as; the target's own model when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_sku: Option<String>,
    },
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Tokens,
    Hourly,
    ModelUnits,
    Mixed,
}

const KINDS: [(&str, Kind); 4] = [
    ("tokens", Kind::Tokens),
    ("hourly", Kind::Hourly),
    ("model-units", Kind::ModelUnits),
    ("mixed", Kind::Mixed),
];

/// The most machines or copies of one target.
const MOST: u32 = 1_000;

const BY_THE_HOUR: &str = "expected what is paid by the hour, such as `ec2:inf2.8xlarge`";
const BY_THE_TOKEN: &str = "expected what is paid by the token, such as `bedrock:deepseek.v3.2`";

pub(super) fn read(mut fields: Fields) -> Option<Pricing> {
    let kind = match fields.required_choice("kind", &KINDS) {
        None => None,
        Some(Kind::Tokens) => Some(PricingKind::Tokens {
            sku: fields.text("sku", BY_THE_TOKEN, is_sku),
        }),
        Some(Kind::Hourly) => {
            let sku = fields.required_text("sku", BY_THE_HOUR, is_sku);
            let instances = fields.whole("instances", 1, MOST).unwrap_or(1);
            sku.map(|sku| PricingKind::Hourly { sku, instances })
        }
        Some(Kind::ModelUnits) => {
            let units = fields.raw("units");
            let copies = fields.whole("copies", 1, MOST).unwrap_or(1);
            if units.is_none() {
                fields.fault("units", None, "expected the Custom Model Units of one copy");
            }
            let units = fields.whole("units", 1, MOST);
            units.map(|units| PricingKind::ModelUnits { units, copies })
        }
        Some(Kind::Mixed) => {
            let sku = fields.required_text("sku", BY_THE_HOUR, is_sku);
            let instances = fields.whole("instances", 1, MOST).unwrap_or(1);
            let token_sku = fields.text("token_sku", BY_THE_TOKEN, is_sku);
            sku.map(|sku| PricingKind::Mixed {
                sku,
                instances,
                token_sku,
            })
        }
    };
    let prices = read_prices(&mut fields);
    fields.finish();
    kind.map(|kind| Pricing { kind, prices })
}

/// `prices = { "1M input tokens" = "0.62" }`, in dollars unless `currency` says
/// otherwise.
fn read_prices(fields: &mut Fields) -> Prices {
    let currency = fields.text("currency", "expected three letters such as `USD`", |text| {
        Currency::parse(text).is_some()
    });
    let currency = currency.and_then(|text| Currency::parse(&text));
    let place = fields.path_of("prices");
    let table = match fields.raw("prices") {
        None => return Prices::default(),
        Some(Value::Object(table)) => table,
        Some(other) => {
            let remedy = "expected a table of units and prices, such as `{ hour = \"1.10\" }`";
            fields.fault("prices", Some(other), remedy);
            return Prices::default();
        }
    };
    let table: Vec<(String, String)> = table
        .iter()
        .map(|(unit, price)| {
            // A price is quoted, so that no binary float comes near it.
            let price = price.as_str().unwrap_or("a value that is no text");
            (unit.clone(), price.to_owned())
        })
        .collect();
    match Prices::parse(&place, &table, currency.unwrap_or(Currency::USD)) {
        Ok(prices) => prices,
        Err(faults) => {
            fields.faults().extend(faults);
            Prices::default()
        }
    }
}

fn is_sku(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(service, what)| !service.is_empty() && !what.is_empty())
}

/// A decimal above nothing, quoted or plain, exactly as it is written.
pub(super) fn decimal(fields: &mut Fields, name: &'static str, example: &str) -> Option<Decimal> {
    let value = fields.raw(name)?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    // A whole number that TOML takes for a float is written `5.0`.
    let found = crate::money::decimal(&text).map(|decimal| decimal.normalize());
    if found.is_none() {
        let remedy = format!(
            "expected a decimal above 0, below 1,000,000 and with at most 12 decimals, such as \
             `{example}`"
        );
        fields.fault(name, Some(value), remedy);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Overrides, RunConfig, from_toml},
        money::{Item, Money},
    };

    fn read(head: &str, pricing: &str) -> Result<RunConfig, Vec<String>> {
        let text = format!(
            "name = \"x\"\n{head}\n[[targets]]\nid = \"a\"\nkind = \"http\"\n\
             url = \"http://10.0.0.1:8080\"\nrequest = \"tgi\"\n{pricing}"
        );
        from_toml(&text, &Overrides::default())
            .map_err(|error| error.faults.iter().map(ToString::to_string).collect())
    }

    fn pricing(text: &str) -> Result<Pricing, Vec<String>> {
        let mut config = read("", &format!("pricing = {text}"))?;
        Ok(config.targets.remove(0).pricing.unwrap())
    }

    #[test]
    fn pricing_needs_what_its_kind_needs() {
        assert!(pricing("{ kind = \"tokens\" }").is_ok());
        for lacking in [
            "{ kind = \"hourly\" }",
            "{ kind = \"model-units\" }",
            "{ kind = \"model-units\", units = 0 }",
            "{ kind = \"mixed\" }",
            "{ kind = \"tokens\", units = 2 }",
            "{ kind = \"hourly\", sku = \"ec2:a\", instances = 0 }",
        ] {
            assert_eq!(pricing(lacking).unwrap_err().len(), 1, "{lacking}");
        }
    }

    #[test]
    fn machines_and_copies_are_one_unless_more_are_said() {
        let hourly = |text| match pricing(text).unwrap().kind {
            PricingKind::Hourly { instances, .. } => instances,
            PricingKind::ModelUnits { copies, .. } => copies,
            other => panic!("{other:?}"),
        };
        assert_eq!(hourly("{ kind = \"hourly\", sku = \"ec2:a.b\" }"), 1);
        assert_eq!(
            hourly("{ kind = \"hourly\", sku = \"ec2:a.b\", instances = 3 }"),
            3
        );
        assert_eq!(
            hourly("{ kind = \"model-units\", units = 2, copies = 2 }"),
            2
        );
    }

    #[test]
    fn a_target_may_have_prices_of_its_own_and_they_are_exact() {
        let own = pricing(
            "{ kind = \"mixed\", sku = \"ec2:a.b\", token_sku = \"http:m\", \
             prices = { hour = \"1.10\", \"1M input tokens\" = \"0.62\" } }",
        )
        .unwrap();
        assert_eq!(
            own.prices.get(Item::Hour).unwrap().1,
            Money::usd("1.1").unwrap()
        );
        let json = serde_json::to_string(&own).unwrap();
        assert_eq!(serde_json::from_str::<Pricing>(&json).unwrap(), own);
        let faults =
            pricing("{ kind = \"tokens\", prices = { hour = 1.1, minute = \"1\" } }").unwrap_err();
        assert_eq!(faults.len(), 2);
        assert!(
            faults[0].starts_with("`targets[0].pricing.prices.hour`"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_pricing_stored_before_it_had_machines_and_prices_is_read() {
        let stored = r#"{"kind":"hourly","sku":"ec2:a.b"}"#;
        let read: Pricing = serde_json::from_str(stored).unwrap();
        assert!(matches!(
            read.kind,
            PricingKind::Hourly { instances: 1, .. }
        ));
        let stored: Pricing = serde_json::from_str(r#"{"kind":"tokens"}"#).unwrap();
        assert_eq!(stored.kind, PricingKind::Tokens { sku: None });
    }

    #[test]
    fn a_budget_and_a_rate_are_exact_decimals_however_they_are_written() {
        let budget = |text: &str| {
            let config = read(&format!("budget_usd = {text}"), "")?;
            Ok(config.budget_usd.unwrap().to_string())
        };
        assert_eq!(budget("\"0.10\""), Ok("0.1".to_owned()));
        assert_eq!(budget("0.1"), Ok("0.1".to_owned()));
        assert_eq!(budget("25"), Ok("25".to_owned()));
        assert_eq!(budget("5.0"), Ok("5".to_owned()));
        for wrong in ["0", "-1", "\"much\"", "1e9", "true"] {
            let faults: Vec<String> = budget(wrong).unwrap_err();
            assert!(faults[0].starts_with("`budget_usd` is"), "{faults:?}");
        }
        let config = read("requests_per_hour = 120", "").unwrap();
        assert_eq!(config.requests_per_hour, Some(Decimal::from(120)));
        assert_eq!(config.budget_usd, None);
    }
}
