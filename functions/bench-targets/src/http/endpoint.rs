//! Where requests are posted, from the URL of a target.

use bench_core::config::HttpRequest;
use reqwest::Url;

/// Where requests of a kind are posted: `url` itself where it ends in the path of the kind or
/// has a query, else `url` with that path. A version at its end, such as `/v1`, is not doubled.
pub(super) fn of(mut url: Url, request: HttpRequest, stream: bool) -> Url {
    let base = url.path().trim_end_matches('/');
    let full = match request {
        // TGI has one path for streams and one for answers in one piece.
        HttpRequest::Tgi => {
            let path = if stream {
                "/generate_stream"
            } else {
                "/generate"
            };
            match without_tgi_path(base) {
                Some(base) => Some(format!("{base}{path}")),
                None => url.query().is_none().then(|| format!("{base}{path}")),
            }
        }
        HttpRequest::OpenAiChat => below_version(&url, base, "/chat/completions"),
        HttpRequest::OpenAiCompletion => below_version(&url, base, "/completions"),
        HttpRequest::OpenAiResponses => below_version(&url, base, "/responses"),
    };
    if let Some(full) = full {
        url.set_path(&full);
    }
    url
}

fn without_tgi_path(base: &str) -> Option<&str> {
    ["/generate_stream", "/generate"]
        .iter()
        .find_map(|path| base.strip_suffix(path))
}

/// `None` where the URL is whole already.
fn below_version(url: &Url, base: &str, path: &str) -> Option<String> {
    if url.query().is_some() || base.ends_with(path) {
        return None;
    }
    let last = base.rsplit('/').next().unwrap_or_default();
    let version = if is_version(last) { "" } else { "/v1" };
    Some(format!("{base}{version}{path}"))
}

/// Whether the last part of a path is a version of an API: `v1`, `v4`, `v1beta`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_completed_where_it_is_not_whole() {
        use HttpRequest::{OpenAiChat, OpenAiCompletion, Tgi};
        const AZURE: &str = "https://x.openai.azure.com/openai/deployments/d/chat/completions\
                             ?api-version=2024-10-21";
        for (given, request, stream, expected) in [
            (
                "http://h:1",
                OpenAiChat,
                true,
                "http://h:1/v1/chat/completions",
            ),
            (
                "http://h/",
                OpenAiCompletion,
                true,
                "http://h/v1/completions",
            ),
            (
                "http://h/base/",
                OpenAiChat,
                true,
                "http://h/base/v1/chat/completions",
            ),
            (
                "http://h/v1",
                OpenAiChat,
                true,
                "http://h/v1/chat/completions",
            ),
            (
                "http://h/openai/v1/",
                OpenAiCompletion,
                true,
                "http://h/openai/v1/completions",
            ),
            (
                "http://h/api/v3",
                OpenAiChat,
                true,
                "http://h/api/v3/chat/completions",
            ),
            (
                "http://h/vllm",
                OpenAiChat,
                true,
                "http://h/vllm/v1/chat/completions",
            ),
            (
                "http://h/x/chat/completions",
                OpenAiChat,
                true,
                "http://h/x/chat/completions",
            ),
            (AZURE, OpenAiChat, true, AZURE),
            (
                "http://h/predict?m=1",
                OpenAiChat,
                true,
                "http://h/predict?m=1",
            ),
            ("http://h", Tgi, true, "http://h/generate_stream"),
            ("http://h/a", Tgi, false, "http://h/a/generate"),
            ("http://h/generate", Tgi, true, "http://h/generate_stream"),
            ("http://h/generate_stream", Tgi, false, "http://h/generate"),
            (
                "http://h/generate?k=1",
                Tgi,
                true,
                "http://h/generate_stream?k=1",
            ),
            ("http://h/run?k=1", Tgi, true, "http://h/run?k=1"),
        ] {
            let url = of(given.parse().unwrap(), request, stream);
            assert_eq!(url.as_str(), expected, "{given}");
        }
    }
}
