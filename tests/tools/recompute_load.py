"""Recomputes the figures of the steps of a load in report.json from samples.csv.

The standard library alone, no code of the project. Steps are judged in measured time; times,
rates and cost are in that of the service, which of a simulated target is longer.
"""

import math
from decimal import Decimal
from functools import cache
from types import SimpleNamespace

from recompute_cost import Rates, micros, t_covers

BLOCKS = 10


def is_under_load(row):
    return row.get("step", "") not in ("", "0")


def number(row, field):
    return int(row[field]) if row.get(field, "") != "" else None


class Call:
    """A call, in measured microseconds from the begin of its window."""

    def __init__(self, row, window, scale):
        self.row = row
        self.is_ok = row["outcome"] == "ok"
        self.queued = number(row, "queued_us") or 0
        self.service = int(row["latency_us"])
        self.response = self.service + self.queued
        self.begin = micros(row["intended_at"]) - window
        self.end = self.begin + self.response
        ttft = number(row, "ttft_us")
        self.ttft = None if ttft is None else ttft + self.queued
        longer = lambda us: us if scale == 1 or us is None else round(us * scale)
        self.shown = {"service_ms": longer(self.service) / 1_000}
        self.shown["response_ms"] = (longer(self.service) + longer(self.queued)) / 1_000
        if ttft is not None:
            self.shown["response_ttft_ms"] = (longer(ttft) + longer(self.queued)) / 1_000
        self.tpot, self.tpot_known = None, False
        output = number(row, "output_tokens")
        if output is not None:
            whole = output if row["chunks"] == "1" else None
            first = number(row, "first_piece_tokens") or whole or 1
            gaps = output - max(first, 1)
            last = number(row, "last_token_us")
            self.tpot_known = gaps <= 0
            if gaps > 0 and ttft is not None and last is not None:
                self.tpot = (last - ttft) / gaps
                self.shown["tpot_ms"] = (longer(last) - longer(ttft)) / gaps / 1_000

    def keeps(self, criterion, objective):
        """Whether it kept a limit; None where that is not known."""
        if not self.is_ok:
            return False
        if criterion == "success":
            return True
        limit = objective.get(f"{criterion}_p95_ms")
        value = {"ttft": self.ttft, "tpot": self.tpot, "latency": self.response}[criterion]
        if limit is None or (criterion == "tpot" and value is None and self.tpot_known):
            return True
        return None if value is None else value <= limit * 1_000


def rank(values, share):
    """The smallest value that a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else 0


def queued_p99(calls):
    """Of the worker where it is longest."""
    workers = {}
    for call in calls:
        workers.setdefault(call.row["worker"], []).append(call.queued)
    return max((rank(queued, 0.99) for queued in workers.values()), default=0)


@cache
def t_975(freedom):
    """The quantile of Student's t, by halving."""
    low, high = 0.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_covers(middle, freedom) < 0.475 else (low, middle)
    return (low + high) / 2


def share_of_blocks(blocks):
    """The interval of a share over (kept, n) of blocks in time, and its design effect.

    The ratio estimator's variance between blocks, or between pairs of them where it is
    larger; Wilson's limits of as many calls as are independent; and a lower limit that lets
    the spread grow with the share of calls that break the limit, at most twice as far away.
    """
    blocks = [block for block in blocks if block[1] > 0]
    kept, n = sum(block[0] for block in blocks), sum(block[1] for block in blocks)
    p = kept / n
    if len(blocks) < 2:
        return 0.0, 1.0, 1.0

    def between(size):
        parts = [blocks[i : i + size] for i in range(0, len(blocks), size)]
        joined = [(sum(k for k, _ in part), sum(of for _, of in part)) for part in parts]
        squares = sum((k - p * of) ** 2 for k, of in joined)
        return len(joined) / max(len(joined) - 1, 1) * squares / n**2

    variance, chance = max(between(1), between(2)), p * (1 - p) / n
    effect = max(variance / chance, 1.0) if chance > 0 else 1.0
    t = t_975(len(blocks) - 1)
    count = n / effect
    middle, half = p + t * t / 2 / count, t * math.sqrt(chance * n / count + (t / 2 / count) ** 2)
    low = 0.0 if kept == 0 else (middle - half) / (1 + t * t / count)
    high = 1.0 if kept == n else (middle + half) / (1 + t * t / count)
    if effect > 1.0:
        # The upper root of q'²·(1 + a - b) - q'·(2q + a) + q².
        q, a = 1 - p, t * t / n
        square, linear = 1 + a - t * t * (variance - chance) / q**2, 2 * q + a
        root = linear**2 - 4 * square * q * q
        lower = 0.0
        if square > 0 and root >= 0:
            lower = 1 - (linear + math.sqrt(root)) / (2 * square)
        low = max(lower, p - 2 * (p - low), 0.0)
    return low, high, effect


