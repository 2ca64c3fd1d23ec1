//! Machines by the hour: Amazon EC2 and Amazon SageMaker hosting.

use bench_core::money::{Item, Unit};

use super::product::{Product, Rate};

/// What the list is asked for: an offer, and attributes with their values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Query {
    /// The offer.
    pub(super) service: &'static str,
    /// Every one must match.
    pub(super) filters: Vec<(&'static str, String)>,
}

/// A service that rents machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Landlord {
    Ec2,
    SageMaker,
}

impl Landlord {
    /// The query for a machine in a Region.
    pub(super) fn query(self, machine: &str, region: &str) -> Query {
        let filter = |name, value: &str| (name, value.to_owned());
        let region = filter("regionCode", region);
        match self {
            // Linux that nobody charges for, on hardware shared with others, in use.
            Self::Ec2 => Query {
                service: "AmazonEC2",
                filters: vec![
                    filter("instanceType", machine),
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
                    filter("instanceName", machine),
                    region,
                    filter("component", "Hosting"),
                ],
            },
        }
    }

    /// Whether a product is the machine itself. A filter may pass more than it
    /// should, such as another use of the same machine.
    pub(super) fn is(self, machine: &str, product: &Product) -> bool {
        let usage = product.attribute("usagetype");
        let kind = match self {
            Self::Ec2 => format!("BoxUsage:{machine}"),
            Self::SageMaker => format!("Host:{machine}"),
        };
        usage == kind || usage.ends_with(&format!("-{kind}"))
    }
}

/// What an hourly price buys; `None` where it is not paid by the hour.
pub(super) fn unit(rate: &Rate) -> Option<Unit> {
    let hourly = ["hrs", "hour", "hours"].contains(&rate.unit.to_ascii_lowercase().as_str());
    hourly.then(|| Unit::new(1, Item::Hour)).flatten()
}
