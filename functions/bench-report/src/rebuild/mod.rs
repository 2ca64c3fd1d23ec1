//! The report again, from samples as they were written: graded and summed anew,
//! no call made.
//!
//! Lines of one or several `samples.jsonl` come in, each is looked at once, and the
//! same report goes out that the run had. Without its plan, what was planned is
//! taken from the configuration and from what the samples show.

mod derived;
mod error;
mod external;
mod seen;

use std::io::BufRead;

use bstr::io::BufReadExt as _;
use jiff::Timestamp;

pub use self::error::RebuildError;
use self::{error::LineFault, external::External, seen::Seen};
use crate::{Accumulator, Report, model::WithSentence, render::sentences};
use bench_core::money::Catalog;
use bench_core::{
    config::{MAX_PROMPTS, MAX_TARGETS, PricingKind, RunConfig, Target},
    dataset::{Problems, Prompt},
    grading,
    plan::Plan,
    sample::{Phase, Sample},
    text,
};

/// A report in the making.
#[derive(Debug, Clone)]
pub struct Rebuild {
    config: RunConfig,
    plan: Option<Plan>,
    problems: Option<Problems>,
    prices: Option<Catalog>,
    /// Whether the samples came without plan and configuration.
    is_external: bool,
    created_at: Option<Timestamp>,
    external: External,
    added: Accumulator,
    seen: Seen,
}

/// A report with the plan that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebuilt {
    /// The plan, derived where none was given.
    pub plan: Plan,
    /// The report.
    pub report: Report,
}

impl Rebuild {
    /// Begins the report of a run whose plan is at hand.
    #[must_use]
    pub fn with_plan(plan: Plan) -> Self {
        Self {
            plan: Some(plan.clone()),
            ..Self::of(plan.config)
        }
    }

    /// Begins the report of a run of which the configuration is at hand, and its
    /// dataset perhaps: only the dataset has the questions.
    #[must_use]
    pub fn without_plan(config: RunConfig, problems: Option<Problems>) -> Self {
        let config = match &problems {
            Some(problems) => problems.task.resolve(config),
            None => config,
        };
        Self {
            problems,
            ..Self::of(config)
        }
    }

    /// Begins the report of measurements of other programs: neither plan nor
    /// configuration is at hand. Targets are taken from the samples; how they were
    /// called and what they cost is not known.
    #[must_use]
    pub fn external() -> Self {
        Self {
            is_external: true,
            ..Self::of(external::configuration())
        }
    }

    fn of(config: RunConfig) -> Self {
        Self {
            added: Accumulator::new(&config),
            config,
            plan: None,
            problems: None,
            prices: None,
            is_external: false,
            created_at: None,
            external: External::default(),
            seen: Seen::default(),
        }
    }

    /// Dates the report, where the plan is missing and the samples do not say when calls
    /// were made.
    #[must_use]
    pub fn created_at(self, now: Timestamp) -> Self {
        Self {
            created_at: Some(now),
            ..self
        }
    }

    /// Costs the run with these prices instead of those of its plan.
    #[must_use]
    pub fn with_prices(self, prices: Catalog) -> Self {
        Self {
            prices: Some(prices),
            ..self
        }
    }

    /// Takes why loads ended from the report that the run had: samples do not tell.
    #[must_use]
    pub fn with_load_ends(mut self, report: &Report) -> Self {
        let loads = report.load.iter().flat_map(|load| &load.targets);
        for target in loads {
            if let Some(reason) = target.ended {
                self.added.end_load(&target.target_id, reason);
            }
        }
        self
    }

    /// Reads all samples of a file. Each is graded again and handed to `keep`, to be
    /// written or forgotten; the report needs none of them any more.
    ///
    /// # Errors
    ///
    /// [`RebuildError`] at the first line that is not a sample of this run, with the
    /// file's name as it was given and the line's number.
    pub fn read(
        &mut self,
        file: &str,
        mut lines: impl BufRead,
        mut keep: impl FnMut(Sample),
    ) -> Result<(), RebuildError> {
        let mut number = 0;
        let mut faulty = None;
        let read = lines.for_byte_line(|line| {
            number += 1;
            match self.line(line, number) {
                Ok(sample) => sample.into_iter().for_each(&mut keep),
                Err(fault) => faulty = Some(fault),
            }
            Ok(faulty.is_none())
        });
        read.map_err(|source| RebuildError::Unreadable {
            file: file.to_owned(),
            line: number + 1,
            source,
        })?;
        match faulty {
            None => Ok(()),
            Some(fault) => Err(fault.at(file, number)),
        }
    }

