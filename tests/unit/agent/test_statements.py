"""Every sentence can be said in each language, of fields that there are, and holds no figure."""

import re
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from agent.statements import sayings
from agent.statements.said import Said
from agent.statements.statement import LANGUAGES, Statement, Unit
from agent.statements.words import WORDS
from agent.tools.explain import Term
from agent.tools.lookups import Lookups
from agent.tools.table import STATEMENTS, TOOLS
from agent.tools.tool import Tool
from tests.unit.agent.checker import figures, uncited
from tests.unit.agent.recording import RecordingToolbox

ALL = [pytest.param(tool, said, id=said.id) for tool, said in STATEMENTS.values()]


def types_of(tool: Tool, said: Statement) -> dict[str, Any]:
    """Return the types of all fields that a statement may name."""
    found = get_type_hints(tool.result)
    if said.of:
        (item,) = get_args(found[said.of])
        found |= get_type_hints(item)
    return found


def words_of(kind: Any) -> list[Any]:
    """Return the values of a closed list, however it is nested."""
    if kind is bool:
        return [True, False]
    inner = [each for arg in get_args(kind) if arg is not type(None) for each in words_of(arg)]
    return inner or ([kind] if isinstance(kind, str) else [])


def test_there_are_about_forty_statements_each_once() -> None:
    assert 40 <= len(STATEMENTS) == sum(len(tool.statements) for tool in TOOLS.values()) <= 60


@pytest.mark.parametrize(("tool", "said"), ALL)
def test_each_language_says_the_same_fields_of_the_result(tool: Tool, said: Statement) -> None:
    known = types_of(tool, said)
    assert set(said.fields) <= set(known)
    for language in LANGUAGES:
        assert set(said.names_in(language)) == set(said.fields)
        assert figures(re.sub(r"{\w+}", "", said.template(language))) == []
    same_in_all = {"explained", "position_exits"}
    assert (len({said.en, said.es, said.pt}) == 1) == (said.id in same_in_all)


@pytest.mark.parametrize(("tool", "said"), ALL)
def test_every_word_of_a_closed_list_can_be_said(tool: Tool, said: Statement) -> None:
    known = types_of(tool, said)
    for name, unit in said.fields.items():
        if unit is Unit.WORD:
            words = words_of(known[name])
            assert words
            assert {str(word).lower() if word in (True, False) else word for word in words} <= set(
                WORDS
            )


def test_what_is_said_without_a_result_has_no_figure() -> None:
    said = [value for value in vars(sayings).values() if isinstance(value, Said)]
    every = [*said, *sayings.CAN_ASK, *sayings.ERRORS.values(), *WORDS.values()]
    assert [text for one in every for text in one if figures(text)] == []


async def test_every_statement_is_said_of_the_results_with_all_its_figures_cited() -> None:
    lookups = Lookups(RecordingToolbox(), lambda _: None, propose=True)
    for tool in TOOLS.values():
        lookups.calls.clear()
        given = {"symbol": "XAUUSD", "direction": "long", "term": "skill"}
        asked = {name: given[name] for name in required(tool)}
        call = await lookups.call(tool.name, msgspec.json.encode(asked))
        for said in tool.statements:
            # The sealed signal that has ended is the second of its list.
            item = 1 if said.id == "ledger_outcome" else 0
            for language in LANGUAGES:
                line = lookups.say(said.id, call.id, item, language)
                assert line is not None, said.id
                answer = {
                    "response": line.text,
                    "tool_calls": [msgspec.to_builtins(call)],
                    "citations": msgspec.to_builtins(line.citations),
                    "comment": None,
                }
                assert uncited(answer) == []


def required(tool: Tool) -> list[str]:
    """Return the names of the arguments that a tool cannot do without."""
    return [one.name for one in msgspec.structs.fields(tool.arguments) if one.required]


def test_the_glossary_has_every_term() -> None:
    assert set(get_args(Term)) <= set(WORDS)


async def test_a_statement_whose_value_is_missing_is_not_said() -> None:
    lookups = Lookups(RecordingToolbox(), lambda _: None, propose=False)
    call = await lookups.call("get_ledger", b'{"symbol": "XAUUSD"}')
    assert lookups.say("ledger_outcome", call.id, 0, "en") is None
    assert lookups.say("ledger_row", call.id, 7, "en") is None
    assert lookups.say("price_now", call.id, 0, "en") is None
    assert lookups.say("ledger_row", "t9", 0, "en") is None
