//! From terms and a catalog to rates, with the prices that were used.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::unusual;
use crate::{CostReason, CostWarning, MissingPrice, Rates, Terms, TokenRates, UsedPrice};
use bench_core::config::Target;
use bench_core::money::Catalog;
use bench_core::money::{Item, Money, Overrides};

/// Where prices are looked up: for one Region, on one day.
#[derive(Debug, Clone, Copy)]
pub struct PriceBook<'a> {
    /// Every known price.
    pub catalog: &'a Catalog,
    /// The prices in the target's own configuration.
    pub overrides: &'a Overrides,
    /// The Region that is paid in.
    pub region: &'a str,
    /// The day of the run.
    pub day: Date,
}

impl<'a> PriceBook<'a> {
    /// The book of one target: in its own Region where it has one, and with its own
    /// prices where it has some.
    #[must_use]
    pub fn of_target(self, target: &'a Target) -> Self {
        let own = target.pricing.as_ref().map(|pricing| &pricing.prices);
        Self {
            overrides: own.unwrap_or(self.overrides),
            region: target.region.as_deref().unwrap_or(self.region),
            ..self
        }
    }
}

impl PriceBook<'_> {
    /// The price of an item: the configuration's, or else the catalog's. A
    /// Bedrock inference profile such as `bedrock:us.deepseek.r1-v1:0` is priced
    /// as the model it leads to where it has no price of its own.
    #[must_use]
    pub fn find(&self, sku: &str, item: Item) -> Option<UsedPrice> {
        let Self { region, day, .. } = *self;
        UsedPrice::of_overrides(self.overrides, sku, item, region, day)
            .or_else(|| UsedPrice::of_catalog(self.catalog, sku, item, region, day))
            .or_else(|| {
                let model = without_geography(sku)?;
                UsedPrice::of_catalog(self.catalog, &model, item, region, day)
            })
    }
}

fn without_geography(sku: &str) -> Option<String> {
    let profile = sku.strip_prefix("bedrock:")?;
    let (geography, model) = profile.split_once('.')?;
    ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"]
        .contains(&geography)
        .then(|| format!("bedrock:{model}"))
}

/// Rates, or why there are none, with the prices they were made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote {
    /// The terms that the target declares.
    pub terms: Option<Terms>,
    /// The rates, or the reason why no cost is stated.
    pub rates: Result<Rates, CostReason>,
    /// The prices that were used, to be stored with the run.
    pub prices: Vec<UsedPrice>,
    /// The prices that would be needed and are not known.
    pub missing: Vec<MissingPrice>,
    /// The warnings about it.
    pub warnings: Vec<CostWarning>,
}

impl Quote {
    /// The rates of a target by the prices of `book`. Refused where the target
    /// declares no pricing, where what is priced is not what was measured, and
    /// where a price is unknown.
    #[must_use]
    pub fn of(target: &Target, book: &PriceBook) -> Self {
        match Terms::of(target) {
            Some(terms) => Self::on(terms, target, book),
            None => Self {
                terms: None,
                rates: Err(CostReason::NoPricing),
                prices: Vec::new(),
                missing: Vec::new(),
                warnings: Vec::new(),
            },
        }
    }

    /// As [`Quote::of`], on terms that are given.
    #[must_use]
    pub fn on(terms: Terms, target: &Target, book: &PriceBook) -> Self {
        let mut quote = Self {
            rates: Err(CostReason::NoPricing),
            prices: Vec::new(),
            missing: Vec::new(),
            warnings: terms.trusted(target).into_iter().collect(),
            terms: None,
        };
        quote.rates = match terms.mismatch(target) {
            Some(reason) => Err(reason),
            None => quote.rates_of(&terms, book),
        };
        let unusual = quote.prices.iter();
        let unusual = unusual.filter_map(|used| unusual::warning(&target.id, used, book.catalog));
        quote.warnings.extend(unusual);
        if let Err(reason) = &quote.rates {
            quote.warnings.push(CostWarning::NoCost {
                target_id: target.id.clone(),
                cause: reason.clone(),
            });
        }
        quote.terms = Some(terms);
        quote
    }

