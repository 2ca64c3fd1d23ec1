//! The progress of the targets of a run.

use bench_core::{
    config::RunConfig,
    identity::{RunId, TargetId},
};
use bench_store::Store;
use jiff::Timestamp;

use crate::{
    load_progress::LoadProgress,
    progress::{Board, Calls, Console, together},
    waiting::{self, News, Waiting},
};

/// So many targets are told each for itself in a line of a log.
const FEW: usize = 8;

/// The progress of the targets of a run.
pub(crate) struct RunProgress {
    run_id: RunId,
    targets: Vec<TargetProgress>,
    board: Board,
}

/// The progress of one target.
struct TargetProgress {
    id: TargetId,
    calls: Calls,
    waiting: Waiting,
    load: Option<LoadProgress>,
}

impl RunProgress {
    pub(crate) fn new(run_id: &RunId, config: &RunConfig, console: &Console) -> Self {
        let per_prompt = config.method.warmup + config.method.repetitions;
        let calls = u64::from(config.dataset.prompts) * u64::from(per_prompt);
        let now = Timestamp::now();
        let load = || config.load.as_ref();
        let targets = config.targets.iter().map(|target| TargetProgress {
            id: target.id.clone(),
            calls: Calls::new(&target.id, calls),
            waiting: Waiting::new(target, now),
            load: load().map(|load| LoadProgress::new(load.arrival)),
        });
        Self {
            run_id: run_id.clone(),
            targets: targets.collect(),
            board: console.board(config.targets.len()),
        }
    }

    /// Counts the stored samples, and tells why a target without any does not answer; a
    /// count that fails is repeated later.
    pub(crate) async fn count(&mut self, store: &Store, console: &Console) {
        let mut news = Vec::new();
        for target in &mut self.targets {
            news.extend(target.count(store, &self.run_id).await);
        }
        for line in waiting::lines(news) {
            console.note(format!("  {line}"));
        }
        let calls: Vec<&Calls> = self.targets.iter().map(|target| &target.calls).collect();
        self.board.draw(&calls);
    }

    /// The calls that the last count read.
    pub(crate) fn calls(&self) -> u32 {
        let under_load = |target: &TargetProgress| {
            let load = target.load.as_ref();
            load.map_or(0, LoadProgress::calls_of_step)
        };
        let targets = self.targets.iter();
        let calls: u64 = targets
            .map(|target| target.calls.stored() + under_load(target))
            .sum();
        u32::try_from(calls).unwrap_or(u32::MAX)
    }

    /// Prints a line for a log.
    pub(crate) fn print(&self, console: &Console) {
        if !console.is_plain() {
            return;
        }
        let calls = self.targets.iter().map(|target| &target.calls);
        let text = if self.targets.len() <= FEW {
            calls.map(Calls::line).collect::<Vec<_>>().join(", ")
        } else {
            together(&calls.collect::<Vec<_>>())
        };
        console.note(format!("  calls: {text}"));
    }
}

impl TargetProgress {
    async fn count(&mut self, store: &Store, run_id: &RunId) -> Option<News> {
        if let Ok(count) = store.count_samples(run_id, &self.id).await {
            self.calls.set(count);
        }
        let now = Timestamp::now();
        if self.calls.stored() == 0 {
            let probes = store.probes(run_id, &self.id).await;
            let news = probes.ok().and_then(|probes| self.waiting.update(&probes));
            self.calls.set_detail(self.waiting.text(now));
            return news;
        }
        if let Some(load) = &mut self.load
            && load.update(store, run_id, &self.id).await.is_ok()
            && let Some(text) = load.text(now)
        {
            self.calls.set_detail(text);
        }
        None
    }
}
