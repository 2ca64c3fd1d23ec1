//! Metrics as columns of a table.

use super::{
    metric::{Medium, Metric, Source, Unit},
    table::METRICS,
};
use crate::model::TargetReport;
use bench_stats::Statistic::{self, EffectiveN, Icc, Mean, WithinCv};

/// One value of a metric, as a table shows it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The metric.
    pub metric: &'static Metric,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Value,
    Statistic(Statistic),
    Low(Option<Statistic>),
    High(Option<Statistic>),
}

/// The columns of a place, in the order of the list.
pub fn columns(medium: Medium) -> impl Iterator<Item = Column> {
    METRICS.iter().flat_map(move |metric| {
        let parts = metric.parts(medium);
        parts.into_iter().map(move |part| Column { metric, part })
    })
}

impl Metric {
    fn parts(&self, medium: Medium) -> Vec<Part> {
        let shown = match medium {
            Medium::Csv => return self.csv(),
            Medium::Tokens => self.shown_in.tokens,
            Medium::Dashboard => self.shown_in.dashboard,
        };
        match self.source {
            Source::Summary(..) => shown.iter().map(|one| Part::Statistic(*one)).collect(),
            _ => shown.iter().map(|_| Part::Value).collect(),
        }
    }

    fn csv(&self) -> Vec<Part> {
        match self.source {
            Source::Summary(_, statistics) => {
                let with_limits = |statistic: &Statistic| {
                    let limits = [Part::Low(Some(Mean)), Part::High(Some(Mean))];
                    let limits = (*statistic == Mean).then_some(limits);
                    [Part::Statistic(*statistic)]
                        .into_iter()
                        .chain(limits.into_iter().flatten())
                };
                statistics.iter().flat_map(with_limits).collect()
            }
            Source::Share(_) => vec![Part::Value, Part::Low(None), Part::High(None)],
            Source::Figure(_) | Source::Part(_) => vec![Part::Value],
        }
    }
}

impl Column {
    /// Its name: `latency_p50_ms`, `success_rate`, `accuracy_low`.
    #[must_use]
    pub fn name(&self) -> String {
        let key = self.metric.key;
        let of = |statistic: Statistic| {
            let unit = if unit(self.metric, statistic) == Unit::Ms {
                "_ms"
            } else {
                ""
            };
            (format!("{key}_{}", statistic.key()), unit)
        };
        match self.part {
            Part::Value => key.to_owned(),
            Part::Statistic(statistic) => {
                let (name, unit) = of(statistic);
                format!("{name}{unit}")
            }
            Part::Low(None) => format!("{key}_low"),
            Part::High(None) => format!("{key}_high"),
            Part::Low(Some(statistic)) => {
                let (name, unit) = of(statistic);
                format!("{name}_low{unit}")
            }
            Part::High(Some(statistic)) => {
                let (name, unit) = of(statistic);
                format!("{name}_high{unit}")
            }
        }
    }

    /// The statistic, where the metric has several.
    #[must_use]
    pub fn statistic(&self) -> Option<Statistic> {
        match self.part {
            Part::Statistic(statistic) => Some(statistic),
            Part::Low(statistic) | Part::High(statistic) => statistic,
            Part::Value => None,
        }
    }

    /// The unit of its values.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.statistic()
            .map_or(self.metric.unit, |statistic| unit(self.metric, statistic))
    }

    /// Its value for a target; `None` where it is not available.
    #[must_use]
    pub fn value(&self, target: &TargetReport) -> Option<f64> {
        let figure = match (self.metric.source, self.statistic()) {
            (Source::Part(of), _) => return of(target),
            (Source::Summary(of, _), Some(statistic)) => of(target).figure(statistic),
            (Source::Summary(of, _), None) => &of(target).mean,
            (Source::Figure(of), _) => of(target),
            (Source::Share(of), _) => &of(target)?.rate,
        };
        match self.part {
            Part::Low(_) => Some(figure.interval()?.low),
            Part::High(_) => figure.interval()?.high,
            Part::Value | Part::Statistic(_) => figure.value(),
        }
    }
}

/// The unit of a statistic of a metric.
const fn unit(metric: &Metric, statistic: Statistic) -> Unit {
    match statistic {
        WithinCv => Unit::Share,
        Icc | EffectiveN => Unit::Number,
        _ => metric.unit,
    }
}
