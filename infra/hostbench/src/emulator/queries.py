"""Queries of the emulated DynamoDB whose time does not grow with the partition.

The emulator evaluates the key condition of a query on every item of the partition, and
checks its syntax anew for each. The samples of a target are one partition and every
invocation queries it for those of one prompt: beside 5,276 samples such a query takes
240 ms of the one thread that answers all requests, so that a large run grows slower and
slower.

Here the emulator's own query is given the items that begin as the condition says instead
of the whole partition; all of its rules are applied to them as ever. A version of the
emulator that has not the names used here is left as it is.
"""

import functools
import re
import types

# As the pipeline writes it. Other conditions are evaluated on the whole partition.
CONDITION = re.compile(
    r"\s*(\w+)\s*=\s*(:\w+)\s+AND\s+begins_with\s*\(\s*(\w+)\s*,\s*(:\w+)\s*\)\s*"
)


class OneTable:
    """Gives a table, whatever its name and account."""

    def __init__(self, table):
        self.get = lambda _name, _default=None: table


def part_of_table(tables, request):
    """The table with no other items than those that a query is about; `None` where that is
    not seen from the request."""
    condition = CONDITION.fullmatch(request.get("KeyConditionExpression") or "")
    table = tables.get(request.get("TableName"))
    if condition is None or not table or request.get("IndexName"):
        return None
    partition_key, partition, sort_key, beginning = condition.groups()
    if (partition_key, sort_key) != (table["pk_name"], table["sk_name"]):
        return None
    values = request["ExpressionAttributeValues"]
    partition, beginning = values[partition]["S"], values[beginning]["S"]
    items = table["items"].get(partition, {})
    # A list of its own, which other threads do not change, and of the keys alone: a pair for
    # each item would have the garbage collector go through all that is in memory.
    keys = [key for key in list(items) if key.startswith(beginning)]
    return {**table, "items": {partition: {key: items[key] for key in keys}}}


def narrow(dynamodb):
    """Replaces the query of the emulator's module, where it is the one that is known."""
    query = getattr(dynamodb, "_query", None)
    tables = getattr(dynamodb, "_tables", None)
    code = getattr(query, "__code__", None)
    if code is None or tables is None or "_tables" not in code.co_names:
        return

    def narrowed(request):
        try:
            part = part_of_table(tables, request)
        # Whatever is wrong with a request, the emulator says it; an item that expired
        # meanwhile is one of those.
        except (AttributeError, KeyError, TypeError):
            part = None
        if part is None:
            return query(request)
        names = {**vars(dynamodb), "_tables": OneTable(part)}
        return types.FunctionType(code, names)(request)

    dynamodb._query = narrowed
    # These depend on the text of a condition or of a number alone. The second is asked for
    # every number of every item that a query reads.
    for name in ("_condition_syntax_error", "_number_size_bytes"):
        function = getattr(dynamodb, name, None)
        if function is not None:
            setattr(dynamodb, name, functools.lru_cache(maxsize=65_536, typed=True)(function))
