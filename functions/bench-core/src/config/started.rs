//! The machines and endpoints that a stack can start and stop.

use super::{Lifecycle, RunConfig, Target};

impl RunConfig {
    /// The first target that is to be started in another Region than that of the stack, with
    /// its Region: Step Functions starts and stops in the stack's own.
    #[must_use]
    pub fn started_elsewhere(&self, stack_region: &str) -> Option<(&Target, &str)> {
        let started = self
            .targets
            .iter()
            .filter(|target| target.lifecycle.is_some());
        let mut named = started.filter_map(|target| Some((target, target.region.as_deref()?)));
        named.find(|(_, region)| *region != stack_region)
    }

    /// The first target whose endpoint is to be created and deleted though it is not among
    /// those that runs may create and delete, with the endpoint's name. `granted` are ARNs;
    /// SageMaker writes names in lower case there.
    #[must_use]
    pub fn endpoint_not_granted(
        &self,
        stack_region: Option<&str>,
        granted: &[&str],
    ) -> Option<(&Target, &str)> {
        let is_granted = |endpoint: &str| {
            granted.iter().any(|arn| {
                let mut parts = arn.split(':').skip(3);
                let region = parts.next();
                let name = parts.nth(1).and_then(|part| part.strip_prefix("endpoint/"));
                name.is_some_and(|name| name.eq_ignore_ascii_case(endpoint))
                    && (stack_region.is_none() || region == stack_region)
            })
        };
        self.targets.iter().find_map(|target| {
            let Some(Lifecycle::SageMakerEndpoint { endpoint, .. }) = &target.lifecycle else {
                return None;
            };
            (!is_granted(endpoint)).then_some((target, endpoint.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, from_toml};

    fn config(more: &str) -> RunConfig {
        let text = format!(
            "name = \"x\"\n[[targets]]\nid = \"a\"\nkind = \"sagemaker\"\nendpoint = \"DeepSeek-8B\"\n\
             request = \"tgi\"\n{more}"
        );
        from_toml(&text, &Overrides::default()).unwrap()
    }

    const STARTED: &str = "lifecycle = { endpoint_config = \"small\" }\n";

    #[test]
    fn a_target_is_started_in_the_region_of_the_stack_alone() {
        let elsewhere = config(&format!("{STARTED}region = \"us-west-2\""));
        let (target, region) = elsewhere.started_elsewhere("eu-west-1").unwrap();
        assert_eq!((target.id.as_str(), region), ("a", "us-west-2"));
        assert_eq!(elsewhere.started_elsewhere("us-west-2"), None);
        assert_eq!(config(STARTED).started_elsewhere("eu-west-1"), None);
        let running = config("region = \"us-west-2\"");
        assert_eq!(
            running.started_elsewhere("eu-west-1"),
            None,
            "nothing is started"
        );
    }

    #[test]
    fn an_endpoint_is_created_where_its_arn_is_granted() {
        let arn = |region: &str, name: &str| {
            format!("arn:aws:sagemaker:{region}:111122223333:endpoint/{name}")
        };
        let run = config(STARTED);
        let missing = |granted: &[String]| {
            let granted: Vec<_> = granted.iter().map(String::as_str).collect();
            run.endpoint_not_granted(Some("eu-west-1"), &granted)
                .map(|(_, endpoint)| endpoint)
        };
        assert_eq!(missing(&[]), Some("DeepSeek-8B"));
        let own = arn("eu-west-1", "deepseek-8b");
        assert_eq!(missing(&[arn("eu-west-1", "other"), own]), None);
        for other in [
            arn("us-east-1", "deepseek-8b"),
            arn("eu-west-1", "deepseek-8b-2"),
            arn("eu-west-1", "deepseek"),
            own_component(),
            String::new(),
        ] {
            assert_eq!(
                missing(std::slice::from_ref(&other)),
                Some("DeepSeek-8B"),
                "{other}"
            );
        }
        assert_eq!(config("").endpoint_not_granted(None, &[]), None);
    }

    fn own_component() -> String {
        "arn:aws:sagemaker:eu-west-1:111122223333:inference-component/deepseek-8b".to_owned()
    }
}
