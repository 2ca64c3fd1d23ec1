//! The reason why a target waits before its calls, for a person who waits as well.

use bench_core::{
    config::{Lifecycle, Service, Target},
    sample::{MAX_LASTING_FAILURES, Persistence, Sample},
};
use bench_report::format::{counted, folded};
use jiff::Timestamp;

use crate::{
    hint::Hint,
    readiness::{access_remedy, advice, reason, remedy, short_reason, state},
};

/// Seconds for which a target that denies access is probed.
const DENIED_S: u64 = 120;
/// The most targets that a line of news names.
const MAX_NAMED: usize = 4;

/// The wait for a target that has made no call.
#[derive(Debug)]
pub(crate) struct Waiting {
    target: Target,
    /// When the run began to wait.
    begun: Timestamp,
    /// The first probe since then.
    since: Option<Timestamp>,
    last: Option<Last>,
    /// The failure that was told.
    told: Option<String>,
}

/// The probe that was made last.
#[derive(Debug)]
enum Last {
    Answered,
    Failed {
        reason: String,
        persistence: Persistence,
        /// Failures of the same kind in a row.
        in_a_row: usize,
    },
}

/// Something new about a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// The target.
    pub(crate) id: String,
    /// Its activity, without its name.
    pub(crate) text: String,
}

impl Waiting {
    pub(crate) fn new(target: &Target, begun: Timestamp) -> Self {
        Self {
            target: target.clone(),
            begun,
            since: None,
            last: None,
            told: None,
        }
    }

    /// Takes in the probes so far. There is news where the last one failed for another reason
    /// than that told before, or answered after a failure.
    pub(crate) fn update(&mut self, probes: &[Sample]) -> Option<News> {
        let last = probes.last()?;
        let mut recent = probes.iter().filter(|probe| probe.started_at >= self.begun);
        self.since = recent.next().map(|probe| probe.started_at);
        if last.answers_probe() {
            self.last = Some(Last::Answered);
            self.told.take()?;
            return Some(self.news("answers".to_owned()));
        }
        let persistence = Persistence::of(last);
        let alike = |probe: &&Sample| Persistence::of(probe) == persistence;
        self.last = Some(Last::Failed {
            reason: short_reason(last),
            persistence,
            in_a_row: probes.iter().rev().take_while(alike).count(),
        });
        let reason = reason(last);
        if self.told.as_ref() == Some(&reason) {
            return None;
        }
        let waiting = match persistence {
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
        let hint = Hint::of(last, &self.target).filter(|_| persistence != Persistence::Denied);
        let advice = advice(remedy.as_ref(), hint);
        let text = format!("{}: {reason}; {waiting}{advice}", state(last));
        self.told = Some(reason);
        Some(self.news(text))
    }

    fn news(&self, text: String) -> News {
        News {
            id: self.target.id.to_string(),
            text,
        }
    }

    /// The reason why the target waits: `waiting for the server: connection refused, 40 s of 15 min`.
    pub(crate) fn text(&self, now: Timestamp) -> String {
        let elapsed = now.duration_since(self.since.unwrap_or(self.begun));
        let elapsed = span(elapsed.as_secs().try_into().unwrap_or(0));
        let (reason, persistence, in_a_row) = match &self.last {
            None => {
                let what = match &self.target.lifecycle {
                    Some(Lifecycle::Ec2Instance { .. }) => "its instance to start",
                    Some(Lifecycle::SageMakerEndpoint { .. }) => "its endpoint to be created",
                    None => "its first probe",
                };
                return format!("waiting for {what}, {elapsed}");
            }
            Some(Last::Answered) => return "ready, no call has ended yet".to_owned(),
            Some(Last::Failed {
                reason,
                persistence,
                in_a_row,
            }) => (reason, *persistence, *in_a_row),
        };
        let limit = match persistence {
            Persistence::Final => return format!("not measured: {reason}"),
            Persistence::Denied => {
                return format!(
                    "waiting for access: {reason}, {elapsed} of {}",
                    span(DENIED_S)
                );
            }
            Persistence::Lasting if self.target.lifecycle.is_none() => {
                format!("probe {in_a_row} of {MAX_LASTING_FAILURES}")
            }
            _ => format!("{elapsed} of {}", span(self.target.ready_within_s.into())),
        };
        let what = match self.target.service {
            Service::Http(_) => "server",
            Service::Bedrock(_) => "model",
            Service::SageMaker(_) => "endpoint",
        };
        format!("waiting for the {what}: {reason}, {limit}")
    }
}

/// News in lines: what is the same of several targets in one.
pub(crate) fn lines(news: Vec<News>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for News { id, text } in news {
        let id = format!("`{id}`");
        match groups.iter_mut().find(|(other, _)| *other == text) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((text, vec![id])),
        }
    }
    let lines = groups.into_iter().map(|(text, ids)| match ids.as_slice() {
        [only] => format!("{only} {text}"),
        several => {
            let count = counted(several.len() as u64, "target");
            let names = folded(ids, MAX_NAMED).join(", ");
            format!("{count} ({names}), each {text}")
        }
    });
    lines.collect()
}

/// A span of time: `40 s`, `15 min`, `2.5 h`.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => {
            let tenths = seconds / 360;
            format!("{}.{} h", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests;
