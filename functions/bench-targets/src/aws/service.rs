//! The AWS services that clients are made for.

/// A service that a target is reached through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AwsService {
    BedrockRuntime,
    SageMakerRuntime,
    SecretsManager,
    Ssm,
}

impl AwsService {
    pub(crate) const ALL: [Self; 4] = [
        Self::BedrockRuntime,
        Self::SageMakerRuntime,
        Self::SecretsManager,
        Self::Ssm,
    ];

    /// The part of a variable that names the service.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::BedrockRuntime => "BEDROCK_RUNTIME",
            Self::SageMakerRuntime => "SAGEMAKER_RUNTIME",
            Self::SecretsManager => "SECRETS_MANAGER",
            Self::Ssm => "SSM",
        }
    }

    /// Whether it serves models, which the simulator imitates.
    pub(super) fn has_models(self) -> bool {
        matches!(self, Self::BedrockRuntime | Self::SageMakerRuntime)
    }
}
