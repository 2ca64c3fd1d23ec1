//! Errors that servers send in place of an answer or within one.
//!
//! The forms: `error` with an object or a text, `errors` with a list of them; the object
//! itself, which says that it is an error, or has a code and a message and nothing of an
//! answer; `detail` of `FastAPI`; `base_resp` of `MiniMax`.

use bench_core::sample::Outcome;

use super::{
    json::{self, Json},
    member::Member,
};
use crate::failure::{Failure, outcome_of_status};

/// An error in a service's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// How a call that it ends is counted.
    pub(crate) outcome: Outcome,
    /// The service's code, by name where there is one.
    pub(crate) code: Option<String>,
    /// The whole message.
    pub(crate) message: String,
}

/// Members of which any makes a document an answer.
const PAYLOAD: [Member; 7] = [
    Member::Choices,
    Member::Output,
    Member::Usage,
    Member::Token,
    Member::GeneratedText,
    Member::Generation,
    Member::Delta,
];

impl ServiceError {
    /// The error of a document; `raw` is its text.
    pub(crate) fn of(root: &Json<'_>, raw: &str) -> Option<Self> {
        let error = [Member::Error, Member::Errors].map(|name| root.get(name));
        let error = error.into_iter().find(|error| !error.is_null());
        let error = error.unwrap_or(&Json::Null);
        let error = error.items().first().unwrap_or(error);
        let has_payload = PAYLOAD.iter().any(|name| !root.get(*name).is_null());
        match error {
            Json::Object(members) if !members.is_empty() || !has_payload => {
                return Some(Self::of_fields(error, root, raw));
            }
            Json::Text(message) if !message.trim().is_empty() => {
                return Some(Self::new(message.to_string(), root, root));
            }
            Json::Bool(true) => return Some(Self::of_fields(root, root, raw)),
            _ => {}
        }
        let is = |name: Member, value: &str| root.get(name).text() == Some(value);
        let named = is(Member::Object, "error") || is(Member::Type, "error");
        let bare = !has_payload
            && message(root).is_some()
            && [
                Member::Code,
                Member::Status,
                Member::StatusCode,
                Member::Type,
            ]
            .iter()
            .any(|name| !root.get(*name).is_null());
        if named || bare {
            return Some(Self::of_fields(root, root, raw));
        }
        // Every answer has it; 0 is a success.
        let status = root.get(Member::BaseResp);
        let code = status.get(Member::StatusCode).count();
        if code.is_some_and(|code| code != 0) {
            return Some(Self::of_fields(status, root, raw));
        }
        let detail = root.get(Member::Detail);
        (!has_payload && !detail.is_null()).then(|| Self::of_detail(detail, root, raw))
    }

    /// The error of a document that has a message and nothing else of an error, which
    /// is one where nothing of an answer comes.
    pub(crate) fn of_message(root: &Json<'_>, raw: &str) -> Option<Self> {
        // Google sends a list of one.
        let root = root.items().first().unwrap_or(root);
        let is_error = message(root).is_some();
        Self::of(root, raw).or_else(|| is_error.then(|| Self::of_fields(root, root, raw)))
    }

    fn of_fields(fields: &Json<'_>, root: &Json<'_>, raw: &str) -> Self {
        let message = message(fields).map_or_else(|| raw.trim().to_owned(), str::to_owned);
        Self::new(message, fields, root)
    }

    /// The `detail` of a refusal by `FastAPI`: a text, or a list of faults.
    fn of_detail(detail: &Json<'_>, root: &Json<'_>, raw: &str) -> Self {
        let faults = detail.items().iter().filter_map(|fault| {
            let message = fault.text().or_else(|| message(fault))?;
            let place = fault.get(Member::Loc).items().iter().filter_map(Json::text);
            let place = place.collect::<Vec<_>>().join(".");
            let separator = if place.is_empty() { "" } else { ": " };
            Some(format!("{place}{separator}{message}"))
        });
        let message = faults.collect::<Vec<_>>().join("; ");
        let message = if message.is_empty() {
            raw.trim().to_owned()
        } else {
            message
        };
        let mut error = Self::new(message, root, root);
        // A list is of the faults of a request.
        if matches!(detail, Json::List(_)) && error.code.is_none() {
            error.outcome = Outcome::ClientError;
        }
        error
    }

