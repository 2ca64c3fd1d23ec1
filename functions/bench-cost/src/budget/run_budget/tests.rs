use super::*;
use crate::{TokenRates, fixture::sample};
use bench_core::config::{self, Overrides};
use bench_core::{
    sample::{Outcome, Sample},
    usage::Usage,
};

fn usd(text: &str) -> Money {
    Money::usd(text).unwrap()
}

fn config(head: &str) -> RunConfig {
    let target = |id: &str, pricing: &str| {
        format!(
            "[[targets]]\nid = \"{id}\"\nkind = \"http\"\nurl = \"http://10.0.0.1\"\n\
             request = \"tgi\"\nmax_tokens = 100\nconcurrency = 2\n{pricing}\n"
        )
    };
    let text = format!(
        "name = \"x\"\n{head}\n{}{}{}",
        target("hour", "pricing = { kind = \"hourly\", sku = \"ec2:a.b\" }"),
        target("token", "pricing = { kind = \"tokens\" }"),
        target("own", ""),
    );
    config::from_toml(&text, &Overrides::default()).unwrap()
}

fn prompts() -> Vec<Prompt> {
    ["short", "a longer question"]
        .iter()
        .zip(0..)
        .map(|(question, index)| Prompt {
            id: format!("x/{index}").into(),
            index,
            question: (*question).to_owned(),
            ..Prompt::default()
        })
        .collect()
}

