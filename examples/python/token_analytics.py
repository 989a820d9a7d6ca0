"""Reports the Bedrock calls of a boto3 client as TokenUsage events: ids and counts, never content.

A thread sends each event, so no call fails or waits. In Lambda, a call waits at most 0.5 s."""
import json
import os
from contextlib import suppress
from threading import Thread
import boto3
from botocore.config import Config
from botocore.eventstream import EventStream
KEPT = ("ResponseMetadata", "usage", "metrics", "stopReason", "serviceTier", "performanceConfig")
MARK, METRICS = {"tokenAnalytics": "recorded"}, "amazon-bedrock-invocationMetrics"
FAST = Config(connect_timeout=1, read_timeout=1, retries={"max_attempts": 1})


class _Stream(EventStream):
    def __iter__(self):
        try:
            for self.last in super().__iter__():
                yield self.last
        except Exception as error:
            self.last = {"Error": {"Code": type(error).__name__}}
            raise
        finally:
            self.report(vars(self).get("last", {}))


def report_usage(client, members, mark=False, bus="default", events=None):
    def begin(params, model, context, **_):
        free = "requestMetadata" in set(model.input_shape.members) - set(params)
        if model.name.startswith(("Converse", "InvokeModel")) and (free or not mark):
            context["call"] = {**members, "modelId": params.get("modelId"), "operation": model.name}
            if mark:  # An ingest of the invocation log counts only the calls without this mark.
                params["requestMetadata"] = MARK if "Conv" in model.name else json.dumps(MARK)

    def end(context, parsed=None, exception=None, **_):
        if call := context.pop("call", None):
            facts = parsed or {"Error": {"Code": type(exception).__name__}}
            if isinstance(stream := facts.get("stream", facts.get("body")), EventStream):
                stream.__class__, stream.report = _Stream, lambda last: report(call, facts | last)
            else:
                report(call, facts)

    def report(call, facts):
        with suppress(RuntimeError):  # The process cannot start another thread.
            (thread := Thread(target=send, args=[call, facts | facts.get("metadata", {})])).start()
            thread.join(0.5 if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else 0)  # Lambda freezes threads.

    def send(call, facts):
        metrics = json.loads(facts.get("chunk", {}).get("bytes", "{}")).get(METRICS, {})
        call["usage"] = {k.replace("TokenCount", "Tokens"): v for k, v in metrics.items()}
        call["response"] = {k: facts[k] for k in KEPT[:1 if "body" in facts else 6] if k in facts}
        call["error"] = facts.get("Error", {}).get("Code")
        entry = {"Source": "boto3", "DetailType": "TokenUsage", "EventBusName": bus}
        detail = {k: v for k, v in call.items() if v} | {"region": client.meta.region_name}
        events.put_events(Entries=[entry | {"Detail": json.dumps(detail)}])

    events = events or boto3.client("events", config=FAST)
    for on, run in ("provide-client-params", begin), ("after-call", end), ("after-call-error", end):
        client.meta.events.register(f"{on}.bedrock-runtime", run, unique_id=f"usage-{on}")
