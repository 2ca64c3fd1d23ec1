use serde_json::json;

use crate::config::{Overrides, Remedy, Target, from_toml};

const HTTP: &str = "kind = \"http\"\nurl = \"https://m.example\"\nrequest = \"openai-chat\"\n";
const TGI: &str = "kind = \"sagemaker\"\nendpoint = \"e\"\nrequest = \"tgi\"\n";
const CONVERSE: &str = "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n";

fn read(head: &str, target: &str) -> Result<Target, Vec<String>> {
    let text = format!("name = \"x\"\n{head}\n[[targets]]\nid = \"a\"\n{target}");
    from_toml(&text, &Overrides::default())
        .map(|mut config| config.targets.remove(0))
        .map_err(|error| error.faults.iter().map(ToString::to_string).collect())
}

#[test]
fn any_field_may_be_left_out_and_any_other_added() {
    let target = read(
        "",
        &format!(
            "{HTTP}omit = [\"stream_options\", \"top_p\"]\n\
             max_tokens_field = \"max_completion_tokens\"\n\
             extra = {{ top_k = 20, chat_template_kwargs = {{ enable_thinking = false }} }}"
        ),
    );
    let target = target.unwrap();
    assert_eq!(target.omit, ["stream_options", "top_p"]);
    assert_eq!(
        (target.sent_top_p(), target.sent_temperature()),
        (None, Some(0.3))
    );
    assert_eq!(target.sent_max_tokens(), Some(4_096));
    assert_eq!(
        target.max_tokens_field.as_deref(),
        Some("max_completion_tokens")
    );
    assert_eq!(
        serde_json::to_value(&target.extra).unwrap(),
        json!({"top_k": 20, "chat_template_kwargs": {"enable_thinking": false}})
    );
}

#[test]
fn the_token_limit_may_be_left_out_by_either_name_where_no_budget_needs_it() {
    for (target, omitted) in [
        (HTTP, "max_tokens"),
        (TGI, "max_tokens"),
        (TGI, "parameters.max_new_tokens"),
        (TGI, "parameters"),
    ] {
        let target = format!("{target}omit = [\"{omitted}\"]");
        assert_eq!(
            read("", &target).unwrap().sent_max_tokens(),
            None,
            "{omitted}"
        );
        let faults = read("budget_usd = 5", &target).unwrap_err();
        assert!(
            faults[0].starts_with("`targets[0].omit` is ")
                && faults[0].contains("`budget_usd` needs a limit"),
            "{faults:?}"
        );
    }
}

#[test]
fn what_has_a_setting_of_its_own_is_not_changed_behind_it() {
    for (target, field, remedy) in [
        (
            format!("{HTTP}extra = {{ max_tokens = 9 }}"),
            "extra.max_tokens",
            "set `max_tokens`",
        ),
        (
            format!("{HTTP}extra = {{ max_completion_tokens = 9 }}"),
            "extra.max_completion_tokens",
            "set `max_tokens_field`",
        ),
        (
            format!("{TGI}extra = {{ parameters = {{ max_new_tokens = 9 }} }}"),
            "extra.parameters.max_new_tokens",
            "set `max_tokens`",
        ),
        (
            format!("{HTTP}extra = {{ stream = false }}"),
            "extra.stream",
            "set `stream`",
        ),
        (
            format!("{HTTP}extra = {{ messages = [] }}"),
            "extra.messages",
            "that of the dataset",
        ),
        (
            format!("{HTTP}omit = [\"messages\"]"),
            "omit",
            "needs its prompt",
        ),
        (format!("{HTTP}omit = [\"\"]"), "omit[0]", "expected text"),
        (
            format!("{HTTP}omit = \"top_p\""),
            "omit",
            "expected a list of fields",
        ),
        (
            format!("{HTTP}extra = 3"),
            "extra",
            "expected a table of fields",
        ),
        (
            format!("{CONVERSE}max_tokens_field = \"x\""),
            "max_tokens_field",
            "`converse` has a name of its own",
        ),
    ] {
        let faults = read("", &target).unwrap_err();
        let start = format!("`targets[0].{field}` is ");
        assert!(
            faults.len() == 1 && faults[0].starts_with(&start) && faults[0].contains(remedy),
            "{target}: {faults:?}"
        );
    }
}

#[test]
fn a_url_may_be_whole_but_names_no_user() {
    let with = |url: &str| HTTP.replace("https://m.example", url);
    for url in [
        "https://m.example/v1",
        "https://m.example/d/chat/completions?api-version=1",
    ] {
        assert!(read("", &with(url)).is_ok(), "{url}");
    }
    for url in ["https://a:b@m.example", "https://m.example/#x", "m.example"] {
        assert!(read("", &with(url)).is_err(), "{url}");
    }
}

#[test]
fn a_refused_field_has_the_remedy_that_its_target_needs() {
    let plain = read("", HTTP).unwrap();
    let setting = |field: &str, target: &Target| Remedy::of_refused(field, target).setting();
    assert_eq!(
        setting("max_tokens", &plain).as_deref(),
        Some("max_tokens_field = \"max_completion_tokens\"")
    );
    assert_eq!(
        setting("top_p", &plain).as_deref(),
        Some("omit = [\"top_p\"]")
    );
    assert_eq!(setting("stream", &plain).as_deref(), Some("stream = false"));
    let added = read("", &format!("{HTTP}extra = {{ top_k = 20 }}")).unwrap();
    assert_eq!(
        Remedy::of_refused("top_k", &added),
        Remedy::RemoveExtra("top_k".to_owned())
    );
}
