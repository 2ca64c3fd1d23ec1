"""Calls one operation of an AWS service and prints the answer as JSON.

Arguments: the folder that the emulator's packages were installed into, the
endpoint, the Region, the service, the operation in snake case, its arguments
as JSON.

The tests use it for services that the project itself has no client of.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import boto3  # noqa: E402  (it lies in the folder that was just added)

_, _, endpoint, region, service, operation, arguments = sys.argv
client = boto3.client(
    service,
    endpoint_url=endpoint,
    region_name=region,
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
answer = getattr(client, operation)(**json.loads(arguments))
answer.pop("ResponseMetadata", None)
json.dump(answer, sys.stdout, default=str)
