"""Runs a case against the Bedrock emulator. Arguments: endpoints of Bedrock and of EventBridge, and
the name of the case."""

import copy
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError, ConnectionError as NoConnection

sys.path.insert(0, str(Path(__file__).parents[3] / "examples/python"))
from token_analytics import FAST, report_usage  # noqa: E402

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "secret"}]}]
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
BEDROCK, EVENTS, CASE = sys.argv[1:]
MEMBERS = {"agentId": "orders"}


def new_client(endpoint=BEDROCK):
    config = Config(retries={"max_attempts": 1}, max_pool_connections=20, connect_timeout=1)
    return boto3.client("bedrock-runtime", endpoint_url=endpoint, config=config, **ACCOUNT)


def reported(client, config=FAST, **options):
    events = boto3.client("events", endpoint_url=EVENTS, config=config, **ACCOUNT)
    report_usage(client, MEMBERS, events=events, **options)
    return client


def converse(client, **parameters):
    return client.converse(modelId=MODEL, messages=MESSAGES, **parameters)


def all_operations():
    client, texts = reported(new_client()), []
    MEMBERS["incidentId"] = "INC-1"
    texts.append(converse(client)["output"]["message"]["content"][0]["text"])
    stream = client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    deltas = [event.get("contentBlockDelta", {}).get("delta", {}) for event in stream]
    texts += [delta.get("text", "") for delta in deltas]
    texts.append(client.invoke_model(modelId=MODEL, body='{"messages":[]}')["body"].read().decode())
    stream = client.invoke_model_with_response_stream(modelId=MODEL, body='{"messages":[]}')
    texts += [event["chunk"]["bytes"].decode() for event in stream["body"]]
    try:
        client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "fail"}]}])
    except ClientError as error:
        texts.append(error.response["Error"]["Code"])
    return texts


def same_events():
    """Returns the events of a stream without hooks, and with hooks."""
    streams = [client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
               for client in (new_client(), reported(new_client()))]
    return [list(stream) for stream in streams]


def left_early():
    stream = reported(new_client()).converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    for _ in stream:
        break
    stream.close()


def invoked():
    return reported(new_client()).invoke_model(modelId=MODEL, body="{}")["serviceTier"]


def broken_stream():
    stream = reported(new_client()).converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    try:
        return list(stream)
    except EventStreamError as error:
        return type(error).__name__


def threads():
    client = reported(new_client())
    with ThreadPoolExecutor(20) as pool:
        return len([done for done in pool.map(lambda _: converse(client), range(20)) if done])


def one_call():
    return converse(reported(new_client()))["stopReason"]


def returned():
    """Reports to the event bus that a call has returned. The bus answers no event before this report."""
    patient = Config(connect_timeout=600, read_timeout=600)
    reason = converse(reported(new_client(), patient))["stopReason"]
    bus = HTTPConnection(EVENTS.removeprefix("http://"))
    bus.request("GET", "/returned")
    bus.getresponse().read()
    return reason


def retried():
    return converse(reported(new_client()))["ResponseMetadata"]["RetryAttempts"]


def hooked_twice():
    converse(reported(reported(new_client())))


def no_connection():
    try:
        converse(reported(new_client("http://127.0.0.1:9")))
    except NoConnection as error:
        return type(error).__name__


def marked():
    client = reported(new_client(), mark=True)
    metadata = {"team": "shop"}
    converse(client)
    converse(client, requestMetadata=metadata)
    client.invoke_model(modelId=MODEL, body='{"messages":[]}')
    request = client.meta.service_model.operation_model("InvokeModel").input_shape
    return {"metadata": metadata, "marksInvokeModel": "requestMetadata" in request.members}


def bad_members():
    MEMBERS["items"] = object()
    return converse(reported(new_client()))["stopReason"]


def copied():
    response = converse(reported(new_client()))
    return copy.deepcopy(response) == response


print(json.dumps(globals()[CASE]()))
