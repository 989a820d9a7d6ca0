"""Calls the Bedrock emulator with boto3. Arguments: endpoints of Bedrock and of EventBridge."""

import json
import sys
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).parents[3] / "examples/python"))
from token_analytics import flush, report_usage  # noqa: E402

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "secret"}]}]
account = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
bedrock = report_usage(
    boto3.client("bedrock-runtime", endpoint_url=sys.argv[1], **account),
    "orders",
    events=boto3.client("events", endpoint_url=sys.argv[2], **account),
    incident_id=lambda: "INC-1",
)
texts = []
texts.append(bedrock.converse(modelId=MODEL, messages=MESSAGES)["output"]["message"]["content"][0]["text"])
for event in bedrock.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]:
    texts.append(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""))
texts.append(bedrock.invoke_model(modelId=MODEL, body='{"messages":[]}')["body"].read().decode())
for event in bedrock.invoke_model_with_response_stream(modelId=MODEL, body='{"messages":[]}')["body"]:
    texts.append(event["chunk"]["bytes"].decode())
try:
    bedrock.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "fail"}]}])
except ClientError as error:
    texts.append(error.response["Error"]["Code"])
flush()
print(json.dumps(texts))
