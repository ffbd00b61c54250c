"""Whatever a model server does, what is said stands in a result, and nothing else is done."""

import asyncio
from typing import Any, get_args

import msgspec
import pytest

from agent.chat.ask import ask
from agent.chat.options import Options, Question
from agent.simulator.behaviour import BEHAVIOURS, SECRET
from agent.tools.get_snapshot import SnapshotArguments
from agent.wires.connect import connect
from core.answers.chat import Fallback, ToolCalled
from core.errors import InvalidRequest, RedisUnavailable
from tests.unit.agent.asking import asked
from tests.unit.agent.conftest import KEY, Connect, Simulated
from tests.unit.agent.injections import OUTSIDE, SPOKEN
from tests.unit.agent.recording import RecordingToolbox, results

WIRES = ("ollama", "openai")
QUESTION = ["what is the price of EURUSD?"]
# What becomes of each model; those that are not named are believed.
FALLBACKS: dict[str, Fallback] = {
    "malformed_json": "away",
    "html": "away",
    "cut_short": "away",
    "never_ends": "timeout",
    "ten_megabytes": "too_large",
    "one_long_line": "too_large",
    "empty_lines": "too_large",
    "endless_loop": "too_many_calls",
    "hundred_calls": "too_many_calls",
    "proposes_many": "bad_calls",
    "bad_arguments": "bad_calls",
    "unknown_tools": "bad_calls",
    **dict.fromkeys(
        (
            "silent",
            "prose",
            "no_statements",
            "unknown_statement",
            "deep_nesting",
            "statement_of_another_tool",
            "item_out_of_range",
            "more_fields",
            "proposes",
            "smuggles_lines",
            "prose_with_figures",
            "role_tokens",
            "json_within_prose",
            "fenced_json_with_prose",
            "two_fenced_blocks",
        ),
        "ungrounded",
    ),
}


def fast(name: str) -> dict[str, Any]:
    return {"seconds": 0.6} if name == "never_ends" else {}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
async def test_each_model_is_believed_or_replaced_by_the_narrator(
    name: str, wire: Any, model: Connect
) -> None:
    toolbox = RecordingToolbox()
    answer = await asked(QUESTION, model(wire, name), toolbox, comment=True, **fast(name))
    assert answer.fallback == FALLBACKS.get(name)
    assert "2351.25" in answer.response or name == "endless_loop"
    # Of all that models add, one thing is harmless.
    shown = {"comments": "The market looks quiet; please mind the costs."}
    assert answer.comment == shown.get(name)


def test_every_reason_to_fall_back_is_met() -> None:
    assert set(FALLBACKS.values()) == set(get_args(Fallback))
    assert set(FALLBACKS) <= set(BEHAVIOURS)


@pytest.mark.parametrize("wire", WIRES)
async def test_no_text_makes_anything_uncited_or_unknown_happen(wire: Any, model: Connect) -> None:
    server = model(wire, "obeys_the_question")
    for said in SPOKEN.values():
        await asked(said, server, RecordingToolbox(), comment=True)


@pytest.mark.slow
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
async def test_no_text_makes_any_model_do_or_say_more(name: str, wire: Any, model: Connect) -> None:
    server = model(wire, name)
    for said in SPOKEN.values():
        for allowed in ({"comment": True, "propose": True}, {}):
            await asked(said, server, RecordingToolbox(), **allowed, **fast(name))


async def test_no_text_makes_the_narrator_say_anything_uncited() -> None:
    for said in SPOKEN.values():
        await asked(said, None, RecordingToolbox())


@pytest.mark.parametrize("carrier", sorted(OUTSIDE))
async def test_no_text_from_outside_reaches_a_model(
    carrier: str, model: Connect, simulated: Simulated
) -> None:
    text = OUTSIDE[carrier]
    simulated.server.heard.clear()
    server = model("ollama", "good")
    for field in ("symbol", "quote"):
        usual = results("XAUUSD", "15m")["get_snapshot"]
        told = msgspec.structs.replace(usual, **{field: text})
        answer = await asked(QUESTION, server, RecordingToolbox({"get_snapshot": told}))
        if carrier != "symbol_name_of_letters" or field == "quote":
            assert answer.tool_calls[0].result == {"error": "bad_result"}
    if carrier != "symbol_name_of_letters":
        assert text not in msgspec.json.encode(simulated.server.heard).decode()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 429, 500, 503])
async def test_a_server_that_refuses_is_away_and_no_redirect_is_followed(
    status: int, wire: Any, model: Connect, simulated: Simulated
) -> None:
    simulated.server.heard.clear()
    server = model(wire, "good", f"/faults/{status}")
    answer = await asked(QUESTION, server, RecordingToolbox())
    assert (answer.fallback, answer.provider) == ("away", "builtin")
    assert simulated.server.heard == []


