//! All samples of a target with their texts, a prompt at a time, and those of its load behind
//! them.

use std::{cmp::Ordering, collections::VecDeque};

use aws_sdk_dynamodb::types::AttributeValue;
use bench_core::sample::{Phase, Sample};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::{
    Store, StoreError, keys,
    pages::{Item, Pages},
};

/// The most samples of a load that are given together.
const MAX_CALLS: usize = 500;

/// The samples of a target in the order of their
/// [`SampleKey`](bench_core::sample::SampleKey), those of one prompt together, those of a
/// load a few hundred at a time. Two pages of the table and one prompt are in memory at a
/// time, whatever the number of samples.
#[derive(Debug)]
pub struct SampleStream<'a> {
    store: &'a Store,
    run_id: String,
    target_id: String,
    /// Sections still to be read.
    sections: VecDeque<Section>,
    /// Whether the sections of the load are among those, or were.
    is_load_known: bool,
    samples: Pages<'a>,
    texts: Texts<'a>,
    /// The first sample of the next prompt, with its sort key.
    next: Option<(String, Sample)>,
}

/// Samples of one partition whose sort keys begin alike.
#[derive(Debug)]
struct Section {
    partition: String,
    prefix: &'static str,
}

impl Store {
    /// Every sample of one target with its text: probes first, then prompt by prompt, then
    /// those of its load, step by step and worker by worker.
    #[must_use]
    pub fn sample_stream(&self, run_id: &str, target_id: &str) -> SampleStream<'_> {
        let partition = keys::target(run_id, target_id);
        let prompts = Section {
            partition: partition.clone(),
            prefix: keys::SAMPLE,
        };
        SampleStream {
            store: self,
            run_id: run_id.to_owned(),
            target_id: target_id.to_owned(),
            sections: [prompts].into(),
            is_load_known: false,
            samples: Pages::new(self, partition.clone(), keys::PROBE),
            texts: Texts::new(self, &partition, keys::PROBE),
            next: None,
        }
    }

    /// All of [`Store::sample_stream`] at once.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn samples(&self, run_id: &str, target_id: &str) -> Result<Vec<Sample>, StoreError> {
        let mut stream = self.sample_stream(run_id, target_id);
        let mut samples = Vec::new();
        while let Some(prompt) = stream.next().await? {
            samples.extend(prompt);
        }
        Ok(samples)
    }
}

impl SampleStream<'_> {
    /// The samples of the next prompt, or the next ones of a worker of a load, at least one;
    /// `None` behind the last.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn next(&mut self) -> Result<Option<Vec<Sample>>, StoreError> {
        let mut prompt: Vec<Sample> = Vec::new();
        while let Some((key, mut sample)) = self.next_row().await? {
            let is_same = |first: &Sample| group_of(first) == group_of(&sample);
            if !prompt.first().is_none_or(is_same) || prompt.len() >= most(&sample) {
                self.next = Some((key, sample));
                break;
            }
            // A call of a load has its text in its own item, unless it was restored.
            if sample.response_text.is_none() {
                sample.response_text = self.texts.of(&key).await?;
            }
            prompt.push(sample);
        }
        // Sort keys have measured calls before warm-ups.
        prompt.sort_by_cached_key(Sample::key);
        Ok((!prompt.is_empty()).then_some(prompt))
    }

    /// The next sample without its text, and its sort key.
    async fn next_row(&mut self) -> Result<Option<(String, Sample)>, StoreError> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        loop {
            if let Some(mut item) = self.samples.next().await? {
                let key = text_of(&mut item, "sk");
                let sample = from_item(item).map_err(|error| {
                    let of = keys::target(&self.run_id, &self.target_id);
                    StoreError::unreadable(format!("sample `{key}` of `{of}`"), error)
                })?;
                return Ok(Some((key, sample)));
            }
            let Some(Section { partition, prefix }) = self.next_section().await? else {
                return Ok(None);
            };
            self.texts = Texts::new(self.store, &partition, prefix);
            self.samples = Pages::new(self.store, partition, prefix);
        }
    }

    async fn next_section(&mut self) -> Result<Option<Section>, StoreError> {
        if self.sections.is_empty() && !self.is_load_known {
            self.is_load_known = true;
            let plans = self.store.step_plans(&self.run_id, &self.target_id).await?;
            for plan in plans {
                self.sections.extend((1..=plan.all_workers()).map(|worker| {
                    let (run, target) = (&self.run_id, &self.target_id);
                    Section {
                        partition: keys::worker(run, target, plan.step, worker),
                        prefix: keys::CALL,
                    }
                }));
            }
        }
        Ok(self.sections.pop_front())
    }
}

/// The key by which samples are grouped: of a probe none, of a call of a
/// load step and worker, of others the prompt.
fn group_of(sample: &Sample) -> Option<(u32, u32, u32)> {
    let prompt = if sample.is_under_load() {
        0
    } else {
        sample.prompt_index
    };
    (sample.phase != Phase::Probe).then_some((sample.step, sample.worker, prompt))
}

/// The most samples that are given together with this one.
fn most(sample: &Sample) -> usize {
    if sample.is_under_load() {
        MAX_CALLS
    } else {
        usize::MAX
    }
}

/// The texts of samples, asked for in the order of the samples' sort keys.
#[derive(Debug)]
struct Texts<'a> {
    items: Pages<'a>,
    /// A text that belongs to a sample further on, with the sort key of that sample.
    next: Option<(String, String)>,
}

impl<'a> Texts<'a> {
    fn new(store: &'a Store, partition: &str, samples: &str) -> Self {
        Self {
            items: Pages::new(store, partition.to_owned(), &keys::text(samples)),
            next: None,
        }
    }

    /// The text of the sample with that sort key. Texts of samples before it are passed
    /// over: such a sample was stored after the samples were read.
    async fn of(&mut self, sample_key: &str) -> Result<Option<String>, StoreError> {
        loop {
            let next = match self.next.take() {
                Some(next) => next,
                None => match self.items.next().await? {
                    Some(mut item) => {
                        let key = text_of(&mut item, "sk");
                        let owner = keys::sample_of_text(&key).unwrap_or_default().to_owned();
                        (owner, text_of(&mut item, "text"))
                    }
                    None => return Ok(None),
                },
            };
            match next.0.as_str().cmp(sample_key) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(Some(next.1)),
                Ordering::Greater => {
                    self.next = Some(next);
                    return Ok(None);
                }
            }
        }
    }
}

/// The text of an attribute; empty where there is none.
fn text_of(item: &mut Item, name: &str) -> String {
    match item.remove(name) {
        Some(AttributeValue::S(text)) => text,
        _ => String::new(),
    }
}
