//! Every operation of every protocol, asked the same question, and what its
//! answer says, read by a reader of our own.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::base64;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{ARN, header};

/// One way of asking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// The path, with `{}` in the place of the target's name.
    path: &'static str,
    body: Body,
    pub(crate) stream: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Converse,
    Llama,
    Generate,
    Completion,
    Chat,
    Responses,
}

const fn operation(name: &'static str, path: &'static str, body: Body, stream: bool) -> Operation {
    Operation {
        name,
        path,
        body,
        stream,
    }
}

pub(crate) const ALL: &[Operation] = &[
    operation("converse", "/model/{}/converse", Body::Converse, false),
    operation(
        "converse",
        "/model/{}/converse-stream",
        Body::Converse,
        true,
    ),
    operation("llama", "/model/ARN-{}/invoke", Body::Llama, false),
    operation(
        "llama",
        "/model/ARN-{}/invoke-with-response-stream",
        Body::Llama,
        true,
    ),
    operation(
        "imported-completion",
        "/model/ARN-{}/invoke",
        Body::Completion,
        false,
    ),
    operation(
        "imported-completion",
        "/model/ARN-{}/invoke-with-response-stream",
        Body::Completion,
        true,
    ),
    operation("imported-chat", "/model/ARN-{}/invoke", Body::Chat, false),
    operation(
        "imported-chat",
        "/model/ARN-{}/invoke-with-response-stream",
        Body::Chat,
        true,
    ),
    operation(
        "endpoint-tgi",
        "/endpoints/{}/invocations",
        Body::Generate,
        false,
    ),
    operation(
        "endpoint-tgi",
        "/endpoints/{}/invocations-response-stream",
        Body::Generate,
        true,
    ),
    operation(
        "endpoint-lmi",
        "/endpoints/{}-lmi/invocations",
        Body::Generate,
        false,
    ),
    operation(
        "endpoint-lmi",
        "/endpoints/{}-lmi/invocations-response-stream",
        Body::Generate,
        true,
    ),
    operation(
        "endpoint-chat",
        "/endpoints/{}/invocations",
        Body::Chat,
        false,
    ),
    operation(
        "endpoint-chat",
        "/endpoints/{}/invocations-response-stream",
        Body::Chat,
        true,
    ),
    operation("tgi", "/{}/generate", Body::Generate, false),
    operation("tgi", "/{}/generate_stream", Body::Generate, true),
    operation("chat", "/{}/v1/chat/completions", Body::Chat, false),
    operation("chat", "/{}/v1/chat/completions", Body::Chat, true),
    operation("completion", "/{}/v1/completions", Body::Completion, false),
    operation("completion", "/{}/v1/completions", Body::Completion, true),
    operation("responses", "/{}/v1/responses", Body::Responses, false),
    operation("responses", "/{}/v1/responses", Body::Responses, true),
];

impl Operation {
    pub(crate) fn path(&self, target: &str) -> String {
        self.path.replace("ARN", ARN).replace("{}", target)
    }

    pub(crate) fn is_aws(&self) -> bool {
        self.path.starts_with("/model/") || self.is_sagemaker()
    }

    pub(crate) fn is_bedrock(&self) -> bool {
        self.path.starts_with("/model/")
    }

    pub(crate) fn is_sagemaker(&self) -> bool {
        self.path.starts_with("/endpoints/")
    }

    pub(crate) fn is(&self, body: Body) -> bool {
        self.body == body
    }