def check(report, rows, figures, compare):
    """Compares the figures of every step; gives the requests per hour that targets sustain."""
    load = report.get("load")
    if load is None:
        return {}
    configured = load["configured"]
    scales = {target["id"]: target["time_scale"] or 1 for target in report["targets"]}
    costs = {cost["target_id"]: cost for cost in (report.get("cost") or {"targets": []})["targets"]}
    sustained = {}
    for target in load["targets"]:
        name = target["target_id"]
        cost = costs.get(name)
        rates = Rates(cost) if cost and cost["reason"] is None else None
        mine = [r for r in rows if r["target_id"] == name]
        rate_of, scale = {}, scales[name]
        limits = configured["objective"].items()
        limits = {k: v / scale if k.endswith("_ms") and v else v for k, v in limits}
        window = configured["ramp_s"], configured["step_s"]
        for step in target["steps"]:
            plan = step["plan"]
            of_step = [r for r in mine if int(r["step"]) == plan["step"]]
            of_step = [r for r in of_step if r["outcome"] != "budget" and r["intended_at"] != ""]
            of = f"{name}.step {plan['step']}"
            completed = check_step(of, step, of_step, window, limits, scale, figures, compare)
            check_cost(of, step, rates, completed, window[1] * Decimal(str(scale)), compare)
            rate_of[plan["level"]] = len(completed) / (window[1] * scale)
        for end, level in (("low", "low"), ("high", "broken_at")):
            stated = target["at_capacity"]["requests_per_s"][end]
            compare(f"{name}.at_capacity.{end}", stated, rate_of.get(target["capacity"][level]))
        if rate_of.get(target["capacity"]["low"]):
            sustained[name] = Decimal(repr(rate_of[target["capacity"]["low"]])) * 3_600
    return sustained


def check_cost(name, step, rates, completed, seconds, compare):
    """The price of the window's time and of the tokens of its answers."""
    if step["cost"] is None or rates is None or not completed:
        return
    tokens = SimpleNamespace(
        input=sum(number(call.row, "input_tokens") or 0 for call in completed),
        output=sum(number(call.row, "output_tokens") or 0 for call in completed),
        cached=0,
    )
    spent = float(rates.hour * seconds / 3_600 + rates.tokens(tokens))
    stated = lambda figure: (step["cost"][figure].get("value") or {}).get("amount")
    money = lambda amount: None if amount is None else float(amount)
    compare(f"{name}.per_1k", money(stated("per_1k_requests")), spent / len(completed) * 1_000)
    million = spent / tokens.output * 1_000_000 if tokens.output else None
    compare(f"{name}.per_million", money(stated("per_million_output_tokens")), million)


