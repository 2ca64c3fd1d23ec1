//! The environment variables that keys of servers may be read from.

use std::{collections::BTreeSet, fmt};

use super::{HttpTarget, RunConfig, SecretRef, Service, Target};

/// The environment variables that keys of servers may be read from: none unless whoever
/// starts the functions names them. A stack on AWS names none, since every variable there is
/// of its own or of Lambda's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyVariables(BTreeSet<String>);

impl KeyVariables {
    /// The variable with their names, separated by commas.
    pub const VARIABLE: &'static str = "API_KEY_VARIABLES";

    /// Reads a list of names, separated by commas. A name that no configuration may use is
    /// left out.
    ///
    /// ```
    /// use bench_core::config::KeyVariables;
    /// let variables = KeyVariables::parse("MODEL_KEY,AWS_SESSION_TOKEN");
    /// assert!(variables.contains("MODEL_KEY"));
    /// assert!(!variables.contains("AWS_SESSION_TOKEN"));
    /// ```
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let names = list.split(',').map(str::trim);
        let usable = |name: &&str| SecretRef::parse(&format!("env:{name}")).is_ok();
        Self(names.filter(usable).map(str::to_owned).collect())
    }

    /// Those of a configuration that is trusted, as that of a run on one's own machine.
    #[must_use]
    pub fn of(config: &RunConfig) -> Self {
        let named = config.targets.iter().filter_map(variable);
        Self(named.map(str::to_owned).collect())
    }

    /// Whether a key may be read from the variable.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The first target whose key would be read from another variable, with that variable.
    #[must_use]
    pub fn refused<'a>(&self, config: &'a RunConfig) -> Option<(&'a Target, &'a str)> {
        let mut named = config
            .targets
            .iter()
            .filter_map(|target| Some((target, variable(target)?)));
        named.find(|(_, name)| !self.contains(name))
    }
}

impl fmt::Display for KeyVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(String::as_str).collect();
        f.write_str(&names.join(","))
    }
}

/// The environment variable with the key of a target.
fn variable(target: &Target) -> Option<&str> {
    match &target.service {
        Service::Http(HttpTarget {
            api_key: Some(SecretRef::Env(name)),
            ..
        }) => Some(name),
        _ => None,
    }
}
