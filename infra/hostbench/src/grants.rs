//! The parameters of the template that grant permissions, made of configurations.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;

/// The parameters that are made of configurations.
pub const PARAMETERS: [&str; 9] = [
    "BearerTokenArns",
    "EndpointArns",
    "EndpointConfigArns",
    "InstanceArns",
    "LifecycleEndpointArns",
    "MantleProjectArns",
    "ModelArns",
    "SecretArns",
    "SecureParameterArns",
];

/// The most bytes of a parameter, for CloudFormation.
const MAX_PARAMETER_BYTES: usize = 4_096;

/// A policy of the template that lists ARNs of parameters.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Its logical id, or that of its role.
    pub name: &'static str,
    /// The most characters of it, white space aside, for IAM.
    pub max: usize,
    /// An upper bound of its characters without the ARNs of parameters.
    pub fixed: usize,
    /// The parameters, with the number of times that it lists them.
    pub parameters: &'static [(&'static str, usize)],
}

/// The policies that list ARNs of parameters.
pub const POLICIES: [Policy; 3] = [
    Policy {
        name: "MeasuringPolicy",
        max: 6_144,
        fixed: 2_200,
        parameters: &[
            ("ModelArns", 1),
            ("MantleProjectArns", 1),
            ("BearerTokenArns", 1),
            ("EndpointArns", 1),
            ("SecretArns", 1),
            ("SecureParameterArns", 1),
            ("KmsKeyArns", 1),
        ],
    },
    Policy {
        name: "BenchmarkStateMachineRole",
        max: 10_240,
        fixed: 5_300,
        parameters: &[
            ("InstanceArns", 1),
            ("EndpointConfigArns", 1),
            ("LifecycleEndpointArns", 1),
            ("KmsKeyArns", 1),
        ],
    },
    Policy {
        name: "SweeperStateMachineRole",
        max: 10_240,
        fixed: 3_600,
        parameters: &[("InstanceArns", 1), ("LifecycleEndpointArns", 1)],
    },
];

/// The parameters of a deployment, and what becomes of former permissions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// The parameters to set.
    pub parameters: Vec<(String, String)>,
    /// The ARNs that the stack may use and that no configuration needs any more.
    pub withdrawn: Vec<String>,
}

impl Grants {
    /// The given parameters, and those that grant `needed`; a given one is not changed.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] when a parameter or a policy would be larger than AWS accepts.
    pub fn of(
        given: &[(String, String)],
        needed: &BTreeMap<&'static str, BTreeSet<String>>,
        before: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let mut grants = Self {
            parameters: given.to_vec(),
            withdrawn: Vec::new(),
        };
        for parameter in PARAMETERS {
            if given.iter().any(|(name, _)| name == parameter) {
                continue;
            }
            let nothing = BTreeSet::new();
            let needed = needed.get(parameter).unwrap_or(&nothing);
            let former = before.get(parameter).map_or("", String::as_str);
            let lost = arns(former).filter(|arn| !needed.contains(*arn));
            grants.withdrawn.extend(lost.map(str::to_owned));
            if !needed.is_empty() || !former.is_empty() {
                let value: Vec<&str> = needed.iter().map(String::as_str).collect();
                grants
                    .parameters
                    .push((parameter.to_owned(), value.join(",")));
            }
        }
        grants.check_sizes(before)?;
        Ok(grants)
    }

    /// The value that a parameter will have.
    fn value<'a>(&'a self, name: &str, before: &'a BTreeMap<String, String>) -> &'a str {
        let set = self.parameters.iter().rfind(|(other, _)| other == name);
        let kept = || before.get(name).map(String::as_str);
        let set = set.map(|(_, value)| value.as_str());
        set.or_else(kept).unwrap_or_default()
    }

    fn check_sizes(&self, before: &BTreeMap<String, String>) -> Result<(), Error> {
        for (name, value) in &self.parameters {
            if value.len() > MAX_PARAMETER_BYTES {
                return Err(too_large(
                    &format!("parameter `{name}`"),
                    value.len(),
                    MAX_PARAMETER_BYTES,
                ));
            }
        }
        for policy in POLICIES {
            let listed = policy.parameters.iter().map(|(name, times)| {
                // Each ARN in quotation marks, with a comma.
                let list = arns(self.value(name, before)).map(|arn| arn.len() + 3);
                list.sum::<usize>() * times
            });
            let characters = policy.fixed + listed.sum::<usize>();
            if characters > policy.max {
                let what = format!("the policy of `{}`", policy.name);
                return Err(too_large(&what, characters, policy.max));
            }
        }
        Ok(())
    }
}

fn arns(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').filter(|arn| !arn.is_empty())
}

fn too_large(what: &str, size: usize, max: usize) -> Error {
    Error::InvalidInput(format!(
        "{what} would have {size} characters, expected at most {max}; remove configurations that \
         are no longer run from the bucket with `aws s3 rm s3://BUCKET/configs/NAME.toml`, or \
         deploy another stack for some of them with `--stack`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(name: &str) -> String {
        format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}")
    }

    fn grants(
        given: &[(&str, &str)],
        needed: &[(&'static str, String)],
        before: &[(&str, &str)],
    ) -> Result<Grants, Error> {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut of: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for (parameter, arn) in needed {
            of.entry(parameter).or_default().insert(arn.clone());
        }
        let given: Vec<_> = given.iter().map(text).collect();
        Grants::of(&given, &of, &before.iter().map(text).collect())
    }

    #[test]
    fn what_no_configuration_needs_any_more_is_withdrawn() {
        let needed = [("EndpointArns", endpoint("b"))];
        let former = format!("{},{}", endpoint("a"), endpoint("b"));
        let before = [
            ("EndpointArns", former.as_str()),
            ("SecretArns", "arn:secret"),
        ];
        let grants = grants(&[], &needed, &before).unwrap();
        assert_eq!(
            grants.parameters,
            [
                ("EndpointArns".to_owned(), endpoint("b")),
                ("SecretArns".to_owned(), String::new())
            ]
        );
        assert_eq!(grants.withdrawn, [endpoint("a"), "arn:secret".to_owned()]);
    }

    #[test]
    fn a_given_parameter_is_taken_as_it_is() {
        let needed = [("EndpointArns", endpoint("b"))];
        let given = [("EndpointArns", "arn:x")];
        let grants = grants(&given, &needed, &[("EndpointArns", "arn:y")]).unwrap();
        assert_eq!(
            grants.parameters,
            [("EndpointArns".to_owned(), "arn:x".to_owned())]
        );
        assert!(grants.withdrawn.is_empty());
    }

    #[test]
    fn a_parameter_or_policy_that_aws_would_refuse_is_named_with_the_remedy() {
        let many = |parameter: &'static str, count: usize| -> Vec<_> {
            let name = |number| (parameter, endpoint(&format!("{number:040}")));
            (0..count).map(name).collect()
        };
        let error = grants(&[], &many("EndpointArns", 60), &[]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("parameter `EndpointArns`"), "{text}");
        assert!(text.contains("aws s3 rm s3://BUCKET/configs/"), "{text}");
        let both = [many("EndpointArns", 25), many("ModelArns", 25)].concat();
        let error = grants(&[], &both, &[]).unwrap_err().to_string();
        assert!(error.contains("`MeasuringPolicy`"), "{error}");
    }
}
