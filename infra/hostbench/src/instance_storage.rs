//! The EBS volumes of instances that runs start: they are billed while an instance is
//! stopped, too, and under a customer managed key it starts only if the stack may use it.

use std::{collections::BTreeMap, fmt};

use aws_sdk_cloudformation::Client as CloudFormation;
use bench_core::{
    config::{Lifecycle, RunConfig},
    identity::TargetId,
    money::{Catalog, Item, Money},
};
use bench_cost::UsedPrice;
use bench_report::format::counted;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    signed::{Refusal, SignedClient, encoded},
    stack::{self, Deployed},
};

/// The version of the API of EC2.
const VERSION: &str = "2016-11-15";
/// The parameter of a stack with the customer managed keys that it may use.
const KEYS: &str = "KmsKeyArns";

/// The volumes of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceStorage {
    /// The id of the instance.
    pub instance: String,
    /// The targets that it serves.
    pub target_ids: Vec<TargetId>,
    /// Its volumes.
    pub volumes: Vec<Volume>,
    /// The cost of its storage in a month, without provisioned performance; `None` where it
    /// has no volume, or one without a price in the catalog.
    pub per_month: Option<Money>,
    /// The SKUs that the catalog has no price of.
    pub unpriced: Vec<String>,
    /// The Regions of prices that are not of the stack's own.
    pub other_regions: Vec<String>,
    /// The keys of its volumes that are not among those that the stack may use.
    pub keys_not_granted: Vec<String>,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its type, such as `gp3`.
    pub kind: String,
    /// Its size in GB, as EC2 states it.
    pub gb: u32,
    /// The ARN of the key that it is encrypted with; `None` where it is not.
    pub kms_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeVolumes {
    volume_set: VolumeSet,
}

#[derive(Deserialize)]
struct VolumeSet {
    #[serde(default)]
    item: Vec<VolumeItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumeItem {
    volume_id: String,
    volume_type: String,
    size: u32,
    kms_key_id: Option<String>,
}

impl From<VolumeItem> for Volume {
    fn from(item: VolumeItem) -> Self {
        Self {
            id: item.volume_id,
            kind: item.volume_type,
            gb: item.size,
            kms_key: item.kms_key_id.filter(|key| !key.is_empty()),
        }
    }
}

/// The storage of every instance that a run starts, in the order of the configuration:
/// `ec2:DescribeInstances`, `ec2:DescribeVolumes`. What cannot be read of one is its error.
pub async fn of_run(
    deployed: &Deployed,
    run: &RunConfig,
    catalog: &Catalog,
    day: Date,
) -> Vec<Result<InstanceStorage, Error>> {
    let mut instances: Vec<(&str, Vec<TargetId>)> = Vec::new();
    for target in &run.targets {
        let Some(Lifecycle::Ec2Instance { instance }) = &target.lifecycle else {
            continue;
        };
        match instances.iter_mut().find(|(known, _)| known == instance) {
            Some((_, targets)) => targets.push(target.id.clone()),
            None => instances.push((instance, vec![target.id.clone()])),
        }
    }
    let mut all = Vec::new();
    for (instance, target_ids) in instances {
        all.push(of_instance(deployed, instance, target_ids, catalog, day).await);
    }
    all
}

async fn of_instance(
    deployed: &Deployed,
    instance: &str,
    target_ids: Vec<TargetId>,
    catalog: &Catalog,
    day: Date,
) -> Result<InstanceStorage, Error> {
    let pipeline = &deployed.pipeline;
    let region = pipeline.region();
    let ec2 = SignedClient::new(&pipeline.aws, "ec2", region);
    let volumes = volumes(&ec2, instance).await;
    let volumes = volumes.map_err(|refusal| {
        let named: Vec<String> = target_ids.iter().map(|id| format!("`{id}`")).collect();
        refusal.into_error(format!(
            "reading the volumes of instance `{instance}` of {}",
            named.join(", ")
        ))
    })?;
    let is_encrypted = volumes.iter().any(|volume| volume.kms_key.is_some());
    let granted = if is_encrypted {
        let client = CloudFormation::new(&pipeline.aws);
        let mut parameters = stack::parameters(&client, &deployed.id).await?;
        parameters.remove(KEYS).unwrap_or_default()
    } else {
        String::new()
    };
    let prices = Prices {
        catalog,
        region,
        day,
    };
    Ok(InstanceStorage::of(
        instance, target_ids, volumes, &prices, &granted,
    ))
}

async fn volumes(ec2: &SignedClient<'_>, instance: &str) -> Result<Vec<Volume>, Refusal> {
    let id = encoded(instance);
    // Only this one refuses an instance that does not exist.
    let exists = format!("Action=DescribeInstances&Version={VERSION}&InstanceId.1={id}");
    ec2.query::<serde::de::IgnoredAny>(&exists).await?;
    let attached = format!(
        "Action=DescribeVolumes&Version={VERSION}&Filter.1.Name=attachment.instance-id\
         &Filter.1.Value.1={id}"
    );
    let described: DescribeVolumes = ec2.query(&attached).await?;
    let items = described.volume_set.item.into_iter();
    Ok(items.map(Volume::from).collect())
}

/// Where the price of a volume is looked up.
struct Prices<'a> {
    catalog: &'a Catalog,
    region: &'a str,
    day: Date,
}

