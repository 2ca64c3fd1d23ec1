"""Recomputes the figures of report.json from samples.csv, and says where they differ.

Shares no code with the project: the standard library alone. A figure agrees
when it differs by at most one part in 10^9. Prints how many figures agreed.

usage: recompute.py REPORT.json SAMPLES.csv
"""

import csv
import json
import math
import statistics
import sys

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


def main(report_path, samples_path):
    with open(report_path, encoding="utf-8") as file:
        report = json.load(file)
    with open(samples_path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    faults, agreed, published = [], 0, 0

    def compare(name, stated, computed):
        nonlocal agreed, published
        if stated is None:
            return
        published += 1
        if computed is None or not math.isclose(stated, computed, rel_tol=TOLERANCE):
            faults.append(f"{name}: report {stated!r}, samples {computed!r}")
        else:
            agreed += 1

    for target in report["targets"]:
        name = target["id"]
        mine = [row for row in rows if row["target_id"] == name]
        measured = [row for row in mine if row["phase"] == "measured"]
        ok = [row for row in measured if row["outcome"] == "ok"]
        for field in ("latency", "ttft", "ttfo"):
            times = [int(row[f"{field}_us"]) / 1000 for row in ok if row[f"{field}_us"] != ""]
            computed = figures(times)
            for figure in ("mean", "p50", "p90", "p95", "p99", "min", "max", "stddev"):
                stated = target[f"{field}_ms"].get(figure)
                compare(f"{name}.{field}_ms.{figure}", stated, computed.get(figure))
        calls = target["calls"]
        compare(f"{name}.calls.ok", calls["ok"], len(ok))
        compare(f"{name}.calls.measured", calls["measured"], len(measured))
        compare(f"{name}.calls.warmup", calls["warmup"], sum(r["phase"] == "warmup" for r in mine))
        if ok:
            right = sum(row["correct"] == "true" for row in ok)
            compare(f"{name}.accuracy.rate", target["accuracy"]["rate"], right / len(ok))
    for fault in faults:
        print(fault)
    print(f"{agreed} of {published} figures agree")
    return 1 if faults or agreed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
