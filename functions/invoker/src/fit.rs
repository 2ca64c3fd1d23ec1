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
