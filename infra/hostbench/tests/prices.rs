//! `hostbench prices refresh` against a Price List on this machine.

mod price_list;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use price_list::{Behavior, PriceList, product};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A catalog with everything that a file may hold around its prices.
const CATALOG: &str = r#"# What things cost.

# Machines.

[[prices]]
sku = "ec2:g6.2xlarge"
region = "us-east-1"
currency = "USD"
unit = "hour"
price = "0.9776" # as published
effective = 2025-04-11
source = "a file"

[[prices]]
sku = "sagemaker:ml.g6.8xlarge"
region = "us-east-1"
currency = "USD"
unit = "hour"
price = "2.518"
effective = 2025-04-11
source = "worked out"
unverified = true

# Tokens.

[[prices]]
sku = "bedrock:deepseek.r1-v1:0"
region = "us-east-1"
currency = "USD"
unit = "1K input tokens"
price = "0.0013"
effective = 2026-10-05
source = "a page"

[[prices]]
sku = "bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0"
region = "us-east-1"
currency = "USD"
unit = "1K output tokens"
price = "0.005"
effective = 2025-10-05
source = "a page"

[[prices]]
sku = "bedrock:cmu"
region = "us-east-1"
currency = "USD"
unit = "CMU-minute"
price = "0.0785"
effective = 2026-10-05
source = "a page"

# The pipeline.

[[prices]]
sku = "lambda:arm64"
region = "us-east-1"
currency = "USD"
unit = "GB-second"
price = "0.0000133334"
effective = 2026-10-05
source = "a page"
"#;

fn ec2(machine: &str, system: &str, price: &str) -> (&'static str, Value) {
    let attributes = json!({
        "instanceType": machine, "operatingSystem": system, "tenancy": "Shared",
        "preInstalledSw": "NA", "capacitystatus": "Used", "usagetype": format!("BoxUsage:{machine}"),
    });
    ("AmazonEC2", product(attributes, "Hrs", price))
}

fn sagemaker(machine: &str, use_: &str, price: &str) -> (&'static str, Value) {
    let attributes = json!({
        "instanceName": machine, "component": "Hosting", "usagetype": format!("USE1-{use_}:{machine}"),
    });
    ("AmazonSageMaker", product(attributes, "Hrs", price))
}

fn tokens(usage: &str, price: &str) -> (&'static str, Value) {
    let attributes = json!({"usagetype": usage, "feature": "On-demand Inference"});
    ("AmazonBedrock", product(attributes, "1K tokens", price))
}

fn marketplace(usage: &str, price: &str) -> (&'static str, Value) {
    let attributes = json!({
        "usagetype": usage, "servicename": "Claude Haiku 4.5 (Amazon Bedrock Edition)",
    });
    let offer = "AmazonBedrockFoundationModels";
    (offer, product(attributes, "1M tokens", price))
}

fn units(family: &str, price: &str) -> (&'static str, Value) {
    let usage = format!("USE1-{family}-CustomModelImport-Inference-v1:0");
    let attributes = json!({"usagetype": usage, "feature": "Custom Model Import"});
    let unit = "Custom Model Unit per Min";
    ("AmazonBedrock", product(attributes, unit, price))
}

/// The products of the list; the ones around the requested ones must be skipped.
fn products() -> Vec<(&'static str, Value)> {
    vec![
        ec2("g6.2xlarge", "Linux", "0.9776000000"),
        ec2("g6.2xlarge", "Windows", "1.3456000000"),
        sagemaker("ml.g6.8xlarge", "AsyncInf", "9.0000000000"),
        sagemaker("ml.g6.8xlarge", "Host", "2.5180500000"),
        tokens("USE1-DeepSeek-R1-output-tokens", "0.0054000000"),
        tokens("USE1-DeepSeek-R1-input-tokens-batch", "0.0006750000"),
        tokens("USE1-DeepSeek-R1-input-tokens", "0.0013500000"),
        marketplace("USE1-MP:USE1_OutputTokenCount_Global-Units", "5.0000000000"),
        marketplace("USE1-MP:USE1_OutputTokenCount-Units", "5.5000000000"),
        units("Llama", "0.0785000000"),
    ]
}

struct Refreshed {
    folder: TempDir,
    output: Output,
}

