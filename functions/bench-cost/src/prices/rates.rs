//! The rates that costs are worked out with.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use bench_core::{
    money::{Currency, Money},
    usage::Tokens,
};

/// Minutes of one billing window of Custom Model Import.
pub(crate) const WINDOW_MINUTES: u32 = 5;

/// Prices of single tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TokenRates {
    /// One token of the prompt.
    pub input: Money,
    /// One token of the answer, reasoning included.
    pub output: Money,
    /// One token of the prompt that a prefix cache held; `None` when it has no
    /// price of its own.
    pub cached_input: Option<Money>,
}

impl TokenRates {
    /// The cost of tokens: `(input − cached)·p_in + cached·p_cached + output·p_out`.
    ///
    /// Cached tokens without a price of their own cost as much as others, which
    /// is at most too high.
    ///
    /// ```
    /// use bench_core::money::Money;
    /// use bench_core::usage::Tokens;
    /// use bench_cost::TokenRates;
    /// let rates = TokenRates {
    ///     input: Money::usd("0.00000135").unwrap(),
    ///     output: Money::usd("0.0000054").unwrap(),
    ///     cached_input: None,
    /// };
    /// // 150 × 0.00000135 + 700 × 0.0000054 = 0.0002025 + 0.00378
    /// let cost = rates.cost(Tokens { input: 150, output: 700, cached: 0 });
    /// assert_eq!(cost, Money::usd("0.0039825"));
    /// ```
    #[must_use]
    pub fn cost(&self, tokens: Tokens) -> Option<Money> {
        let cached = tokens.cached.min(tokens.input);
        let cached_rate = self.cached_input.unwrap_or(self.input);
        self.input
            .times(Decimal::from(tokens.input - cached))?
            .plus(cached_rate.times(Decimal::from(cached))?)?
            .plus(self.output.times(Decimal::from(tokens.output))?)
    }
}

/// The rates of a target: its fixed cost and the cost of its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rates {
    /// Nothing, as it is stated; zero dollars, which is nothing in any currency.
    Free,
    /// Nothing to have, so much a token.
    Tokens(TokenRates),
    /// So much an hour, all machines together.
    Hourly(Money),
    /// So much a minute active, all units of all copies together.
    ModelUnits(Money),
    /// So much an hour, and so much a token.
    Mixed(Money, TokenRates),
}

impl Rates {
    /// The price of an hour in which the target is in use all the time, apart from
    /// tokens.
    ///
    /// ```
    /// use bench_core::money::Money;
    /// use bench_cost::Rates;
    /// let two_units = Rates::ModelUnits(Money::usd("0.157").unwrap());
    /// assert_eq!(two_units.per_hour(), Money::usd("9.42"));
    /// ```
    #[must_use]
    pub fn per_hour(&self) -> Option<Money> {
        match self {
            Self::Free => Some(Money::zero(Currency::USD)),
            Self::Tokens(rates) => Some(Money::zero(rates.input.currency())),
            Self::Hourly(rate) | Self::Mixed(rate, _) => Some(*rate),
            Self::ModelUnits(rate) => rate.times(Decimal::from(60)),
        }
    }

    /// The currency of the prices; `None` where nothing is paid, which is nothing in any.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Self::Free => None,
            Self::Tokens(rates) => Some(rates.input.currency()),
            Self::Hourly(rate) | Self::ModelUnits(rate) | Self::Mixed(rate, _) => {
                Some(rate.currency())
            }
        }
    }

    /// The price of one window of five minutes, where windows are billed.
    #[must_use]
    pub fn per_window(&self) -> Option<Money> {
        match self {
            Self::ModelUnits(rate) => rate.times(Decimal::from(WINDOW_MINUTES)),
            Self::Free | Self::Tokens(_) | Self::Hourly(_) | Self::Mixed(..) => None,
        }
    }

    /// The prices of tokens, where tokens are billed.
    #[must_use]
    pub fn tokens(&self) -> Option<&TokenRates> {
        match self {
            Self::Tokens(rates) | Self::Mixed(_, rates) => Some(rates),
            Self::Free | Self::Hourly(_) | Self::ModelUnits(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_have_their_own_price_where_there_is_one() {
        let rates = |cached: Option<&str>| TokenRates {
            input: Money::usd("0.01").unwrap(),
            output: Money::usd("0.1").unwrap(),
            cached_input: cached.map(|text| Money::usd(text).unwrap()),
        };
        let tokens = Tokens {
            input: 100,
            output: 1,
            cached: 60,
        };
        assert_eq!(rates(Some("0.001")).cost(tokens), Money::usd("0.56"));
        assert_eq!(rates(None).cost(tokens), Money::usd("1.1"));
        let absurd = Tokens {
            cached: 500,
            ..tokens
        };
        assert_eq!(rates(Some("0.001")).cost(absurd), Money::usd("0.2"));
    }

    #[test]
    fn counts_that_no_service_can_mean_do_not_panic() {
        let rates = TokenRates {
            input: Money::usd("999999").unwrap(),
            output: Money::usd("999999").unwrap(),
            cached_input: None,
        };
        let tokens = Tokens {
            input: u64::MAX,
            output: u64::MAX,
            cached: 0,
        };
        assert!(rates.cost(tokens).is_some());
    }
}
