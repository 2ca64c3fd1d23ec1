"""Recomputes the cost figures of report.json from samples.csv and the prices in it.

Decimal arithmetic of the standard library, no code of the project. Calls of a simulated
target take its time scale as long as the samples say; the pauses between them are the
pipeline's own, and when a call began is as it was measured. A figure
agrees when it differs by at most one part in 10^18; limits of an interval, which
need a quantile, by one in 10^9.
"""

import math
from datetime import datetime, timezone
from decimal import Decimal, getcontext

getcontext().prec = 50

EXACT, ROUGH = Decimal("1e-18"), Decimal("1e-9")
HOUR_US = Decimal(3_600_000_000)
WINDOW_US = 300_000_000
BROKEN = {"timeout", "stream_broken", "invalid_response", "deadline", "interrupted"}
COUNTS = {"1K": 1_000, "1M": 1_000_000}


def each(price):
    """The price of a single item, and the item."""
    head, _, item = price["unit"].partition(" ")
    if head in COUNTS:
        return item, Decimal(price["price"]) / COUNTS[head]
    return price["unit"], Decimal(price["price"])


def micros(text):
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class Calls:
    """What some calls used."""

    def __init__(self, rows, scale):
        self.rows = [row for row in rows if row["outcome"] != "budget"]
        whole = lambda row, field: int(row[field] or 0)
        self.measured_us = sum(whole(row, "latency_us") for row in self.rows)
        longer = lambda us: us if scale == 1 else round(us * scale)
        self.busy_us = sum(longer(whole(row, "latency_us")) for row in self.rows)
        counted = [r for r in self.rows if r["input_tokens"] != "" and r["output_tokens"] != ""]
        self.input = sum(whole(row, "input_tokens") for row in counted)
        self.output = sum(whole(row, "output_tokens") for row in counted)
        self.cached = min(self.input, sum(whole(r, "cached_input_tokens") for r in counted))
        answered = [row for row in self.rows if row["outcome"] == "ok"]
        self.answered = len(answered)
        self.right = sum(row["correct"] == "true" for row in answered)
        self.uncounted = sum(r["input_tokens"] == "" or r["output_tokens"] == "" for r in answered)

    def spans(self):
        """Start and end of every call, and whether it was answered."""
        for row in self.rows:
            start = micros(row["started_at"])
            yield start, start + int(row["latency_us"]), row["outcome"]


class Rates:
    """What a target is paid for, from its terms and prices."""

    def __init__(self, cost):
        prices = dict(each(price) for price in cost["prices"])
        terms = cost["terms"]
        self.kind = terms["kind"]
        self.hour = self.window = Decimal(0)
        if self.kind in ("hourly", "mixed"):
            self.hour = prices["hour"] * terms["instances"]
        if self.kind == "model-units":
            minute = prices["CMU-minute"] * terms["units"] * terms["copies"]
            self.hour, self.window = minute * 60, minute * 5
        self.has_tokens = self.kind in ("tokens", "mixed")
        self.input = prices.get("input tokens", Decimal(0))
        self.output = prices.get("output tokens", Decimal(0))
        self.cached = prices.get("cached input tokens", self.input)

    def tokens(self, calls):
        if not self.has_tokens:
            return Decimal(0)
        fresh = calls.input - calls.cached
        return fresh * self.input + calls.cached * self.cached + calls.output * self.output

    def cost(self, calls, concurrency):
        if self.has_tokens and calls.uncounted:
            return None
        return self.tokens(calls) + self.hour * calls.busy_us / HOUR_US / concurrency


def any_under_way_us(calls):
    """The time that any call was in flight; breaks below a second are bridged."""
    spans = sorted(s for s in calls.spans() if s[2] == "ok" or s[2] in BROKEN)
    if not spans:
        return 0
    any_us, (first, last) = 0, spans[0][:2]
    for start, end, _ in spans:
        if start - last >= 1_000_000:
            any_us, first, last = any_us + last - first, start, end
        last = max(last, end)
    return any_us + last - first


