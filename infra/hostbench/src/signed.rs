//! Requests to services of AWS that the command has no client of: JSON or XML, signed.
//! Their clients would be the largest part of this command for a request each.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{self, SignableBody, SignableRequest, SigningSettings},
    sign::v4::SigningParams,
};
use reqwest::{Client, Method, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::{Error, error_chain};

/// Attempts of a request that is throttled or meets a failure of the service.
const ATTEMPTS: u32 = 4;
/// The pause before a further attempt; each one doubles it.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest time without an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A service of AWS in a Region, which is also its name in signatures and addresses.
#[derive(Debug, Clone)]
pub struct SignedClient<'a> {
    aws: &'a SdkConfig,
    service: &'static str,
    region: String,
}

/// An answer of a service that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code, such as `AccessDeniedException`; empty without an answer.
    pub code: String,
    /// The message of the service, or why there was no answer.
    pub message: String,
    is_retryable: bool,
}

impl Refusal {
    fn unanswered(message: impl Into<String>, is_retryable: bool) -> Self {
        Self {
            code: String::new(),
            message: message.into(),
            is_retryable,
        }
    }

    /// The refusal as an error of the command.
    #[must_use]
    pub fn into_error(self, doing: impl Into<String>) -> Error {
        Error::Aws {
            doing: doing.into(),
            cause: self.to_string(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.code.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.code, self.message)
        }
    }
}

impl<'a> SignedClient<'a> {
    /// A client of a service in a Region; nothing is called yet.
    #[must_use]
    pub fn new(aws: &'a SdkConfig, service: &'static str, region: impl Into<String>) -> Self {
        Self {
            aws,
            service,
            region: region.into(),
        }
    }

    /// Sends a request to a path with its query, already percent-encoded.
    ///
    /// # Errors
    ///
    /// [`Refusal`], after a few attempts where another may help.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let message = Message {
            path,
            body,
            ..Message::new(method)
        };
        let answer = self.answer(&message).await?;
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }

    /// Sends an operation to a service that is told it by a header field, such as
    /// `SageMaker.ListEndpoints`.
    ///
    /// # Errors
    ///
    /// [`Refusal`], after a few attempts where another may help.
    pub async fn operation(&self, name: &'static str, body: &Value) -> Result<Value, Refusal> {
        let message = Message {
            body: Some(body),
            operation: Some(name),
            ..Message::new(Method::POST)
        };
        let answer = self.answer(&message).await?;
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }

    /// Sends a query, already percent-encoded, to a service that answers with XML.
    ///
    /// # Errors
    ///
    /// [`Refusal`], after a few attempts where another may help, also of an answer that
    /// cannot be read.
    pub async fn query<T: DeserializeOwned>(&self, query: &str) -> Result<T, Refusal> {
        let path = format!("/?{query}");
        let message = Message {
            path: &path,
            ..Message::new(Method::GET)
        };
        let answer = self.answer(&message).await?;
        let unreadable = |error| Refusal::unanswered(error_chain(&error), false);
        quick_xml::de::from_str(&answer).map_err(unreadable)
    }

    async fn answer(&self, message: &Message<'_>) -> Result<String, Refusal> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(message).await {
                Err(refusal) if refusal.is_retryable => {}
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.attempt(message).await
    }

    async fn attempt(&self, message: &Message<'_>) -> Result<String, Refusal> {
        let url = format!("{}{}", self.endpoint(), message.path);
        let body = message.body.map(Value::to_string).unwrap_or_default();
        let headers = self.signature(message, &url, &body).await?;
        let failed = |error: reqwest::Error| Refusal::unanswered(error_chain(&error), true);
        let client = Client::builder().timeout(TIMEOUT).build().map_err(failed)?;
        let mut request = client
            .request(message.method.clone(), &url)
            .header("content-type", message.content_type())
            .body(body);
        if let Some(operation) = message.operation {
            request = request.header(OPERATION, operation);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let code = answer.headers().get("x-amzn-errortype").cloned();
        let text = answer.text().await.map_err(failed)?;
        if status.is_success() {
            return Ok(text);
        }
        let code = code.as_ref().and_then(|code| code.to_str().ok());
        Err(refusal(status, code, &text))
    }

    /// The header fields that sign a request.
    async fn signature(
        &self,
        message: &Message<'_>,
        url: &str,
        body: &str,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let unsigned = |reason: String| Refusal::unanswered(reason, false);
        let provider = self.aws.credentials_provider();
        let provider = provider.ok_or_else(|| unsigned("no AWS credentials".to_owned()))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| unsigned(error_chain(&error)))?;
        let identity = credentials.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(error_chain(&error)))?
            .into();
        let request = SignableRequest::new(
            message.method.as_str(),
            url,
            message.operation.iter().map(|name| (OPERATION, *name)),
            SignableBody::Bytes(body.as_bytes()),
        );
        let request = request.map_err(|error| unsigned(error_chain(&error)))?;
        let signed = http_request::sign(request, &parameters);
        let (instructions, _) = signed
            .map_err(|error| unsigned(error_chain(&error)))?
            .into_parts();
        let headers = instructions.headers();
        Ok(headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    fn endpoint(&self) -> String {
        if let Some(url) = self.aws.endpoint_url() {
            return url.trim_end_matches('/').to_owned();
        }
        let Self {
            service, region, ..
        } = self;
        let suffix = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let host = match *service {
            "sagemaker" => "api.sagemaker",
            service => service,
        };
        format!("https://{host}.{region}.{suffix}")
    }
}

