//! What the invokers need to keep a run within its budget.

use bench_core::{
    config::{RunConfig, Target},
    cost::{Catalogue, Overrides, PriceBook, Quote, RunBudget},
    dataset::Prompt,
};
use bench_store::{Store, keys};
use jiff::civil::Date;

use crate::{Error, Settings};

/// Where a target is paid for when nothing says so.
const HOME: &str = "us-east-1";

/// The budget of a run by the price catalogue in the bucket; `None`, and no
/// catalogue is read, where the run has none.
pub(crate) async fn read(
    store: &Store,
    config: &RunConfig,
    prompts: &[Prompt],
    settings: &Settings,
    day: Date,
) -> Result<Option<RunBudget>, Error> {
    if config.budget_usd.is_none() {
        return Ok(None);
    }
    let text = store.get_text(keys::PRICES).await?.ok_or_else(|| {
        Error::Budget(format!(
            "there is no price catalogue `{}` in the bucket; upload `infra/prices.toml` there",
            keys::PRICES
        ))
    })?;
    let catalogue =
        Catalogue::from_toml(&text).map_err(|faults| Error::Budget(faults.to_string()))?;
    let region = settings.region.as_deref().unwrap_or(HOME);
    by(&catalogue, config, prompts, region, day)
}

fn by(
    catalogue: &Catalogue,
    config: &RunConfig,
    prompts: &[Prompt],
    region: &str,
    day: Date,
) -> Result<Option<RunBudget>, Error> {
    let none = Overrides::default();
    let quote = |target: &Target| {
        let own = target.pricing.as_ref().map(|pricing| &pricing.prices);
        Quote::of(
            target,
            &PriceBook {
                catalogue,
                overrides: own.unwrap_or(&none),
                region: target.region.as_deref().unwrap_or(region),
                day,
            },
        )
    };
    RunBudget::of(config, prompts, quote).map_err(|reasons| Error::Budget(reasons.join("; ")))
}

#[cfg(test)]
mod tests {
    use bench_core::{config, cost::Money};
    use jiff::civil::date;

    use super::*;

    fn budget(target: &str) -> Result<Option<RunBudget>, Error> {
        let text = format!(
            "name = \"x\"\nbudget_usd = 5\n[[targets]]\nid = \"t\"\nkind = \"http\"\n\
             url = \"http://10.0.0.1\"\nrequest = \"tgi\"\n{target}"
        );
        let config = config::from_toml(&text, &config::Overrides::default()).unwrap();
        let catalogue = Catalogue::from_toml(include_str!("../../../infra/prices.toml")).unwrap();
        by(&catalogue, &config, &[], "us-east-1", date(2026, 11, 25))
    }

    #[test]
    fn the_catalogue_prices_a_target_unless_it_has_prices_of_its_own() {
        let rate = |target: &str| {
            let budget = budget(target).unwrap().unwrap();
            budget.targets["t"].rates.per_hour()
        };
        let machine = "pricing = { kind = \"hourly\", sku = \"ec2:inf2.8xlarge\"";
        assert_eq!(rate(&format!("{machine} }}")), Money::usd("1.96786"));
        let own = format!("{machine}, prices = {{ hour = \"7\" }} }}");
        assert_eq!(rate(&own), Money::usd("7"));
    }

    #[test]
    fn a_budget_over_an_unknown_price_is_refused_with_the_sku() {
        let error =
            budget("pricing = { kind = \"hourly\", sku = \"ec2:nobody.knows\" }").unwrap_err();
        assert_eq!(error.name(), "InvalidConfig");
        let said = error.to_string();
        assert!(
            said.contains("target `t`") && said.contains("`ec2:nobody.knows`"),
            "{said}"
        );
    }
}
