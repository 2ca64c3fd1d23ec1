//! The EC2 instance that this machine is, if it is one.

use std::{env, time::Duration};

use bench_core::config::{PricingKind, Service};
use reqwest::{Client, Method};

use super::{candidate::Draft, servers::is_local};

/// The longest time of an answer: the service is on the machine itself.
const LIMIT: Duration = Duration::from_secs(1);
/// The address of the instance metadata service.
const METADATA: &str = "http://169.254.169.254";

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its type, such as `g6.2xlarge`.
    pub instance: String,
    /// Its Region.
    pub region: String,
}

impl Machine {
    /// This machine by the instance metadata service, version 2; `None` where there is none,
    /// or `AWS_EC2_METADATA_DISABLED` forbids to ask.
    pub async fn find() -> Option<Self> {
        let is_disabled = env::var("AWS_EC2_METADATA_DISABLED");
        if is_disabled.is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
            return None;
        }
        let named = env::var("AWS_EC2_METADATA_SERVICE_ENDPOINT").ok();
        let named = named.filter(|url| !url.is_empty());
        let base = named.unwrap_or_else(|| METADATA.to_owned());
        Self::ask(base.trim_end_matches('/')).await
    }

    async fn ask(base: &str) -> Option<Self> {
        let client = Client::builder().timeout(LIMIT).no_proxy().build().ok()?;
        let request =
            |method: Method, path: &str| client.request(method, format!("{base}/latest/{path}"));
        let token = request(Method::PUT, "api/token");
        let token = text(token.header("x-aws-ec2-metadata-token-ttl-seconds", "60")).await?;
        let read = async |path: &str| {
            let request = request(Method::GET, path);
            let text = text(request.header("x-aws-ec2-metadata-token", &token)).await?;
            is_name(&text).then_some(text)
        };
        Some(Self {
            instance: read("meta-data/instance-type").await?,
            region: read("meta-data/placement/region").await?,
        })
    }

    /// Completes the drafts of servers on this machine.
    pub fn complete(&self, drafts: &mut [Draft]) {
        for draft in drafts {
            let Service::Http(target) = &draft.service else {
                continue;
            };
            if is_local(&target.url) {
                draft.instance = Some(self.instance.clone());
                draft.region = Some(self.region.clone());
                draft.pricing = Some(PricingKind::Hourly {
                    sku: format!("ec2:{}", self.instance),
                    instances: 1,
                });
            }
        }
    }
}

async fn text(request: reqwest::RequestBuilder) -> Option<String> {
    let answer = request.send().await.ok()?.error_for_status().ok()?;
    answer.text().await.ok()
}

/// Whether an answer can be the name of an instance type or a Region.
fn is_name(text: &str) -> bool {
    let is_part = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}
