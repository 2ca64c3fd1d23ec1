//! Faults of the configuration and the environment that no call mends.

use bench_core::identity::TargetId;

/// Why a target cannot be connected to. None of these goes away by waiting, but access to
/// a key that was denied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// A simulated target, but no simulator.
    #[error(
        "target `{target}` is simulated, but `SIMULATOR_URL` is not set; start the simulator and \
         set it to its URL"
    )]
    NoSimulator {
        /// The target.
        target: TargetId,
    },
    /// The URL of the simulator is none.
    #[error("`SIMULATOR_URL` is `{url}`, expected a URL such as `http://127.0.0.1:8181`")]
    SimulatorUrl {
        /// The URL as given.
        url: String,
    },
    /// The URL of a target is not valid.
    #[error(
        "target `{target}` has the `url` `{url}`, expected one such as `http://10.0.1.20:8080`"
    )]
    Url {
        /// The target.
        target: TargetId,
        /// The URL as given.
        url: String,
    },
    /// No Region is known.
    #[error("target `{target}` has no Region; set its `region` or the variable `AWS_REGION`")]
    Region {
        /// The target.
        target: TargetId,
    },
    /// `MODEL_ENDPOINTS` selects real endpoints without credentials for them.
    #[error(
        "target `{target}` is on AWS, but there are no credentials for it; set \
         `MODEL_AWS_ACCESS_KEY_ID` and `MODEL_AWS_SECRET_ACCESS_KEY`"
    )]
    Credentials {
        /// The target.
        target: TargetId,
    },
    /// `MODEL_ENDPOINTS` has an unknown value.
    #[error("`MODEL_ENDPOINTS` is `{value}`, expected `aws` or nothing")]
    Endpoints {
        /// The value as given.
        value: String,
    },
    /// The key of a server could not be read.
    #[error(
        "target `{target}` has its `api_key` in `{secret}`, which cannot be read: {fault}; check \
         that it exists and may be read"
    )]
    Secret {
        /// The target.
        target: TargetId,
        /// The reference to the key in the configuration.
        secret: String,
        /// The cause, from the library that found it.
        fault: String,
        /// The error code of the service that keeps it, where it answered.
        code: Option<String>,
    },
    /// The certificates of a private authority are not available.
    #[error("target `{target}` has unusable certificates in `ca`: {fault}")]
    Certificates {
        /// The target.
        target: TargetId,
        /// The cause, from the library that found it.
        fault: String,
    },
    /// The HTTP client could not be built.
    #[error("no HTTP client can be built for target `{target}`: {fault}")]
    Client {
        /// The target.
        target: TargetId,
        /// The cause, from the library that found it.
        fault: String,
    },
}

impl ConnectError {
    /// The error code of an AWS service that refused, such as `AccessDeniedException`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Secret { code, .. } => code.as_deref(),
            _ => None,
        }
    }
}
