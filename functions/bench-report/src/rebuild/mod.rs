//! The report again, from samples as they were written: graded and summed anew,
//! no call made.
//!
//! Lines of one or several `samples.jsonl` come in, each is looked at once, and the
//! same report goes out that the run had. Without its plan, what was planned is
//! taken from the configuration and from what the samples show.

mod derived;
mod error;
mod seen;

use std::io::BufRead;

use bstr::io::BufReadExt as _;

pub use self::error::RebuildError;
use self::{error::LineFault, seen::Seen};
use crate::{Accumulator, Report, model::WithSentence, render::sentences};
use bench_core::money::Catalog;
use bench_core::{
    config::{MAX_PROMPTS, RunConfig},
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
            added: Accumulator::new(&plan.config),
            config: plan.config.clone(),
            plan: Some(plan),
            problems: None,
            prices: None,
            seen: Seen::default(),
        }
    }

    /// Begins the report of a run of which the configuration is at hand, and its
    /// dataset perhaps: only the dataset has the questions.
    #[must_use]
    pub fn without_plan(config: RunConfig, problems: Option<Problems>) -> Self {
        Self {
            added: Accumulator::new(&config),
            config,
            plan: None,
            problems,
            prices: None,
            seen: Seen::default(),
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
        let (mut plan, warnings) = match self.plan {
            Some(plan) => (plan, Vec::new()),
            None => derived::plan(self.config, self.problems, &self.seen, &self.added.runs()),
        };
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
        let mut sample = Sample::from_line(text).map_err(|error| error::fault(&error))?;
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
        if !self.config.targets.iter().any(|target| target.id == *id) {
            return Err(format!(
                "is of target `{id}`, which the configuration does not have"
            ));
        }
        self.seen.targets.insert(id.clone());
        self.seen.last_target = Some(id.clone());
        Ok(())
    }

    fn prompt(&self, sample: &Sample) -> Result<Prompt, String> {
        if let Some(plan) = &self.plan {
            return plan.prompt(sample.prompt_index).cloned().ok_or_else(|| {
                format!(
                    "is of prompt `{}`, which the plan does not have",
                    sample.prompt_id
                )
            });
        }
        let known = self
            .problems
            .as_ref()
            .and_then(|problems| problems.prompts.get(sample.prompt_index as usize))
            .filter(|prompt| prompt.id == sample.prompt_id);
        Ok(known.cloned().unwrap_or_else(|| Prompt {
            id: sample.prompt_id.clone(),
            index: sample.prompt_index,
            question: String::new(),
            expected_answer: sample.expected_answer.clone().unwrap_or_default(),
        }))
    }
}

impl Seen {
    fn note(&mut self, sample: &Sample) {
        self.samples += 1;
        let started = sample.started_at;
        self.started_at = Some(self.started_at.map_or(started, |first| first.min(started)));
        match sample.phase {
            Phase::Probe => {}
            Phase::Warmup => self.warmup = self.warmup.max(sample.repetition),
            Phase::Measured => self.repetitions = self.repetitions.max(sample.repetition),
        }
    }
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
    if prompt.expected_answer.is_empty()
        && let Some(expected) = &sample.expected_answer
    {
        prompt.expected_answer.clone_from(expected);
    }
    if !prompt.expected_answer.is_empty()
        && sample.expected_answer.as_ref() != Some(&prompt.expected_answer)
    {
        sample.expected_answer = Some(prompt.expected_answer.clone());
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
