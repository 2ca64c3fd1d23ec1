//! The IAM permissions that the roles of a stack need to call the targets of a
//! configuration, and whether they have them.

mod profiles;
mod required;
mod scope;

use std::fmt;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_iam::{
    Client as Iam, error::ProvideErrorMetadata, types::PolicyEvaluationDecisionType,
};
use bench_core::{
    config::{HttpTarget, RunConfig, SecretRef, Service},
    identity::TargetId,
};

pub use profiles::Profiles;
pub use required::{grants, required};
pub use scope::ArnScope;

use crate::{error::Error, stack, stack::Deployed};

/// An IAM action on a resource that a target needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The target.
    pub target: TargetId,
    /// The role that needs it, by its logical id in the template.
    pub role: &'static str,
    /// The action, such as `bedrock:InvokeModel`.
    pub action: &'static str,
    /// The ARN of the resource.
    pub resource: String,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            role,
            action,
            resource,
        } = self;
        write!(
            f,
            "target `{target}`: `{role}` does not allow `{action}` on `{resource}`"
        )
    }
}

/// The result of simulating the policies of a stack for a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionCheck {
    /// Everything is allowed.
    Allowed,
    /// These permissions are missing.
    Missing(Vec<Permission>),
    /// The simulation is not permitted or not possible, with the reason.
    Unknown(String),
}

impl PermissionCheck {
    /// Whether everything is allowed; `None` if that is unknown.
    #[must_use]
    pub fn is_allowed(&self) -> Option<bool> {
        match self {
            Self::Allowed => Some(true),
            Self::Missing(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for PermissionCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("the stack has the permissions to call every target"),
            Self::Missing(permissions) => {
                f.write_str("the stack lacks permissions to call the targets:")?;
                permissions
                    .iter()
                    .try_for_each(|permission| write!(f, "\n  - {permission}"))
            }
            Self::Unknown(reason) => {
                write!(f, "cannot verify the permissions of the stack: {reason}")
            }
        }
    }
}

/// Simulates the policies of the roles of a stack for what a configuration needs.
/// Resource policies and service control policies are not evaluated.
///
/// # Errors
///
/// [`Error::InvalidInput`] when the stack has no function for a target, and
/// [`Error::Aws`] when the stack cannot be read.
pub async fn verify(deployed: &Deployed, run: &RunConfig) -> Result<PermissionCheck, Error> {
    let aws = &deployed.pipeline.aws;
    let cloudformation = CloudFormation::new(aws);
    for target in &run.targets {
        let (function, _) = required::invoker(target);
        let there = stack::resource(&cloudformation, &deployed.id, function).await?;
        if there.is_none() {
            return Err(Error::InvalidInput(format!(
                "target `{}` has `network = \"vpc\"`, and the stack has no `{function}`; deploy the \
                 stack with `--parameter VpcSubnetIds=… --parameter VpcSecurityGroupIds=…`",
                target.id
            )));
        }
    }
    let profiles = match Profiles::look_up(aws, [run]).await {
        Ok(profiles) => profiles,
        Err(error) => return Ok(PermissionCheck::Unknown(error.to_string())),
    };
    let iam = Iam::new(aws);
    let scope = ArnScope::of(&deployed.id);
    let mut missing = Vec::new();
    for permission in required(run, &scope, &profiles) {
        let Some(role) = stack::resource(&cloudformation, &deployed.id, permission.role).await?
        else {
            let role = permission.role;
            return Ok(PermissionCheck::Unknown(format!(
                "the stack has no `{role}`"
            )));
        };
        let principal = format!("arn:{}:iam::{}:role/{role}", scope.partition, scope.account);
        match is_allowed(&iam, &principal, &permission).await {
            Ok(true) => {}
            Ok(false) => missing.push(permission),
            Err(reason) => return Ok(PermissionCheck::Unknown(reason)),
        }
    }
    Ok(if missing.is_empty() {
        PermissionCheck::Allowed
    } else {
        PermissionCheck::Missing(missing)
    })
}

async fn is_allowed(iam: &Iam, principal: &str, permission: &Permission) -> Result<bool, String> {
    let answer = iam
        .simulate_principal_policy()
        .policy_source_arn(principal)
        .action_names(permission.action)
        .resource_arns(&permission.resource)
        .send()
        .await
        .map_err(|error| {
            let message = error.message().unwrap_or("no answer").to_owned();
            format!("`iam:SimulatePrincipalPolicy` on `{principal}`: {message}")
        })?;
    let results = answer.evaluation_results();
    let allowed = |decision: &PolicyEvaluationDecisionType| {
        *decision == PolicyEvaluationDecisionType::Allowed
    };
    Ok(!results.is_empty() && results.iter().all(|result| allowed(result.eval_decision())))
}

/// Rejects targets that the stack cannot call or start: simulated ones, which only the
/// embedded AWS has, ones with a key in an environment variable of this machine, and ones that
/// are started in another Region.
///
/// # Errors
///
/// [`Error::InvalidInput`] naming the target.
pub fn reject_local_targets(deployed: &Deployed, run: &RunConfig) -> Result<(), Error> {
    // A custom endpoint is an embedded AWS, with a simulator next to it.
    let embedded = deployed.pipeline.aws.endpoint_url().is_some();
    let stack_region = ArnScope::of(&deployed.id).region;
    if let Some((target, region)) = run.started_elsewhere(&stack_region) {
        return Err(Error::InvalidInput(format!(
            "target `{}` has a `lifecycle` and the `region` `{region}`, but the stack starts and \
             stops in its own, `{stack_region}`; use a stack in `{region}`, or leave `lifecycle` out",
            target.id
        )));
    }
    for target in &run.targets {
        let id = &target.id;
        if target.simulated && !embedded {
            return Err(Error::InvalidInput(format!(
                "target `{id}` is simulated, and a deployed stack has no simulator; use `hostbench \
                 run CONFIG --local`, or leave the target out with `--set targets=…`"
            )));
        }
        if let Service::Http(HttpTarget {
            api_key: Some(SecretRef::Env(name)),
            ..
        }) = &target.service
        {
            return Err(Error::InvalidInput(format!(
                "target `{id}` has its `api_key` in the environment variable `{name}` of this \
                 machine; store it in Secrets Manager under `hostbench/` and refer to it as \
                 `secretsmanager:hostbench/…`"
            )));
        }
    }
    Ok(())
}
