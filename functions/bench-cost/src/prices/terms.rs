//! The terms that a target is paid by, and whether they fit what was measured.

use serde::{Deserialize, Serialize};

use crate::{CostReason, CostWarning};
use bench_core::config::{BedrockTarget, LatencyMode, PricingKind, Service, ServiceTier, Target};

/// The terms that a target is paid by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Terms {
    /// Nothing: the configuration states that it costs nothing.
    Free,
    /// Per token in and out.
    Tokens {
        /// Such as `bedrock:deepseek.r1-v1:0`.
        sku: String,
    },
    /// Per hour of a machine, busy or not.
    Hourly {
        /// Such as `sagemaker:ml.g6.2xlarge`.
        sku: String,
        /// Machines that share the calls.
        instances: u32,
    },
    /// Per Custom Model Unit in windows of five minutes, nothing while idle.
    ModelUnits {
        /// Such as `bedrock:cmu`.
        sku: String,
        /// Custom Model Units of one copy.
        units: u32,
        /// Copies that share the calls.
        copies: u32,
    },
    /// Per hour of a machine and per token on top.
    Mixed {
        /// The SKU that is paid by the hour.
        sku: String,
        /// Machines that share the calls.
        instances: u32,
        /// The SKU that is paid by the token.
        token_sku: String,
    },
}

impl Terms {
    /// The SKU of one Custom Model Unit.
    pub const MODEL_UNIT: &'static str = "bedrock:cmu";

    /// The terms a target declares; `None` when it declares none.
    #[must_use]
    pub fn of(target: &Target) -> Option<Self> {
        let own = || token_sku(target);
        Some(match &target.pricing.as_ref()?.kind {
            PricingKind::Free => Self::Free,
            PricingKind::Tokens { sku } => Self::Tokens {
                sku: sku.clone().unwrap_or_else(own),
            },
            PricingKind::Hourly { sku, instances } => Self::Hourly {
                sku: sku.clone(),
                instances: *instances,
            },
            PricingKind::ModelUnits { units, copies } => Self::ModelUnits {
                sku: Self::MODEL_UNIT.to_owned(),
                units: *units,
                copies: *copies,
            },
            PricingKind::Mixed {
                sku,
                instances,
                token_sku,
            } => Self::Mixed {
                sku: sku.clone(),
                instances: *instances,
                token_sku: token_sku.clone().unwrap_or_else(own),
            },
        })
    }

    /// The machine that is paid by the hour, where one is.
    #[must_use]
    pub fn machine(&self) -> Option<&str> {
        match self {
            Self::Hourly { sku, .. } | Self::Mixed { sku, .. } => Some(sku),
            Self::Free | Self::Tokens { .. } | Self::ModelUnits { .. } => None,
        }
    }

    /// Why these terms cannot be the target's: what is priced is not what was
    /// measured. A cost made of it would be another machine's.
    #[must_use]
    pub fn mismatch(&self, target: &Target) -> Option<CostReason> {
        if let Self::ModelUnits { sku, .. } = self
            && !matches!(target.service, Service::Bedrock(_))
        {
            return Some(CostReason::NotAnImport { sku: sku.clone() });
        }
        if let Some(offer) = special_offer(target) {
            return Some(CostReason::OfferNotPriced {
                offer: offer.to_owned(),
            });
        }
        let sku = self.machine()?;
        let (service, machine) = sku.split_once(':')?;
        if let Some(instance) = target.instance.as_deref()
            && instance != machine
        {
            return Some(CostReason::OtherMachinePriced {
                measured: instance.to_owned(),
                sku: sku.to_owned(),
            });
        }
        match &target.service {
            Service::SageMaker(_) if service != "sagemaker" => {
                Some(CostReason::NotASageMakerPrice {
                    sku: sku.to_owned(),
                })
            }
            Service::Bedrock(_) if matches!(service, "ec2" | "sagemaker") => {
                Some(CostReason::NotABedrockPrice {
                    sku: sku.to_owned(),
                })
            }
            _ => None,
        }
    }

    /// The warning that the target does not declare the machine that is priced.
    #[must_use]
    pub fn trusted(&self, target: &Target) -> Option<CostWarning> {
        let sku = self.machine()?;
        target
            .instance
            .is_none()
            .then(|| CostWarning::InstanceNotDeclared {
                target_id: target.id.clone(),
                sku: sku.to_owned(),
            })
    }
}

/// The service tier or latency mode of Bedrock that has prices of its own, where
/// the target is priced by the token and says none of them.
fn special_offer(target: &Target) -> Option<&'static str> {
    let pricing = target.pricing.as_ref()?;
    let as_on_demand =
        matches!(pricing.kind, PricingKind::Tokens { sku: None }) && pricing.prices.is_empty();
    let Service::Bedrock(bedrock) = &target.service else {
        return None;
    };
    let tier = bedrock
        .service_tier
        .filter(|tier| *tier != ServiceTier::Default);
    let fast = bedrock
        .latency
        .filter(|latency| *latency != LatencyMode::Standard);
    let special = tier
        .map(ServiceTier::as_str)
        .or(fast.map(LatencyMode::as_str))?;
    as_on_demand.then_some(special)
}

