//! Why a target does not answer its probes, for a person who waits.

use bench_core::{
    config::{Remedy, Service, Target},
    sample::{Outcome, Persistence, Sample},
};

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
    parts.join(": ").replace(char::is_control, " ")
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

/// A remedy as a sentence to the user of the command; empty where there is none.
#[must_use]
pub fn advice(remedy: Option<&Remedy>) -> String {
    let Some(remedy) = remedy else {
        return String::new();
    };
    match (remedy.setting(), remedy.removed()) {
        (Some(setting), _) => format!("; set `{setting}` for this target"),
        (None, Some(removed)) => format!("; remove `{removed}` of this target"),
        (None, None) => String::new(),
    }
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

/// What gives access to a target that denies it.
#[must_use]
pub fn access_remedy(target: &Target) -> &'static str {
    bench_report::access_remedy(matches!(target.service, Service::Bedrock(_)))
}

/// The last failed probe of a target that was told of.
#[derive(Debug)]
pub(crate) struct Readiness {
    target: Target,
    told: Option<String>,
}

impl Readiness {
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            target: target.clone(),
            told: None,
        }
    }

    /// Why the target does not answer; `None` where it was told of no failure.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.told.as_deref()
    }

    /// The line about a target whose last probe failed for another reason than that told
    /// before, or answered after a failure; `None` where nothing is new.
    pub(crate) fn news(&mut self, probes: &[Sample]) -> Option<String> {
        let last = probes.last()?;
        let id = &self.target.id;
        if last.answers_probe() {
            self.told.take()?;
            return Some(format!("`{id}` answers"));
        }
        let reason = reason(last);
        if self.told.as_ref() == Some(&reason) {
            return None;
        }
        let waiting = match Persistence::of(last) {
            Persistence::Final => "it is not probed again".to_owned(),
            Persistence::Denied => format!(
                "it is probed for two minutes, since new access takes as long to apply; {}",
                access_remedy(&self.target)
            ),
            Persistence::Lasting if self.target.lifecycle.is_none() => {
                "it is given up after three such probes".to_owned()
            }
            _ => format!("it is probed for up to {} s", self.target.ready_within_s),
        };
        let remedy = remedy(last, &self.target);
        let line = format!(
            "`{id}` {}: {reason}; {waiting}{}",
            state(last),
            advice(remedy.as_ref())
        );
        self.told = Some(reason);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::{Overrides, from_toml},
        sample::ErrorLayer,
    };

    use super::*;

    fn target() -> Target {
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"http\"\n\
                    url = \"http://10.0.0.1\"\nrequest = \"openai-chat\"\n";
        from_toml(text, &Overrides::default())
            .unwrap()
            .targets
            .remove(0)
    }

    fn failed(outcome: Outcome, layer: ErrorLayer, message: &str) -> Sample {
        Sample {
            outcome,
            error_class: Some(layer),
            error_message: Some(message.to_owned()),
            ..Sample::default()
        }
    }

    #[test]
    fn a_reason_is_told_once_until_it_changes_or_passes() {
        let mut readiness = Readiness::new(&target());
        assert_eq!(readiness.news(&[]), None);
        let refused = failed(Outcome::NotReady, ErrorLayer::Connect, "connection refused");
        assert_eq!(
            readiness.news(std::slice::from_ref(&refused)).as_deref(),
            Some(
                "`a` does not answer: not_ready: connection refused; it is probed for up to 900 s"
            )
        );
        assert_eq!(readiness.reason(), Some("not_ready: connection refused"));
        assert_eq!(readiness.news(&[refused.clone(), refused]), None);
        let unknown = failed(Outcome::NotReady, ErrorLayer::Dns, "no such name");
        let news = readiness.news(&[unknown]).unwrap();
        assert!(
            news.ends_with("; it is given up after three such probes"),
            "{news}"
        );
        let ok = Sample {
            outcome: Outcome::Ok,
            ..Sample::default()
        };
        assert_eq!(
            readiness.news(std::slice::from_ref(&ok)).as_deref(),
            Some("`a` answers")
        );
        assert_eq!(readiness.news(&[ok]), None);
    }

    #[test]
    fn a_throttled_target_is_said_to_be_throttled_and_one_that_denies_to_deny() {
        let throttled = failed(Outcome::Throttled, ErrorLayer::Http, "slow down");
        assert_eq!(
            Readiness::new(&target()).news(&[throttled]).as_deref(),
            Some("`a` is throttled: throttled: slow down; it is probed for up to 900 s")
        );
        let denied = Sample {
            error_code: Some("AccessDeniedException".to_owned()),
            ..failed(Outcome::ClientError, ErrorLayer::Service, "no")
        };
        let mut target = target();
        let news = Readiness::new(&target).news(std::slice::from_ref(&denied));
        assert!(news.unwrap().starts_with("`a` denies access: "));
        let text = "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"bedrock\"\n\
                    model = \"m\"\nrequest = \"converse\"\n";
        target.service = from_toml(text, &Overrides::default())
            .unwrap()
            .targets
            .remove(0)
            .service;
        let news = Readiness::new(&target).news(&[denied]).unwrap();
        assert!(news.contains("it is probed for two minutes"), "{news}");
        assert!(news.contains("`aws-marketplace:Subscribe`"), "{news}");
    }

    #[test]
    fn a_refused_field_is_told_with_its_remedy() {
        let message = "json: unknown field \"stream_options\"";
        let refused = failed(Outcome::ClientError, ErrorLayer::Http, message);
        let news = Readiness::new(&target()).news(&[refused]).unwrap();
        let remedy = "not probed again; set `omit = [\"stream_options\"]` for this target";
        assert!(news.ends_with(remedy), "{news}");
    }
}
