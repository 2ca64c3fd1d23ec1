//! The list of candidates, as text.

use bench_core::config::Service;
use bench_report::format::counted;

use super::{
    aws::{Failure, Listing},
    candidate::{Candidate, Draft, Missing, Source},
    found::Found,
    servers::{NotAServer, Other},
    toml_text::one_line,
};
use crate::terminal::Screen;

impl Found {
    /// The table of what is listed, and a line for everything else.
    #[must_use]
    pub fn as_text(&self, screen: Screen) -> String {
        let mut lines = Vec::new();
        if self.candidates.is_empty() {
            lines.push("nothing was found to measure".to_owned());
        } else {
            lines.push(self.table(screen));
        }
        let hidden = self.candidates.len() - self.listed;
        if hidden > 0 {
            lines.push(format!(
                "and {} of Bedrock whose price is not in the catalog: `hostbench init --json` \
                 lists them, and `--targets ID` takes them",
                counted(hidden as u64, "model")
            ));
        }
        lines.extend(self.others.iter().map(not_a_server));
        if let Err(reason) = &self.signed_in {
            lines.push(format!("AWS is left out: {}", one_line_of(reason)));
        }
        lines.extend(self.failures.iter().map(failure));
        lines.join("\n")
    }

    fn table(&self, screen: Screen) -> String {
        let suggested = self.choices().suggested();
        let row = |(position, candidate): (usize, &Candidate)| {
            let draft = &candidate.draft;
            let mark = if suggested.contains(&position) {
                "*"
            } else {
                ""
            };
            [
                format!("{}{mark}", position + 1),
                candidate.id.to_string(),
                kind(&draft.source),
                address(draft),
                price(draft).to_owned(),
            ]
        };
        let listed = self.candidates.iter().take(self.listed).enumerate();
        let header = ["", "id", "kind", "address", "price"];
        let table = screen.table(header, listed.map(row), header.len());
        format!("{table}\n* suggested")
    }
}

fn kind(source: &Source) -> String {
    match source {
        Source::Server {
            server, version, ..
        } => match version {
            Some(version) => format!("{} {}", server.title(), one_line(version)),
            None => server.title().to_owned(),
        },
        Source::ImportedModel => "imported model".to_owned(),
        Source::CustomDeployment => "custom model deployment".to_owned(),
        Source::ProvisionedThroughput => "Provisioned Throughput".to_owned(),
        Source::Endpoint { .. } => "SageMaker endpoint".to_owned(),
        Source::ApplicationProfile => "application inference profile".to_owned(),
        Source::SystemProfile => "inference profile".to_owned(),
        Source::FoundationModel => "foundation model".to_owned(),
    }
}

fn address(draft: &Draft) -> String {
    match (&draft.service, &draft.region) {
        (Service::Http(target), _) => one_line(&target.url),
        (_, region) => region.clone().unwrap_or_default(),
    }
}

fn price(draft: &Draft) -> &'static str {
    if draft.missing.contains(&Missing::Key) {
        "needs a key"
    } else if draft.is_priced {
        "known"
    } else {
        "–"
    }
}

fn not_a_server(Other { url, reason }: &Other) -> String {
    let reason = match reason {
        NotAServer::Unreachable { error } => format!("no connection: {}", one_line_of(error)),
        NotAServer::Silent { seconds } => format!("no answer within {seconds} s"),
        NotAServer::OtherAnswer { status } => {
            format!("answers, but not as a model server (HTTP {status})")
        }
        NotAServer::TooLong => "answers with more than a list of models".to_owned(),
        NotAServer::NoModel { server } => format!("{} without a model", server.title()),
    };
    format!("{}: {reason}", one_line(url))
}

fn failure(
    Failure {
        listing,
        entry,
        reason,
    }: &Failure,
) -> String {
    let list = match listing {
        Listing::ImportedModels => "imported models",
        Listing::CustomDeployments => "custom model deployments",
        Listing::ProvisionedThroughputs => "Provisioned Throughputs",
        Listing::Endpoints => "SageMaker endpoints",
        Listing::InferenceComponents => "inference components",
        Listing::Models => "SageMaker models",
        Listing::InferenceProfiles => "inference profiles",
        Listing::FoundationModels => "foundation models",
    };
    let entry = entry
        .as_ref()
        .map(|entry| format!(" (`{}`)", one_line(entry)));
    format!(
        "{list}{} cannot be read: {}",
        entry.unwrap_or_default(),
        one_line_of(reason)
    )
}

/// A reason of others, which may be long, on one line.
fn one_line_of(reason: &str) -> String {
    let words: Vec<&str> = reason.split_whitespace().collect();
    bench_report::display::plain(&words.join(" "))
}