fn quote(target: &Target) -> Quote {
    let rates = match target.id.as_str() {
        "hour" => Ok(Rates::Hourly(usd("3600"))),
        "token" => Ok(Rates::Tokens(TokenRates {
            input: usd("0.01"),
            output: usd("0.1"),
            cached_input: None,
        })),
        _ => Err(CostReason::NoPricing),
    };
    Quote {
        terms: None,
        rates,
        prices: Vec::new(),
        missing: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Rates in euros for one target, those of [`quote`] for the others.
fn in_euros(id: &'static str) -> impl Fn(&Target) -> Quote {
    move |target| {
        let each = Money::new(1.into(), Currency::parse("EUR").unwrap());
        let rates = (target.id == id).then_some(Ok(Rates::Hourly(each)));
        let known = quote(target);
        Quote {
            rates: rates.unwrap_or(known.rates),
            ..known
        }
    }
}

fn budget(usd: &str) -> RunBudget {
    let config = config(&format!("budget_usd = \"{usd}\""));
    RunBudget::quoted(&config, &prompts(), quote)
        .unwrap()
        .unwrap()
}

#[test]
fn a_run_without_a_budget_is_not_limited_and_asks_for_no_price() {
    let nothing = RunBudget::quoted(&config(""), &prompts(), |_| panic!("not asked"));
    assert_eq!(nothing, Ok(None));
}

#[test]
fn the_prices_of_the_plan_count_unless_a_target_has_its_own() {
    let text = include_str!("../../../../../infra/prices.toml");
    let rate = |pricing: &str| {
        let mut plan = crate::fixture::plan();
        plan.prices = Some(crate::read_catalog(text).unwrap());
        plan.config.budget_usd = Some(5.into());
        plan.config.targets[0].pricing = serde_json::from_str(pricing).unwrap();
        let budget = RunBudget::of(&plan).unwrap().unwrap();
        budget.targets["target"].rates.per_hour()
    };
    let machine = r#"{"kind": "hourly", "sku": "ec2:inf2.8xlarge""#;
    assert_eq!(rate(&format!("{machine}}}")), Money::usd("1.96786"));
    let own = r#", "prices": {"hour": {"amount": "7", "currency": "USD"}}}"#;
    assert_eq!(rate(&format!("{machine}{own}")), Money::usd("7"));
}

#[test]
fn what_is_not_paid_for_is_not_counted_and_the_longest_prompt_is_the_limit() {
    let budget = budget("5");
    let ids: Vec<_> = budget.targets.keys().collect();
    assert_eq!(ids, ["hour", "token"]);
    let limits = budget.targets["hour"].limits;
    assert!(
        limits.input_tokens > 17,
        "the question and what is put around it"
    );
    assert_eq!((limits.output_tokens, limits.concurrency), (100, 2));
}

#[test]
fn a_budget_with_an_unknown_price_is_refused_by_every_target_that_has_one() {
    let unknown = |_: &Target| Quote {
        rates: Err(CostReason::MixedCurrencies),
        ..quote(&config("").targets[0])
    };
    let reasons = RunBudget::quoted(&config("budget_usd = 1"), &prompts(), unknown);
    assert_eq!(
        reasons.unwrap_err().0,
        ["hour", "token"].map(|id| CostReason::MixedCurrencies.of_target(&id.parse().unwrap()))
    );
}

#[test]
fn a_target_in_another_currency_is_neither_counted_nor_limited_and_the_others_are() {
    let config = config("budget_usd = 5");
    let budget = RunBudget::quoted(&config, &prompts(), in_euros("hour"));
    let budget = budget.unwrap().expect("a budget");
    assert_eq!(budget.targets.keys().collect::<Vec<_>>(), ["token"]);
    let [other] = budget.not_limited.as_slice() else {
        panic!("one currency: {budget:?}");
    };
    assert_eq!(other.currency.to_string(), "EUR");
    assert_eq!(other.target_ids, ["hour"]);
    let limited = ["hour", "token", "own"].map(|id| budget.limits(id));
    assert_eq!(limited, [false, true, true]);
    let hour = UsageTotals {
        usage: Usage {
            busy_us: 3_600_000_000,
            ..Usage::default()
        },
        first_us: 0,
        last_us: 3_600_000_000,
    };
    let used = BTreeMap::from([("hour".to_owned(), hour)]);
    assert!(budget.spent(&used).unwrap().high.is_zero());
}

#[test]
fn a_budget_that_would_limit_no_target_is_refused() {
    let limits_none = |change: fn(&mut Target)| {
        let mut config = config("budget_usd = 5");
        config.targets.iter_mut().for_each(change);
        RunBudget::quoted(&config, &prompts(), in_euros("hour"))
    };
    let other = CostReason::OtherCurrency {
        currency: "USD".to_owned(),
    };
    let refused = Err(BudgetError(vec![other.of_target(&"hour".parse().unwrap())]));
    let unpriced = limits_none(|target| {
        if target.id == "token" {
            target.pricing = None;
        }
    });
    assert_eq!(unpriced, refused);
    let mut config = config("budget_usd = 5");
    config.targets.retain(|target| target.id != "token");
    let alone = RunBudget::quoted(&config, &prompts(), in_euros("hour"));
    assert_eq!(alone, refused);
    let free = |target: &Target| match target.id.as_str() {
        "token" => Quote {
            rates: Ok(Rates::Free),
            ..quote(target)
        },
        _ => in_euros("hour")(target),
    };
    let full = self::config("budget_usd = 5");
    assert_eq!(RunBudget::quoted(&full, &prompts(), free), refused);
}

#[test]
fn all_targets_are_added_up_by_time_and_by_tokens() {
    // Two calls at a time, 4 s of calls in 3 s, and 10 tokens in, 5 out.
    let mut used = BTreeMap::from([(
        "hour".to_owned(),
        UsageTotals {
            usage: Usage {
                busy_us: 4_000_000,
                ..Usage::default()
            },
            first_us: 1_000_000,
            last_us: 4_000_000,
        },
    )]);
    let spent = budget("9").spent(&used).unwrap();
    assert_eq!((spent.low, spent.high), (usd("2"), usd("3")));
    let mut call = sample(0, Phase::Measured, 1_000_000);
    call.input_tokens = Some(10);
    call.output_tokens = Some(5);
    used.insert("token".to_owned(), UsageTotals::of(&call).unwrap());
    let spent = budget("9").spent(&used).unwrap();
    assert_eq!((spent.low, spent.high), (usd("2.6"), usd("3.6")));
    assert!(budget("3.6").is_spent(&used) && !budget("3.61").is_spent(&used));
    used.insert("own".to_owned(), used["hour"]);
    assert_eq!(budget("9").spent(&used), Some(spent), "nobody pays for it");
}

#[test]
fn calls_that_share_a_machine_under_load_spend_its_time_once() {
    // Eight callers for three seconds, at a dollar a second.
    let under_load = |second: i64| {
        let mut call = sample(0, Phase::Measured, 1_000_000);
        call.started_at = jiff::Timestamp::from_second(second).unwrap();
        call.step = 1;
        UsageTotals::of(&call).unwrap()
    };
    let calls = (1..=3).flat_map(|second| [second; 8]).map(under_load);
    let used = BTreeMap::from([("hour".to_owned(), calls.reduce(UsageTotals::plus).unwrap())]);
    assert_eq!(budget("9").spent(&used).unwrap().high, usd("3"));
}

#[test]
fn a_target_that_counts_no_tokens_spends_the_budget_no_later_than_one_that_does() {
    let calls_made = |change: fn(&mut Sample)| {
        let budget = budget("60");
        let mut used = BTreeMap::new();
        let mut all = UsageTotals::default();
        let calls = (0..100_u32).take_while(|prompt| {
            let go_on = !budget.is_spent(&used);
            let mut call = sample(*prompt, Phase::Measured, 1_000_000);
            (call.input_tokens, call.output_tokens) = (Some(20), Some(90));
            change(&mut call);
            all = all.plus(UsageTotals::of(&call).unwrap());
            used.insert("token".to_owned(), all);
            go_on
        });
        calls.count()
    };
    // 20 × 0.01 and 90 × 0.1 a call.
    let ordinary = calls_made(|_| ());
    assert_eq!(ordinary, 7);
    let unknown: [fn(&mut Sample); 4] = [
        |call| call.output_tokens = Some(0),
        |call| (call.input_tokens, call.output_tokens) = (Some(0), Some(0)),
        |call| (call.input_tokens, call.output_tokens) = (None, None),
        |call| {
            (call.input_tokens, call.output_tokens) = (None, None);
            call.outcome = Outcome::StreamBroken;
        },
    ];
    for unknown in unknown {
        let made = calls_made(unknown);
        assert!((1..=ordinary).contains(&made), "{made}");
    }
}

#[test]
fn calls_add_up_from_the_first_to_the_last_and_one_not_made_is_nothing() {
    let first = sample(0, Phase::Warmup, 2_000_000);
    let mut second = sample(0, Phase::Measured, 3_000_000);
    second.started_at = first.started_at + jiff::SignedDuration::from_secs(10);
    let both = UsageTotals::of(&first)
        .unwrap()
        .plus(UsageTotals::of(&second).unwrap());
    assert_eq!(both.last_us - both.first_us, 13_000_000);
    assert_eq!((both.usage.attempts, both.usage.busy_us), (2, 5_000_000));
    second.outcome = Outcome::Budget;
    assert_eq!(UsageTotals::of(&second), None);
}
