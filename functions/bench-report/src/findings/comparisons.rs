//! Every two targets on the same prompts.

use crate::{
    Accumulator,
    model::{
        AnswerLength, Comparison, RatioFigure, SameModel, Share, Split, SuccessComparison,
        TargetReport, Wins,
    },
    summary::tally::{Cell, Tally},
};
use bench_core::plan::Plan;
use bench_stats::{
    Agreement, Doubt, Evidence, LEVEL, MARGIN, Moments, Paired, PairedPrompt, Unavailable, Verdict,
    WILCOXON_EXACT_UP_TO, benjamini_hochberg, fisher_exact, holm, prompts_to_decide,
};

/// A middle of the ratios is given where it is this far from the geometric mean.
const OUTLIER_HINT: f64 = 0.02;

/// One comparison with what its words are made of.
struct Draft {
    comparison: Comparison,
    latency: Option<Paired>,
}

/// One entry for every two targets, in the order of the configuration.
pub(crate) fn build(plan: &Plan, added: &Accumulator, targets: &[TargetReport]) -> Vec<Comparison> {
    let second = |first: usize| (first + 1..targets.len()).map(move |second| (first, second));
    let pairs: Vec<(usize, usize)> = (0..targets.len()).flat_map(second).collect();
    of_pairs(plan, added, targets, &pairs)
}

/// One entry for each pair of positions; p-values are adjusted over all of them.
pub(crate) fn of_pairs(
    plan: &Plan,
    added: &Accumulator,
    targets: &[TargetReport],
    pairs: &[(usize, usize)],
) -> Vec<Comparison> {
    let mut drafts = Vec::new();
    for (first, second) in pairs {
        let (first, second) = (&targets[*first], &targets[*second]);
        if let (Some(a), Some(b)) = (added.tally(&first.id), added.tally(&second.id)) {
            drafts.push(compare(plan, (first, a), (second, b)));
        }
    }
    adjust(&mut drafts);
    drafts.into_iter().map(judged).collect()
}

type Side<'a> = (&'a TargetReport, &'a Tally);

fn compare(plan: &Plan, first: Side, second: Side) -> Draft {
    let ((first, a), (second, b)) = (first, second);
    let positions: Vec<usize> = plan.prompts.iter().map(|p| p.index as usize).collect();
    let asked = positions
        .iter()
        .filter(|at| a.cell(**at).is_some() || b.cell(**at).is_some())
        .count() as u64;
    let paired = |value: &dyn Fn(&Tally, usize) -> (Moments, Moments)| {
        let prompts: Vec<PairedPrompt> = positions
            .iter()
            .map(|at| {
                let ((a_plain, a_logs), (b_plain, b_logs)) = (value(a, *at), value(b, *at));
                PairedPrompt {
                    a: a_logs,
                    b: b_logs,
                    a_mean: a_plain.mean,
                    b_mean: b_plain.mean,
                }
            })
            .collect();
        Paired::of(&prompts)
    };
    let logs = |tally: &Tally, at: usize, which: usize| {
        let moments = tally
            .cell(at)
            .map_or_else(Moments::default, |cell| cell.logs()[which]);
        (moments, moments)
    };
    let latency = paired(&|tally, at| tally.latency.prompt(at, 1_000.0));
    let tokens = paired(&|tally, at| logs(tally, at, 0));
    let speed = paired(&|tally, at| logs(tally, at, 1));
    let characters = paired(&|tally, at| logs(tally, at, 2));
    let ttft = paired(&|tally, at| tally.ttft.prompt(at, 1_000.0));
    let uncounted = "no prompt has counted output tokens at both";
    let prompts = latency.as_ref().map_or(0, |latency| latency.prompts);
    let comparison = Comparison {
        first: first.id.clone(),
        second: second.id.clone(),
        simulated: first.simulated || second.simulated,
        prompts,
        dropped: asked - prompts,
        verdict: Verdict::NotDistinguishable {
            doubt: Doubt::FewPrompts,
        },
        prompts_to_decide: None,
        latency: figure(latency.as_ref(), "no prompt was answered by both"),
        output_tokens: figure(tokens.as_ref(), uncounted),
        ms_per_output_token: figure(speed.as_ref(), uncounted),
        ttft: figure(ttft.as_ref(), "no prompt was streamed by both"),
        split: tokens
            .as_ref()
            .zip(speed.as_ref())
            .map(|(tokens, speed)| Split {
                latency: tokens.gmr * speed.gmr,
                output_tokens: tokens.gmr,
                ms_per_output_token: speed.gmr,
                prompts: tokens.prompts,
            }),
        ratio_of_totals: latency.as_ref().map(|latency| latency.ratio_of_totals),
        hodges_lehmann_ratio: latency
            .as_ref()
            .filter(|latency| (latency.hodges_lehmann / latency.gmr - 1.0).abs() > OUTLIER_HINT)
            .map(|latency| latency.hodges_lehmann),
        wins: wins(latency.as_ref()),
        success: success(first, second),
        same_model: same_model(
            &positions,
            (first, a),
            (second, b),
            AnswerLength {
                characters: characters.map(|characters| characters.gmr),
                output_tokens: tokens.map(|tokens| tokens.gmr),
            },
        ),
    };
    Draft {
        comparison,
        latency,
    }
}