    fn rates_of(&mut self, terms: &Terms, book: &PriceBook) -> Result<Rates, CostReason> {
        let rates = match terms {
            Terms::Free => Rates::Free,
            Terms::Tokens { sku } => Rates::Tokens(self.token_rates(sku, book)?),
            Terms::Hourly { sku, instances } => {
                Rates::Hourly(self.price(sku, Item::Hour, u64::from(*instances), book)?)
            }
            Terms::ModelUnits { sku, units, copies } => {
                let units = u64::from(*units) * u64::from(*copies);
                Rates::ModelUnits(self.price(sku, Item::CmuMinute, units, book)?)
            }
            Terms::Mixed {
                sku,
                instances,
                token_sku,
            } => {
                let hourly = self.price(sku, Item::Hour, u64::from(*instances), book)?;
                Rates::Mixed(hourly, self.token_rates(token_sku, book)?)
            }
        };
        let mut currencies = self.prices.iter().map(|used| used.price.currency);
        let first = currencies.next();
        if currencies.any(|currency| Some(currency) != first) {
            return Err(CostReason::MixedCurrencies);
        }
        Ok(rates)
    }

    fn token_rates(&mut self, sku: &str, book: &PriceBook) -> Result<TokenRates, CostReason> {
        let cached = book.find(sku, Item::CachedInputTokens);
        Ok(TokenRates {
            input: self.price(sku, Item::InputTokens, 1, book)?,
            output: self.price(sku, Item::OutputTokens, 1, book)?,
            cached_input: match cached {
                Some(_) => Some(self.price(sku, Item::CachedInputTokens, 1, book)?),
                None => None,
            },
        })
    }

    /// The price of so many of an item, noted down with what is to be said about it.
    fn price(
        &mut self,
        sku: &str,
        item: Item,
        count: u64,
        book: &PriceBook,
    ) -> Result<Money, CostReason> {
        let used = book.find(sku, item);
        let each = used.as_ref().and_then(UsedPrice::each);
        let Some((used, each)) = used.zip(each) else {
            let missing = MissingPrice::new(sku, item);
            let reason = missing.reason();
            self.missing.push(missing);
            return Err(reason);
        };
        self.prices.push(used);
        each.times(Decimal::from(count))
            .ok_or(CostReason::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use bench_core::config;

    fn target(pricing: &str) -> Target {
        let text = format!(
            "name = \"t\"\n[[targets]]\nid = \"t\"\nkind = \"bedrock\"\n\
             model = \"us.deepseek.r1-v1:0\"\nrequest = \"converse\"\npricing = {pricing}"
        );
        let mut config = config::from_toml(&text, &config::Overrides::default()).unwrap();
        config.targets.remove(0)
    }

    fn catalog() -> Catalog {
        crate::read_catalog(include_str!("../../../../infra/prices.toml")).unwrap()
    }

    fn quote(pricing: &str, overrides: &Overrides) -> Quote {
        let catalog = catalog();
        let book = PriceBook {
            catalog: &catalog,
            overrides,
            region: "us-east-1",
            day: date(2026, 10, 20),
        };
        Quote::of(&target(pricing), &book)
    }

    #[test]
    fn an_inference_profile_is_priced_as_its_model() {
        let quote = quote("{ kind = \"tokens\" }", &Overrides::default());
        let rates = quote.rates.unwrap();
        let tokens = rates.tokens().unwrap();
        assert_eq!(tokens.input, Money::usd("0.00000135").unwrap());
        assert_eq!(tokens.output, Money::usd("0.0000054").unwrap());
        assert_eq!(quote.prices[0].price.sku, "bedrock:deepseek.r1-v1:0");
        assert_eq!(quote.warnings, []);
    }

    #[test]
    fn units_and_copies_are_paid_for_together() {
        let quote = quote(
            "{ kind = \"model-units\", units = 2 }",
            &Overrides::default(),
        );
        let rates = quote.rates.unwrap();
        assert_eq!(rates.per_hour(), Money::usd("9.42"));
        assert_eq!(rates.per_window(), Money::usd("0.785"));
    }

    #[test]
    fn an_unknown_price_is_a_reason_and_a_warning_that_names_the_sku() {
        let quote = quote(
            "{ kind = \"hourly\", sku = \"bedrock:provisioned\" }",
            &Overrides::default(),
        );
        let reason = CostReason::PriceMissing {
            sku: "bedrock:provisioned".to_owned(),
            item: "hour".to_owned(),
        };
        assert_eq!(quote.rates, Err(reason.clone()));
        assert!(quote.warnings.contains(&CostWarning::NoCost {
            target_id: "t".parse().unwrap(),
            cause: reason,
        }));
    }

    #[test]
    fn the_configuration_has_the_last_word_on_prices() {
        let table = [("hour".to_owned(), "1.5".to_owned())];
        let own = Overrides::parse("p", &table, bench_core::money::Currency::USD).unwrap();
        let quote = quote("{ kind = \"hourly\", sku = \"bedrock:provisioned\" }", &own);
        assert_eq!(quote.rates, Ok(Rates::Hourly(Money::usd("1.5").unwrap())));
        assert!(quote.prices[0].overridden);
    }
}