impl InstanceStorage {
    fn of(
        instance: &str,
        target_ids: Vec<TargetId>,
        volumes: Vec<Volume>,
        prices: &Prices,
        granted: &str,
    ) -> Self {
        let mut storage = Self {
            instance: instance.to_owned(),
            target_ids,
            per_month: None,
            unpriced: Vec::new(),
            other_regions: Vec::new(),
            keys_not_granted: Vec::new(),
            volumes: Vec::new(),
        };
        let mut costs = Vec::new();
        for volume in &volumes {
            let sku = format!("ebs:{}", volume.kind);
            let Prices {
                catalog,
                region,
                day,
            } = *prices;
            let price = UsedPrice::of_catalog(catalog, &sku, Item::GbMonth, region, day);
            match &price {
                None => note(&mut storage.unpriced, &sku),
                Some(price) if price.wanted_region.is_some() => {
                    note(&mut storage.other_regions, &price.price.region);
                }
                Some(_) => {}
            }
            let each = price.and_then(|price| price.each());
            costs.push(each.and_then(|each| each.times(Decimal::from(volume.gb))));
            let key = volume.kms_key.as_deref();
            if let Some(key) = key.filter(|key| !granted.split(',').any(|arn| arn == *key)) {
                note(&mut storage.keys_not_granted, key);
            }
        }
        let sum = costs.into_iter().reduce(|sum, cost| sum?.plus(cost?));
        storage.per_month = sum.flatten();
        storage.volumes = volumes;
        storage
    }
}

/// Adds what is not there yet.
fn note(all: &mut Vec<String>, one: &str) {
    if !all.iter().any(|known| known == one) {
        all.push(one.to_owned());
    }
}