@pytest.mark.parametrize("wire", WIRES)
async def test_a_server_that_is_not_there_is_away(wire: Any) -> None:
    server = connect(wire, "http://127.0.0.1:9", "good", "", 1.0)
    assert server is not None
    answer = await asked(QUESTION, server, RecordingToolbox())
    assert answer.fallback == "away"
    status = await server.status()
    assert not status.reachable
    assert not status.gpu_available
    await server.close()


async def test_parameters_that_a_model_refuses_are_left_out_from_then_on(
    model: Connect, simulated: Simulated
) -> None:
    simulated.server.heard.clear()
    server = model("openai", "picky")
    for _ in range(2):
        assert (await asked(QUESTION, server, RecordingToolbox())).fallback is None
    limits = [heard.keys() & {"max_tokens", "temperature"} for heard in simulated.server.heard]
    assert limits[:3] == [{"max_tokens", "temperature"}, {"temperature"}, set()]
    assert limits[3:] == [set()] * len(limits[3:])
    assert simulated.server.heard[-1]["max_completion_tokens"] == 1_000


@pytest.mark.parametrize("wire", WIRES)
async def test_the_key_goes_to_the_server_and_its_prompt_holds_none(
    wire: Any, model: Connect, simulated: Simulated
) -> None:
    simulated.server.heard.clear()
    await asked(QUESTION, model(wire, "good"), RecordingToolbox())
    assert simulated.server.keys[-1] == f"Bearer {KEY}"
    assert KEY not in msgspec.json.encode(simulated.server.heard).decode()


@pytest.mark.parametrize("wire", WIRES)
async def test_thoughts_are_neither_shown_nor_sent_back(
    wire: Any, model: Connect, simulated: Simulated
) -> None:
    simulated.server.heard.clear()
    answer = await asked(QUESTION, model(wire, "thinks_aloud"), RecordingToolbox())
    assert answer.fallback is None
    assert SECRET not in msgspec.json.encode(simulated.server.heard).decode()


async def test_a_proposal_is_a_tool_only_where_it_is_allowed(model: Connect) -> None:
    toolbox = RecordingToolbox()
    answer = await asked(QUESTION, model("ollama", "proposes"), toolbox, propose=True)
    assert toolbox.asked == [("propose_trade", {"symbol": "XAUUSD", "direction": "long"})]
    assert answer.response.startswith("Decision for XAUUSD")
    assert answer.fallback is None


async def test_one_answer_makes_one_proposal_at_most(model: Connect) -> None:
    toolbox = RecordingToolbox()
    answer = await asked(QUESTION, model("openai", "proposes_many"), toolbox, propose=True)
    assert [name for name, _ in toolbox.asked] == ["propose_trade"]
    assert [call.ok for call in answer.tool_calls[:3]] == [True, False, False]


async def test_the_rules_are_the_same_whatever_was_said_before(
    model: Connect, simulated: Simulated
) -> None:
    simulated.server.heard.clear()
    for said in (QUESTION, SPOKEN["many_shot"], ["x" * 4_000] * 30):
        await asked(said, model("openai", "good"), RecordingToolbox())
    first = [heard["messages"] for heard in simulated.server.heard]
    assert len({messages[0]["content"] for messages in first}) == 1
    assert all(sum(len(each["content"] or "") for each in one) < 40_000 for one in first)


@pytest.mark.parametrize("wire", WIRES)
async def test_health_knows_whether_a_model_is_in_a_graphics_processor(
    wire: Any, model: Connect
) -> None:
    status = await model(wire, "good").status()
    assert status.reachable
    assert status.gpu_available == (wire == "ollama")


async def test_stores_that_are_away_end_the_answer_with_a_model_too(model: Connect) -> None:
    toolbox = RecordingToolbox({"get_snapshot": RedisUnavailable("away")})
    with pytest.raises(RedisUnavailable):
        await asked(QUESTION, model("ollama", "good"), toolbox)


async def test_who_leaves_ends_the_call_of_the_model(model: Connect) -> None:
    tasks = len(asyncio.all_tasks())
    server = model("ollama", "never_ends")
    question = Question(message=QUESTION[0], conversation_id="c1")
    events = ask(question, RecordingToolbox(), server, Options())
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.3)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await events.aclose()
    assert len(asyncio.all_tasks()) == tasks


async def test_calls_are_told_as_they_are_made(model: Connect) -> None:
    question = Question(message=QUESTION[0], conversation_id="c1")
    events = ask(question, RecordingToolbox(), model("openai", "good"), Options())
    first = await anext(events)
    assert isinstance(first, ToolCalled)
    assert first.call.arguments == msgspec.to_builtins(SnapshotArguments("EURUSD"))
    assert [type(event).__name__ async for event in events] == ["Stated", "Stated", "Done"]


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x", "http://", "http://user:pw@host", "http://host/?key=1", "file:///etc/passwd"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="LLM_URL"):
        connect("ollama", url, "m", "", 1.0)
