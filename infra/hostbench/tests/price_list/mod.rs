//! A Price List that behaves: it filters, pages, and refuses as the real one does.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// The behavior of the list.
#[derive(Debug, Clone)]
pub(crate) enum Behavior {
    /// As it should, so many products a page.
    Pages(usize),
    /// It refuses every request with this error.
    Refuses(&'static str),
    /// It answers with an entry that is no product.
    Garbage(&'static str),
    /// It gives the same page without end.
    Loops,
}

/// A running list.
#[derive(Debug)]
pub(crate) struct PriceList {
    /// Where it listens.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl PriceList {
    /// Starts a list of products, each with its offer.
    pub(crate) fn start(products: Vec<(&'static str, Value)>, behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<Value>>>::default();
        let heard = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = read(&stream);
                let (status, body) = answer(&products, &behavior, &request);
                heard.lock().expect("no panic").push(request);
                write(stream, status, &body);
            }
        });
        Self { url, requests }
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn answer(
    products: &[(&'static str, Value)],
    behavior: &Behavior,
    request: &Value,
) -> (u16, Value) {
    let page = match behavior {
        Behavior::Pages(page) => *page,
        Behavior::Refuses(name) => {
            let message = "User is not authorized to perform: pricing:GetProducts";
            return (400, json!({"__type": name, "Message": message}));
        }
        Behavior::Garbage(text) => return (200, json!({"PriceList": [text]})),
        Behavior::Loops => return (200, json!({"PriceList": [], "NextToken": "again"})),
    };
    let matching: Vec<String> = products
        .iter()
        .filter(|(service, _)| request["ServiceCode"] == *service)
        .filter(|(_, product)| passes(product, &request["Filters"]))
        .map(|(_, product)| product.to_string())
        .collect();
    let start = request["NextToken"]
        .as_str()
        .map_or(0, |token| token.parse().expect("a token of this list"));
    let end = (start + page).min(matching.len());
    let mut body = json!({"FormatVersion": "aws_v1", "PriceList": matching[start..end]});
    if end < matching.len() {
        body["NextToken"] = json!(end.to_string());
    }
    (200, body)
}

fn passes(product: &Value, filters: &Value) -> bool {
    filters.as_array().into_iter().flatten().all(|filter| {
        assert_eq!(filter["Type"], "TERM_MATCH");
        let field = filter["Field"].as_str().expect("a field");
        product["product"]["attributes"][field] == filter["Value"]
    })
}

fn read(stream: &TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).expect("a head") > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

fn write(mut stream: TcpStream, status: u16, body: &Value) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} OK\r\ncontent-type: application/x-amz-json-1.1\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // Who asked may have gone away.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// A product with one on-demand price, in the shape of the list.
pub(crate) fn product(attributes: Value, unit: &str, price: &str) -> Value {
    let mut attributes = attributes;
    if attributes["regionCode"].is_null() {
        attributes["regionCode"] = json!("us-east-1");
    }
    let sku = "AB12CD34EF56GH78";
    let term = format!("{sku}.JRTCKXETXF");
    let rate = format!("{term}.6YS6EN2CT7");
    json!({
        "product": {"sku": sku, "productFamily": "any", "attributes": attributes},
        "serviceCode": "any",
        "terms": {"OnDemand": {term.clone(): {
            "offerTermCode": "JRTCKXETXF",
            "sku": sku,
            "effectiveDate": "2026-11-01T00:00:00Z",
            "termAttributes": {},
            "priceDimensions": {rate.clone(): {
                "rateCode": rate,
                "unit": unit,
                "beginRange": "0",
                "endRange": "Inf",
                "description": format!("${price} per {unit}"),
                "appliesTo": [],
                "pricePerUnit": {"USD": price},
            }},
        }}},
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    })
}
