//! How a target is paid for.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::formats;
use crate::money::{Currency, Item, Overrides as Prices, PRICE, Unit};

/// The most machines, copies or Custom Model Units of one target.
const MAX_UNITS: u32 = 1_000;

/// The pattern of a SKU: a service and what it sells.
const SKU: &str = "^[^:]+:.+$";

const HOUR_SKU: &str = "expected the SKU that is paid by the hour, such as `ec2:inf2.8xlarge`";
const TOKEN_SKU: &str =
    "expected the SKU that is paid by the token, such as `bedrock:deepseek.v3.2`";

/// How a target is paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pricing {
    /// The unit of payment.
    #[serde(flatten)]
    pub kind: PricingKind,
    /// Prices of the target's own, which win over the catalog's.
    #[serde(default, skip_serializing_if = "Prices::is_empty")]
    pub prices: Prices,
}

/// The unit of payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PricingKind {
    /// Nothing: it is stated to cost nothing.
    Free,
    /// Per token in and out.
    Tokens {
        /// The SKU that tokens are priced as; the target's own model when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(regex(pattern = SKU), extend("errorMessage" = TOKEN_SKU))]
        sku: Option<String>,
    },
    /// Per hour of a machine.
    Hourly {
        /// The SKU that is paid for, such as `sagemaker:ml.g6.2xlarge`.
        #[schemars(regex(pattern = SKU), extend("errorMessage" = HOUR_SKU))]
        sku: String,
        /// Machines that share the calls.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = MAX_UNITS))]
        instances: u32,
    },
    /// Per Custom Model Unit and five-minute window.
    ModelUnits {
        /// Custom Model Units of one copy.
        #[schemars(range(min = 1, max = MAX_UNITS))]
        units: u32,
        /// Copies that share the calls.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = MAX_UNITS))]
        copies: u32,
    },
    /// Per hour of a machine and per token on top.
    Mixed {
        /// The SKU that is paid by the hour.
        #[schemars(regex(pattern = SKU), extend("errorMessage" = HOUR_SKU))]
        sku: String,
        /// Machines that share the calls.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = MAX_UNITS))]
        instances: u32,
        /// The SKU that tokens are priced as; the target's own model when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(regex(pattern = SKU), extend("errorMessage" = TOKEN_SKU))]
        token_sku: Option<String>,
    },
}

impl PricingKind {
    /// Whether time costs something: that of a machine or of a unit.
    #[must_use]
    pub const fn is_by_time(&self) -> bool {
        !matches!(self, Self::Free | Self::Tokens { .. })
    }
}

fn one() -> u32 {
    1
}

/// Pricing as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct PricingFile {
    #[serde(flatten)]
    kind: PricingKind,
    /// Prices of the target's own in place of the catalog's, by unit; quoted, so
    /// that they are exact.
    #[serde(default)]
    #[schemars(schema_with = "prices_schema")]
    prices: BTreeMap<String, String>,
    /// The currency of `prices`; USD unless it is set.
    #[serde(default = "usd")]
    #[schemars(
        regex(pattern = "^[A-Z]{3}$"),
        extend("errorMessage" = "expected three letters such as `USD`")
    )]
    currency: Currency,
}

impl PricingFile {
    /// The pricing with prices that are read; a rule has seen that they can be.
    pub(super) fn resolve(self) -> Pricing {
        let table: Vec<_> = self.prices.into_iter().collect();
        Pricing {
            kind: self.kind,
            prices: Prices::parse("prices", &table, self.currency).unwrap_or_default(),
        }
    }
}

fn usd() -> Currency {
    Currency::USD
}

fn prices_schema(_: &mut SchemaGenerator) -> Schema {
    let of_unit =
        |(name, _): &(&str, Item)| ["", "1K ", "1M "].map(|count| format!("{count}{name}"));
    let units: Vec<String> = Item::ALL.iter().flat_map(of_unit).collect();
    json_schema!({
        "type": "object",
        "errorMessage": "expected a table of units and prices, such as `{ hour = \"1.10\" }`",
        "propertyNames": {"enum": units, "errorMessage": Unit::expected()},
        "additionalProperties": {
            "type": "string",
            "format": formats::DECIMAL,
            "pattern": r"^[0-9]*\.?[0-9]*$",
            "errorMessage": PRICE,
        },
    })
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
    fn a_target_can_be_stated_to_cost_nothing_and_then_has_no_prices() {
        assert_eq!(
            pricing("{ kind = \"free\" }").unwrap().kind,
            PricingKind::Free
        );
        let faults = pricing("{ kind = \"free\", prices = { hour = \"1\" } }").unwrap_err();
        assert!(
            faults[0].starts_with("`targets[0].pricing.prices` is"),
            "{faults:?}"
        );
        let zero = "{ kind = \"tokens\", prices = { \"1M input tokens\" = \"0\" } }";
        let faults = pricing(zero).unwrap_err();
        assert!(faults[0].contains("kind = \"free\""), "{faults:?}");
        assert!(pricing("{ kind = \"free\", sku = \"ec2:a\" }").is_err());
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
        assert_eq!(config.requests_per_hour, Some(120.into()));
        assert_eq!(config.budget_usd, None);
    }
}
