use crate::config::{Lifecycle, OnOverlap, Overrides, RunConfig, from_toml};

const HTTP: &str = "kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"tgi\"\n";
const SAGEMAKER: &str = "kind = \"sagemaker\"\nendpoint = \"e\"\nrequest = \"tgi\"\n";

fn read(targets: &[&str]) -> Result<RunConfig, String> {
    let target =
        |(number, text): (usize, &&str)| format!("[[targets]]\nid = \"t{number}\"\n{text}\n");
    let targets: String = targets.iter().enumerate().map(target).collect();
    from_toml(&format!("name = \"x\"\n{targets}"), &Overrides::default())
        .map_err(|error| error.to_string())
}

#[test]
fn a_server_has_its_instance_and_an_endpoint_its_configuration() {
    let config = read(&[
        &format!("{HTTP}lifecycle = {{ instance = \"i-0123456789abcdef0\" }}"),
        &format!("{SAGEMAKER}lifecycle = {{ endpoint_config = \"small\" }}"),
        HTTP,
    ])
    .unwrap();
    let lifecycles: Vec<_> = config.targets.into_iter().map(|t| t.lifecycle).collect();
    let instance = "i-0123456789abcdef0".to_owned();
    let (endpoint, endpoint_config) = ("e".to_owned(), "small".to_owned());
    assert_eq!(
        lifecycles,
        [
            Some(Lifecycle::Ec2Instance { instance }),
            Some(Lifecycle::SageMakerEndpoint {
                endpoint,
                endpoint_config
            }),
            None
        ]
    );
}

#[test]
fn what_cannot_be_started_is_refused_with_the_remedy() {
    let bedrock = "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n";
    for (target, said) in [
        (
            format!("{bedrock}lifecycle = {{ instance = \"i-01234567\" }}"),
            "remove it",
        ),
        (
            format!("{HTTP}lifecycle = {{ instance = \"web-1\" }}"),
            "expected the id",
        ),
        (
            format!("{HTTP}lifecycle = {{ endpoint_config = \"a\" }}"),
            "`targets[0].lifecycle.instance` is missing",
        ),
        (
            format!("{SAGEMAKER}lifecycle = {{}}"),
            "`targets[0].lifecycle.endpoint_config` is missing",
        ),
    ] {
        let error = read(&[&target]).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_public_address_is_refused_where_the_machine_is_stopped() {
    let server = |url: &str, more: &str| {
        format!("kind = \"http\"\nurl = \"{url}\"\nrequest = \"tgi\"\n{more}")
    };
    let stopped = "lifecycle = { instance = \"i-01234567\" }";
    for url in [
        "http://203.0.113.25:8080",
        "http://[2001:db8::1]",
        "http://0xcb007119/v1",
    ] {
        let error = read(&[&server(url, stopped)]).unwrap_err();
        assert!(
            error.contains(&format!("`targets[0].url` is `\"{url}\"`"))
                && error.contains("private address"),
            "{error}"
        );
        assert!(read(&[&server(url, "")]).is_ok(), "it is never stopped");
    }
    assert!(read(&[&server("http://model.internal", stopped)]).is_ok());
}

#[test]
fn a_machine_belongs_to_one_target() {
    let target = format!("{HTTP}lifecycle = {{ instance = \"i-01234567\" }}");
    let error = read(&[&target, &target]).unwrap_err();
    assert!(
        error.contains("target `t0` starts and stops it as well"),
        "{error}"
    );
}

#[test]
fn overlapping_runs_are_refused_unless_they_shall_wait() {
    assert_eq!(read(&[HTTP]).unwrap().on_overlap, OnOverlap::Refuse);
    let text = format!("name = \"x\"\non_overlap = \"queue\"\n[[targets]]\nid = \"a\"\n{HTTP}");
    let config = from_toml(&text, &Overrides::default()).unwrap();
    assert_eq!(config.on_overlap, OnOverlap::Queue);
}
