"""Runs a definition in moto's interpreter of state machines.

Arguments: the folder that its packages were installed into, and the port of
the emulator whose Lambdas are to be called. Standard input is JSON:

    {"definition": {...}, "before": [call, ...],
     "runs": [{"name": ..., "input": {...}, "before": [call, ...], "after": [call, ...],
               "definition": {...}}, ...]}

where a run without a definition is of the first one, and a call is {"service", "operation", "arguments"} and goes, like every
service integration but Lambda, to moto's own services. Standard output is a
list with an entry a run: how it ended, the states that were entered in order,
how many events each history got, and what the calls after it answered.
"""

import json
import os
import sys
import time
from collections import Counter

packages, lambdas = sys.argv[1:3]
os.environ["MOTO_PORT"] = lambdas
sys.path.insert(0, packages)

import boto3  # noqa: E402  (it lies in the folder that was just added)
import jsonata as evaluator  # noqa: E402
import requests  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (  # noqa: E402
    state_task_service_aws_sdk as aws_sdk,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField  # noqa: E402
from moto.stepfunctions.parser.asl.eval.event import event_manager  # noqa: E402
from moto.stepfunctions.parser.asl.jsonata import jsonata  # noqa: E402
from moto.stepfunctions.parser.asl.utils import boto_client  # noqa: E402

SHORTENED = ("Seconds", "IntervalSeconds", "BackoffRate")
ROLE = "arn:aws:iam::123456789012:role/machine"

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
own_url = "http://127.0.0.1:%s" % server.get_host_and_port()[1]


def client(service):
    return boto3.client(
        service,
        endpoint_url=own_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


class Services:
    """Lambdas are the emulator's, everything else is moto's own."""

    @staticmethod
    def client(service_name, endpoint_url=None, **settings):
        url = endpoint_url if service_name == "lambda" else own_url
        return boto3.client(service_name, endpoint_url=url, **settings)


boto_client.boto3 = Services

# It has no evaluator of its own: AWS's is a Java program.
jsonata._eval_jsonata = lambda expression: evaluator.Jsonata.jsonata(expression).evaluate(None)


def first_letters(change):
    """Renames what Step Functions' own API takes or gives: a definition has capitals."""

    def rename(self, members, *_):
        if self.resource.api_name == "sfn":
            for name in list(members):
                members[change(name[0]) + name[1:]] = members.pop(name)

    return rename


aws_sdk.StateTaskServiceAwsSdk._normalise_parameters = first_letters(str.lower)
aws_sdk.StateTaskServiceAwsSdk._normalise_response = first_letters(str.upper)

entered, events = [], Counter()
eval_body = CommonStateField._eval_body
add_event = event_manager.EventManager.add_event


def noted_eval_body(self, env):
    entered.append(self.name)
    return eval_body(self, env)


def noted_add_event(self, *arguments, **named):
    events[id(self)] += 1
    return add_event(self, *arguments, **named)


CommonStateField._eval_body = noted_eval_body
event_manager.EventManager.add_event = noted_add_event


def shorten(value):
    """Waits of a second: it waits in earnest."""
    if isinstance(value, list):
        return [shorten(item) for item in value]
    if isinstance(value, dict):
        return {k: 1 if k in SHORTENED else shorten(v) for k, v in value.items()}
    return value


def answer(call):
    try:
        operation = getattr(client(call["service"]), call["operation"])
        return operation(**call["arguments"])
    except Exception as error:  # what the service refuses is an answer as well
        return {"error": str(error)}


def run(machine, wanted):
    entered.clear()
    events.clear()
    states = client("stepfunctions")
    prepare(wanted)
    if "definition" in wanted:
        machine = create(wanted["name"], wanted["definition"])
    arn = states.start_execution(
        stateMachineArn=machine, name=wanted["name"], input=json.dumps(wanted["input"])
    )["executionArn"]
    while True:
        ended = states.describe_execution(executionArn=arn)
        if ended["status"] != "RUNNING":
            break
        time.sleep(0.05)
    return {
        "status": ended["status"],
        "error": ended.get("error"),
        "cause": ended.get("cause"),
        "output": json.loads(ended.get("output") or "null"),
        "entered": list(entered),
        "events": sorted(events.values()),
        "after": [answer(call) for call in wanted.get("after", [])],
    }


def prepare(work):
    for call in work.get("before", []):
        answered = answer(call)
        assert "error" not in answered, answered


def create(name, definition):
    made = client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(shorten(definition)), roleArn=ROLE
    )
    return made["stateMachineArn"]


work = json.load(sys.stdin)
settings = {"stepfunctions": {"execute_state_machine": True}}
requests.post(own_url + "/moto-api/config", json=settings).raise_for_status()
prepare(work)
benchmark = create("benchmark", work["definition"])
ended = [run(benchmark, wanted) for wanted in work["runs"]]
json.dump(ended, sys.stdout, default=str)
sys.stdout.flush()
# Threads of moto would keep the process.
os._exit(0)