def check_step(name, step, rows, window_s, objective, scale, figures, compare):
    """Compares all figures but cost; gives the calls that were answered in the window."""
    ramp_s, step_s = window_s
    window = micros(step["plan"]["start_at"]) + ramp_s * 1_000_000
    block_us = step_s * 1_000_000 // BLOCKS
    window_us = block_us * BLOCKS
    seconds = step_s * scale
    calls = [Call(row, window, scale) for row in rows]
    measured = [c for c in calls if c.row["phase"] == "measured" and 0 <= c.begin < window_us]
    answered = [call for call in measured if call.is_ok]
    completed = [call for call in calls if call.is_ok and 0 <= call.end < window_us]

    def per_second(field, values):
        stated = step[field]["value"]
        compare(f"{name}.{field}", stated, sum(values) / seconds if completed else None)

    compare(f"{name}.ramp_calls", step["ramp_calls"], len(calls) - len(measured))
    compare(f"{name}.arrived", step["success"]["n"], len(measured))
    compare(f"{name}.answered", step["success"]["count"], len(answered))
    for field, outcomes in (("throttled", {"throttled"}), ("failed", None)):
        stated = sum(block[field] for block in step["blocks"])
        failed = [call.row["outcome"] for call in measured if not call.is_ok]
        kind = [o for o in failed if (o in outcomes if outcomes else o != "throttled")]
        compare(f"{name}.{field}", stated, len(kind))
    compare(f"{name}.requests_per_s", step["requests_per_s"]["value"], len(completed) / seconds)
    per_second("output_tokens_per_s", [number(c.row, "output_tokens") or 0 for c in completed])
    per_second("input_tokens_per_s", [number(c.row, "input_tokens") or 0 for c in completed])
    fields = ("response_ms", "service_ms", "response_ttft_ms", "tpot_ms")
    times = {name: [c.shown[name] for c in answered if name in c.shown] for name in fields}
    for field, values in times.items():
        computed = figures(values)
        for figure in ("mean", "p50", "p95", "p99"):
            compare(f"{name}.{field}.{figure}", step[field][figure]["value"], computed.get(figure))
    median = figures(times["tpot_ms"]).get("p50")
    compare(f"{name}.user_tokens_per_s", step["user_tokens_per_s"]["value"], median and 1_000 / median)
    compare(f"{name}.queued_p99_ms", step["queued_p99_ms"], queued_p99(measured) / 1_000)
    graded = [c.row["correct"] == "true" for c in measured if c.row["correct"] != ""]
    if graded:
        compare(f"{name}.accuracy", step["accuracy"]["rate"]["value"], sum(graded) / len(graded))
    if "connections_opened" in step:
        opened = sum(call.row["connection"] == "new" for call in measured)
        compare(f"{name}.connections_opened", step["connections_opened"], opened)
    dynamics = step["judgment"]["dynamics"]
    in_flight = sum(max(min(c.end, window_us) - max(c.begin, 0), 0) for c in calls)
    compare(f"{name}.mean_in_flight", dynamics["mean_in_flight"], in_flight / window_us)
    if answered and dynamics["littles_ratio"] is not None:
        response = sum(call.response for call in answered)
        compare(f"{name}.littles_ratio", dynamics["littles_ratio"], in_flight / response)
    if measured:
        inside = sum(call.end <= window_us for call in measured) / len(measured)
        compare(f"{name}.ended_inside", dynamics["ended_inside"], inside)
    for share in step["judgment"]["criteria"]:
        known = [call.keeps(share["criterion"], objective) for call in measured]
        kept, unknown = known.count(True), known.count(None)
        of = f"{name}.{share['criterion']}"
        compare(f"{of}.kept", share["kept"], kept)
        compare(f"{of}.unknown", share["unknown"], unknown)
        if len(known) > unknown:
            compare(f"{of}.share", share["share"], kept / (len(known) - unknown))
        if known and unknown == 0:
            blocks = [[0, 0] for _ in range(BLOCKS)]
            for call, is_kept in zip(measured, known):
                blocks[call.begin // block_us][0] += is_kept
                blocks[call.begin // block_us][1] += 1
            low, high, effect = share_of_blocks(blocks)
            # The project's quantile of t has seven digits.
            compare(f"{of}.low", share["low"], low, 1e-6)
            compare(f"{of}.high", share["high"], high, 1e-6)
            compare(f"{of}.design_effect", share["design_effect"], effect)
    return completed
