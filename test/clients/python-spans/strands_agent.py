"""Runs a Strands agent against the Bedrock emulator, and prints its spans. Argument: endpoint of Bedrock."""

from printed_spans import (
    CLIENT_CONFIG,
    ENDPOINT,
    MODEL,
    PROMPTS,
    REGION,
    SYSTEM,
    TOOL_DESCRIPTION,
    TOOL_RESULT,
    print_spans,
    session,
)
from strands import Agent, tool
from strands.models import BedrockModel
from strands.types.exceptions import ModelThrottledException

print_spans()


@tool(name="find_order", description=TOOL_DESCRIPTION)
def find_order(order: str) -> str:
    return TOOL_RESULT


def agent(streaming):
    """Creates an agent. A model call that Bedrock throttles is not repeated."""
    return Agent(
        name="Orders",
        model=BedrockModel(
            model_id=MODEL,
            streaming=streaming,
            endpoint_url=ENDPOINT,
            region_name=REGION,
            boto_client_config=CLIENT_CONFIG,
            stop_sequences=["CANARY-STOP"],
        ),
        system_prompt=SYSTEM,
        tools=[find_order],
        callback_handler=None,
        retry_strategy=None,
        trace_attributes={"user.id": "CANARY-USER"},
    )


with session():
    # The span of the agent contains the sum of all calls that the agent has made so far.
    orders = agent(streaming=False)
    for case in ("plain", "cached", "tool"):
        orders(PROMPTS[case])
    agent(streaming=True)(PROMPTS["stream"])
    try:
        agent(streaming=True)(PROMPTS["throttle"])
    except ModelThrottledException:
        pass