    /// The body of a request.
    pub(crate) fn ask(&self, prompt: &str) -> Value {
        let message = json!([{"role": "user", "content": prompt}]);
        let mut body = match self.body {
            Body::Converse => {
                let content = json!([{"text": prompt}]);
                return json!({
                    "messages": [{"role": "user", "content": content}],
                    "inferenceConfig": {"maxTokens": 4_096},
                });
            }
            Body::Llama => return json!({"prompt": prompt, "max_gen_len": 4_096}),
            Body::Generate => {
                let parameters = json!({"max_new_tokens": 4_096, "details": true});
                json!({"inputs": prompt, "parameters": parameters})
            }
            Body::Completion => json!({"prompt": prompt, "max_tokens": 4_096}),
            Body::Chat => json!({"messages": message, "max_tokens": 4_096}),
            Body::Responses => json!({"input": prompt, "max_output_tokens": 4_096}),
        };
        if self.stream && !self.is_bedrock() {
            body["stream"] = true.into();
            if matches!(self.body, Body::Chat | Body::Completion) {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        body
    }

    /// The JSON documents of an answer, in order.
    pub(crate) fn documents(&self, body: &[u8]) -> Result<Vec<Value>, String> {
        if !self.stream {
            let document = serde_json::from_slice(body).map_err(|error| error.to_string())?;
            return Ok(vec![document]);
        }
        if !self.is_aws() {
            return lines(body);
        }
        let (mut documents, mut joined) = (Vec::new(), Vec::new());
        for message in frames(body)? {
            let payload = message.payload();
            if header(&message, ":message-type") == "exception" {
                return Err(header(&message, ":exception-type").to_owned());
            }
            match header(&message, ":event-type") {
                "PayloadPart" => joined.extend_from_slice(payload),
                "chunk" => {
                    let part: Value = parsed(payload)?;
                    let bytes = part["bytes"].as_str().ok_or("a chunk without bytes")?;
                    let bytes = base64::decode(bytes).map_err(|error| error.to_string())?;
                    documents.push(parsed(&bytes)?);
                }
                _ => documents.push(parsed(payload)?),
            }
        }
        documents.extend(lines(&joined)?);
        Ok(documents)
    }

    /// The text of an answer, if it is valid as far as it goes.
    pub(crate) fn said(&self, body: &[u8]) -> Result<Said, String> {
        let documents = self.documents(body)?;
        let mut said = Said::default();
        for document in &documents {
            said.parse_part(document);
        }
        Ok(said)
    }
}

/// The text of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) finish: Option<String>,
    pub(crate) output_tokens: Option<u64>,
    pub(crate) cached_tokens: Option<u64>,
    pub(crate) error: Option<String>,
    /// Events that hold a piece of text, if only an empty one.
    pub(crate) pieces: usize,
}

impl Said {
    fn parse_part(&mut self, document: &Value) {
        let document = match document {
            Value::Array(documents) => &documents[0],
            document => document,
        };
        let event = document["type"].as_str().unwrap_or_default();
        match event {
            "response.output_text.delta" => self.put_text(&document["delta"]),
            "response.reasoning_text.delta" => self.put_reasoning(&document["delta"]),
            _ => {}
        }
        // The last event of a stream has the text once more.
        let items = document["output"].as_array().into_iter().flatten();
        for item in items.filter(|_| event.is_empty()) {
            let text = &item["content"][0]["text"];
            if item["type"] == "reasoning" {
                self.put_reasoning(text);
            } else {
                self.put_text(text);
            }
        }
        let document = match &document["response"] {
            Value::Null => document,
            response => response,
        };
        let ended = match document["status"].as_str() {
            Some("completed") => Some("stop"),
            Some("incomplete") => Some("length"),
            _ => None,
        };
        self.finish = ended.map(str::to_owned).or(self.finish.take());
        let choice = &document["choices"][0];
        for message in [&choice["delta"], &choice["message"]] {
            self.put_text(&message["content"]);
            self.put_reasoning(&message["reasoning"]);
            self.put_reasoning(&message["reasoning_content"]);
        }
        self.put_text(&choice["text"]);
        self.put_text(&document["generation"]);
        if document["token"].is_null() {
            self.put_text(&document["generated_text"]);
        } else if document["token"]["special"] != true {
            self.put_text(&document["token"]["text"]);
        }
        self.put_text(&document["delta"]["text"]);
        self.put_reasoning(&document["delta"]["reasoningContent"]["text"]);
        for block in document["output"]["message"]["content"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.put_text(&block["text"]);
            self.put_reasoning(&block["reasoningContent"]["reasoningText"]["text"]);
        }
        let finish = [
            &choice["finish_reason"],
            &document["details"]["finish_reason"],
            &document["stop_reason"],
            &document["stopReason"],
        ];
        let finish = finish.into_iter().find_map(Value::as_str);
        self.finish = finish.map(str::to_owned).or(self.finish.take());
        let usage = &document["usage"];
        let tokens = [
            &usage["completion_tokens"],
            &usage["outputTokens"],
            &usage["output_tokens"],
            &document["details"]["generated_tokens"],
            &document["generation_token_count"],
        ];
        self.output_tokens = tokens
            .into_iter()
            .find_map(Value::as_u64)
            .or(self.output_tokens);
        let cached = [
            &usage["prompt_tokens_details"]["cached_tokens"],
            &usage["cacheReadInputTokens"],
            &usage["input_tokens_details"]["cached_tokens"],
        ];
        self.cached_tokens = cached
            .into_iter()
            .find_map(Value::as_u64)
            .or(self.cached_tokens);
        let error = [&document["error"], &document["message"]];
        let error = error.into_iter().find(|error| !error.is_null());
        self.error = error.map(Value::to_string).or(self.error.take());
        if self.finish.as_deref() == Some("error") {
            self.error = Some("finish reason".to_owned());
        }
    }

    fn put_text(&mut self, text: &Value) {
        if let Some(text) = text.as_str() {
            self.text.push_str(text);
            self.pieces += 1;
        }
    }

    fn put_reasoning(&mut self, text: &Value) {
        if let Some(text) = text.as_str() {
            self.reasoning.push_str(text);
            self.pieces += 1;
        }
    }
}

/// Every frame of an event stream, which has to end behind one.
pub(crate) fn frames(body: &[u8]) -> Result<Vec<aws_smithy_types::event_stream::Message>, String> {
    let mut bytes = Bytes::copy_from_slice(body);
    let mut decoder = MessageFrameDecoder::new();
    let mut messages = Vec::new();
    loop {
        match decoder.decode_frame(&mut bytes) {
            Ok(DecodedFrame::Complete(message)) => messages.push(message),
            Ok(DecodedFrame::Incomplete) if bytes.is_empty() => return Ok(messages),
            Ok(DecodedFrame::Incomplete) => return Err("an unfinished frame".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// The documents of server-sent events or JSON lines.
fn lines(body: &[u8]) -> Result<Vec<Value>, String> {
    let text = str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut documents = Vec::new();
    for line in text.lines() {
        let data = match line.split_once(':') {
            Some(("data", data)) => data.trim(),
            Some(("" | "event" | "id" | "retry", _)) => "",
            _ => line.trim(),
        };
        if !data.is_empty() && data != "[DONE]" {
            documents.push(parsed(data.as_bytes())?);
        }
    }
    Ok(documents)
}

fn parsed(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}
