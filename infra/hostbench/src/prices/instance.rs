//! Instances by the hour: Amazon EC2 and Amazon SageMaker hosting.

use bench_core::money::{Item, Unit};

use super::product::{Product, Rate};

/// A query: an offer, and filters on attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Query {
    /// The offer.
    pub(super) service: &'static str,
    /// Attributes with their values; all must match.
    pub(super) filters: Vec<(&'static str, String)>,
}

/// A service with hourly instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InstanceService {
    Ec2,
    SageMaker,
}

impl InstanceService {
    /// The query for an instance in a Region.
    pub(super) fn query(self, instance: &str, region: &str) -> Query {
        let filter = |name, value: &str| (name, value.to_owned());
        let region = filter("regionCode", region);
        match self {
            // Linux without a license, shared tenancy, in use.
            Self::Ec2 => Query {
                service: "AmazonEC2",
                filters: vec![
                    filter("instanceType", instance),
                    region,
                    filter("operatingSystem", "Linux"),
                    filter("tenancy", "Shared"),
                    filter("preInstalledSw", "NA"),
                    filter("capacitystatus", "Used"),
                ],
            },
            Self::SageMaker => Query {
                service: "AmazonSageMaker",
                filters: vec![
                    filter("instanceName", instance),
                    region,
                    filter("component", "Hosting"),
                ],
            },
        }
    }

    /// Whether a product is the instance itself. A filter may pass more than it
    /// should, such as another use of the same instance.
    pub(super) fn is(self, instance: &str, product: &Product) -> bool {
        let usage = product.attribute("usagetype");
        let kind = match self {
            Self::Ec2 => format!("BoxUsage:{instance}"),
            Self::SageMaker => format!("Host:{instance}"),
        };
        usage == kind || usage.ends_with(&format!("-{kind}"))
    }
}

/// The unit of an hourly price; `None` if it is not hourly.
pub(super) fn unit(rate: &Rate) -> Option<Unit> {
    let hourly = ["hrs", "hour", "hours"].contains(&rate.unit.to_ascii_lowercase().as_str());
    hourly.then(|| Unit::new(1, Item::Hour)).flatten()
}
