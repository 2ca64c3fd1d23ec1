//! Why a target does not answer its probes, for a person who waits.

use bench_core::{
    config::{Remedy, Service, Target},
    sample::{ErrorLayer, Outcome, Sample},
};
use bench_report::display;

use crate::hint::Hint;

/// The failure of a call as one line: how it ended, and the service's own words.
#[must_use]
pub fn reason(sample: &Sample) -> String {
    let status = sample.http_status.map(|status| format!("HTTP {status}"));
    let parts = [
        Some(sample.outcome.as_str().to_owned()),
        status.filter(|_| !sample.is_ok()),
        sample.error_code.clone(),
        sample.error_message.clone(),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    in_line(&parts.join(": "))
}

/// The failure of a call in a few words, for a line that has room for no more.
#[must_use]
pub fn short_reason(sample: &Sample) -> String {
    let message = sample.error_message.as_deref().unwrap_or_default();
    match sample.error_class {
        Some(ErrorLayer::Dns) => "its name does not resolve".to_owned(),
        Some(ErrorLayer::Timeout) => "no answer in time".to_owned(),
        Some(ErrorLayer::Connect) => innermost(message),
        _ => {
            let status = sample.http_status.filter(|_| !sample.is_ok());
            let status = status.map(|status| format!("HTTP {status}"));
            let words = sample.error_code.as_deref().unwrap_or(message);
            let words = Some(words).filter(|words| !words.is_empty());
            let parts = [status, words.map(str::to_owned)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            if parts.is_empty() {
                sample.outcome.as_str().to_owned()
            } else {
                in_line(&parts.join(": "))
            }
        }
    }
}

/// The innermost cause of an error of the network, without its number: `connection refused`.
fn innermost(chain: &str) -> String {
    let cause = chain.rsplit(": ").next().unwrap_or(chain);
    let cause = cause.split(" (os error").next().unwrap_or(cause);
    in_line(cause).to_lowercase()
}

/// Text of somebody else for one line of a terminal.
fn in_line(text: &str) -> String {
    display::plain(text).replace(char::is_control, " ")
}

/// The remedy of a call that failed for a field that its target refuses.
#[must_use]
pub fn remedy(sample: &Sample, target: &Target) -> Option<Remedy> {
    let message = sample.error_message.as_deref()?;
    let is_refusal = sample.outcome == Outcome::ClientError;
    is_refusal
        .then(|| Remedy::of_refusal(message, target))
        .flatten()
}

/// The end of a sentence to the user of the command, with what helps: the setting for a field
/// that is refused, or else the hint. Empty where neither is known.
#[must_use]
pub fn advice(remedy: Option<&Remedy>, hint: Option<Hint>) -> String {
    let setting = |remedy: &Remedy| match (remedy.setting(), remedy.removed()) {
        (Some(setting), _) => Some(format!("; set `{setting}` for this target")),
        (None, Some(removed)) => Some(format!("; remove `{removed}` of this target")),
        (None, None) => None,
    };
    let setting = remedy.and_then(setting);
    setting
        .or_else(|| Some(format!("; {}", hint?)))
        .unwrap_or_default()
}

/// How a target that failed a probe is: one that throttles is there and answers others.
#[must_use]
pub fn state(probe: &Sample) -> &'static str {
    match probe.outcome {
        Outcome::Throttled => "is throttled",
        _ if probe.is_denied() => "denies access",
        _ => "does not answer",
    }
}

/// The remedy for a target that denies access.
#[must_use]
pub fn access_remedy(target: &Target) -> &'static str {
    bench_report::access_remedy(matches!(target.service, Service::Bedrock(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_reason_is_the_innermost_cause_or_the_answer_of_the_service() {
        let failed = |class, status, code: Option<&str>, message: &str| {
            short_reason(&Sample {
                outcome: Outcome::NotReady,
                error_class: Some(class),
                http_status: status,
                error_code: code.map(Into::into),
                error_message: Some(message.into()),
                ..Sample::default()
            })
        };
        let refused = "error sending request: client error (Connect): tcp connect error: \
                       Connection refused (os error 111)";
        assert_eq!(
            failed(ErrorLayer::Connect, None, None, refused),
            "connection refused"
        );
        assert_eq!(
            failed(ErrorLayer::Dns, None, None, "no such name"),
            "its name does not resolve"
        );
        assert_eq!(
            failed(ErrorLayer::Http, Some(503), None, "Loading\nmodel"),
            "HTTP 503: Loading model"
        );
        let code = Some("ModelNotReadyException");
        assert_eq!(
            failed(ErrorLayer::Service, Some(429), code, "try again"),
            "HTTP 429: ModelNotReadyException"
        );
        assert_eq!(failed(ErrorLayer::Http, None, None, ""), "not_ready");
    }
}
