//! What a newcomer can do about a server that does not answer.

use std::fmt;

use bench_core::{
    config::{HttpTarget, Service, Target},
    sample::{ErrorLayer, Sample},
};
use serde::Serialize;

/// What helps against the failure of a call to a server, by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Nothing listens there, or it speaks another protocol.
    StartServer,
    /// The name of the host does not resolve.
    CorrectHost,
    /// The server wants a key.
    SetKey,
    /// The server refuses the key.
    CorrectKey,
    /// The server knows no such path or model.
    CorrectModel,
    /// The answer is not of the request format.
    CorrectUrl,
}

impl Hint {
    /// The hint for a failed call; `None` of a call to AWS, and where none is known.
    #[must_use]
    pub fn of(sample: &Sample, target: &Target) -> Option<Self> {
        let Service::Http(HttpTarget { api_key, .. }) = &target.service else {
            return None;
        };
        match (sample.error_class?, sample.http_status) {
            (ErrorLayer::Connect, None) => Some(Self::StartServer),
            (ErrorLayer::Dns, _) => Some(Self::CorrectHost),
            (_, Some(401 | 403)) if api_key.is_none() => Some(Self::SetKey),
            (_, Some(401 | 403)) => Some(Self::CorrectKey),
            (_, Some(404 | 405)) => Some(Self::CorrectModel),
            (ErrorLayer::Parse, Some(200)) => Some(Self::CorrectUrl),
            _ => None,
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartServer => {
                "start the server, or correct `url`: host, port, `http` or `https`"
            }
            Self::CorrectHost => "correct the host in `url`",
            Self::SetKey => "set `api_key = \"env:VARIABLE\"`, the variable that has the key",
            Self::CorrectKey => "correct the key that `api_key` names",
            Self::CorrectModel => {
                "correct `url` or `model`: `/v1/models` of the server lists its models"
            }
            Self::CorrectUrl => "correct `url` or `request`: another kind of server answers there",
        })
    }
}

#[cfg(test)]
mod tests {
    use bench_core::config::{Overrides, from_toml};

    use super::*;

    fn hint(target: &str, layer: ErrorLayer, http_status: Option<u16>) -> Option<Hint> {
        let text = format!("name = \"x\"\n[[targets]]\nid = \"a\"\n{target}");
        let config = from_toml(&text, &Overrides::default()).unwrap();
        let sample = Sample {
            error_class: Some(layer),
            http_status,
            ..Sample::default()
        };
        Hint::of(&sample, &config.targets[0])
    }

    #[test]
    fn what_a_newcomer_gets_wrong_about_a_server_has_a_hint() {
        let server = "kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"openai-chat\"\n";
        let with_key = format!("{server}api_key = \"env:KEY\"\n");
        for (target, layer, status, expected) in [
            (server, ErrorLayer::Connect, None, Some(Hint::StartServer)),
            (server, ErrorLayer::Dns, None, Some(Hint::CorrectHost)),
            (server, ErrorLayer::Http, Some(401), Some(Hint::SetKey)),
            (
                &with_key,
                ErrorLayer::Http,
                Some(403),
                Some(Hint::CorrectKey),
            ),
            (
                server,
                ErrorLayer::Service,
                Some(404),
                Some(Hint::CorrectModel),
            ),
            (server, ErrorLayer::Parse, Some(200), Some(Hint::CorrectUrl)),
            (server, ErrorLayer::Http, Some(500), None),
            (server, ErrorLayer::Timeout, None, None),
        ] {
            assert_eq!(
                hint(target, layer, status),
                expected,
                "{layer:?} {status:?}"
            );
        }
        let bedrock = "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n";
        assert_eq!(hint(bedrock, ErrorLayer::Service, Some(404)), None);
    }
}
