"""Prints each finished span, and each event record, as CloudWatch Logs stores it: one JSON document a line."""

import json
import sys
from contextlib import contextmanager

from bedrock_agentcore.evaluation.span_to_adot_serializer import convert_strands_to_adot
from botocore.config import Config
from opentelemetry import baggage, context, trace
from opentelemetry._logs import get_logger_provider
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult, SimpleLogRecordProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

ENDPOINT = sys.argv[1]
REGION = "us-east-1"
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SESSION = "orders-session"
# The client does not repeat a failed call. Credentials come from the environment.
CLIENT_CONFIG = Config(retries={"total_max_attempts": 1})
RETRYING_CONFIG = Config(retries={"total_max_attempts": 2})

# Content of requests. Answers of the emulator contain other canaries.
SYSTEM = "You are a helpful clerk. CANARY-SYSTEM"
CASES = ("plain", "cached", "tool", "stream", "retry", "throttle")
PROMPTS = {case: f"case {case}: CANARY-PROMPT-{case}" for case in CASES}
TOOL_DESCRIPTION = "Finds an order. CANARY-TOOL-DESCRIPTION"
TOOL_RESULT = "The order is late. CANARY-TOOL-RESULT"


class SpanPrinter(SpanExporter):
    """Prints spans with the serializer of bedrock-agentcore."""

    def export(self, batch):
        for item in batch:
            for document in self._documents(item):
                print(json.dumps(document), flush=True)
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis=30000):
        return True

    def shutdown(self):
        pass

    @staticmethod
    def _documents(span):
        documents = convert_strands_to_adot([span])
        # The serializer omits events and the status message. The exporters of OpenTelemetry send both.
        if span.events:
            documents[0]["events"] = [
                {"name": event.name, "timeUnixNano": event.timestamp, "attributes": dict(event.attributes)}
                for event in span.events
            ]
        if span.status.description:
            documents[0]["status"]["message"] = span.status.description
        return documents


class EventPrinter(LogRecordExporter):
    """Prints event records, in the format that bedrock-agentcore's serializer uses for them."""

    def export(self, batch):
        for item in batch:
            record = item.log_record
            if not record.event_name:
                continue
            document = {
                "resource": {"attributes": dict(item.resource.attributes)},
                "scope": {"name": item.instrumentation_scope.name},
                "timeUnixNano": record.timestamp or record.observed_timestamp,
                "observedTimeUnixNano": record.observed_timestamp,
                "severityText": record.severity_text or "",
                "body": record.body,
                "attributes": {"event.name": record.event_name, **dict(record.attributes or {})},
                "traceId": format(record.trace_id, "032x"),
                "spanId": format(record.span_id, "016x"),
            }
            print(json.dumps(document), flush=True)
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis=30000):
        return True

    def shutdown(self):
        pass


@contextmanager
def session():
    """Sets the session id as AgentCore Runtime does. ADOT copies it from the baggage to each span."""
    token = context.attach(baggage.set_baggage("session.id", SESSION))
    try:
        yield
    finally:
        context.detach(token)


def print_spans():
    """Prints each span and event record when it ends."""
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(SpanPrinter()))
    get_logger_provider().add_log_record_processor(SimpleLogRecordProcessor(EventPrinter()))
