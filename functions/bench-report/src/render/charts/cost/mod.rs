//! Charts of cost: cost against latency, and a month over requests per day.

mod frontier;
mod monthly;

pub(crate) use frontier::frontier;
pub(crate) use monthly::monthly;

use bench_core::money::{Currency, Money};
use rust_decimal::prelude::ToPrimitive;

/// An amount on a logarithmic axis; `None` where it is not above 0.
fn amount(money: Money) -> Option<f64> {
    money.amount().to_f64().filter(|amount| *amount > 0.0)
}

/// An amount of a currency as an axis has it: `$0.01`, `$1`, `$10k`; of another than
/// the dollar without its name, which the title of the axis has.
fn tick(currency: Currency) -> impl Fn(f64) -> String {
    move |tick| {
        let text = digits(tick);
        if currency == Currency::USD {
            format!("${text}")
        } else {
            text
        }
    }
}

fn digits(tick: f64) -> String {
    if tick >= 1e6 {
        format!("{}M", tick / 1e6)
    } else if tick >= 1e3 {
        format!("{}k", tick / 1e3)
    } else {
        let text = format!("{tick:.9}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// The least and the greatest of some amounts.
fn range(amounts: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    (
        amounts.clone().fold(f64::MAX, f64::min),
        amounts.fold(0.0, f64::max),
    )
}
