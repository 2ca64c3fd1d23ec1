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
fn a_refused_field_has_its_remedy_whatever_the_server_says_it_in() {
    let target = |target: &str| read("", target).unwrap();
    let omit = |field: &str| Some(Remedy::Omit(field.to_owned()));
    let chat = target(HTTP);
    for (message, remedy) in [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
             'max_completion_tokens' instead.",
            Some(Remedy::RenameMaxTokens),
        ),
        (
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the \
             default (1) value is supported.",
            omit("temperature"),
        ),
        (
            "Unrecognized request argument supplied: stream_options",
            omit("stream_options"),
        ),
        (
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}"#,
            omit("stream_options"),
        ),
        (
            "[{'type': 'extra_forbidden', 'loc': ('body', 'top_p'), 'msg': 'Extra inputs are not \
             permitted', 'input': 0.9}]",
            omit("top_p"),
        ),
        (
            "Failed to deserialize the JSON body into the target type: unknown field \
             `stream_options`, expected one of `model`, `messages`, `temperature`, `top_p`",
            omit("stream_options"),
        ),
        (
            r#"json: unknown field "cache_salt""#,
            Some(Remedy::NoCacheSalt),
        ),
        (
            "Unrecognized field \"top_p\" (class ai.Request), not marked as ignorable",
            omit("top_p"),
        ),
        (
            "Malformed input request: #: extraneous key [stream_options] is not permitted, please \
             reformat your input and try again.",
            omit("stream_options"),
        ),
        (
            "Additional properties are not allowed ('stream_options' was unexpected)",
            omit("stream_options"),
        ),
        (
            "`temperature` and `top_p` cannot both be specified for this model. Please use only \
             one.",
            omit("top_p"),
        ),
        (
            "stream is not supported for this model",
            Some(Remedy::NoStream),
        ),
        // Not about a field of ours.
        (
            "max_tokens is too large: 90000. This model supports at most 16384 tokens",
            None,
        ),
        (
            "The model `x` does not exist or you do not have access to it.",
            None,
        ),
        ("Unknown parameter: 'frobnicate'.", None),
        ("streaming of stream_optionsx is unsupported", None),
        ("", None),
    ] {
        assert_eq!(Remedy::of_refusal(message, &chat), remedy, "{message}");
    }
}

#[test]
fn a_remedy_is_that_of_the_target_that_was_refused() {
    let target = |target: &str| read("", target).unwrap();
    let refused = |message: &str, target: &Target| Remedy::of_refusal(message, target);
    let unknown = |field: &str| format!("unknown field `{field}`");
    let tgi = target(TGI);
    let omit = |field: &str| Some(Remedy::Omit(field.to_owned()));
    assert_eq!(
        refused(&unknown("details"), &tgi),
        omit("parameters.details")
    );
    assert_eq!(
        refused(&unknown("max_new_tokens"), &tgi),
        omit("max_tokens")
    );
    assert_eq!(refused(&unknown("details"), &target(HTTP)), None);
    let converse = target(CONVERSE);
    assert_eq!(
        refused("topP is deprecated for this model", &converse),
        omit("top_p")
    );
    let changed = target(&format!(
        "{HTTP}extra = {{ top_k = 20 }}\nomit = [\"top_p\"]\n\
         max_tokens_field = \"max_completion_tokens\""
    ));
    let extra = refused(&unknown("top_k"), &changed).unwrap();
    assert_eq!(extra, Remedy::RemoveExtra("top_k".to_owned()));
    assert_eq!(extra.removed().as_deref(), Some("extra.top_k"));
    let renamed = refused(&unknown("max_completion_tokens"), &changed);
    assert_eq!(renamed, Some(Remedy::KeepMaxTokens));
    assert_eq!(refused(&unknown("top_p"), &changed), None, "it is not sent");
}

#[test]
fn a_server_without_the_responses_api_is_asked_for_chat_completions() {
    let responses = HTTP.replace("openai-chat", "openai-responses");
    let (chat, responses) = (read("", HTTP).unwrap(), read("", &responses).unwrap());
    for message in [
        "Not Found",
        "404 page not found",
        "File Not Found",
        "Invalid URL (POST /v1/responses)",
        "Unexpected endpoint or method. (POST /v1/responses)",
    ] {
        let remedy = Remedy::of_refusal(message, &responses);
        assert_eq!(remedy, Some(Remedy::ChatRequest), "{message}");
        assert_eq!(Remedy::of_refusal(message, &chat), None, "{message}");
    }
    let setting = Remedy::ChatRequest.setting();
    assert_eq!(setting.as_deref(), Some("request = \"openai-chat\""));
    let model = "The model `x` was not found";
    assert_eq!(Remedy::of_refusal(model, &responses), None);
}
