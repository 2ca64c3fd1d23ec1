"""Holds a stack against a real account: one throwaway stack, two runs, nothing left.

    account_gate.py run     --stack NAME --region REGION --hostbench PROGRAM [--model ID]
    account_gate.py destroy --stack NAME --region REGION --hostbench PROGRAM

`run` validates the definitions with Step Functions, deploys, validates the
policies as they were deployed with IAM Access Analyzer, makes one call to a
cheap model, and aborts a second run whose instance must be stopped thereafter.
`destroy` deletes the stack with its data and terminates the instance, however
far `run` came, and may be repeated.

The embedded AWS runs the same steps as far as it can: with `--endpoint-url`,
and `--packages` for the folder with boto3. Each step that it cannot do is
reported as skipped with the reason.

Progress goes to standard error; standard output is one JSON object with the
status of each step: `passed`, `skipped` or `failed`. Exit code 1 if one failed.

A run costs less than $0.10: a call of at most 256 tokens, an instance of type
t4g.nano with 8 GB for an hour at most ($0.005), some hundred transitions,
invocations and requests, and an hour of alarms and dashboard ($0.01).
"""

import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TAG = "hostbench-account-gate"
INSTANCE_TYPE = "t4g.nano"
IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
# Where no event tells the sweeper, its schedule starts it, every 15 minutes.
SWEPT_WITHIN_S = 20 * 60
SWEPT_WITHIN_S_EMBEDDED = 2 * 60
EMBEDDED = "on the embedded AWS, "


class Skipped(Exception):
    """A step that cannot be done here, with the reason."""


