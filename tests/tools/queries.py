"""Asks the emulator's DynamoDB the same queries before and after they were narrowed, and
prints both answers and how many items the condition was evaluated on.

Arguments: the folder that the emulator's packages were installed into, the folder of
`queries.py`.
"""

import json
import os
import sys
import tempfile
import types

sys.path[:0] = sys.argv[1:3]
folder = tempfile.mkdtemp()
os.environ.update(STATE_DIR=folder, S3_DATA_DIR=folder)

import queries  # noqa: E402  (both lie in the folders that were just added)
from ministack.services import dynamodb  # noqa: E402

TABLE = "samples"
PROMPTS = 40


def text(value):
    return {"S": value}


def create(data):
    status, _, body = dynamodb._create_table(data)
    assert status == 200, body


def fill():
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    names = ["pk", "sk", "config_name", "started_at"]
    index = [("config_name", "HASH"), ("started_at", "RANGE")]
    schema = lambda pairs: [{"AttributeName": n, "KeyType": t} for n, t in pairs]  # noqa: E731
    create({
        "TableName": TABLE,
        "KeySchema": schema(keys),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-config",
            "KeySchema": schema(index),
            "Projection": {"ProjectionType": "ALL"},
        }],
        "BillingMode": "PAY_PER_REQUEST",
    })
    items = []
    # Neither in order nor of one partition.
    for prompt in reversed(range(PROMPTS)):
        for partition in ("one", "two"):
            key = f"SAMPLE#{prompt:04}#M#001#01"
            item = {"pk": text(partition), "sk": text(key), "latency_us": {"N": str(prompt)}}
            items.append(item | {"config_name": text(partition), "started_at": text(key)})
            items.append({"pk": text(partition), "sk": text("TEXT#" + key), "text": text("x" * 60_000)})
    for item in items:
        status, _, body = dynamodb._put_item({"TableName": TABLE, "Item": item})
        assert status == 200, body


def query(beginning="SAMPLE#", partition="one", condition="pk = :pk AND begins_with(sk, :sk)", **more):
    values = {":pk": text(partition), ":sk": text(beginning)}
    return {
        "TableName": TABLE,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        **more,
    }


def cases():
    latency = {":pk": text("one"), ":sk": text("SAMPLE#"), ":most": {"N": "20"}}
    yield "a prompt", query("SAMPLE#0007#")
    yield "another partition", query("SAMPLE#0007#", "two")
    yield "no such partition", query(partition="three")
    yield "no such item", query("PROBE#")
    yield "all samples", query()
    yield "a count", query(Select="COUNT")
    yield "backwards", query(ScanIndexForward=False)
    yield "three items", query(Limit=3)
    yield "texts of many pages", query("TEXT#")
    yield "attributes", query(ProjectionExpression="#l", ExpressionAttributeNames={"#l": "latency_us"})
    yield "a filter", query(FilterExpression="latency_us < :most") | {
        "ExpressionAttributeValues": latency
    }
    yield "capacity", query("SAMPLE#0007#", ReturnConsumedCapacity="TOTAL", ConsistentRead=True)
    yield "an index", query(IndexName="by-config", condition="config_name = :pk AND begins_with(started_at, :sk)")
    yield "keys of the table at an index", query(IndexName="by-config")
    yield "the whole partition", query(condition="pk = :pk") | {
        "ExpressionAttributeValues": {":pk": text("one")}
    }
    yield "from there on", query("SAMPLE#0030", condition="pk = :pk AND sk >= :sk")
    yield "aliases", query(
        condition="#p = :pk AND begins_with(#s, :sk)",
        ExpressionAttributeNames={"#p": "pk", "#s": "sk"},
    )
    yield "no values", query() | {"ExpressionAttributeValues": {}}
    yield "values that are none", query() | {"ExpressionAttributeValues": None}
    yield "a number for a text", query() | {
        "ExpressionAttributeValues": {":pk": text("one"), ":sk": {"N": "1"}}
    }
    yield "an empty beginning", query("")
    yield "a value too many", query() | {
        "ExpressionAttributeValues": latency
    }
    yield "keys the wrong way round", query(condition="sk = :sk AND begins_with(pk, :pk)")
    yield "no such table", query() | {"TableName": "other"}
    yield "no such index", query(IndexName="by-day")
    yield "a condition that is not one", query(condition="pk = :pk AND begins_with(sk :sk)")
    yield "a start that is no key", query(ExclusiveStartKey={"pk": text("one")})
    yield "a start of another beginning", query(
        ExclusiveStartKey={"pk": text("one"), "sk": text("TEXT#")}
    )
    yield "a limit of nothing", query(Limit=0)


def pages(request):
    """Every page of a query."""
    while True:
        status, _, body = dynamodb._query(dict(request))
        answer = json.loads(body)
        yield [status, answer]
        if "LastEvaluatedKey" not in answer:
            return
        request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


evaluated = 0
evaluate = dynamodb._evaluate_condition


def counted(*arguments, **named):
    global evaluated
    evaluated += 1
    return evaluate(*arguments, **named)


def ask(request):
    global evaluated
    evaluated = 0
    answers = list(pages(request))
    return {"answers": answers, "evaluated": evaluated}


dynamodb._evaluate_condition = counted
fill()
before = {name: ask(request) for name, request in cases()}
queries.narrow(dynamodb)
after = {name: ask(request) for name, request in cases()}

# Versions of the emulator that have other names.
others = [types.SimpleNamespace(), types.SimpleNamespace(_query=len, _tables={})]
untouched = [dict(vars(other)) for other in others]
for other in others:
    queries.narrow(other)
json.dump({
    "before": before,
    "after": after,
    "others_are_as_they_were": [vars(other) for other in others] == untouched,
}, sys.stdout)
