"""Reports the Bedrock calls of a boto3 client as TokenUsage events. Needs nothing but boto3.

    bedrock = report_usage(boto3.client("bedrock-runtime"), agent_id="orders")
    ...
    flush()  # At the end of a Lambda handler. Elsewhere, the events are sent by themselves.

An event has the counts of a call. It never has a prompt or an answer.
"""

import json
import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait

import boto3

OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "ApplyGuardrail")
KEPT = ("ResponseMetadata", "usage", "stopReason", "metrics", "serviceTier", "performanceConfig")
METRICS = {"inputTokenCount": "input-token-count", "outputTokenCount": "output-token-count",
           "cacheReadInputTokenCount": "cache-read-input-token-count",
           "cacheWriteInputTokenCount": "cache-write-input-token-count", "invocationLatency": "invocation-latency"}
_sender = ThreadPoolExecutor(max_workers=1)
_pending: set[Future] = set()


def report_usage(client, agent_id, events=None, bus="default", incident_id=None):
    """Registers hooks on a bedrock-runtime client and returns the client. `incident_id` is a text or a function."""
    events = events or boto3.client("events", region_name=client.meta.region_name)

    def begin(params, context, **_):
        context["tokenAnalytics"] = params.get("modelId", "bedrock-guardrails")

    def end(parsed, context, model, **_):
        detail = {"agentId": agent_id, "modelId": context["tokenAnalytics"], "operation": model.name,
                  "region": client.meta.region_name, "response": {k: parsed[k] for k in KEPT if k in parsed},
                  "incidentId": incident_id() if callable(incident_id) else incident_id}
        if "Error" in parsed:
            send(detail | {"error": parsed["Error"]["Code"]})
        elif model.name in ("ConverseStream", "InvokeModelWithResponseStream"):
            member = "stream" if "stream" in parsed else "body"
            parsed[member] = _Stream(parsed[member], lambda facts: send(_with_facts(detail, facts)))
        else:
            send(detail)

    def send(detail):
        entry = {"Source": "token-analytics.python", "DetailType": "TokenUsage", "EventBusName": bus,
                 "Detail": json.dumps({name: value for name, value in detail.items() if value is not None})}
        future = _sender.submit(_put, events, entry)
        _pending.add(future)
        future.add_done_callback(_pending.discard)

    for operation in OPERATIONS:
        client.meta.events.register(f"provide-client-params.bedrock-runtime.{operation}", begin)
        client.meta.events.register(f"after-call.bedrock-runtime.{operation}", end)
    return client


def flush(timeout=5):
    """Waits until all events are sent, at most `timeout` seconds."""
    wait(list(_pending), timeout)


def _put(events, entry):
    try:
        result = events.put_events(Entries=[entry])
        if result["FailedEntryCount"]:
            logging.warning("A TokenUsage event was refused: %s", result["Entries"][0].get("ErrorCode"))
    except Exception as error:  # The program must go on without its events.
        logging.warning("A TokenUsage event was not sent: %s", type(error).__name__)


def _with_facts(detail, facts):
    response = detail["response"]
    metadata = response.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {}) | facts.pop("headers", {})
    return detail | {"response": response | facts | {"ResponseMetadata": metadata | {"HTTPHeaders": headers}}}


class _Stream:
    """Passes the events of a stream on, and reports its counts at the end."""

    def __init__(self, stream, report):
        self._stream, self._report = stream, report

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __iter__(self):
        facts = {}
        try:
            for event in self._stream:
                _read(event, facts)
                yield event
        finally:
            self._report(facts)


def _read(event, facts):
    facts.update({k: v for k, v in event.get("metadata", {}).items() if k in KEPT})
    facts.update({k: v for k, v in event.get("messageStop", {}).items() if k in KEPT})
    payload = event.get("chunk", {}).get("bytes", b"")
    if b"amazon-bedrock-invocationMetrics" in payload:
        metrics = json.loads(payload)["amazon-bedrock-invocationMetrics"]
        facts["headers"] = {f"x-amzn-bedrock-{METRICS[k]}": str(v) for k, v in metrics.items() if k in METRICS}