    /// The report of all samples that were read.
    ///
    /// # Errors
    ///
    /// [`RebuildError::Empty`] without a sample.
    pub fn finish(self) -> Result<Rebuilt, RebuildError> {
        if self.seen.samples == 0 {
            return Err(RebuildError::Empty);
        }
        let has_plan = self.plan.is_some();
        let (mut plan, mut warnings) = match self.plan {
            Some(plan) => (plan, Vec::new()),
            None => derived::plan(self.config, self.problems, &self.seen, &self.added.runs()),
        };
        if self.is_external {
            // Everything that the samples show is all that is known.
            warnings.clear();
            plan.config.method.timeout_s = self.seen.longest_s();
            if !plan.prompts.iter().any(|prompt| prompt.id.contains('/')) {
                "external".clone_into(&mut plan.dataset.label);
            }
        }
        if !has_plan
            && self.seen.started_at.is_none()
            && let Some(now) = self.created_at
        {
            plan.created_at = now;
        }
        if self.seen.without_function {
            plan.deployment = None;
        }
        plan.prices = self.prices.or(plan.prices);
        let mut report = self.added.report(&plan);
        let warnings = WithSentence::all(warnings, sentences::warnings::sentence);
        report.warnings.extend(warnings);
        Ok(Rebuilt { plan, report })
    }

    /// The sample of a line, added up; none of an empty line.
    fn line(&mut self, line: &[u8], number: u64) -> Result<Option<Sample>, LineFault> {
        let text = text::decode_line(line, number).map_err(LineFault::NotText)?;
        let text = text.trim_ascii();
        if text.is_empty() {
            return Ok(None);
        }
        let sample = self.sample(text)?;
        self.added.add(&sample);
        Ok(Some(sample))
    }

    fn sample(&mut self, text: &str) -> Result<Sample, String> {
        let mut sample = match Sample::from_line(text) {
            Ok(sample) => sample,
            Err(error) => self
                .completed(text)
                .unwrap_or_else(|| Err(error::fault(&error)))?,
        };
        self.see_target(&sample)?;
        if sample.repetition == 0 || sample.attempt == 0 {
            return Err("counts `repetition` or `attempt` from 0, expected from 1".to_owned());
        }
        if sample.phase != Phase::Probe {
            self.see_prompt(&mut sample)?;
        }
        self.seen.note(&sample);
        grade_again(&mut sample);
        Ok(sample)
    }

    /// The sample of a line of another program.
    fn completed(&mut self, text: &str) -> Option<Result<Sample, String>> {
        let (plan, problems) = (self.plan.as_ref(), self.problems.as_ref());
        let seen = &self.seen.prompts;
        self.external.complete(text, |id| {
            let is_it = |prompt: &&Prompt| prompt.id == id;
            if let Some(plan) = plan {
                let found = plan.prompts.iter().find(is_it);
                return found
                    .map(|prompt| prompt.index)
                    .ok_or_else(|| unknown_prompt(id));
            }
            let known = problems.and_then(|problems| problems.prompts.iter().find(is_it));
            let known = known.or_else(|| seen.iter().flatten().find(is_it));
            let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
            Ok(known.map_or(next, |prompt| prompt.index))
        })
    }

    /// Gives the sample the correct answer of its prompt, as the plan or the dataset
    /// has it; what neither has is as the sample says.
    fn see_prompt(&mut self, sample: &mut Sample) -> Result<(), String> {
        let index = sample.prompt_index;
        if index >= MAX_PROMPTS {
            return Err(format!(
                "has `prompt_index` {index}, expected less than {MAX_PROMPTS}"
            ));
        }
        let position = index as usize;
        if self.seen.prompts.len() <= position {
            self.seen.prompts.resize(position + 1, None);
        }
        let known = self.seen.prompts[position].take();
        let mut prompt = match known {
            Some(prompt) => prompt,
            None => self.prompt(sample)?,
        };
        let seen = reconcile(&mut prompt, sample);
        self.seen.prompts[position] = Some(prompt);
        seen
    }

