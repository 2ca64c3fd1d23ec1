//! Prompts of a number of input tokens, as their target counts them.

use std::borrow::Cow;

use bench_core::{
    config::Target,
    dataset::Prompt,
    fit::{ASSUMED_CHARS_PER_TOKEN, chars_of, chars_per_token, fitted},
    plan::Plan,
};
use bench_store::StoreError;

use crate::SampleLog;

/// A prompt of the plan, cut or padded where the run asks for a length: by what the target
/// counted of its probe, which is of that length as well.
///
/// # Errors
///
/// The probes cannot be read.
pub(crate) async fn to_length<'a>(
    prompt: &'a Prompt,
    plan: &Plan,
    target: &Target,
    log: &impl SampleLog,
) -> Result<Cow<'a, Prompt>, StoreError> {
    let Some(chars) = chars_to_send(plan, log).await? else {
        return Ok(Cow::Borrowed(prompt));
    };
    let method = &plan.config.method;
    let fitted = fitted(prompt, &plan.prompts, chars, method, target);
    Ok(Cow::Owned(fitted))
}

/// Every prompt of the plan, as of [`to_length`].
///
/// # Errors
///
/// The probes cannot be read.
pub(crate) async fn all_to_length<'a>(
    plan: &'a Plan,
    target: &Target,
    log: &impl SampleLog,
) -> Result<Cow<'a, [Prompt]>, StoreError> {
    let Some(chars) = chars_to_send(plan, log).await? else {
        return Ok(Cow::Borrowed(&plan.prompts));
    };
    let method = &plan.config.method;
    let prompts = plan.prompts.iter();
    let fitted = prompts.map(|prompt| fitted(prompt, &plan.prompts, chars, method, target));
    Ok(Cow::Owned(fitted.collect()))
}

/// The length of prompts, by what the target counted of its probe; `None` where the run asks
/// for none.
async fn chars_to_send(plan: &Plan, log: &impl SampleLog) -> Result<Option<usize>, StoreError> {
    let Some(tokens) = plan.config.dataset.input_tokens else {
        return Ok(None);
    };
    let learned = chars_per_token(&log.probes().await?);
    Ok(Some(chars_of(
        tokens,
        learned.unwrap_or(ASSUMED_CHARS_PER_TOKEN),
    )))
}

/// The text of a probe from which the length of the run's prompts is learned; `None` where
/// the run asks for none.
pub(crate) fn probe_text(plan: &Plan, target: &Target) -> Option<String> {
    let tokens = plan.config.dataset.input_tokens?;
    let chars = chars_of(tokens, ASSUMED_CHARS_PER_TOKEN);
    let method = &plan.config.method;
    let prompt = fitted(plan.prompts.first()?, &plan.prompts, chars, method, target);
    Some(prompt.text(method.prompt_style))
}

#[cfg(test)]
mod tests {
    use bench_core::sample::{Outcome, Phase, Sample};

    use super::*;
    use crate::fakes::{MemoryLog, plan};

    /// A plan of prompts of 100 tokens, and a target that has counted its probe.
    async fn sent(chars_per_token: u64) -> usize {
        let mut plan = plan();
        plan.config.dataset.input_tokens = Some(100);
        let target = &plan.config.targets[0];
        let probe = probe_text(&plan, target).expect("a probe of the length");
        let chars = probe.chars().count() as u64;
        assert!((380..=400).contains(&chars), "{chars}");
        let log = MemoryLog::default();
        let sample = Sample {
            target_id: target.id.clone(),
            phase: Phase::Probe,
            outcome: Outcome::Ok,
            prompt_chars: Some(chars),
            input_tokens: Some(chars / chars_per_token),
            ..Sample::default()
        };
        log.put(&sample).await.expect("a probe is stored");
        let prompt = to_length(&plan.prompts[0], &plan, target, &log).await;
        let text = prompt
            .expect("probes")
            .text(plan.config.method.prompt_style);
        text.chars().count()
    }

    #[tokio::test]
    async fn prompts_have_the_length_that_the_target_has_counted_of_its_probe() {
        for (chars_per_token, expected) in [(2, 180..=205), (4, 380..=405), (5, 480..=510)] {
            let found = sent(chars_per_token).await;
            assert!(expected.contains(&found), "{found}, expected {expected:?}");
        }
    }

    #[tokio::test]
    async fn without_a_length_prompts_are_sent_as_they_are() {
        let plan = plan();
        let target = &plan.config.targets[0];
        assert_eq!(probe_text(&plan, target), None);
        let log = MemoryLog::default();
        let prompt = to_length(&plan.prompts[0], &plan, target, &log).await;
        assert_eq!(*prompt.expect("no probes needed"), plan.prompts[0]);
    }
}