fn figure(paired: Option<&Paired>, missing: &str) -> RatioFigure {
    let fixed = paired.and_then(|paired| paired.fixed);
    let interval = paired.and_then(|paired| paired.interval);
    let reason = match (paired, interval) {
        (None, _) => Some(missing.to_owned()),
        (_, None) => Some("one prompt says nothing of others".to_owned()),
        _ => None,
    };
    RatioFigure {
        ratio: paired.map(|paired| paired.gmr),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        low_of_these_prompts: fixed.map(|fixed| fixed.interval.0),
        high_of_these_prompts: fixed.map(|fixed| fixed.interval.1),
        level: LEVEL,
        method: "geometric mean ratio over prompts, paired t on logarithms".to_owned(),
        prompts: paired.map_or(0, |paired| paired.prompts),
        sd_log_ratio: paired.and_then(|paired| paired.sd_log_ratio),
        p: paired.and_then(|paired| paired.p),
        p_holm: None,
        q: None,
        reason,
    }
}

fn wins(latency: Option<&Paired>) -> Wins {
    let (first, second) = latency.map_or((0, 0), |latency| (latency.wins, latency.losses));
    let prompts = latency.map_or(0, |latency| latency.prompts);
    let differ = latency.map_or(0, |latency| latency.wilcoxon.n);
    Wins {
        first,
        second,
        ties: prompts - first - second,
        share: Share::of(first, prompts, Unavailable::NoValues),
        sign_p: latency.map(|latency| latency.sign_p),
        wilcoxon_p: latency.map(|latency| latency.wilcoxon.p()),
        wilcoxon_method: if differ > WILCOXON_EXACT_UP_TO {
            "normal"
        } else {
            "exact"
        }
        .to_owned(),
    }
}

fn success(first: &TargetReport, second: &TargetReport) -> SuccessComparison {
    let (a, b) = (first.success.clone(), second.success.clone());
    let overlap = match (a.low().zip(a.high()), b.low().zip(b.high())) {
        (Some((a_low, a_high)), Some((b_low, b_high))) => a_low <= b_high && b_low <= a_high,
        _ => true,
    };
    let made = a.n > 0 && b.n > 0;
    SuccessComparison {
        p: made.then(|| fisher_exact((a.count, a.n), (b.count, b.n))),
        p_holm: None,
        first: a,
        second: b,
        overlap,
    }
}

fn same_model(positions: &[usize], first: Side, second: Side, length: AnswerLength) -> SameModel {
    let ((first, a), (second, b)) = (first, second);
    let answers = |tally: &Tally, at: usize| tally.cell(at).map(Cell::answers).unwrap_or_default();
    let prompts: Vec<_> = positions
        .iter()
        .map(|at| (answers(a, *at), answers(b, *at)))
        .collect();
    let found = Agreement::of(&prompts);
    let excess = found.and_then(|found| found.excess);
    SameModel {
        claimed: first.model_name.is_some() && first.model_name == second.model_name,
        prompts: found.map_or(0, |found| found.prompts),
        agreement: found.map(|found| found.between),
        self_agreement: found.and_then(|found| found.within),
        excess: excess.map(|(excess, ..)| excess),
        excess_low: excess.map(|(_, low, _)| low),
        excess_high: excess.map(|(.., high)| high),
        first_better: found.map_or(0, |found| found.better.0),
        second_better: found.map_or(0, |found| found.better.1),
        better_p: found.map(|found| found.better_p),
        length,
        disagrees: found.map(|found| found.disagrees()),
    }
}

/// Holm over the pairs within each primary figure; Benjamini and Hochberg over all
/// descriptive ratios.
fn adjust(drafts: &mut [Draft]) {
    let primary: [fn(&mut Comparison) -> Adjustable; 3] = [
        |c| (c.latency.p, &mut c.latency.p_holm),
        |c| (c.ms_per_output_token.p, &mut c.ms_per_output_token.p_holm),
        |c| (c.success.p, &mut c.success.p_holm),
    ];
    for figure in primary {
        let all = drafts.iter_mut().map(|draft| figure(&mut draft.comparison));
        adjust_family(all.collect(), holm);
    }
    let mut descriptive = Vec::new();
    for draft in drafts {
        let Comparison {
            output_tokens,
            ttft,
            ..
        } = &mut draft.comparison;
        descriptive.push((output_tokens.p, &mut output_tokens.q));
        descriptive.push((ttft.p, &mut ttft.q));
    }
    adjust_family(descriptive, benjamini_hochberg);
}

/// A p and the place of the adjusted one.
type Adjustable<'a> = (Option<f64>, &'a mut Option<f64>);

fn adjust_family(family: Vec<Adjustable>, adjust: fn(&[f64]) -> Vec<f64>) {
    let (known, places): (Vec<f64>, Vec<_>) = family
        .into_iter()
        .filter_map(|(p, place)| Some((p?, place)))
        .unzip();
    for (place, adjusted) in places.into_iter().zip(adjust(&known)) {
        *place = Some(adjusted);
    }
}

fn judged(draft: Draft) -> Comparison {
    let Draft {
        mut comparison,
        latency,
    } = draft;
    let verdict = Verdict::of(
        &Evidence {
            interval: latency.as_ref().and_then(|latency| latency.interval),
            adjusted_p: comparison.latency.p_holm,
            prompts: comparison.prompts,
            dropped: comparison.dropped,
            success_overlaps: comparison.success.overlap,
        },
        MARGIN,
    );
    comparison.verdict = verdict;
    let undecided = matches!(
        verdict,
        Verdict::NotDistinguishable {
            doubt: Doubt::Noise | Doubt::ManyComparisons | Doubt::FewPrompts,
        }
    );
    comparison.prompts_to_decide = latency
        .and_then(|latency| latency.sd_log_ratio)
        .filter(|_| undecided)
        .and_then(|sd| prompts_to_decide(sd, MARGIN));
    comparison
}
