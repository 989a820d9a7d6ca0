"""Runs a LangGraph agent against the Bedrock emulator, and prints its spans. Argument: endpoint of Bedrock."""

from botocore.exceptions import ClientError
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
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

print_spans()


@tool(description=TOOL_DESCRIPTION)
def find_order(order: str) -> str:
    return TOOL_RESULT


model = ChatBedrockConverse(
    model=MODEL,
    endpoint_url=ENDPOINT,
    region_name=REGION,
    config=CLIENT_CONFIG,
    stop_sequences=["CANARY-STOP"],
).bind_tools([find_order])


def call_model(state):
    return {"messages": [model.invoke([SystemMessage(SYSTEM), *state["messages"]])]}


graph = StateGraph(MessagesState)
graph.add_node("model", call_model)
graph.add_node("tools", ToolNode([find_order]))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
graph.add_edge("tools", "model")
agent = graph.compile(name="Orders")


def ask(case):
    return {"messages": [HumanMessage(PROMPTS[case])]}


with session():
    for case in ("plain", "cached", "tool"):
        agent.invoke(ask(case))
    # Streams the tokens of the model: LangGraph then calls ConverseStream.
    for _ in agent.stream(ask("stream"), stream_mode="messages"):
        pass
    try:
        agent.invoke(ask("throttle"))
    except ClientError:
        pass