def concurrency(calls, configured):
    """Calls in flight on average while any was."""
    if configured <= 1:
        return Decimal(1)
    spans = [s for s in calls.spans() if s[2] == "ok" or s[2] in BROKEN]
    if not spans:
        return Decimal(1)
    busy = sum(end - start for start, end, _ in spans)
    any_us = any_under_way_us(calls)
    return min(max(Decimal(busy) / any_us if any_us else Decimal(1), 1), Decimal(configured))


def windows(calls, elapsed):
    """Sessions, and the five-minute windows that calls touched, which are shorter in measured
    time by what calls take longer."""
    measured = measured_elapsed_us(calls)
    window_us = max(1, WINDOW_US * measured // elapsed) if elapsed != measured else WINDOW_US
    sessions, touched, anchor, billed = 0, 0, None, set()
    for start, end, outcome in sorted(calls.spans()):
        if outcome != "ok" and outcome not in BROKEN:
            continue
        if anchor is None or (start - anchor) // window_us > max(billed) + 1:
            if outcome != "ok":
                continue
            touched += len(billed)
            sessions, anchor, billed = sessions + 1, start, set()
        last = max(end - 1, start)
        billed.update(range((start - anchor) // window_us, (last - anchor) // window_us + 1))
    return sessions, touched + len(billed)


def elapsed_us(all_calls, calls, load, together):
    longer = Decimal(calls.busy_us - calls.measured_us) / together
    under_load = load.busy_us - load.measured_us
    return measured_elapsed_us(all_calls) + round(longer) + under_load


def measured_elapsed_us(calls):
    runs = {}
    for row, (start, end, _) in zip(calls.rows, calls.spans()):
        first, last = runs.get(row["run_id"], (start, end))
        runs[row["run_id"]] = min(first, start), max(last, end)
    return sum(last - first for first, last in runs.values())


def t_covers(t, freedom):
    """The area of Student's t between 0 and t, by Simpson's rule."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    density = lambda x: (1 + x * x / freedom) ** (-(freedom + 1) / 2)
    steps = 20_000
    width = t / steps
    inner = sum(density(i * width) * (4 if i % 2 else 2) for i in range(1, steps))
    return (density(0) + inner + density(t)) * width / 3 * scale / math.sqrt(freedom * math.pi)


def check(report, rows, under_load, sustained, compare):
    """Compares every cost figure of a report; nothing where it has no cost.

    `rows` are the calls outside of a load, `sustained` what targets sustain under one, in
    requests per hour.
    """
    cost = report.get("cost")
    if cost is None:
        return
    configured = {target["id"]: target["concurrency"] for target in report["targets"]}
    scales = {target["id"]: target["time_scale"] or 1 for target in report["targets"]}
    lines, bills = {}, []

    def money(name, stated, computed, tolerance=EXACT):
        stated = stated.get("value", stated) if stated is not None else None
        if stated is not None:
            compare(name, stated["amount"], computed, tolerance)

    for target in cost["targets"]:
        name = target["target_id"]
        mine = [row for row in rows if row["target_id"] == name]
        if target["reason"] is not None:
            bills.append(None)
            continue
        calls_of = lambda some: Calls(some, scales[name])
        loaded = [row for row in under_load if row["target_id"] == name]
        rates, every, load = Rates(target), calls_of(mine), calls_of(loaded)
        # The time of a load counts once, however many calls share it, and is longer as a whole.
        load.measured_us = any_under_way_us(load)
        load.busy_us = round(load.measured_us * scales[name])
        of_load = rates.cost(load, 1)
        of_phase = lambda phase: calls_of([row for row in mine if row["phase"] == phase])
        phases = {phase: of_phase(phase) for phase in ("probe", "warmup", "measured")}
        measured = phases["measured"]
        together = concurrency(every, configured[name])
        compare(f"{name}.concurrency", target["concurrency"], together, EXACT)
        for phase, calls in phases.items():
            money(f"{name}.spend.{phase}", target["spend"][phase], rates.cost(calls, together))
        total = rates.cost(every, together)
        if loaded:
            money(f"{name}.spend.load", target["spend"]["load"], of_load)
            total = None if None in (total, of_load) else total + of_load
        money(f"{name}.spend.total", target["spend"]["total"], total)
        spent = rates.cost(measured, together)
        per = lambda count: spent / count if spent is not None and count else None
        one = per(measured.answered)
        money(f"{name}.per_attempt", target["per_attempt"], per(len(measured.rows)))
        money(f"{name}.per_request", target["per_request"], one)
        money(f"{name}.per_1k", target["per_1k_requests"], one and one * 1_000)
        per_token = per(measured.output)
        million = target["per_million_output_tokens"]
        money(f"{name}.per_million", million, per_token and per_token * 1_000_000)
        prompts = by_prompt(measured.rows, calls_of)
        right_answers(f"{name}.per_correct", target["per_correct"], prompts, rates, together, money)
        all_calls = calls_of(mine + loaded)
        elapsed = elapsed_us(all_calls, every, load, together)
        if rates.kind == "model-units":
            sessions, active = windows(all_calls, elapsed)
            compare(f"{name}.sessions", target["billed"]["windows"]["sessions"], sessions, 0)
            low, high = rates.window * active, rates.window * (active + sessions)
        else:
            tokens = rates.tokens(every) + rates.tokens(load)
            low = high = rates.hour * elapsed / HOUR_US + tokens
        bill = target["billed"]
        bills.append((low, high) if bill else None)
        if bill:
            money(f"{name}.billed.low", bill["cost"]["low"], low)
            money(f"{name}.billed.high", bill["cost"]["high"], high)
        if target["cost_model"] is None or not measured.answered:
            continue
        tokens = rates.tokens(measured) / measured.answered
        busy = Decimal(measured.busy_us) / 1_000 / measured.answered
        lines[name] = rates, tokens, busy, together, sustained.get(name)
        for at in target["at_utilization"]:
            use = rates.hour * busy / 3_600_000 / together / (Decimal(at["percent"]) / 100)
            money(f"{name}.at {at['percent']} %", at["per_request"], use + tokens)
        at_rate(f"{name}.at_rate", target["at_rate"], lines[name], money, compare)
    totals(cost, bills, money)
    crossings(cost, lines, compare)
    for number, curve in enumerate(cost["curve"]["targets"]):
        months(f"curve[{number}]", cost["curve"], curve, lines[curve["target_id"]], money)
    hourly(cost["hourly"], money, compare)


def by_prompt(rows, calls_of):
    prompts = {}
    for row in rows:
        prompts.setdefault(row["prompt_index"], []).append(row)
    return [calls_of(group) for group in prompts.values()]


def right_answers(name, stated, groups, rates, together, money):
    costs = [rates.cost(group, together) for group in groups]
    right = sum(group.right for group in groups)
    if not right or None in costs:
        return
    ratio = sum(costs) / right
    money(name, stated, ratio)
    if stated.get("interval") is None:
        return
    n = len(groups)
    squares = sum((cost - ratio * group.right) ** 2 for cost, group in zip(costs, groups))
    error = (Decimal(n) / (n - 1) * squares).sqrt() / right
    high = Decimal(stated["interval"]["high"]["amount"])
    if error == 0:
        return money(f"{name}.high", stated["interval"]["high"], ratio)
    # The limit is right when its distance in standard errors cuts off 2.5 %.
    area = t_covers(float((high - ratio) / error), n - 1)
    money(f"{name}.high", {"amount": str(area)}, Decimal("0.475"), ROUGH * 1_000)
    low = max(Decimal(0), ratio - (high - ratio))
    money(f"{name}.low", stated["interval"]["low"], low, ROUGH)


def capacity(line):
    """Requests per hour, under load where that was measured."""
    _, _, busy, together, sustained = line
    return sustained or Decimal(3_600_000) * together / busy


def machines(line, rate):
    rates, _, busy, _, _ = line
    if not rates.hour or not busy:
        return 1
    return max(1, math.ceil(rate / capacity(line)))


def at_rate(name, stated, line, money, compare):
    rates, tokens, _, _, _ = line
    if stated is None or rates.kind == "model-units":
        return
    rate = Decimal(stated["requests_per_hour"])
    count = machines(line, rate)
    compare(f"{name}.instances", stated["instances"], count, 0)
    money(name, stated["per_request"]["low"], rates.hour * count / rate + tokens)


def totals(cost, bills, money):
    pipeline = sum(
        (
            Decimal(line["quantity"]) * price
            for line in cost["pipeline"]["lines"]
            for used in cost["pipeline"]["prices"]
            for item, price in [each(used)]
            if used["sku"] == line["sku"] and item == line["item"]
        ),
        Decimal(0),
    )
    money("pipeline.total", cost["pipeline"]["total"], pipeline)
    if None not in bills:
        money("total_low", cost["total_low"], pipeline + sum(low for low, _ in bills))
        money("total_high", cost["total_high"], pipeline + sum(high for _, high in bills))


def crossings(cost, lines, compare):
    for pair in cost["break_even"]:
        name = f"{pair['per_use']} and {pair['per_hour']}"
        _, use, _, _, _ = lines[pair["per_use"]]
        rates, tokens, _, _, under_load = lines[pair["per_hour"]]
        sustained = capacity(lines[pair["per_hour"]])
        tolerance = EXACT if under_load is None else ROUGH
        compare(f"{name}.capacity", pair["capacity_per_hour"], sustained, tolerance)
        rate = rates.hour / (use - tokens) if use > tokens else None
        if rate is not None:
            compare(f"{name}.rate", pair["requests_per_hour"], rate, EXACT)
            compare(f"{name}.day", pair["requests_per_day"], rate * 24, EXACT)
        reachable = rate is not None and rate <= sustained
        compare(f"{name}.reachable", int(pair["reachable"]), int(reachable), 0)
    for pair in cost["idle_break_even"]:
        count = lines[pair["always_on"]][0].hour * 24 / lines[pair["import"]][0].window
        name = f"{pair['import']} and {pair['always_on']}.windows"
        compare(name, pair["windows_per_day"], count, EXACT)


def months(name, curve, stated, line, money):
    rates, tokens, busy, _, _ = line
    for requests, month in zip(curve["requests_per_day"], stated["monthly"]):
        if month is None:
            continue
        count = machines(line, Decimal(requests) / 24)
        if rates.kind == "model-units":
            active, idle = 288, 288
            if requests < 288:
                apart = 86_400_000_000 // requests
                # Of a long call in a window that another began, the day bills one.
                touched = set()
                for call in range(requests):
                    end = call * apart + int(busy * 1_000) - 1
                    touched.update(range(call * apart // WINDOW_US, end // WINDOW_US + 1))
                first = sorted(touched)
                sessions = sum(1 for w in first if w == 0 or w - 1 not in touched)
                if apart % WINDOW_US:
                    continue  # Windows begin with their sessions: no grid to count on.
                active, idle = min(288, len(touched)), min(288, len(touched) + sessions)
            low, high = (rates.window * count * n for n in (active, idle))
        else:
            low = high = rates.hour * count * 24
        days = curve["days"]
        money(f"{name} {requests}/day low", month["low"], (low + tokens * requests) * days)
        money(f"{name} {requests}/day high", month["high"], (high + tokens * requests) * days)


def hourly(stated, money, compare):
    prices = {used["sku"]: each(used) for used in stated["prices"]}
    for size in stated["sizes"]:
        known = {}
        for cell in size["hostings"]:
            if cell["sku"] in prices:
                item, price = prices[cell["sku"]]
                known[cell["hosting"]] = price * cell["count"] * (60 if item == "CMU-minute" else 1)
        for cell in size["hostings"]:
            hour = known.get(cell["hosting"])
            name = f"{size['size']} {cell['hosting']}"
            money(name, cell["per_hour"], hour)
            if hour is not None:
                ratio = hour / min(known.values())
                compare(f"{name}.ratio", cell["ratio_to_cheapest"], ratio, EXACT)
