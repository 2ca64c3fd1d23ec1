//! Configurations that are read, and the faults of those that are not.

mod api;
mod lengths;
mod lifecycle;
mod load;
mod request_body;
mod service;

use super::*;

const SMALLEST: &str = r#"
    name = "small"
    [[targets]]
    id = "a"
    kind = "http"
    url = "http://10.0.0.1:8080"
    request = "tgi"
"#;

fn faults(text: &str) -> Vec<String> {
    let error = from_toml(text, &Overrides::default()).unwrap_err();
    error.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn limits_are_read_and_their_faults_named() {
    let with = |limits: &str| format!("{SMALLEST}\n[limits]\n{limits}\n");
    let config = from_toml(&with("ttft_ms = 800"), &Overrides::default()).unwrap();
    assert_eq!(
        (config.limits.ttft_ms, config.limits.tpot_ms),
        (Some(800.0), None)
    );
    assert!(
        from_toml(SMALLEST, &Overrides::default())
            .unwrap()
            .limits
            .is_empty()
    );
    let found = faults(&with("tftt_ms = 800\nlatency_ms = -1"));
    assert!(
        found
            .iter()
            .any(|fault| fault.contains("did you mean `ttft_ms`")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|fault| fault.contains("`limits.latency_ms` is `-1`"))
    );
}

#[test]
fn use_cases_are_read_and_their_faults_named() {
    let with = |uses: &str| format!("{SMALLEST}\n{uses}\n");
    let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
    assert_eq!(config.use_cases.len(), 5);
    let mine = with("[[use_cases]]\nname = \"chat\"\nlatency_p95_ms = 900");
    let config = from_toml(&mine, &Overrides::default()).unwrap();
    assert_eq!(config.use_cases.len(), 1);
    assert_eq!(
        (
            config.use_cases[0].title.as_str(),
            config.use_cases[0].latency_p95_ms
        ),
        ("chat", Some(900.0))
    );
    let found = faults(&with(
        "[[use_cases]]\nname = \"chat\"\n[[use_cases]]\nname = \"chat\"\nacuracy = 0.9\naccuracy = 9",
    ));
    for said in [
        "`use_cases[0].limits` is missing: set a limit",
        "`use_cases[1].acuracy` is `0.9`: unknown field, did you mean `accuracy`?",
        "`use_cases[1].accuracy` is `9`: expected a number from 0 to 1",
        "`use_cases[1].name` is `\"chat\"`: another use case has this name",
    ] {
        assert!(
            found.iter().any(|fault| fault.starts_with(said)),
            "{said}: {found:?}"
        );
    }
}

#[test]
fn what_is_not_said_is_as_published() {
    let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
    assert_eq!(config.dataset.prompts, 20);
    assert_eq!((config.method.warmup, config.method.repetitions), (3, 5));
    assert_eq!(
        (config.targets[0].max_tokens, config.targets[0].concurrency),
        (4_096, 1)
    );
    assert!(config.targets[0].stream && !config.targets[0].simulated);
}

#[test]
fn every_fault_is_reported_at_once_with_field_value_and_remedy() {
    let text = r#"
        name = "Five Faults"
        [method]
        repetitions = 0
        temprature = 0.3
        [[targets]]
        id = "a"
        kind = "sagemaker"
        endpoint = "x"
        request = "converse"
        [[targets]]
        id = "a"
        kind = "http"
        request = "tgi"
    "#;
    assert_eq!(
        faults(text),
        [
            "`method.repetitions` is `0`: expected a whole number from 1 to 100",
            "`method.temprature` is `0.3`: unknown field, did you mean `temperature`?",
            "`name` is `\"Five Faults\"`: expected 1 to 64 lower-case letters, digits and hyphens",
            "`targets[0].request` is `\"converse\"`: expected one of `tgi`, `lmi`, `openai-chat`",
            "`targets[1].url` is missing: expected `http://host:port`, `https://host/v1` or the \
             whole URL of requests, without user and fragment",
            "`targets[1].id` is `\"a\"`: another target has this id, give each its own",
        ]
    );
}

#[test]
fn json_says_the_same_as_toml() {
    let json = r#"{"name":"small","targets":[{"id":"a","kind":"http",
        "url":"http://10.0.0.1:8080","request":"tgi"}]}"#;
    let nothing = Overrides::default();
    assert_eq!(
        from_json(json, &nothing).unwrap(),
        from_toml(SMALLEST, &nothing).unwrap()
    );
}

#[test]
fn text_that_is_neither_is_one_fault_with_its_line() {
    let said = faults("name = \"x\"\nbudget_usd = 1.0.0\n");
    let place = "TOML parse error at line 2, column 17\n  |\n2 | budget_usd = 1.0.0\n";
    assert!(said.len() == 1 && said[0].starts_with(place), "{said:?}");
    let error = from_json("{\n  \"name\": x\n}", &Overrides::default()).unwrap_err();
    assert_eq!(
        error.faults[0].to_string(),
        "JSON parse error: expected value at line 2 column 11\n  |\n2 |   \"name\": x\n  |           ^"
    );
    assert!(from_json("[]", &Overrides::default()).is_err());
}

#[test]
fn a_text_that_is_neither_is_shown_around_its_fault_however_long_its_line_is() {
    for filler in ["x", "漢"] {
        let long = filler.repeat(5_000);
        let json = format!(r#"{{"name": "{long}" ! "{long}"}}"#);
        let toml = format!("name = \"{long}\" ! \"{long}\"");
        let nothing = Overrides::default();
        for error in [from_json(&json, &nothing), from_toml(&toml, &nothing)] {
            let said = error.unwrap_err().to_string();
            assert!(said.chars().count() < 400, "{said}");
            let lines: Vec<&str> = said.lines().collect();
            let mark = lines.iter().position(|line| line.ends_with('^')).unwrap();
            let column = lines[mark].chars().count() - 1;
            assert_eq!(lines[mark - 1].chars().nth(column), Some('!'), "{said}");
        }
    }
}

#[test]
fn an_override_sets_one_field_and_is_checked_like_the_rest() {
    let set =
        |argument: &str| from_toml(SMALLEST, &Overrides::parse(&[argument.to_owned()]).unwrap());
    assert_eq!(set("prompts=5").unwrap().dataset.prompts, 5);
    assert_eq!(
        set("dataset.split=train").unwrap().dataset.split,
        Split::Train
    );
    assert_eq!(
        set("targets.a.concurrency=4").unwrap().targets[0].concurrency,
        4
    );
    assert_eq!(set(r#"targets=["a"]"#).unwrap().targets.len(), 1);
    assert!(
        set("targets=b")
            .unwrap_err()
            .to_string()
            .contains("known are `a`")
    );
    assert!(set("targets.b.concurrency=4").is_err());
    assert!(set("dataset.prompts=0").is_err());
    assert!(set("name.x=1").is_err());
    assert!(Overrides::parse(&["prompts".to_owned()]).is_err());
}

#[test]
fn a_resolved_configuration_survives_storage() {
    let config = from_toml(SMALLEST, &Overrides::default()).unwrap();
    let stored = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<RunConfig>(&stored).unwrap(), config);
}
