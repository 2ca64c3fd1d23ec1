//! The calls that charts show as dots, without anything else of their samples.

use bench_core::{
    identity::TargetId,
    sample::{Sample, service_us},
};

use crate::model::TargetReport;

/// A measured, answered call as charts show it: 24 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CallPoint {
    pub(crate) latency_us: u64,
    pub(crate) output_tokens: Option<u64>,
}

impl CallPoint {
    pub(crate) fn latency_ms(self) -> f64 {
        self.latency_us as f64 / 1_000.0
    }
}

/// The measured, answered calls of every target: all that the charts of
/// `report.html` need of samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallPoints {
    targets: Vec<(TargetId, Vec<CallPoint>)>,
    last: usize,
}

impl CallPoints {
    /// Adds the call of a sample where it was measured and answered. Charts stack
    /// equal calls in the order in which they were added.
    pub fn add(&mut self, sample: &Sample) {
        if !sample.is_measured_ok() {
            return;
        }
        let point = CallPoint {
            latency_us: sample.latency_us,
            output_tokens: sample.output_tokens,
        };
        let position = self.position(&sample.target_id);
        self.last = position.unwrap_or(self.targets.len());
        if let Some(position) = position {
            self.targets[position].1.push(point);
        } else {
            let id = sample.target_id.clone();
            self.targets.push((id, vec![point]));
        }
    }

    /// Where a target stands; most calls are of the same one as those before.
    fn position(&self, id: &TargetId) -> Option<usize> {
        let is_last = self.targets.get(self.last);
        if is_last.is_some_and(|(last, _)| last == id) {
            return Some(self.last);
        }
        self.targets.iter().position(|(known, _)| known == id)
    }

    /// The calls of a target, in its service's own time.
    pub(crate) fn of(&self, target: &TargetReport) -> impl Iterator<Item = CallPoint> {
        let measured = self
            .position(&target.id)
            .map_or(&[][..], |position| &self.targets[position].1);
        let time_scale = target.time_scale.unwrap_or(1.0);
        measured.iter().map(move |point| CallPoint {
            latency_us: service_us(point.latency_us, time_scale),
            ..*point
        })
    }
}

impl<'a> FromIterator<&'a Sample> for CallPoints {
    fn from_iter<I: IntoIterator<Item = &'a Sample>>(samples: I) -> Self {
        let mut points = Self::default();
        for sample in samples {
            points.add(sample);
        }
        points
    }
}