    fn new(message: String, fields: &Json<'_>, root: &Json<'_>) -> Self {
        let names = [
            fields.get(Member::Code),
            fields.get(Member::Type),
            root.get(Member::ErrorType),
            fields.get(Member::Status),
        ];
        let is_name = |text: &&str| *text != "error" && text.parse::<u16>().is_err();
        let name = || {
            let mut names = names.iter().filter_map(|name| name.words());
            names.find(is_name)
        };
        let number = [
            fields.get(Member::Code),
            fields.get(Member::StatusCode),
            fields.get(Member::HttpCode),
            fields.get(Member::Status),
            root.get(Member::Code),
        ]
        .into_iter()
        .find_map(Json::count);
        let status = number.and_then(|number| u16::try_from(number).ok());
        let outcome = status
            .filter(|status| (400..600).contains(status))
            .map(outcome_of_status)
            .or_else(|| {
                names
                    .iter()
                    .filter_map(|name| name.text())
                    .find_map(outcome_of_name)
            })
            .or_else(|| outcome_of_words(&message))
            .unwrap_or(Outcome::ServerError);
        Self {
            outcome,
            code: name()
                .map(str::to_owned)
                .or_else(|| number.map(|number| number.to_string())),
            message,
        }
    }

    /// The failure of a call, which tokens may have come of before.
    pub(crate) fn into_failure(self, has_tokens: bool) -> Failure {
        Failure::in_stream(self.outcome, has_tokens, self.code, self.message)
    }
}

/// The failure of an event that says by itself that it is an error, as JSON or as text.
pub(super) fn in_event(text: &str, has_tokens: bool) -> Failure {
    let read = json::read(text, |root| {
        ServiceError::of_message(root, text)
            .or_else(|| Some(ServiceError::new(root.words()?.to_owned(), root, root)))
    });
    let error = read.ok().flatten();
    let plain = || ServiceError::new(text.trim().to_owned(), &Json::Null, &Json::Null);
    error.unwrap_or_else(plain).into_failure(has_tokens)
}

fn message<'j>(fields: &'j Json<'_>) -> Option<&'j str> {
    [
        Member::Message,
        Member::Msg,
        Member::ErrorMessage,
        Member::StatusMsg,
        Member::Detail,
        Member::Error,
    ]
    .iter()
    .find_map(|name| fields.get(*name).words())
}

/// How an error that has no code is counted by its words; `None` for most.
fn outcome_of_words(message: &str) -> Option<Outcome> {
    // LM Studio says so with a status of 200.
    message
        .starts_with("Unexpected endpoint")
        .then_some(Outcome::ClientError)
}