/// The header field with the operation of a service that has one path for all of them.
const OPERATION: &str = "x-amz-target";

/// A request before it is signed.
#[derive(Debug, Clone)]
struct Message<'a> {
    method: Method,
    /// With its query, percent-encoded.
    path: &'a str,
    body: Option<&'a Value>,
    operation: Option<&'static str>,
}

impl Message<'_> {
    fn new(method: Method) -> Self {
        Self {
            method,
            path: "/",
            body: None,
            operation: None,
        }
    }

    fn content_type(&self) -> &'static str {
        match self.operation {
            Some(_) => "application/x-amz-json-1.1",
            None => "application/json",
        }
    }
}

/// Percent-encoded, for a part of a path or a query.
#[must_use]
pub fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The first error of an answer in XML, as EC2 refuses.
fn xml_refusal(content: &str) -> Option<(String, String)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Response {
        errors: Errors,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Errors {
        error: Vec<Fault>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Fault {
        code: String,
        message: String,
    }
    let response: Response = quick_xml::de::from_str(content).ok()?;
    let first = response.errors.error.into_iter().next()?;
    Some((first.code, first.message))
}

fn refusal(status: StatusCode, code: Option<&str>, content: &str) -> Refusal {
    let is_retryable = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    if let Some((code, message)) = xml_refusal(content) {
        return Refusal {
            is_retryable: is_retryable || code == "RequestLimitExceeded",
            code,
            message,
        };
    }
    let content: Value = serde_json::from_str(content).unwrap_or_default();
    let field = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| content[*name].as_str())
            .map(str::to_owned)
    };
    let code = code.map(str::to_owned).or(field(["__type", "code"]));
    let code = code.unwrap_or_else(|| status.to_string());
    // `…#Code:http://…`
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    Refusal {
        code: code.to_owned(),
        message: field(["message", "Message"]).unwrap_or_else(|| "no message".to_owned()),
        is_retryable,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_has_the_code_and_message_of_the_service() {
        let denied = refusal(
            StatusCode::FORBIDDEN,
            Some("AccessDeniedException:http://internal.amazon.com/x/"),
            &json!({"Message": "not authorized"}).to_string(),
        );
        assert_eq!(denied.to_string(), "AccessDeniedException: not authorized");
        assert!(!denied.is_retryable);
        let typed = json!({"__type": "com.amazon#ThrottlingException", "message": "slow"});
        let throttled = refusal(StatusCode::TOO_MANY_REQUESTS, None, &typed.to_string());
        assert_eq!(throttled.to_string(), "ThrottlingException: slow");
        assert!(throttled.is_retryable);
    }

    #[test]
    fn a_refusal_in_xml_has_code_and_message_and_one_of_too_many_requests_is_tried_again() {
        let of = |code: &str| {
            let content = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>\
                 <Code>{code}</Code><Message>not &quot;here&quot;</Message></Error></Errors>\
                 <RequestID>1</RequestID></Response>"
            );
            refusal(StatusCode::BAD_REQUEST, None, &content)
        };
        let unknown = of("InvalidInstanceID.NotFound");
        let said = "InvalidInstanceID.NotFound: not \"here\"";
        assert_eq!(unknown.to_string(), said);
        assert!(!unknown.is_retryable && of("RequestLimitExceeded").is_retryable);
        let page = refusal(
            StatusCode::BAD_GATEWAY,
            None,
            "<html><body>later</body></html>",
        );
        assert_eq!(page.code, "502 Bad Gateway");
    }
}
