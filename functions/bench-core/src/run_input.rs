//! The name of a run in the input of its execution.

use serde::Deserialize;

/// The keyword that EventBridge Scheduler replaces with the id of an event.
const SCHEDULER_KEYWORD: &str = "<aws.scheduler.execution-id>";

/// The fields of an execution's input that name its run; others are ignored.
///
/// ```
/// # use bench_core::run_input::RunName;
/// let read = |input: &str| serde_json::from_str::<RunName>(input).unwrap();
/// assert_eq!(read(r#"{"config": "configs/a.toml"}"#).or("nightly-7"), "nightly-7");
/// assert_eq!(read(r#"{"run_id": "mine"}"#).or("nightly-7"), "mine");
/// assert_eq!(read(r#"{"resume": "mine"}"#).or("nightly-7"), "mine");
/// assert_eq!(read(r#"{"event": "d32c"}"#).or("nightly-7"), "d32c");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RunName {
    /// The id that the run is given.
    pub run_id: Option<String>,
    /// The run that is resumed.
    pub resume: Option<String>,
    /// The id of the event of a schedule, or the keyword for it.
    pub event: Option<String>,
}

impl RunName {
    /// The id of the event that asked for the run; a scheduler that does not know the
    /// keyword leaves it as it stands.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        let event = self.event.as_deref();
        event.filter(|event| *event != SCHEDULER_KEYWORD)
    }

    /// The run id: the input's, else the id of the event, else the name of the execution.
    #[must_use]
    pub fn or<'a>(&'a self, execution: &'a str) -> &'a str {
        let given = self.run_id.as_deref().or(self.resume.as_deref());
        given.or(self.event()).unwrap_or(execution)
    }
}
