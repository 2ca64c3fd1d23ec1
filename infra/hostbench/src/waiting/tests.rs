use bench_core::{
    config::{Overrides, from_toml},
    sample::{ErrorLayer, Outcome},
};

use super::*;

fn parsed(target: &str) -> Target {
    let text = format!("name = \"x\"\n[[targets]]\nid = \"a\"\n{target}");
    from_toml(&text, &Overrides::default())
        .unwrap()
        .targets
        .remove(0)
}

fn target() -> Target {
    parsed("kind = \"http\"\nurl = \"http://10.0.0.1\"\nrequest = \"openai-chat\"\n")
}

fn bedrock() -> Target {
    parsed("kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn waiting(target: &Target) -> Waiting {
    Waiting::new(target, at(0))
}

/// The line of news of one target.
fn told(waiting: &mut Waiting, probes: &[Sample]) -> Option<String> {
    let news = waiting.update(probes)?;
    lines(vec![news]).pop()
}

fn failed(outcome: Outcome, layer: ErrorLayer, message: &str) -> Sample {
    Sample {
        outcome,
        error_class: Some(layer),
        error_message: Some(message.into()),
        started_at: at(10),
        ..Sample::default()
    }
}

fn refused() -> Sample {
    failed(
        Outcome::NotReady,
        ErrorLayer::Connect,
        "tcp connect error: Connection refused (os error 111)",
    )
}

fn answered() -> Sample {
    Sample {
        outcome: Outcome::Ok,
        ..Sample::default()
    }
}

#[test]
fn a_reason_is_told_once_until_it_changes_or_passes() {
    let mut waiting = waiting(&target());
    assert_eq!(told(&mut waiting, &[]), None);
    let refused = failed(Outcome::NotReady, ErrorLayer::Connect, "connection refused");
    assert_eq!(
        told(&mut waiting, std::slice::from_ref(&refused)).as_deref(),
        Some(
            "`a` does not answer: not_ready: connection refused; it is probed for up to 900 s; \
             start the server, or correct `url`: host, port, `http` or `https`"
        )
    );
    assert_eq!(told(&mut waiting, &[refused.clone(), refused]), None);
    let unknown = failed(Outcome::NotReady, ErrorLayer::Dns, "no such name");
    let news = told(&mut waiting, &[unknown]).unwrap();
    assert!(
        news.ends_with("; it is given up after three such probes; correct the host in `url`"),
        "{news}"
    );
    let ok = answered();
    assert_eq!(
        told(&mut waiting, std::slice::from_ref(&ok)).as_deref(),
        Some("`a` answers")
    );
    assert_eq!(told(&mut waiting, &[ok]), None);
}

#[test]
fn a_throttled_target_is_said_to_be_throttled_and_one_that_denies_to_deny() {
    let throttled = failed(Outcome::Throttled, ErrorLayer::Http, "slow down");
    assert_eq!(
        told(&mut waiting(&target()), &[throttled]).as_deref(),
        Some("`a` is throttled: throttled: slow down; it is probed for up to 900 s")
    );
    let denied = Sample {
        error_code: Some("AccessDeniedException".into()),
        ..failed(Outcome::ClientError, ErrorLayer::Service, "no")
    };
    let news = told(&mut waiting(&target()), std::slice::from_ref(&denied));
    assert!(news.unwrap().starts_with("`a` denies access: "));
    let mut waiting = waiting(&bedrock());
    let news = told(&mut waiting, &[denied]).unwrap();
    assert!(news.contains("it is probed for two minutes"), "{news}");
    assert!(news.contains("`aws-marketplace:Subscribe`"), "{news}");
    assert_eq!(
        waiting.text(at(50)),
        "waiting for access: AccessDeniedException, 40 s of 2 min"
    );
}

#[test]
fn a_refused_field_is_told_with_its_remedy() {
    let message = "json: unknown field \"stream_options\"";
    let refused = failed(Outcome::ClientError, ErrorLayer::Http, message);
    let mut waiting = waiting(&target());
    let news = told(&mut waiting, &[refused]).unwrap();
    let remedy = "not probed again; set `omit = [\"stream_options\"]` for this target";
    assert!(news.ends_with(remedy), "{news}");
    assert_eq!(waiting.text(at(50)), format!("not measured: {message}"));
}

#[test]
fn a_target_says_what_it_waits_for_why_and_for_how_long() {
    let mut waiting = waiting(&target());
    assert_eq!(waiting.text(at(5)), "waiting for its first probe, 5 s");
    waiting.update(&[refused()]);
    assert_eq!(
        waiting.text(at(50)),
        "waiting for the server: connection refused, 40 s of 15 min"
    );
    let unknown = failed(Outcome::NotReady, ErrorLayer::Dns, "no such name");
    waiting.update(&[refused(), unknown.clone(), unknown]);
    assert_eq!(
        waiting.text(at(190)),
        "waiting for the server: its name does not resolve, probe 2 of 3"
    );
    waiting.update(&[refused(), answered()]);
    assert_eq!(waiting.text(at(190)), "ready, no call has ended yet");
}

#[test]
fn a_run_that_goes_on_waits_from_its_own_first_probe() {
    let mut waiting = Waiting::new(&bedrock(), at(1_000));
    let now = Sample {
        started_at: at(1_010),
        ..refused()
    };
    waiting.update(&[refused(), now]);
    assert_eq!(
        waiting.text(at(1_040)),
        "waiting for the model: connection refused, 30 s of 15 min"
    );
}

#[test]
fn what_is_new_of_many_targets_is_one_line() {
    let news = (1..=40).map(|number| News {
        id: format!("t{number}"),
        text: "does not answer: connection refused".to_owned(),
    });
    assert_eq!(
        lines(news.collect()),
        ["40 targets (`t1`, `t2`, `t3`, `t4`, 36 more), each does not answer: connection refused"]
    );
}

#[test]
fn a_span_is_told_in_the_unit_that_a_person_would_use() {
    assert_eq!(
        [40, 119, 120, 900, 9_000].map(span),
        ["40 s", "119 s", "2 min", "15 min", "2.5 h"]
    );
}
