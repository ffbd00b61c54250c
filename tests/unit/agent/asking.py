"""Asks with a model, and checks what must hold of every answer."""

from typing import Any

import msgspec

from agent.chat.ask import ask
from agent.chat.options import Options, Question
from agent.simulator.behaviour import SECRET
from agent.tools.table import TOOLS
from agent.wires.model_server import ModelServer
from core.answers.chat import ChatAnswer, Done, Stated, Turn
from tests.unit.agent.checker import uncited
from tests.unit.agent.conftest import KEY
from tests.unit.agent.recording import RecordingToolbox

MOST_CALLS = 6


async def asked(
    said: list[str], server: ModelServer | None, toolbox: RecordingToolbox, **allowed: Any
) -> ChatAnswer:
    """Return the answer to the last of what is said, after checking all that must hold."""
    history = tuple(Turn(message=each, response="-") for each in said[:-1])
    question = Question(message=said[-1], conversation_id="c1", history=history)
    events = [one async for one in ask(question, toolbox, server, Options(**allowed))]
    last = events[-1]
    assert isinstance(last, Done)
    answer = last.answer
    assert [event.text for event in events if isinstance(event, Stated)] == (
        answer.response.split("\n")
    )
    whole = msgspec.json.encode(events).decode()
    assert KEY not in whole
    assert SECRET not in whole
    assert uncited(msgspec.to_builtins(answer)) == []
    assert len(answer.tool_calls) <= MOST_CALLS
    assert {name for name, _ in toolbox.asked} <= set(TOOLS)
    assert {call.name for call in answer.tool_calls} <= {*TOOLS, "unknown"}
    if not allowed.get("propose"):
        assert "propose_trade" not in {name for name, _ in toolbox.asked}
    if not allowed.get("comment"):
        assert answer.comment is None
    assert answer.degraded == (answer.fallback is not None)
    assert (answer.provider == "builtin") == (server is None or answer.degraded)
    return answer