class Gate:
    def __init__(self, arguments, boto3):
        self.stack = arguments.stack
        self.region = arguments.region
        self.model = arguments.model
        self.program = os.path.abspath(arguments.hostbench)
        self.endpoint_url = arguments.endpoint_url
        self.boto3 = boto3
        self.folder = tempfile.mkdtemp(prefix="hostbench-gate-")

    def client(self, service):
        settings = {"region_name": self.region}
        if self.endpoint_url:
            settings["endpoint_url"] = self.endpoint_url
        return self.boto3.client(service, **settings)

    def hostbench(self, *arguments):
        """The standard output of the command, which must succeed."""
        command = [self.program, *arguments, "--stack", self.stack, "--region", self.region]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=self.folder
        )
        if done.returncode != 0:
            raise AssertionError(f"`{' '.join(command)}` ended with {done.returncode}")
        return done.stdout

    def output(self, name):
        """An output of the stack; `None` where it has none of that name."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[0].get("Outputs", [])}
        return outputs.get(name)

    # ---- Definitions and policies ----

    def validate_definitions(self):
        states = self.client("stepfunctions")
        for path in sorted(glob.glob(os.path.join(ROOT, "statemachine", "*.asl.json"))):
            with open(path, encoding="utf-8") as file:
                definition = re.sub(r"\$\{(\w+)\}", placeholder, file.read())
            answer = states.validate_state_machine_definition(
                definition=definition, type="STANDARD", severity="WARNING"
            )
            for found in answer["diagnostics"]:
                note(f"{os.path.basename(path)}: {found}")
            errors = [d for d in answer["diagnostics"] if d.get("severity") == "ERROR"]
            assert answer["result"] == "OK" and not errors, f"`{path}` is not valid"

    def policies(self):
        """Every policy of the stack as it was deployed: its name and its document."""
        iam = self.client("iam")
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.stack):
            for resource in page["StackResourceSummaries"]:
                name = resource.get("PhysicalResourceId")
                if resource["ResourceType"] == "AWS::IAM::Role":
                    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                        found = iam.get_role_policy(RoleName=name, PolicyName=policy)
                        yield f"{name}/{policy}", found["PolicyDocument"]
                elif resource["ResourceType"] == "AWS::IAM::ManagedPolicy":
                    version = iam.get_policy(PolicyArn=name)["Policy"]["DefaultVersionId"]
                    found = iam.get_policy_version(PolicyArn=name, VersionId=version)
                    yield name, found["PolicyVersion"]["Document"]

    def validate_policies(self):
        policies = list(self.policies())
        assert len(policies) >= 5, f"the stack has {len(policies)} policies"
        if self.endpoint_url:
            raise Skipped(
                f"{EMBEDDED}there is no Access Analyzer; {len(policies)} policies were found"
            )
        analyzer = self.client("accessanalyzer")
        for name, document in policies:
            answer = analyzer.validate_policy(
                policyDocument=json.dumps(document), policyType="IDENTITY_POLICY"
            )
            for found in answer["findings"]:
                note(f"{name}: {found['findingType']} {found['issueCode']}")
                assert found["findingType"] not in ("ERROR", "SECURITY_WARNING"), found

    # ---- The instance of the second run ----

    def instances(self):
        wanted = [
            {"Name": f"tag:{TAG}", "Values": [self.stack]},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
        ]
        found = self.client("ec2").describe_instances(Filters=wanted)
        return [i for r in found["Reservations"] for i in r["Instances"]]

    def state(self, instance):
        found = self.client("ec2").describe_instances(InstanceIds=[instance])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]

    def create_instance(self):
        ec2 = self.client("ec2")
        if self.endpoint_url:
            image = "ami-12345678"
        else:
            image = self.client("ssm").get_parameter(Name=IMAGE)["Parameter"]["Value"]
        tags = [{"Key": TAG, "Value": self.stack}]
        made = ec2.run_instances(
            ImageId=image,
            InstanceType=INSTANCE_TYPE,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        instance = made["Instances"][0]["InstanceId"]
        wait(f"`{instance}` to run", 300, lambda: self.state(instance) == "running")
        ec2.stop_instances(InstanceIds=[instance])
        wait(f"`{instance}` to stop", 300, lambda: self.state(instance) == "stopped")

    # ---- Deployment and runs ----

    def write(self, name, config):
        config = {
            "dataset": {"source": "builtin", "prompts": 1},
            "method": {"warmup": 0, "repetitions": 1, "max_tokens": 256},
            **config,
        }
        path = os.path.join(self.folder, f"{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"name": name, **config}, file)
        return path

    def cheap(self):
        """One call to a cheap model, which the budget bounds as well."""
        if self.endpoint_url:
            target = {
                "id": "cheap", "kind": "http", "url": "http://simulated", "request": "tgi",
                "simulated": True,
            }
            return self.write("gate-cheap", {"targets": [target]})
        target = {
            "id": "cheap", "kind": "bedrock", "model": self.model, "request": "converse",
            "pricing": {
                "kind": "tokens",
                # More than such a model costs: the budget is what they bound.
                "prices": {"1M input tokens": "1", "1M output tokens": "5"},
            },
        }
        return self.write("gate-cheap", {"budget_usd": "0.05", "targets": [target]})

    def started(self):
        """A target whose instance is started for it, and where nothing ever answers."""
        machine = self.instances()[0]
        target = {
            "id": "started", "kind": "http", "request": "tgi", "ready_within_s": 3600,
            "url": f"http://{machine.get('PrivateIpAddress', '10.0.0.1')}:8080",
            "lifecycle": {"instance": machine["InstanceId"]},
        }
        if self.endpoint_url:
            target.update(url="http://simulated/simulate-error-503", simulated=True)
        return self.write("gate-started", {"targets": [target]})

    def deploy(self):
        configs = ["--config", self.cheap(), "--config", self.started()]
        if self.endpoint_url:
            raise Skipped(f"{EMBEDDED}SAM cannot deploy; the session has deployed the template")
        self.hostbench("deploy", *configs)

    def measure(self):
        answer = json.loads(self.hostbench("run", self.cheap(), "--json"))
        assert answer["complete"] is True, answer

    def stop_what_a_run_started(self):
        instance = self.instances()[0]["InstanceId"]
        states = self.client("stepfunctions")
        with open(self.started(), encoding="utf-8") as file:
            execution = states.start_execution(
                stateMachineArn=self.output("StateMachineArn"),
                name=f"gate-started-{int(time.time())}",
                input=json.dumps({"config": json.load(file)}),
            )["executionArn"]
        wait(f"`{instance}` to be started", 600, lambda: self.state(instance) == "running")
        if self.endpoint_url:
            self.abort_targets(states, execution)
        states.stop_execution(executionArn=execution, cause="the gate aborts it")
        # The event of its end starts the sweeper, else its schedule does.
        stopped = lambda: self.state(instance) in ("stopping", "stopped")  # noqa: E731
        limit_s = SWEPT_WITHIN_S_EMBEDDED if self.endpoint_url else SWEPT_WITHIN_S
        wait(f"`{instance}` to be stopped", limit_s, stopped)

    @staticmethod
    def abort_targets(states, execution):
        note(f"{EMBEDDED}the end of a run does not reach its targets; each is aborted by itself")
        for run in states.list_map_runs(executionArn=execution)["mapRuns"]:
            running = {"mapRunArn": run["mapRunArn"], "statusFilter": "RUNNING"}
            for target in states.list_executions(**running)["executions"]:
                states.stop_execution(executionArn=target["executionArn"])

    # ---- The end ----

    def destroy_stack(self):
        cloudformation = self.client("cloudformation")
        if not self.is_deployed(cloudformation):
            raise Skipped("there is no such stack")
        self.hostbench("destroy", "--yes")
        assert not self.is_deployed(cloudformation), f"stack `{self.stack}` is still there"

    def is_deployed(self, cloudformation):
        try:
            stacks = cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        except cloudformation.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return any(stack["StackStatus"] != "DELETE_COMPLETE" for stack in stacks)

    def terminate_instances(self):
        found = [instance["InstanceId"] for instance in self.instances()]
        if not found:
            raise Skipped("there is no instance of this stack")
        self.client("ec2").terminate_instances(InstanceIds=found)
        wait("instances to be terminated", 600, lambda: not self.instances())


RUN = [
    "validate_definitions",
    "create_instance",
    "deploy",
    "validate_policies",
    "measure",
    "stop_what_a_run_started",
]
# Each is tried whatever became of the one before.
DESTROY = ["destroy_stack", "terminate_instances"]


def placeholder(found):
    """What the template would substitute."""
    is_arn = found[1].endswith("Arn")
    return "arn:aws:lambda:us-east-1:123456789012:function:f:1" if is_arn else "hostbench/gate"


def note(text):
    print(text, file=sys.stderr, flush=True)


def wait(what, limit_s, is_so):
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {limit_s} s for {what}"
        time.sleep(0.2 if limit_s < 60 else 1)


def take(gate, steps, goes_on):
    taken = []
    for name in steps:
        status = {"step": name}
        if not goes_on and any(step["status"] == "failed" for step in taken):
            status.update(status="skipped", reason="a step before it failed")
        else:
            note(f"{name} …")
            try:
                getattr(gate, name)()
                status["status"] = "passed"
            except Skipped as reason:
                status.update(status="skipped", reason=str(reason))
            except Exception as error:  # whatever it is, the report names it
                status.update(status="failed", reason=f"{type(error).__name__}: {error}")
        note(f"{name}: {status['status']}" + (f", {status['reason']}" if "reason" in status else ""))
        taken.append(status)
    return taken


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["run", "destroy"])
    parser.add_argument("--stack", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--hostbench", required=True, help="the program")
    parser.add_argument("--model", default="amazon.nova-micro-v1:0")
    parser.add_argument("--endpoint-url", help="of the embedded AWS")
    parser.add_argument("--packages", help="a folder with boto3")
    arguments = parser.parse_args()
    if arguments.packages:
        sys.path.insert(0, arguments.packages)
    import boto3

    gate = Gate(arguments, boto3)
    steps = RUN if arguments.part == "run" else DESTROY
    taken = take(gate, steps, goes_on=arguments.part == "destroy")
    json.dump({"steps": taken}, sys.stdout)
    print()
    sys.exit(any(step["status"] == "failed" for step in taken))


if __name__ == "__main__":
    main()