    fn see_target(&mut self, sample: &Sample) -> Result<(), String> {
        let id = &sample.target_id;
        if self.seen.last_target.as_ref() == Some(id) {
            return Ok(());
        }
        let known = self.config.targets.iter().find(|target| target.id == *id);
        match known {
            Some(target) => check_start(sample, target)?,
            None if self.is_external && self.config.targets.len() < MAX_TARGETS => {
                let target = external::target(id);
                self.added.add_target(&target, 1.0, None);
                self.config.targets.push(target);
            }
            None if self.is_external => {
                return Err(format!(
                    "is of target `{id}`, and the lines before it are of {MAX_TARGETS} others, \
                     expected {MAX_TARGETS} targets at most; report fewer at a time"
                ));
            }
            None => {
                return Err(format!(
                    "is of target `{id}`, which the configuration does not have"
                ));
            }
        }
        self.seen.targets.insert(id.clone());
        self.seen.last_target = Some(id.clone());
        Ok(())
    }

    fn prompt(&self, sample: &Sample) -> Result<Prompt, String> {
        if let Some(plan) = &self.plan {
            let found = plan.prompt(sample.prompt_index).cloned();
            return found.ok_or_else(|| unknown_prompt(&sample.prompt_id));
        }
        let known = self
            .problems
            .as_ref()
            .and_then(|problems| problems.prompts.get(sample.prompt_index as usize))
            .filter(|prompt| prompt.id == sample.prompt_id);
        Ok(known.cloned().unwrap_or_else(|| Prompt {
            id: sample.prompt_id.clone(),
            index: sample.prompt_index,
            expected_answer: sample.expected_answer.clone(),
            ..Prompt::default()
        }))
    }
}

impl Seen {
    fn note(&mut self, sample: &Sample) {
        self.samples += 1;
        self.started_at = self.started_at.into_iter().chain(sample.start()).min();
        self.longest_us = self.longest_us.max(sample.latency_us);
        self.without_function |= sample.function_request_id.is_empty();
        match sample.phase {
            Phase::Probe | Phase::Ramp => {}
            Phase::Warmup => self.warmup = self.warmup.max(sample.repetition),
            Phase::Measured => self.repetitions = self.repetitions.max(sample.repetition),
        }
    }
}

/// A target that is paid for by time needs to know when its calls were made.
fn check_start(sample: &Sample, target: &Target) -> Result<(), String> {
    let kind = target.pricing.as_ref().map(|pricing| &pricing.kind);
    let by_time = kind.is_some_and(PricingKind::is_by_time);
    if by_time && sample.start().is_none() {
        return Err(format!(
            "has no `started_at`, and target `{}` is paid for by time; add it, or remove \
             `pricing` from the configuration",
            target.id
        ));
    }
    Ok(())
}

fn unknown_prompt(id: &str) -> String {
    format!("is of prompt `{id}`, which the plan does not have")
}

/// Gives prompt and sample the same correct answer: the prompt's, or the sample's
/// where the prompt has none.
fn reconcile(prompt: &mut Prompt, sample: &mut Sample) -> Result<(), String> {
    if prompt.id != sample.prompt_id {
        return Err(format!(
            "is of prompt `{}`, where others of `prompt_index` {} are of `{}`; pool runs of one \
             dataset only",
            sample.prompt_id, prompt.index, prompt.id
        ));
    }
    // An empty one is none: other programs write it so.
    sample.expected_answer = sample
        .expected_answer
        .take()
        .filter(|expected| !expected.is_empty());
    if prompt.expected_answer.is_none() {
        prompt.expected_answer.clone_from(&sample.expected_answer);
    }
    if prompt.expected_answer != sample.expected_answer {
        sample.expected_answer.clone_from(&prompt.expected_answer);
    }
    Ok(())
}

/// Grades an answered call by its text. Where the text was not kept, the grade of
/// old stands.
fn grade_again(sample: &mut Sample) {
    if !sample.is_ok() {
        return;
    }
    let (Some(text), Some(expected)) = (&sample.response_text, &sample.expected_answer) else {
        return;
    };
    sample.set_grade(&grading::grade(text, expected));
}
