//! Prompts of a run whose budget is spent.

use std::{collections::BTreeMap, time::Duration};

use bench_core::{
    money::{Currency, Money},
    plan::Plan,
    sample::{Outcome, Phase},
};
use bench_cost::{CallLimits, CurrencyTargets, PaidTarget, Rates, RunBudget, TokenRates};
use jiff::Timestamp;

use crate::{
    ProbeStatus, ProbeWork, PromptReply, PromptWork, TimeLeft,
    fakes::{Act, FakeModel, MemoryLog, invocation, plan},
    measure_prompt, probe_target,
};

/// A tenth of a second costs a dollar.
fn dollars(limit: &str) -> MemoryLog {
    budget(limit, Rates::Hourly(Money::usd("36000").unwrap()))
}

/// The most that a call can use, 100 tokens in and 100 out, costs a dollar.
fn dollars_for_tokens(limit: &str) -> MemoryLog {
    let each = Money::usd("0.005").unwrap();
    let rates = TokenRates {
        input: each,
        output: each,
        cached_input: None,
    };
    budget(limit, Rates::Tokens(rates))
}

fn budget(limit: &str, rates: Rates) -> MemoryLog {
    let target = PaidTarget {
        rates,
        limits: CallLimits {
            input_tokens: 100,
            output_tokens: 100,
            concurrency: 1,
        },
    };
    MemoryLog::with_budget(RunBudget {
        limit: Money::usd(limit).unwrap(),
        targets: BTreeMap::from([("t".parse().unwrap(), target)]),
        not_limited: Vec::new(),
    })
}

/// Every call takes a tenth of a second.
fn model() -> FakeModel {
    FakeModel::new(&[Act::Answer(100, "420")])
}

async fn measure_with(
    plan: &Plan,
    prompt: usize,
    model: &FakeModel,
    log: &MemoryLog,
) -> PromptReply {
    let work = PromptWork {
        run_id: &plan.run_id,
        target: &plan.config.targets[0],
        prompt: &plan.prompts[prompt],
        method: &plan.config.method,
        invocation: invocation(),
    };
    let time_left = TimeLeft::from_now(Duration::from_mins(15));
    measure_prompt(model, log, &work, &time_left).await.unwrap()
}

fn outcomes(log: &MemoryLog) -> Vec<(u32, Phase, u32, Outcome)> {
    let samples = log.samples();
    let call = |sample: &bench_core::sample::Sample| {
        let outcome = sample.outcome;
        (
            sample.prompt_index,
            sample.phase,
            sample.repetition,
            outcome,
        )
    };
    samples.iter().map(call).collect()
}

#[tokio::test(start_paused = true)]
async fn calls_go_on_until_the_budget_is_spent_and_the_rest_is_stored_as_not_made() {
    let (plan, model, log) = (plan(), model(), dollars("1.5"));
    let first = measure_with(&plan, 0, &model, &log).await;
    assert_eq!((first.done, first.stored, first.failed), (true, 3, 1));
    let second = measure_with(&plan, 1, &model, &log).await;
    assert_eq!((second.done, second.stored, second.failed), (true, 3, 3));
    assert_eq!(model.prompts().len(), 2, "the second call spent it");
    assert_eq!(
        outcomes(&log),
        [
            (0, Phase::Warmup, 1, Outcome::Ok),
            (0, Phase::Measured, 1, Outcome::Ok),
            (0, Phase::Measured, 2, Outcome::Budget),
            (1, Phase::Warmup, 1, Outcome::Budget),
            (1, Phase::Measured, 1, Outcome::Budget),
            (1, Phase::Measured, 2, Outcome::Budget),
        ]
    );
    let not_made = &log.samples()[2];
    assert_eq!((not_made.latency_us, not_made.correct), (0, None));
}

#[tokio::test(start_paused = true)]
async fn calls_without_token_counts_spend_the_budget_at_their_limits() {
    for act in [
        Act::Answer(100, "420"),
        Act::FailAfter(100, Outcome::StreamBroken),
    ] {
        let (plan, log) = (plan(), dollars_for_tokens("1.5"));
        let model = FakeModel::new(&[act]);
        measure_with(&plan, 0, &model, &log).await;
        assert_eq!(model.prompts().len(), 2, "the second call spent it");
        let last = log.samples().pop().unwrap();
        assert_eq!((last.outcome, log.samples().len()), (Outcome::Budget, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_target_that_the_budget_does_not_limit_go_on_when_it_is_spent() {
    let (plan, model) = (plan(), model());
    let euros = CurrencyTargets {
        currency: Currency::parse("EUR").unwrap(),
        target_ids: vec!["t".parse().unwrap()],
    };
    let log = MemoryLog::with_budget(RunBudget {
        limit: Money::usd("0").unwrap(),
        targets: BTreeMap::new(),
        not_limited: vec![euros],
    });
    measure_with(&plan, 0, &model, &log).await;
    assert_eq!(model.prompts().len(), 3);
    assert!(outcomes(&log).iter().all(|call| call.3 == Outcome::Ok));
}

#[tokio::test(start_paused = true)]
async fn workers_that_share_a_budget_stop_within_one_call_each() {
    let (plan, model, log) = (plan(), model(), dollars("2.5"));
    tokio::join!(
        measure_with(&plan, 0, &model, &log),
        measure_with(&plan, 1, &model, &log)
    );
    // Two and two at a time; the third call spends it while the fourth is made.
    assert_eq!(model.prompts().len(), 4);
    let stored = outcomes(&log);
    assert_eq!(stored.len(), 6, "no call is missing");
    assert_eq!(
        stored
            .iter()
            .filter(|call| call.3 == Outcome::Budget)
            .count(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_stays_spent_when_the_work_is_done_again() {
    let (plan, model, log) = (plan(), model(), dollars("0.5"));
    measure_with(&plan, 0, &model, &log).await;
    let before = log.samples();
    let again = measure_with(&plan, 0, &model, &log).await;
    assert_eq!((again.done, again.stored), (true, 0));
    assert_eq!((log.samples(), model.prompts().len()), (before, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_refused_is_not_tried_again_with_money_that_is_gone() {
    let mut plan = plan();
    plan.config.targets[0].max_attempts = 3;
    let acts = [Act::Answer(100, "420"), Act::Fail(Outcome::Throttled)];
    let (model, log) = (FakeModel::new(&acts), dollars("1"));
    let started = tokio::time::Instant::now();
    measure_with(&plan, 0, &model, &log).await;
    assert_eq!((model.prompts().len(), log.samples().len()), (1, 3));
    assert!(started.elapsed() < Duration::from_secs(1), "nor waited for");
}

#[tokio::test(start_paused = true)]
async fn a_target_is_not_probed_with_money_that_is_gone() {
    let (plan, model, log) = (plan(), model(), dollars("0.5"));
    measure_with(&plan, 0, &model, &log).await;
    let stored = log.samples().len();
    let work = ProbeWork {
        plan: &plan,
        target: &plan.config.targets[0],
        since: Timestamp::UNIX_EPOCH,
        invocation: invocation(),
    };
    let time_left = TimeLeft::from_now(Duration::from_mins(15));
    let now = || Timestamp::UNIX_EPOCH;
    let reply = probe_target(Ok(&model), &log, &work, &time_left, now)
        .await
        .unwrap();
    assert_eq!(reply.status, ProbeStatus::Ready);
    assert_eq!((model.prompts().len(), log.samples().len()), (1, stored));
}
