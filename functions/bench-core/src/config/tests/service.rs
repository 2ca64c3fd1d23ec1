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
    let Ok(Service::Http(target)) = service else {
        panic!("{service:?}")
    };
    assert_eq!(target.api_key, Some(SecretRef::Ssm("/models/key".into())));
    assert_eq!(
        (target.headers["x-team"].as_str(), target.ca.as_deref()),
        ("a", Some("configs/ca.pem"))
    );
    assert!(target.cache_salt);
    let service =
        read("kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\nservice_tier = \"flex\"");
    let Ok(Service::Bedrock(target)) = service else {
        panic!("{service:?}")
    };
    assert_eq!(target.service_tier, Some(ServiceTier::Flex));
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
        assert!(error.contains("`targets[0].headers."), "{error}");
    }
}

#[test]
fn a_salt_needs_a_request_that_has_one() {
    let target = HTTP.replace("openai-chat", "tgi");
    let error = read(&format!("{target}cache_salt = true")).unwrap_err();
    assert!(error.contains("`tgi` has no `cache_salt`"), "{error}");
}