/// How an error is counted by its name; `None` for one that says nothing.
fn outcome_of_name(name: &str) -> Option<Outcome> {
    const NAMES: [(Outcome, &[&str]); 3] = [
        (
            Outcome::Throttled,
            &[
                "ratelimit",
                "throttl",
                "toomany",
                "overloaded",
                "exhausted",
                "quota",
            ],
        ),
        (
            Outcome::Timeout,
            &["timeout", "timedout", "deadlineexceeded"],
        ),
        (
            Outcome::ClientError,
            &[
                "invalid",
                "notfound",
                "badrequest",
                "validation",
                "authentication",
                "unauthorized",
                "permission",
                "forbidden",
                "accessdenied",
                "contextlength",
                "contextsize",
                "unsupported",
                "unprocessable",
            ],
        ),
    ];
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let found = NAMES
        .iter()
        .find(|(_, names)| names.iter().any(|name| plain.contains(name)));
    found.map(|(outcome, _)| *outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::json;

    fn error(text: &str) -> Option<ServiceError> {
        json::read(text, |root| ServiceError::of(root, text)).unwrap()
    }

    #[test]
    fn every_known_form_gives_code_class_and_message() {
        let check = |text: &str, outcome, code: Option<&str>, message: &str| {
            let code = code.map(str::to_owned);
            let message = message.to_owned();
            let expected = ServiceError {
                outcome,
                code,
                message,
            };
            assert_eq!(error(text), Some(expected), "{text}");
        };
        let (client, server, slow) = (
            Outcome::ClientError,
            Outcome::ServerError,
            Outcome::Throttled,
        );
        check(
            r#"{"error": {"message": "slow down", "type": "rate", "code": 429}}"#,
            slow,
            Some("rate"),
            "slow down",
        );
        check(r#"{"error": "it fell over"}"#, server, None, "it fell over");
        check(
            r#"{"error": "too long", "error_type": "validation"}"#,
            client,
            Some("validation"),
            "too long",
        );
        check(
            r#"{"error": "out of memory", "code": 424}"#,
            server,
            Some("424"),
            "out of memory",
        );
        check(
            r#"{"object": "error", "message": "no such model", "type": "NotFoundError", "code": 404}"#,
            client,
            Some("NotFoundError"),
            "no such model",
        );
        check(
            r#"{"code": "404", "message": "gone"}"#,
            client,
            Some("404"),
            "gone",
        );
        check(
            r#"{"code": 1113, "msg": "no credit"}"#,
            server,
            Some("1113"),
            "no credit",
        );
        check(
            r#"{"code": "rate_limit_exceeded", "message": "later"}"#,
            slow,
            Some("rate_limit_exceeded"),
            "later",
        );
        check(
            r#"{"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}"#,
            slow,
            Some("overloaded_error"),
            "busy",
        );
        check(
            r#"{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "bad"}}"#,
            client,
            Some("INVALID_ARGUMENT"),
            "bad",
        );
        check(
            r#"[{"error": {"code": 503, "message": "x"}}]"#.trim_matches(['[', ']']),
            server,
            Some("503"),
            "x",
        );
        check(
            r#"{"error": "Unexpected endpoint or method. (POST /chat/completions)"}"#,
            client,
            None,
            "Unexpected endpoint or method. (POST /chat/completions)",
        );
        check(r#"{"detail": "Not Found"}"#, server, None, "Not Found");
        check(
            r#"{"detail": [{"loc": ["body", "model"], "msg": "field required", "type": "missing"},
                {"msg": "too long"}]}"#,
            client,
            None,
            "body.model: field required; too long",
        );
        check(r#"{"error": true, "message": "no"}"#, server, None, "no");
        check(
            r#"{"error": {"reason": 7}}"#,
            server,
            None,
            r#"{"error": {"reason": 7}}"#,
        );
    }

    #[test]
    fn lists_of_errors_and_a_status_beside_an_answer_have_code_and_message() {
        let found = |text: &str| {
            let error = error(text).unwrap();
            (error.outcome, error.code.unwrap(), error.message)
        };
        let server =
            |code: &str, message: &str| (Outcome::ServerError, code.to_owned(), message.to_owned());
        let list =
            r#"{"result": {}, "success": false, "errors": [{"code": 5007, "message": "none"}]}"#;
        assert_eq!(found(list), server("5007", "none"));
        let status =
            r#"{"choices": null, "base_resp": {"status_code": 1008, "status_msg": "empty"}}"#;
        assert_eq!(found(status), server("1008", "empty"));
    }

    #[test]
    fn an_answer_that_has_the_member_and_no_error_is_an_answer() {
        for text in [
            r#"{"choices": [], "error": null}"#,
            r#"{"choices": [], "error": ""}"#,
            r#"{"choices": [], "error": {}, "code": 200, "message": "ok"}"#,
            r#"{"choices": [], "error": false, "detail": "x"}"#,
            r#"{"choices": [], "errors": []}"#,
            r#"{"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}}"#,
            r#"{"type": "ping"}"#,
            r#"{"message": "please hold the line"}"#,
            "{}",
            "[]",
        ] {
            assert_eq!(error(text), None, "{text}");
        }
    }
}
