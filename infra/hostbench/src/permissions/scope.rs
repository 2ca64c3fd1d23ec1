//! The partition, Region and account of a stack, and ARNs in them.

/// The partition, Region and account that the ARNs of a stack share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArnScope {
    /// The partition, such as `aws` or `aws-us-gov`.
    pub partition: String,
    /// The Region, such as `us-east-1`.
    pub region: String,
    /// The account id, 12 digits.
    pub account: String,
}

impl ArnScope {
    /// Of an ARN: `arn:partition:service:region:account:…`.
    #[must_use]
    pub fn of(arn: &str) -> Self {
        let mut parts = arn.split(':').skip(1).map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let partition = next();
        let _service = next();
        Self {
            partition,
            region: next(),
            account: next(),
        }
    }

    pub(super) fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        let Self {
            partition, account, ..
        } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// SageMaker spells names in lower case in ARNs.
    pub(super) fn sagemaker(&self, region: &str, kind: &str, name: &str) -> String {
        let name = name.to_ascii_lowercase();
        self.arn("sagemaker", region, &format!("{kind}/{name}"))
    }

    /// A foundation model belongs to no account.
    pub(super) fn foundation_model(&self, region: &str, id: &str) -> String {
        let partition = &self.partition;
        format!("arn:{partition}:bedrock:{region}::foundation-model/{id}")
    }
}
