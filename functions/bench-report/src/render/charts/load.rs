//! Charts of load: times and throughput over the levels of steps, and what one user sees
//! against what the target gives.

use bench_stats::Figure;

use super::{
    axis::Axis,
    canvas::{Ink, Stroke},
    frame::{Frame, Key, Sample},
    name,
};
use crate::{
    model::{LoadReport, LoadStep, Report, TargetLoad},
    render::{
        format::duration,
        load::numbers::{level, rate, unit},
    },
};

/// A point of a chart, and the level that it is of.
type LevelPoint = (f64, f64, f64);

/// The points of one target.
struct Line {
    position: usize,
    name: String,
    points: Vec<LevelPoint>,
}

/// The 95th percentile of response time over the level, with its limit; `None` without an
/// answered call under load.
pub(crate) fn response(report: &Report) -> Option<String> {
    let load = report.load.as_ref()?;
    let limit = load.configured.objective.latency_p95_ms;
    times(report, load, "p95 of response time", limit, |step| {
        &step.response_ms.p95
    })
}

/// The 95th percentile of TTFT over the level, with its limit; `None` without a streamed
/// answer under load.
pub(crate) fn ttft(report: &Report) -> Option<String> {
    let load = report.load.as_ref()?;
    let limit = load.configured.objective.ttft_p95_ms;
    times(report, load, "p95 of TTFT", limit, |step| {
        &step.response_ttft_ms.p95
    })
}

fn times(
    report: &Report,
    load: &LoadReport,
    what: &str,
    limit_ms: Option<f64>,
    figure: fn(&LoadStep) -> &Figure,
) -> Option<String> {
    let lines = lines(report, load, |step| {
        Some((step.plan.level, figure(step).value()?))
    });
    let most = greatest(&lines, |point| point.2).max(limit_ms.unwrap_or(0.0));
    let unit = unit(&load.configured);
    let mut frame = Frame::new(
        &format!("{what} over {unit}, per target"),
        &description(&lines, duration),
        (levels(load, &lines), Axis::time(what, most)),
        &keys(&lines, Sample::Line),
    );
    if let Some(limit) = limit_ms {
        frame.level(limit);
    }
    draw(frame, &lines)
}

/// Output tokens per second over the level, or answered requests per second where a target
/// does not count tokens; `None` without an answered call under load.
pub(crate) fn throughput(report: &Report) -> Option<String> {
    let load = report.load.as_ref()?;
    let (what, figure) = throughput_of(load);
    let lines = lines(report, load, |step| {
        Some((step.plan.level, figure(step).value()?))
    });
    let frame = Frame::new(
        &format!("{what} over {}, per target", unit(&load.configured)),
        &description(&lines, rate),
        (
            levels(load, &lines),
            Axis::counts(what, greatest(&lines, |point| point.2)),
        ),
        &keys(&lines, Sample::Line),
    );
    draw(frame, &lines)
}

/// Output tokens per second of the target against those that one user sees; filled where no
/// other step of any target gives more of both. `None` without token counts.
pub(crate) fn interactivity(report: &Report) -> Option<String> {
    let load = report.load.as_ref()?;
    let lines = lines(report, load, |step| {
        let of_user = step.user_tokens_per_s.value()?;
        Some((of_user, step.output_tokens_per_s.value()?))
    });
    let all: Vec<LevelPoint> = lines.iter().flat_map(|line| line.points.clone()).collect();
    let is_best = |point: &LevelPoint| {
        !all.iter().any(|other| {
            other.1 >= point.1 && other.2 >= point.2 && (other.1 > point.1 || other.2 > point.2)
        })
    };
    let mut frame = Frame::new(
        "Output tokens per second of the target against those of one user, per step",
        &description(&lines, rate),
        (
            Axis::counts(
                "output tokens/s of one user",
                greatest(&lines, |point| point.1),
            ),
            Axis::counts("output tokens/s", greatest(&lines, |point| point.2)),
        ),
        &keys(&lines, Sample::Filled),
    );
    if all.is_empty() {
        return None;
    }
    let mut frontier: Vec<LevelPoint> = all.iter().copied().filter(is_best).collect();
    frontier.sort_by(|a, b| a.1.total_cmp(&b.1));
    let points: Vec<_> = frontier.iter().map(|p| frame.point((p.1, p.2))).collect();
    frame.canvas.line(Stroke::Fit, Ink::Page, points);
    for line in &lines {
        for point in &line.points {
            let stroke = if is_best(point) {
                Stroke::Fill
            } else {
                Stroke::Line
            };
            let at = frame.point((point.1, point.2));
            frame.mark(line.position, at, stroke);
        }
    }
    Some(frame.canvas.finish())
}

/// Which figure throughput is shown by, and its name.
fn throughput_of(load: &LoadReport) -> (&'static str, fn(&LoadStep) -> &Figure) {
    let mut steps = load.targets.iter().flat_map(|target| &target.steps);
    if steps.any(|step| step.output_tokens_per_s.is_known()) {
        ("output tokens/s", |step| &step.output_tokens_per_s)
    } else {
        ("requests/s", |step| &step.requests_per_s)
    }
}

fn lines(
    report: &Report,
    load: &LoadReport,
    point: impl Fn(&LoadStep) -> Option<(f64, f64)>,
) -> Vec<Line> {
    let targets = load.targets.iter();
    let of_target = |target: &TargetLoad| {
        let is_it = |known: &crate::model::TargetReport| known.id == target.target_id;
        let position = report.targets.iter().position(is_it)?;
        let mut points: Vec<LevelPoint> = target
            .steps
            .iter()
            .filter_map(|step| point(step).map(|(x, y)| (step.plan.level, x, y)))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let name = name(&report.targets[position]);
        (!points.is_empty()).then_some(Line {
            position,
            name,
            points,
        })
    };
    targets.filter_map(of_target).collect()
}

fn keys(lines: &[Line], sample: Sample) -> Vec<Key> {
    let key = |line: &Line| Key {
        position: line.position,
        sample,
        name: line.name.clone(),
    };
    lines.iter().map(key).collect()
}

fn levels(load: &LoadReport, lines: &[Line]) -> Axis {
    Axis::counts(unit(&load.configured), greatest(lines, |point| point.1))
}

fn greatest(lines: &[Line], of: fn(&LevelPoint) -> f64) -> f64 {
    let points = lines.iter().flat_map(|line| &line.points);
    points.map(of).fold(0.0, f64::max)
}

fn draw(mut frame: Frame, lines: &[Line]) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    for line in lines {
        let points = line.points.iter().map(|p| frame.point((p.1, p.2)));
        let points: Vec<_> = points.collect();
        let ink = Ink::Target(line.position);
        frame.canvas.line(Stroke::Line, ink, points.iter().copied());
        for at in points {
            frame.mark(line.position, at, Stroke::Fill);
        }
    }
    Some(frame.canvas.finish())
}

fn description(lines: &[Line], value: impl Fn(f64) -> String) -> String {
    let described = lines.iter().map(|line| {
        let points = line.points.iter();
        let points = points.map(|point| format!("{} at {}", value(point.2), level(point.0)));
        format!("{}: {}", line.name, points.collect::<Vec<_>>().join(", "))
    });
    described.collect::<Vec<_>>().join("; ")
}
