//! Rules about fields that have to go together. They look at the configuration as
//! it is written, so that their faults are found beside those of single fields.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Fault, InvalidSecretRef, SecretRef, address, api_rules,
    entry::Entry,
    lengths,
    lifecycle::{ENDPOINT_CONFIG, INSTANCE},
    load_rules, request_body,
    secret::RESERVED,
    use_case::LIMITS,
};
use crate::money::Unit;

/// Headers that a client sets itself, or that would carry a secret.
const RESERVED_HEADERS: [&str; 7] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
];

/// Every fault of fields that do not go together.
pub(super) fn check(configuration: &Value, faults: &mut Vec<Fault>) {
    let targets = Entry::list(configuration, "targets");
    let use_cases = Entry::list(configuration, "use_cases");
    let has_budget = !configuration["budget_usd"].is_null();
    unique(&use_cases, "name", "use case", faults);
    faults.extend(use_cases.iter().filter_map(has_a_limit));
    unique(&targets, "id", "target", faults);
    for target in &targets {
        faults.extend(has_a_salt(target));
        faults.extend(can_be_started(target));
        faults.extend(is_reserved_key(target));
        faults.extend(keeps_its_address(target));
        reserved_headers(target, faults);
        api_rules::check(target, faults);
        request_body::check(target, has_budget, faults);
        one_price_an_item(target, faults);
        faults.extend(free_without_prices(target));
    }
    shared_machines(&targets, faults);
    load_rules::check(configuration, faults);
    lengths::check(configuration, &targets, faults);
}

fn unique(entries: &[Entry], field: &str, of: &str, faults: &mut Vec<Fault>) {
    let mut seen = HashSet::new();
    for entry in entries {
        let name = entry.text(field);
        if !name.is_empty() && !seen.insert(name) {
            let remedy = format!("another {of} has this {field}, give each its own");
            faults.push(entry.fault(field, &entry.fields[field], remedy));
        }
    }
}

fn has_a_limit(use_case: &Entry) -> Option<Fault> {
    let fields = use_case.fields.as_object()?;
    let has_one = LIMITS.iter().any(|limit| fields.contains_key(*limit));
    let remedy = "set a limit such as `latency_p95_ms`, or give the reason in `not_measured`";
    (!has_one).then(|| Fault::missing(format!("{}.limits", use_case.path), remedy))
}

fn has_a_salt(target: &Entry) -> Option<Fault> {
    let salt = &target.fields["cache_salt"];
    let is_tgi = target.text("kind") == "http" && target.text("request") == "tgi";
    let remedy = "`tgi` has no `cache_salt`, remove it; a nonce then makes the cache cold";
    (is_tgi && *salt == true).then(|| target.fault("cache_salt", salt, remedy))
}

/// Credentials of AWS are never sent to a server.
fn is_reserved_key(target: &Entry) -> Option<Fault> {
    let key = &target.fields["api_key"];
    let reserved = SecretRef::parse(key.as_str()?) == Err(InvalidSecretRef::Reserved);
    reserved.then(|| target.fault("api_key", key, RESERVED))
}

/// A public address is somebody else's after the instance was stopped: prompts and key would go
/// there.
fn keeps_its_address(target: &Entry) -> Option<Fault> {
    let url = &target.fields["url"];
    let is_stopped = target.text("kind") == "http" && target.fields["lifecycle"].is_object();
    let remedy = "an instance has another public address after each start; use its private \
                  address with `network = \"vpc\"`, or a name that always leads to it";
    (is_stopped && address::is_public(url.as_str()?)).then(|| target.fault("url", url, remedy))
}

/// Whether a lifecycle has the field that its kind of service needs, and no other.
fn can_be_started(target: &Entry) -> Option<Fault> {
    let lifecycle = &target.fields["lifecycle"];
    let fields = lifecycle.as_object()?;
    let (needed, other, expectation) = match target.text("kind") {
        "http" => ("instance", "endpoint_config", INSTANCE),
        "sagemaker" => ("endpoint_config", "instance", ENDPOINT_CONFIG),
        "bedrock" => {
            let remedy = "nothing is started for a target of kind `bedrock`, remove it";
            return Some(target.fault("lifecycle", lifecycle, remedy));
        }
        _ => return None,
    };
    if !fields.contains_key(needed) {
        let path = format!("{}.lifecycle.{needed}", target.path);
        return Some(Fault::missing(path, expectation));
    }
    let surplus = fields.get(other)?;
    let remedy = format!(
        "a target of kind `{}` has none, remove it",
        target.text("kind")
    );
    Some(target.fault(&format!("lifecycle.{other}"), surplus, remedy))
}

/// Two targets on one machine would stop it for each other.
fn shared_machines(targets: &[Entry], faults: &mut Vec<Fault>) {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for target in targets {
        let lifecycle = &target.fields["lifecycle"];
        let machine = match target.text("kind") {
            "http" => lifecycle["instance"].as_str(),
            "sagemaker" if lifecycle.is_object() => target.fields["endpoint"].as_str(),
            _ => None,
        };
        let owner = machine.and_then(|machine| owners.insert(machine, target.text("id")));
        if let (Some(machine), Some(owner)) = (machine, owner) {
            let remedy =
                format!("target `{owner}` starts and stops it as well; use runs of their own");
            faults.push(target.fault("lifecycle", &Value::from(machine), remedy));
        }
    }
}

fn reserved_headers(target: &Entry, faults: &mut Vec<Fault>) {
    let headers = target.fields["headers"].as_object().into_iter().flatten();
    for (name, _) in headers {
        if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let hidden = Value::from("(not shown)");
            let remedy = "the client sets it itself, remove it; a key belongs in `api_key`";
            faults.push(target.fault(&format!("headers.{name}"), &hidden, remedy));
        }
    }
}

/// `1K input tokens` and `1M input tokens` are prices of one item.
fn one_price_an_item(target: &Entry, faults: &mut Vec<Fault>) {
    let prices = target.fields["pricing"]["prices"].as_object();
    let mut seen = HashSet::new();
    for (name, price) in prices.into_iter().flatten() {
        let Some(unit) = Unit::parse(name) else {
            continue;
        };
        if !seen.insert(unit.item()) {
            let item = unit.item().as_str();
            let remedy = format!("`{item}` already has a price here, remove one");
            faults.push(target.fault(&format!("pricing.prices.{name}"), price, remedy));
        }
    }
}

fn free_without_prices(target: &Entry) -> Option<Fault> {
    let pricing = &target.fields["pricing"];
    let prices = pricing["prices"].as_object()?;
    let is_free = pricing["kind"] == "free";
    let remedy = "pricing of kind `free` has no prices, remove them or choose another kind";
    (is_free && !prices.is_empty())
        .then(|| target.fault("pricing.prices", &pricing["prices"], remedy))
}
