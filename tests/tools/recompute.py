"""Recomputes the figures of report.json from samples.csv, and says where they differ.

Shares no code with the project: the standard library alone. A figure agrees
when it differs by at most one part in 10^9, one in money by one in 10^18. Prints
how many figures agreed.

usage: recompute.py REPORT.json SAMPLES.csv
"""

import csv
import json
import math
import statistics
import sys
from decimal import Decimal

import recompute_cost
import recompute_load

TOLERANCE = 1e-9


def percentile(values, p):
    """Hyndman-Fan type 7, as numpy's default."""
    ordered = sorted(values)
    rank = (len(ordered) - 1) * p
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (rank - low) * (ordered[high] - ordered[low])


def figures(values):
    if not values:
        return {}
    found = {
        "n": len(values),
        "mean": math.fsum(values) / len(values),
        "min": min(values),
        "max": max(values),
        "p50": percentile(values, 0.50),
        "p90": percentile(values, 0.90),
        "p95": percentile(values, 0.95),
        "p99": percentile(values, 0.99),
    }
    if len(values) > 1:
        found["stddev"] = statistics.stdev(values)
    return found


def spread(groups):
    """The parts of the spread of values by prompt: one-way analysis of variance."""
    groups = [group for group in groups.values() if group]
    n, prompts = sum(map(len, groups)), len(groups)
    if n <= prompts:
        return {}
    means = [math.fsum(group) / len(group) for group in groups]
    within = math.fsum((x - m) ** 2 for group, m in zip(groups, means) for x in group)
    within_square = within / (n - prompts)
    logs = [[math.log(x) for x in group] for group in groups]
    log_means = [math.fsum(group) / len(group) for group in logs]
    log_within = math.fsum((x - m) ** 2 for group, m in zip(logs, log_means) for x in group)
    found = {
        "within_stddev": math.sqrt(within_square),
        "within_cv": math.sqrt(math.expm1(log_within / (n - prompts))),
    }
    if prompts > 1:
        grand = math.fsum(x for group in groups for x in group) / n
        between = math.fsum(len(group) * (m - grand) ** 2 for group, m in zip(groups, means))
        repetitions = (n - sum(len(group) ** 2 for group in groups) / n) / (prompts - 1)
        variance = max(0, (between / (prompts - 1) - within_square) / repetitions)
        found["between_stddev"] = math.sqrt(variance)
        if variance + within_square > 0:
            found["icc"] = variance / (variance + within_square)
            found["effective_n"] = n / (1 + (repetitions - 1) * found["icc"])
    return found


def service_us(row, field, scale):
    """A time in that of the service: of a simulated target its time scale as long."""
    return int(row[field]) if scale == 1 else round(int(row[field]) * scale)


def by_prompt(rows, field, scale):
    groups = {}
    for row in rows:
        if row[field] != "":
            ms = service_us(row, field, scale) / 1000
            groups.setdefault(row["prompt_index"], []).append(ms)
    return groups


def wilson(k, n, z=1.959963984540054):
    middle, half = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    low = 0.0 if k == 0 else (middle - half) / (n + z * z)
    high = 1.0 if k == n else (middle + half) / (n + z * z)
    return low, high


def geometric_mean_ratio(a, b):
    """exp of the mean over common prompts of the difference of mean logarithms."""
    log_mean = lambda group: math.fsum(map(math.log, group)) / len(group)
    ratios = [log_mean(a[prompt]) - log_mean(b[prompt]) for prompt in a if prompt in b]
    return math.exp(math.fsum(ratios) / len(ratios)) if ratios else None


def main(report_path, samples_path):
    with open(report_path, encoding="utf-8") as file:
        report = json.load(file)
    with open(samples_path, encoding="utf-8", newline="") as file:
        every = list(csv.DictReader(file))
    rows = [row for row in every if not recompute_load.is_under_load(row)]
    faults, agreed, published = [], 0, 0

    def compare(name, stated, computed, tolerance=TOLERANCE):
        nonlocal agreed, published
        if stated is None:
            return
        published += 1
        if computed is None or not math.isclose(stated, computed, rel_tol=tolerance):
            faults.append(f"{name}: report {stated!r}, samples {computed!r}")
        else:
            agreed += 1

    scales = {target["id"]: target["time_scale"] or 1 for target in report["targets"]}
    for target in report["targets"]:
        name = target["id"]
        scale = scales[name]
        mine = [row for row in rows if row["target_id"] == name]
        measured = [row for row in mine if row["phase"] == "measured"]
        ok = [row for row in measured if row["outcome"] == "ok"]
        for field in ("latency", "ttft", "ttfo"):
            us = f"{field}_us"
            times = [service_us(row, us, scale) / 1000 for row in ok if row[us] != ""]
            computed = figures(times)
            for figure in ("mean", "p50", "p90", "p95", "p99", "min", "max", "stddev"):
                stated = target[f"{field}_ms"][figure]["value"]
                compare(f"{name}.{field}_ms.{figure}", stated, computed.get(figure))
        parts = spread(by_prompt(ok, "latency_us", scale))
        for figure in ("within_stddev", "between_stddev", "icc", "effective_n", "within_cv"):
            # A small difference of great numbers keeps fewer digits.
            compare(f"{name}.{figure}", target["latency_ms"][figure]["value"], parts.get(figure), 1e-6)
        calls = target["calls"]
        if calls["measured"]:
            low, high = wilson(calls["ok"], calls["measured"])
            compare(f"{name}.success.low", target["success"]["rate"]["interval"]["low"], low)
            compare(f"{name}.success.high", target["success"]["rate"]["interval"]["high"], high)
        compare(f"{name}.calls.ok", calls["ok"], len(ok))
        # What the pipeline did not get to, for want of time or budget, was not made.
        made = [row for row in measured if row["outcome"] not in ("deadline", "budget", "interrupted")]
        compare(f"{name}.calls.measured", calls["measured"], len(made))
        compare(f"{name}.calls.warmup", calls["warmup"], sum(r["phase"] == "warmup" for r in mine))
        if ok:
            right = sum(row["correct"] == "true" for row in ok)
            compare(f"{name}.accuracy.rate", target["accuracy"]["rate"]["value"], right / len(ok))
    def latencies(target):
        mine = [r for r in rows if r["target_id"] == target and r["phase"] == "measured"]
        ok = [row for row in mine if row["outcome"] == "ok"]
        return by_prompt(ok, "latency_us", scales[target])

    for pair in report["comparisons"]:
        ratio = geometric_mean_ratio(latencies(pair["first"]), latencies(pair["second"]))
        name = f"{pair['first']} ÷ {pair['second']}"
        compare(name, pair["latency"]["ratio"]["value"], ratio)

    def compare_exactly(name, stated, computed, tolerance):
        nonlocal agreed, published
        if stated is None:
            return
        published += 1
        stated = Decimal(stated)
        computed = None if computed is None else Decimal(computed)
        near = computed is not None and abs(stated - computed) <= tolerance * max(1, abs(computed))
        if near:
            agreed += 1
        else:
            faults.append(f"cost.{name}: report {stated}, samples {computed}")

    under_load = [row for row in every if recompute_load.is_under_load(row)]
    sustained = recompute_load.check(report, under_load, figures, compare)
    recompute_cost.check(report, rows, under_load, sustained, compare_exactly)
    for fault in faults:
        print(fault)
    print(f"{agreed} of {published} figures agree")
    return 1 if faults or agreed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
