//! The AWS services that a target is called through, and the variables that name their
//! endpoints.

/// An AWS service that calls of a target, or its API key, need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AwsService {
    /// Amazon Bedrock, for model calls.
    BedrockRuntime,
    /// Amazon Bedrock's other endpoint, for calls in the schemas of `OpenAI`.
    BedrockMantle,
    /// Amazon SageMaker, for endpoint calls.
    SageMakerRuntime,
    /// AWS Secrets Manager, for API keys.
    SecretsManager,
    /// Parameter Store of AWS Systems Manager, for API keys.
    Ssm,
}

impl AwsService {
    /// Every service.
    pub const ALL: [Self; 5] = [
        Self::BedrockRuntime,
        Self::BedrockMantle,
        Self::SageMakerRuntime,
        Self::SecretsManager,
        Self::Ssm,
    ];

    /// The variable by which SDKs replace the service's public endpoint.
    ///
    /// ```
    /// use bench_core::aws_service::AwsService;
    /// assert_eq!(AwsService::Ssm.sdk_endpoint_variable(), "AWS_ENDPOINT_URL_SSM");
    /// ```
    #[must_use]
    pub fn sdk_endpoint_variable(self) -> String {
        format!("AWS_ENDPOINT_URL_{}", self.variable())
    }

    /// The variable that does the same for the invoker alone, since the SDKs' variables
    /// belong to an emulated AWS.
    #[must_use]
    pub fn model_endpoint_variable(self) -> String {
        format!("MODEL_ENDPOINT_URL_{}", self.variable())
    }

    /// Whether it serves models, which the simulator imitates.
    #[must_use]
    pub fn has_models(self) -> bool {
        matches!(
            self,
            Self::BedrockRuntime | Self::BedrockMantle | Self::SageMakerRuntime
        )
    }

    /// The part of a variable that names the service, as the SDKs do.
    fn variable(self) -> &'static str {
        match self {
            Self::BedrockRuntime => "BEDROCK_RUNTIME",
            Self::BedrockMantle => "BEDROCK_MANTLE",
            Self::SageMakerRuntime => "SAGEMAKER_RUNTIME",
            Self::SecretsManager => "SECRETS_MANAGER",
            Self::Ssm => "SSM",
        }
    }
}