impl Refreshed {
    fn code(&self) -> i32 {
        self.output
            .status
            .code()
            .expect("the command ends by itself")
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn json(&self) -> Value {
        assert_eq!(self.code(), 0, "{}", self.said());
        serde_json::from_slice(&self.output.stdout).expect("JSON")
    }

    fn catalog(&self) -> String {
        fs::read_to_string(self.folder.path().join("prices.toml")).expect("the catalog")
    }

    /// `changed` and the price, by SKU.
    fn change(&self, sku: &str) -> (String, String) {
        let json = self.json();
        let prices = json["prices"].as_array().expect("prices");
        let price = prices.iter().find(|price| price["sku"] == sku);
        let price = price.unwrap_or_else(|| panic!("{sku} in {json}"));
        let text = |name: &str| price[name].as_str().expect("text").to_owned();
        (text("change"), text("price"))
    }
}

fn command(folder: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostbench"));
    command
        .args(["prices", "refresh", "--file", "prices.toml", "--json"])
        .current_dir(folder)
        .env("AWS_ENDPOINT_URL_PRICING", url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env_remove("AWS_PROFILE");
    command
}

fn refresh_file(catalog: &str, url: &str, arguments: &[&str]) -> Refreshed {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("prices.toml"), catalog).expect("a file");
    let output = command(folder.path(), url).args(arguments).output();
    Refreshed {
        output: output.expect("the command runs"),
        folder,
    }
}

fn refresh(products: Vec<(&'static str, Value)>, arguments: &[&str]) -> Refreshed {
    let list = PriceList::start(products, Behavior::Pages(2));
    refresh_file(CATALOG, &list.url, arguments)
}

#[test]
fn every_price_of_the_list_is_written_back_and_nothing_else_is_touched() {
    let refreshed = refresh(products(), &[]);
    let changed = |sku, what: &str, price: &str| {
        assert_eq!(
            refreshed.change(sku),
            (what.to_owned(), price.to_owned()),
            "{sku}"
        );
    };
    changed("ec2:g6.2xlarge", "confirmed", "0.9776");
    changed("sagemaker:ml.g6.8xlarge", "changed", "2.51805");
    changed("bedrock:deepseek.r1-v1:0", "changed", "0.00135");
    changed("bedrock:cmu", "confirmed", "0.0785");
    // Per million tokens in the list, per thousand in the catalog.
    let claude = "bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0";
    changed(claude, "changed", "5.5");
    assert_eq!(refreshed.json()["unresolved"], json!([]));
    assert_eq!(refreshed.json()["not_looked_up"], json!(["lambda:arm64"]));

    let catalog = refreshed.catalog();
    for comment in [
        "# What things cost.",
        "# Machines.",
        "\n# Tokens.\n",
        "# The pipeline.",
    ] {
        assert!(catalog.contains(comment), "{comment} in {catalog}");
    }
    assert!(catalog.contains("price = \"0.9776\" # as published\neffective = 2025-04-11\n"));
    assert!(!catalog.contains("unverified") && !catalog.contains("worked out"));
    // An older price was right until the new one took effect: both stand.
    assert_eq!(catalog.matches(claude).count(), 2);
    assert!(catalog.contains("price = \"5.5\"\neffective = 2026-11-01\n"));
    assert!(catalog.contains("unit = \"1M output tokens\""));
    let source = "source = \"AWS Price List, AmazonBedrock, USE1-DeepSeek-R1-input-tokens\"";
    assert!(catalog.contains(source), "{catalog}");
    let pipeline = CATALOG.split("# The pipeline.").nth(1).expect("there");
    assert!(catalog.ends_with(pipeline), "{catalog}");
}

#[test]
fn refreshed_twice_the_file_stays_as_it_is() {
    let list = PriceList::start(products(), Behavior::Pages(100));
    let once = refresh_file(CATALOG, &list.url, &[]);
    let twice = refresh_file(&once.catalog(), &list.url, &[]);
    assert_eq!(twice.catalog(), once.catalog());
    assert_eq!(twice.json()["written"], false);
    assert_eq!(twice.change("sagemaker:ml.g6.8xlarge").0, "confirmed");
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let refreshed = refresh(products(), &["--dry-run"]);
    assert_eq!(refreshed.change("bedrock:deepseek.r1-v1:0").0, "changed");
    assert_eq!(refreshed.catalog(), CATALOG);
}

#[test]
fn every_page_is_asked_for_and_the_region_is_a_filter() {
    let list = PriceList::start(products(), Behavior::Pages(2));
    refresh_file(CATALOG, &list.url, &[]).json();
    let requests = list.requests();
    let of = |service: &str| {
        let all = requests.iter();
        all.filter(|request| request["ServiceCode"] == service)
            .collect::<Vec<_>>()
    };
    let tokens: Vec<_> = of("AmazonBedrock")
        .iter()
        .map(|r| r["NextToken"].clone())
        .collect();
    assert_eq!(
        tokens,
        [Value::Null, json!("2")],
        "four products, two a page"
    );
    let region = json!({"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"});
    for request in &requests {
        assert!(
            request["Filters"].as_array().unwrap().contains(&region),
            "{request}"
        );
    }
}

#[test]
fn a_price_that_vanished_keeps_its_entry_and_is_named() {
    let rest = products()
        .into_iter()
        .filter(|(service, _)| *service != "AmazonEC2");
    let refreshed = refresh(rest.collect(), &[]);
    assert_eq!(refreshed.json()["unresolved"][0]["sku"], "ec2:g6.2xlarge");
    let said = refreshed.said();
    assert!(
        said.contains("warning: price of `ec2:g6.2xlarge` per hour in `us-east-1` not updated"),
        "{said}"
    );
    let entry = CATALOG.split("[[prices]]").nth(1).expect("there");
    assert!(refreshed.catalog().contains(entry));
    assert_eq!(
        refreshed.change("bedrock:cmu").0,
        "confirmed",
        "the others are refreshed"
    );
}

#[test]
fn two_prices_of_one_thing_are_refused_and_two_listings_of_one_price_are_not() {
    let mut products = products();
    // The same model by another spelling, at the same price.
    products.push(tokens(
        "USE1-deepseek.r1-mantle-input-tokens-standard",
        "0.0013500000",
    ));
    products.push(ec2("g6.2xlarge", "Linux", "0.9999000000"));
    let refreshed = refresh(products, &[]);
    assert_eq!(refreshed.change("bedrock:deepseek.r1-v1:0").1, "0.00135");
    let kept = &refreshed.json()["unresolved"][0];
    assert_eq!(kept["sku"], "ec2:g6.2xlarge");
    let reason = kept["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("0.9776 per hour") && reason.contains("0.9999 per hour"),
        "{reason}"
    );
}

#[test]
fn units_of_imported_models_are_priced_by_family_where_families_differ() {
    let mut products = products();
    products.push(units("OSS", "0.1433000000"));
    let refreshed = refresh(products.clone(), &[]);
    let reason = refreshed.json()["unresolved"][0]["reason"].to_string();
    assert!(reason.contains("--import-family"), "{reason}");
    let refreshed = refresh(products, &["--import-family", "oss"]);
    assert_eq!(
        refreshed.change("bedrock:cmu"),
        ("changed".into(), "0.1433".into())
    );
    // It holds since November only: until then the older price did.
    assert_eq!(refreshed.catalog().matches("bedrock:cmu").count(), 2);
}

#[test]
fn another_region_gets_entries_of_its_own() {
    let mut far = ec2("g6.2xlarge", "Linux", "1.1000000000");
    far.1["product"]["attributes"]["regionCode"] = json!("eu-central-1");
    let list = PriceList::start(vec![far], Behavior::Pages(2));
    let refreshed = refresh_file(CATALOG, &list.url, &["--region", "eu-central-1"]);
    assert_eq!(
        refreshed.change("ec2:g6.2xlarge"),
        ("added".into(), "1.1".into())
    );
    let catalog = refreshed.catalog();
    let near = catalog.find("region = \"us-east-1\"").expect("kept");
    let far = catalog.find("region = \"eu-central-1\"").expect("added");
    assert!(
        near < far && far < catalog.find("sagemaker").expect("kept"),
        "{catalog}"
    );
    assert_eq!(refreshed.json()["unresolved"].as_array().unwrap().len(), 4);
}

#[test]
fn a_unit_that_nobody_knows_is_not_guessed() {
    let mut products = products();
    products.retain(|(_, product)| !product.to_string().contains("DeepSeek-R1-input-tokens"));
    let attributes = json!({"usagetype": "USE1-DeepSeek-R1-input-tokens"});
    products.push(("AmazonBedrock", product(attributes, "1B tokens", "1.35")));
    let refreshed = refresh(products, &[]);
    let reason = refreshed.json()["unresolved"][0]["reason"].to_string();
    assert!(reason.contains("1B tokens"), "{reason}");
}

#[test]
fn what_stops_the_command_is_said_with_its_remedy_and_nothing_is_written() {
    let answered = |behavior| {
        let list = PriceList::start(products(), behavior);
        refresh_file(CATALOG, &list.url, &[])
    };
    for (refreshed, told) in [
        (
            answered(Behavior::Refuses("AccessDeniedException")),
            "`pricing:GetProducts`",
        ),
        (
            answered(Behavior::Garbage("{\"product\": 1}")),
            "not a product",
        ),
        (answered(Behavior::Garbage("<html>")), "not a product"),
        (answered(Behavior::Loops), "same page twice"),
        (
            refresh_file(CATALOG, "http://127.0.0.1:9", &[]),
            "cannot connect",
        ),
    ] {
        assert_eq!(refreshed.code(), 1, "{told}: {}", refreshed.said());
        assert!(
            refreshed.said().contains(told),
            "{told}: {}",
            refreshed.said()
        );
        assert_eq!(refreshed.catalog(), CATALOG);
    }
}

#[test]
fn without_credentials_the_way_to_them_is_told() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("prices.toml"), CATALOG).unwrap();
    let nowhere = folder.path().join("nothing");
    let output = command(folder.path(), "http://127.0.0.1:9")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", &nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("aws configure export-credentials"), "{said}");
}

#[test]
fn a_catalog_with_faults_is_refused_before_anything_is_asked() {
    let list = PriceList::start(products(), Behavior::Pages(2));
    let refreshed = refresh_file("[[prices]]\nsku = 3\n", &list.url, &[]);
    assert_eq!(refreshed.code(), 2);
    assert!(
        refreshed.said().contains("`prices[0].sku`"),
        "{}",
        refreshed.said()
    );
    assert_eq!(list.requests().len(), 0);
}
