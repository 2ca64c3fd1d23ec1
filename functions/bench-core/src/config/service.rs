//! The service behind a target, read from its fields.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    BedrockRequest, HttpRequest, LatencyMode, SageMakerRequest, SecretRef, Service, ServiceTier,
    fields::Fields,
};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Bedrock,
    SageMaker,
    Http,
}

const KINDS: [(&str, Kind); 3] = [
    ("bedrock", Kind::Bedrock),
    ("sagemaker", Kind::SageMaker),
    ("http", Kind::Http),
];

/// Headers that a client sets itself, or that would carry a secret.
const RESERVED: [&str; 7] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
];

/// Stands in for a service with faults while the rest of its target is read.
pub(super) fn placeholder() -> Service {
    Service::Http {
        url: String::new(),
        request: HttpRequest::Tgi,
        model: None,
        api_key: None,
        headers: BTreeMap::new(),
        ca: None,
        cache_salt: false,
    }
}

pub(super) fn read(fields: &mut Fields) -> Option<Service> {
    match fields.required_choice("kind", &KINDS)? {
        Kind::Bedrock => bedrock(fields),
        Kind::SageMaker => sagemaker(fields),
        Kind::Http => http(fields),
    }
}

fn bedrock(fields: &mut Fields) -> Option<Service> {
    let model = fields.required_text("model", "expected a model id or ARN", is_not_blank);
    let request = fields.required_choice("request", BedrockRequest::ALL);
    let service_tier = fields.choice("service_tier", ServiceTier::ALL);
    let latency = fields.choice("latency", LatencyMode::ALL);
    Some(Service::Bedrock {
        model: model?,
        request: request?,
        service_tier,
        latency,
    })
}

fn sagemaker(fields: &mut Fields) -> Option<Service> {
    const NAME: &str = "expected 1 to 63 letters, digits and hyphens";
    let is_name = |text: &str| {
        (1..=63).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let endpoint = fields.required_text("endpoint", "expected an endpoint name", is_name);
    let request = fields.required_choice("request", SageMakerRequest::ALL);
    let inference_component = fields.text("inference_component", NAME, is_name);
    let target_variant = fields.text("target_variant", NAME, is_name);
    Some(Service::SageMaker {
        endpoint: endpoint?,
        request: request?,
        inference_component,
        target_variant,
    })
}

fn http(fields: &mut Fields) -> Option<Service> {
    let url = fields.required_text(
        "url",
        "expected `http://host:port` or `https://host` without a query",
        is_base_url,
    );
    let request = fields.required_choice("request", HttpRequest::ALL);
    let model = fields.text("model", "expected the name the server serves", is_not_blank);
    let api_key = fields.hidden(
        "api_key",
        "expected where the key is kept, never the key itself: `secretsmanager:NAME`, \
         `ssm:PARAMETER`, or `env:VARIABLE` for runs on this machine",
        SecretRef::parse,
    );
    let headers = fields.texts(
        "headers",
        "expected a table of header names and texts; `Authorization` belongs in `api_key`",
        is_header,
    );
    let ca = fields.text(
        "ca",
        "expected the S3 key of a PEM file such as `configs/private-ca.pem`",
        |text| is_not_blank(text) && !text.starts_with('/') && !text.contains(".."),
    );
    let cache_salt = fields.flag("cache_salt").unwrap_or(false);
    if cache_salt && request == Some(HttpRequest::Tgi) {
        let value = Value::from(true);
        let remedy =
            "`tgi` has no `cache_salt`, remove it; a cold cache is then asked for by a nonce";
        fields.fault("cache_salt", Some(&value), remedy);
    }
    Some(Service::Http {
        url: url?,
        request: request?,
        model,
        api_key,
        headers,
        ca,
        cache_salt,
    })
}

fn is_not_blank(text: &str) -> bool {
    !text.trim().is_empty()
}

fn is_header(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_token)
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str())
        && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn is_base_url(text: &str) -> bool {
    text.strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"))
        .is_some_and(|rest| {
            !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#', '@', ' '])
        })
}

#[cfg(test)]
mod tests {
    use crate::config::{Overrides, SecretRef, Service, ServiceTier, from_toml};

    fn read(target: &str) -> Result<Service, String> {
        let text = format!("name = \"x\"\n[[targets]]\nid = \"a\"\n{target}");
        from_toml(&text, &Overrides::default())
            .map(|mut config| config.targets.remove(0).service)
            .map_err(|error| error.to_string())
    }

    const HTTP: &str = "kind = \"http\"\nurl = \"https://m.example\"\nrequest = \"openai-chat\"\n";

    #[test]
    fn what_a_target_may_say_is_read() {
        let service = read(&format!(
            "{HTTP}api_key = \"ssm:/models/key\"\nca = \"configs/ca.pem\"\ncache_salt = true\n\
             headers = {{ x-team = \"a\" }}"
        ));
        let Ok(Service::Http {
            api_key,
            headers,
            ca,
            cache_salt,
            ..
        }) = service
        else {
            panic!("{service:?}")
        };
        assert_eq!(api_key, Some(SecretRef::Ssm("/models/key".into())));
        assert_eq!(
            (headers["x-team"].as_str(), ca.as_deref()),
            ("a", Some("configs/ca.pem"))
        );
        assert!(cache_salt);
        let service = read(
            "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\nservice_tier = \"flex\"",
        );
        let Ok(Service::Bedrock { service_tier, .. }) = service else {
            panic!("{service:?}")
        };
        assert_eq!(service_tier, Some(ServiceTier::Flex));
    }

    #[test]
    fn a_key_in_the_configuration_is_refused_and_not_repeated() {
        let error = read(&format!("{HTTP}api_key = \"sk-0123456789\"")).unwrap_err();
        assert!(
            error.contains("never the key itself") && !error.contains("sk-0123"),
            "{error}"
        );
    }

    #[test]
    fn headers_that_the_client_or_a_key_needs_are_refused() {
        for headers in [
            "{ Authorization = \"x\" }",
            "{ host = \"x\" }",
            "{ x = \"\\n\" }",
            "{ x = 1 }",
        ] {
            let error = read(&format!("{HTTP}headers = {headers}")).unwrap_err();
            assert!(error.contains("`targets[0].headers`"), "{error}");
        }
    }

    #[test]
    fn a_salt_needs_a_request_that_has_one() {
        let target = HTTP.replace("openai-chat", "tgi");
        let error = read(&format!("{target}cache_salt = true")).unwrap_err();
        assert!(error.contains("`tgi` has no `cache_salt`"), "{error}");
    }
}