/// `bedrock:<model>` without what an ARN says about the account.
fn token_sku(target: &Target) -> String {
    let what = match &target.service {
        Service::Bedrock(BedrockTarget { model, .. }) => model.rsplit('/').next().unwrap_or(model),
        Service::SageMaker(sagemaker) => &sagemaker.endpoint,
        Service::Http(http) => http.model.as_deref().unwrap_or(&target.id),
    };
    format!("{}:{what}", target.service.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench_core::config::{self, Overrides};

    fn target(fields: &str) -> Target {
        let text = format!("name = \"t\"\n[[targets]]\nid = \"t\"\n{fields}");
        let mut config = config::from_toml(&text, &Overrides::default()).unwrap();
        config.targets.remove(0)
    }

    fn mismatch(fields: &str) -> Option<CostReason> {
        let target = target(fields);
        Terms::of(&target).unwrap().mismatch(&target)
    }

    const SAGEMAKER: &str = "kind = \"sagemaker\"\nendpoint = \"e\"\nrequest = \"tgi\"\n";
    const HTTP: &str = "kind = \"http\"\nurl = \"http://h:1\"\nrequest = \"tgi\"\n";

    #[test]
    fn the_published_mix_up_is_refused() {
        let reason = mismatch(&format!(
            "{SAGEMAKER}instance = \"ml.g6.2xlarge\"\n\
             pricing = {{ kind = \"hourly\", sku = \"ec2:g6.8xlarge\" }}"
        ));
        assert_eq!(
            reason,
            Some(CostReason::OtherMachinePriced {
                measured: "ml.g6.2xlarge".to_owned(),
                sku: "ec2:g6.8xlarge".to_owned(),
            })
        );
    }

    #[test]
    fn an_ec2_price_is_no_sagemaker_price() {
        let priced = |sku: &str| {
            mismatch(&format!(
                "{SAGEMAKER}pricing = {{ kind = \"hourly\", sku = \"{sku}\" }}"
            ))
        };
        assert!(priced("ec2:g6.2xlarge").is_some());
        assert_eq!(priced("sagemaker:ml.g6.2xlarge"), None);
    }

    #[test]
    fn bedrock_does_not_bill_a_machine_of_another_service() {
        let bedrock = "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"llama\"\n";
        let priced = |sku: &str| {
            mismatch(&format!(
                "{bedrock}pricing = {{ kind = \"hourly\", sku = \"{sku}\" }}"
            ))
        };
        assert_eq!(
            priced("ec2:inf2.8xlarge"),
            Some(CostReason::NotABedrockPrice {
                sku: "ec2:inf2.8xlarge".to_owned()
            })
        );
        assert_eq!(priced("bedrock:provisioned"), None);
    }

    #[test]
    fn a_service_tier_needs_prices_of_its_own() {
        let priced = |tier: &str, prices: &str| {
            mismatch(&format!(
                "kind = \"bedrock\"\nmodel = \"m\"\nrequest = \"converse\"\n\
                 service_tier = \"{tier}\"\npricing = {{ kind = \"tokens\"{prices} }}"
            ))
        };
        assert_eq!(
            priced("flex", ""),
            Some(CostReason::OfferNotPriced {
                offer: "flex".to_owned()
            })
        );
        assert_eq!(priced("default", ""), None);
        assert_eq!(
            priced("flex", ", prices = { \"1M input tokens\" = \"0.3\" }"),
            None
        );
    }

    #[test]
    fn what_is_measured_and_priced_alike_passes() {
        let same = format!(
            "{HTTP}instance = \"inf2.8xlarge\"\n\
             pricing = {{ kind = \"hourly\", sku = \"ec2:inf2.8xlarge\" }}"
        );
        assert_eq!(mismatch(&same), None);
        let target = target(&same);
        assert_eq!(Terms::of(&target).unwrap().trusted(&target), None);
    }

    #[test]
    fn an_undeclared_machine_is_taken_on_trust_and_said_so() {
        let target = target(&format!(
            "{HTTP}pricing = {{ kind = \"hourly\", sku = \"ec2:inf2.8xlarge\" }}"
        ));
        let trusted = Terms::of(&target).unwrap().trusted(&target);
        assert_eq!(
            trusted,
            Some(CostWarning::InstanceNotDeclared {
                target_id: "t".parse().unwrap(),
                sku: "ec2:inf2.8xlarge".to_owned(),
            })
        );
    }

    #[test]
    fn model_units_are_paid_on_bedrock_only() {
        let reason = mismatch(&format!(
            "{HTTP}pricing = {{ kind = \"model-units\", units = 2 }}"
        ));
        assert_eq!(
            reason,
            Some(CostReason::NotAnImport {
                sku: Terms::MODEL_UNIT.to_owned()
            })
        );
    }

    #[test]
    fn the_token_sku_is_the_model_without_its_account() {
        let sku = |model: &str| {
            let target = target(&format!(
                "kind = \"bedrock\"\nmodel = \"{model}\"\nrequest = \"converse\"\n\
                 pricing = {{ kind = \"tokens\" }}"
            ));
            match Terms::of(&target).unwrap() {
                Terms::Tokens { sku } => sku,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(sku("us.deepseek.r1-v1:0"), "bedrock:us.deepseek.r1-v1:0");
        let arn = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.deepseek.r1-v1:0";
        assert_eq!(sku(arn), "bedrock:us.deepseek.r1-v1:0");
    }
}