impl fmt::Display for InstanceStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |all: &[String]| {
            let each = all.iter().map(|one| format!("`{one}`"));
            each.collect::<Vec<_>>().join(", ")
        };
        let targets: Vec<String> = self.target_ids.iter().map(ToString::to_string).collect();
        write!(f, "instance `{}` of {}: ", self.instance, quoted(&targets))?;
        if self.volumes.is_empty() {
            return write!(f, "no EBS volume");
        }
        let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
        for volume in &self.volumes {
            *sizes.entry(&volume.kind).or_default() += u64::from(volume.gb);
        }
        let sizes = sizes.iter().map(|(kind, gb)| format!("{gb} GB of {kind}"));
        write!(
            f,
            "{}, {}, billed while it is stopped as well",
            counted(self.volumes.len() as u64, "EBS volume"),
            sizes.collect::<Vec<_>>().join(" and ")
        )?;
        if let Some(cost) = self.per_month {
            write!(f, ": {cost} a month for the storage")?;
            if !self.other_regions.is_empty() {
                write!(f, ", at the prices of {}", quoted(&self.other_regions))?;
            }
        } else if !self.unpriced.is_empty() {
            let unpriced = quoted(&self.unpriced);
            write!(f, "; the price catalog has no `GB-month` of {unpriced}")?;
        }
        for key in &self.keys_not_granted {
            write!(
                f,
                "\nwarning: a volume of `{}` is encrypted with `{key}`; if that is a customer \
                 managed key, the instance stops again at its start: deploy with `--parameter \
                 {KEYS}={key}`",
                self.instance
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(volumes: Vec<Volume>, granted: &str) -> InstanceStorage {
        let catalog = include_str!("../../prices.toml");
        let prices = Prices {
            catalog: &bench_cost::read_catalog(catalog).unwrap(),
            region: "us-east-1",
            day: jiff::civil::date(2026, 12, 1),
        };
        let targets = ["a", "b"].map(|id| id.parse().unwrap()).to_vec();
        InstanceStorage::of("i-1", targets, volumes, &prices, granted)
    }

    fn volume(kind: &str, gb: u32, kms_key: Option<&str>) -> Volume {
        Volume {
            id: "vol-1".to_owned(),
            kind: kind.to_owned(),
            gb,
            kms_key: kms_key.map(str::to_owned),
        }
    }

    #[test]
    fn volumes_cost_what_the_catalog_says_and_one_without_a_price_leaves_the_cost_open() {
        let two = vec![volume("gp3", 100, None), volume("gp2", 8, None)];
        let known = storage(two.clone(), "");
        assert_eq!(known.per_month, Money::usd("8.80"));
        assert_eq!(
            known.to_string(),
            "instance `i-1` of `a`, `b`: 2 EBS volumes, 8 GB of gp2 and 100 GB of gp3, billed \
             while it is stopped as well: $8.80 a month for the storage"
        );
        let open = storage([two, vec![volume("io2", 4, None)]].concat(), "");
        assert_eq!(
            (open.per_month, open.unpriced),
            (None, vec!["ebs:io2".to_owned()])
        );
        assert_eq!(storage(Vec::new(), "").per_month, None);
    }

    #[test]
    fn a_key_that_the_stack_may_not_use_is_named_once() {
        let volumes = ["arn:key/1", "arn:key/2", "arn:key/2"];
        let volumes = volumes.map(|key| volume("gp3", 1, Some(key))).to_vec();
        let found = storage(volumes, "arn:key/1,arn:key/3");
        assert_eq!(found.keys_not_granted, ["arn:key/2"]);
        let said = found.to_string();
        assert!(
            said.contains("`--parameter KmsKeyArns=arn:key/2`"),
            "{said}"
        );
    }

    #[test]
    fn volumes_are_read_from_what_ec2_answers_with_one_many_or_none() {
        let read = |items: &str| -> Vec<Volume> {
            let text = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeVolumesResponse \
                 xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>\
                 {items}</DescribeVolumesResponse>"
            );
            let answer: DescribeVolumes = quick_xml::de::from_str(&text).unwrap();
            answer
                .volume_set
                .item
                .into_iter()
                .map(Volume::from)
                .collect()
        };
        let item = |key: &str| {
            format!(
                "<item><volumeId>vol-1</volumeId><size>80</size><snapshotId/>\
                 <attachmentSet><item><volumeId>vol-1</volumeId></item></attachmentSet>\
                 <encrypted>true</encrypted>{key}<volumeType>gp3</volumeType></item>"
            )
        };
        let (plain, locked) = (item(""), item("<kmsKeyId>arn:key/1</kmsKeyId>"));
        assert_eq!(read("<volumeSet/>"), []);
        let two = read(&format!("<volumeSet>{plain}{locked}</volumeSet>"));
        assert_eq!(
            two,
            [
                volume("gp3", 80, None),
                volume("gp3", 80, Some("arn:key/1"))
            ]
        );
    }
}
