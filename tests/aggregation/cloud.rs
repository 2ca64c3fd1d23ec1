//! A table that makes its pages as they are asked for, and a bucket with multipart
//! uploads, as the aggregator meets them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::samples::MadeUp;

/// S3 takes no smaller part but the last.
const MIN_PART: usize = 5 << 20;

const CHECKSUM: &str = "AAAAAA==";
const DENIED: &str = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>\
                      <Message>as told</Message></Error>";

/// The contents of the bucket and the table.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) aborted: usize,
    /// The requests that changed the record of the run.
    pub(crate) updates: Vec<Value>,
}

#[derive(Debug, Default)]
pub(crate) struct Upload {
    key: String,
    with_checksums: bool,
    parts: BTreeMap<u32, Bytes>,
}

/// The services of a run, on a port of their own.
pub(crate) struct Cloud {
    pub(crate) url: String,
    shared: Arc<Shared>,
    /// Has a message for each part that was stored.
    pub(crate) parts: UnboundedReceiver<()>,
}

struct Shared {
    run: MadeUp,
    /// Requests to paths and queries with these words are denied.
    denied: Option<&'static str>,
    contents: Mutex<Contents>,
    stored: UnboundedSender<()>,
}

impl Cloud {
    pub(crate) async fn start(run: MadeUp, denied: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stored, parts) = unbounded_channel();
        let mut contents = Contents::default();
        let plan = serde_json::to_vec(&run.plan()).expect("plain data");
        contents
            .objects
            .insert("runs/made-up/plan.json".to_owned(), plan);
        let shared = Arc::new(Shared {
            run,
            denied,
            contents: Mutex::new(contents),
            stored,
        });
        let app = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url: format!("http://{address}"),
            shared,
            parts,
        }
    }

    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.shared.contents()
    }
}

impl Shared {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().expect("nobody panics with it")
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(operation) = headers.get("x-amz-target") {
        let operation = operation.to_str().expect("text");
        let request: Value = serde_json::from_slice(&body).expect("JSON");
        let operation = operation.rsplit('.').next().unwrap_or_default();
        let answer = table(&shared, operation, request).to_string();
        return ([("content-type", "application/x-amz-json-1.0")], answer).into_response();
    }
    if shared
        .denied
        .is_some_and(|words| uri.to_string().contains(words))
    {
        return (StatusCode::FORBIDDEN, DENIED).into_response();
    }
    bucket(&shared, &method, &uri, &headers, body)
}

fn table(shared: &Shared, operation: &str, request: Value) -> Value {
    match operation {
        "Query" => {
            let value = |name: &str| {
                let value = &request["ExpressionAttributeValues"][name]["S"];
                value.as_str().expect("text").to_owned()
            };
            assert_eq!(request["ConsistentRead"], true);
            let after = request["ExclusiveStartKey"]["sk"]["S"].as_str();
            shared.run.page(&value(":pk"), &value(":sk"), after)
        }
        "Scan" => json!({"Items": [], "Count": 0, "ScannedCount": 0}),
        "UpdateItem" => {
            shared.contents().updates.push(request);
            json!({})
        }
        other => panic!("the aggregator does not need `{other}`"),
    }
}

fn bucket(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let key = uri.path().trim_start_matches("/bucket/").to_owned();
    let query = uri.query().unwrap_or_default();
    let parameter = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(known, _)| *known == name);
        values.next().map(|(_, value)| value.to_owned())
    };
    let mut contents = shared.contents();
    match (method.as_str(), parameter("uploadId")) {
        ("GET", _) => match contents.objects.get(&key) {
            Some(object) => object.clone().into_response(),
            None => panic!("there is no object `{key}`"),
        },
        ("PUT", None) => {
            let body = support::content(headers, body);
            contents.objects.insert(key, body.to_vec());
            StatusCode::OK.into_response()
        }
        ("POST", None) => {
            let id = format!("upload-{}", contents.uploads.len());
            let upload = Upload {
                key,
                with_checksums: headers.contains_key("x-amz-checksum-algorithm"),
                ..Upload::default()
            };
            contents.uploads.insert(id.clone(), upload);
            let body = format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId>\
                 </InitiateMultipartUploadResult>"
            );
            body.into_response()
        }
        ("PUT", Some(id)) => {
            let number = parameter("partNumber").and_then(|number| number.parse().ok());
            let number: u32 = number.expect("the number of a part");
            let upload = contents.uploads.get_mut(&id).expect("an upload");
            upload.parts.insert(number, support::content(headers, body));
            // Nobody listens once nothing is to be interrupted any more.
            let _ = shared.stored.send(());
            let tag = format!("\"{number}\"");
            [("etag", tag.as_str()), ("x-amz-checksum-crc32", CHECKSUM)].into_response()
        }
        ("POST", Some(id)) => {
            let upload = contents.uploads.remove(&id).expect("an upload");
            check_whole(&upload, &String::from_utf8_lossy(&body));
            let whole: Vec<u8> = upload
                .parts
                .values()
                .flat_map(|part| part.to_vec())
                .collect();
            contents.objects.insert(upload.key, whole);
            "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>".into_response()
        }
        ("DELETE", Some(id)) => {
            contents.uploads.remove(&id).expect("an upload");
            contents.aborted += 1;
            StatusCode::NO_CONTENT.into_response()
        }
        other => panic!("{other:?}"),
    }
}

/// The conditions of S3 on an upload that is to become an object.
fn check_whole(upload: &Upload, named: &str) {
    let count = u32::try_from(upload.parts.len()).expect("few");
    for (number, part) in &upload.parts {
        assert!(
            *number == count || part.len() >= MIN_PART,
            "part {number} of {count} has {} bytes",
            part.len()
        );
        assert!(named.contains(&format!("<PartNumber>{number}</PartNumber>")));
    }
    assert_eq!(named.matches("<Part>").count(), upload.parts.len());
    if upload.with_checksums {
        assert_eq!(named.matches(CHECKSUM).count(), upload.parts.len());
    }
}
