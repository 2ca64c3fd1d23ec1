//! Keys and signatures over the hours of a run.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::provider::future;
use reqwest::Url;

use super::*;

/// A role whose credentials hold for an hour each; so many have been given.
#[derive(Debug, Clone)]
struct Role {
    began: SystemTime,
    given: Arc<AtomicUsize>,
    /// The minutes since the beginning, which the role is told.
    minutes: Arc<AtomicUsize>,
}

impl Role {
    fn new() -> Self {
        Self {
            began: SystemTime::now(),
            given: Arc::default(),
            minutes: Arc::default(),
        }
    }

    fn at(&self, minutes: usize) -> SystemTime {
        self.began + Duration::from_mins(minutes as u64)
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.given.fetch_add(1, Ordering::SeqCst);
        // As an instance role: new ones come a quarter of an hour before the end.
        let number = (self.minutes.load(Ordering::SeqCst) + 15) / 60;
        let expiry = self.at(60 * (number + 1));
        let token = Some(format!("token-{number}"));
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", token, Some(expiry), "role");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

fn request() -> Request {
    let url = Url::parse("https://bedrock-mantle.eu-west-1.api.aws/v1/responses").unwrap();
    Request::new(reqwest::Method::POST, url)
}

/// The header field that authenticates a request at that minute.
async fn authorization(access: &Access, role: &Role, minutes: usize) -> String {
    role.minutes.store(minutes, Ordering::SeqCst);
    let authorized = access.authorize_at(request(), role.at(minutes)).await;
    let (request, _) = authorized.unwrap().into_parts();
    let value = request.headers()[AUTHORIZATION].to_str().unwrap();
    value.to_owned()
}

fn access(role: &Role, method: Method) -> Access {
    let provider = SharedCredentialsProvider::new(role.clone());
    Access::new(provider, "eu-west-1".to_owned(), method)
}

/// The query of the request that a bearer key is.
fn query(authorization: &str) -> Url {
    let key = authorization.strip_prefix("Bearer ").unwrap();
    let presigned = presigned(&Key::new(key.to_owned())).unwrap();
    Url::parse(&format!("https://{presigned}")).unwrap()
}

fn parameter(url: &Url, name: &str) -> String {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(found, _)| found == name);
    found.unwrap().1.into_owned()
}

#[tokio::test]
async fn over_the_hours_of_a_run_every_key_holds_for_the_longest_call() {
    let longest = Duration::from_mins(14);
    for kind in [BearerKind::Bedrock, BearerKind::SageMaker] {
        let role = Role::new();
        let access = access(&role, Method::Bearer(kind));
        let mut keys = Vec::new();
        let mut made_at = 0;
        for minutes in 0..8 * 60 {
            let key = authorization(&access, &role, minutes).await;
            if keys.last() != Some(&key) {
                made_at = minutes;
                keys.push(key.clone());
            }
            // Of its own life.
            let url = query(&key);
            let life: u64 = parameter(&url, "X-Amz-Expires").parse().unwrap();
            let end = role.at(made_at) + Duration::from_secs(life);
            assert!(
                role.at(minutes) + longest < end,
                "at {minutes} of {made_at}"
            );
            // Of that of the credentials that it is made of: it is checked as the call begins.
            let token = parameter(&url, "X-Amz-Security-Token");
            let number: usize = token.strip_prefix("token-").unwrap().parse().unwrap();
            assert!(minutes + 5 <= 60 * (number + 1), "at {minutes}: {token}");
        }
        // Twice an hour, and with every new credentials.
        assert!((16..=25).contains(&keys.len()), "{}", keys.len());
    }
}

#[tokio::test]
async fn a_key_is_kept_as_long_as_its_credentials_are_the_same() {
    let role = Role::new();
    let access = access(&role, Method::Bearer(BearerKind::Bedrock));
    let first = authorization(&access, &role, 0).await;
    // Credentials are asked for again in between.
    assert_eq!(authorization(&access, &role, 29).await, first);
    assert!(role.given.load(Ordering::SeqCst) > 1);
    let second = authorization(&access, &role, 30).await;
    assert_ne!(second, first);
    let third = authorization(&access, &role, 50).await;
    assert_ne!(third, second, "its credentials are new");
    let other = access.clone();
    assert_eq!(authorization(&other, &role, 51).await, third);
}

#[tokio::test]
async fn a_signature_is_of_its_own_time_and_of_credentials_that_hold() {
    let role = Role::new();
    let access = access(&role, Method::SigV4("bedrock-mantle"));
    let mut all = Vec::new();
    for minutes in (0..180).step_by(10) {
        all.push(authorization(&access, &role, minutes).await);
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[tokio::test]
async fn what_holds_keys_shows_none() {
    let role = Role::new();
    let access = access(&role, Method::Bearer(BearerKind::SageMaker));
    let key = authorization(&access, &role, 0).await;
    let authorized = access.authorize_at(request(), role.at(1)).await.unwrap();
    for text in [format!("{access:?}"), format!("{authorized:?}")] {
        assert!(!text.contains(&key) && !text.contains("token-0"), "{text}");
        assert!(!text.contains("sagemaker-api-key"), "{text}");
    }
}
