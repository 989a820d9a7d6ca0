"""Calls the Bedrock emulator with boto3, and prints the spans of ADOT. Argument: endpoint of Bedrock."""

import json

import boto3
from botocore.exceptions import ClientError
from opentelemetry import trace
from printed_spans import (
    CLIENT_CONFIG,
    ENDPOINT,
    MODEL,
    PROMPTS,
    REGION,
    RETRYING_CONFIG,
    SYSTEM,
    TOOL_DESCRIPTION,
    TOOL_RESULT,
    print_spans,
    session,
)

print_spans()
tracer = trace.get_tracer("orders")


def client(config):
    return boto3.client("bedrock-runtime", endpoint_url=ENDPOINT, region_name=REGION, config=config)


bedrock = client(CLIENT_CONFIG)
TOOL = {
    "toolSpec": {
        "name": "find_order",
        "description": TOOL_DESCRIPTION,
        "inputSchema": {"json": {"type": "object", "properties": {"order": {"type": "string"}}}},
    }
}


def request(prompt, *later):
    return {
        "modelId": MODEL,
        "system": [{"text": SYSTEM}],
        "messages": [{"role": "user", "content": [{"text": prompt}]}, *later],
        "inferenceConfig": {"maxTokens": 500, "stopSequences": ["CANARY-STOP"]},
    }


def read(stream):
    for _ in stream:
        pass


# These spans have no parent.
with session():
    bedrock.converse(**request(PROMPTS["plain"]))
    bedrock.converse(**request(PROMPTS["cached"]))
    read(bedrock.converse_stream(**request(PROMPTS["stream"]))["stream"])

# These spans have a parent, which is not a model call.
with session(), tracer.start_as_current_span("handle order"):
    asked = bedrock.converse(**request(PROMPTS["tool"]), toolConfig={"tools": [TOOL]})["output"]["message"]
    tool_use = next(block["toolUse"] for block in asked["content"] if "toolUse" in block)
    result = {"toolUseId": tool_use["toolUseId"], "content": [{"text": TOOL_RESULT}]}
    answered = {"role": "user", "content": [{"toolResult": result}]}
    bedrock.converse(**request(PROMPTS["tool"], asked, answered), toolConfig={"tools": [TOOL]})
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 500,
        "system": SYSTEM,
        "stop_sequences": ["CANARY-STOP"],
        "messages": [{"role": "user", "content": [{"type": "text", "text": PROMPTS["plain"]}]}],
    }
    bedrock.invoke_model(modelId=MODEL, body=json.dumps(body))["body"].read()
    read(bedrock.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))["body"])
    client(RETRYING_CONFIG).converse(**request(PROMPTS["retry"]))
    try:
        bedrock.converse(**request(PROMPTS["throttle"]))
    except ClientError:
        pass
