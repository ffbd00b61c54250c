"""Models that lie, break and obey whoever writes to them, behind the whole application."""

import json
import unicodedata
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

import api.app
from agent.simulator.behaviour import BEHAVIOURS, SECRET
from agent.simulator.server import ModelSimulator
from agent.tools.table import TOOLS
from agent.wires.connect import connect
from agent.wires.model_server import ModelServer
from core.answers.chat import Provider
from core.series import Series
from core.settings import Settings
from feeds.simulator.running import serving
from storage.access.access_keys import TRADER
from storage.database import reading
from storage.stores import Stores
from storage.tables import metadata
from tests.integration.api.agent.test_chat import PRICE, ask
from tests.integration.api.conftest import Api
from tests.integration.api.signals.conftest import gold, keep, said  # noqa: F401
from tests.unit.agent.injections import SPOKEN

pytestmark = pytest.mark.clock
KEY = "key-of-the-model-server-31337"
WIRES: tuple[Provider, ...] = ("ollama", "openai")
# What a model may try that takes no longer than an answer.
MODES = (
    "good", "proposes", "unknown_tools", "obeys_the_question", "echoes_its_rules", "two_ends",
    "right_at_second", "thinks_aloud", "smuggles_lines", "comments",
)  # fmt: skip


class Switched:
    """A model server in whose place a test puts another."""

    server: ModelServer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)


@pytest.fixture(scope="module")
def models() -> Iterator[str]:
    with serving(ModelSimulator().app()) as url:
        yield url


@pytest.fixture
def settings(redis_settings: Settings) -> Settings:
    told = {"llm_provider": "ollama", "llm_url": "http://127.0.0.1:9", "llm_model": "m"}
    return redis_settings.model_copy(update=told | {"llm_key": KEY, "llm_timeout_s": 5.0})


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> Switched:
    made = Switched()
    monkeypatch.setattr(api.app, "connect", lambda *_: made)
    return made


def rows(stores: Stores) -> dict[str, list[Any]]:
    """Return all that SQL holds but conversations: orders, decisions, limits, accounts, keys."""
    with reading(stores.engine) as connection:
        return {
            name: connection.execute(select(table)).fetchall()
            for name, table in metadata.tables.items()
            if not name.startswith("conversation")
        }


def uncited(answer: dict[str, Any]) -> list[str]:
    """Return the number-like characters that stand in no citation, and citations of nothing."""
    results = {call["id"]: call["result"] for call in answer["tool_calls"]}
    lines, wrong = answer["response"].split("\n"), []
    covered: set[tuple[int, int]] = set()
    for one in answer["citations"]:
        place = range(one["start"], one["start"] + len(one["text"]))
        if lines[one["line"]][place.start : place.stop] != one["text"]:
            wrong.append(f"{one['text']!r} does not stand there")
        if json.dumps(one["value"]) not in json.dumps(results[one["tool_call"]]):
            wrong.append(f"{one['value']!r} is in no result")
        covered |= {(one["line"], column) for column in place}
    return wrong + [
        f"{character!r} in {line!r}"
        for number, line in enumerate(lines)
        for column, character in enumerate(line)
        if unicodedata.category(character)[0] == "N" and (number, column) not in covered
    ]


def check(answer: dict[str, Any]) -> None:
    """Hold an answer against what must hold of all of them."""
    assert uncited(answer) == []
    assert {call["name"] for call in answer["tool_calls"]} <= {*TOOLS, "unknown"}
    assert len(answer["tool_calls"]) <= 6
    text = json.dumps(answer)
    assert SECRET not in text
    assert KEY not in text
    assert answer["comment"] is None


async def matrix(api: Api, stores: Stores, url: str, switched: Switched, cases: Any) -> int:
    """Ask all cases of models and texts, and look at everything afterwards; returns how many."""
    key = {"X-API-Key": stores.keys.create("owner", "asks")[0]}
    stores.keys.create(TRADER, "other tenant", account_id=7)
    before, asked = rows(stores), 0
    for wire, mode, texts in cases:
        server = connect(wire, url, mode, KEY, 5.0)
        assert server is not None
        switched.server = server
        more: dict[str, str] = {}
        for text in texts:
            body = {"message": text[:4_000], **more}
            told = await api("POST", "/api/v1/chat", json=body, headers=key)
            assert told.status_code == 200, (wire, mode, told.text)
            check(told.json)
            more = {"conversation_id": told.json["conversation_id"]}
            asked += 1
        await server.close()
    assert rows(stores) == before
    return asked


async def test_what_a_model_does_changes_nothing_and_leaves_no_number_without_its_source(
    api: Api,
    stores: Stores,
    models: str,
    switched: Switched,
    capsys: pytest.CaptureFixture[str],
    gold: Series,  # noqa: F811
) -> None:
    cases = [(wire, mode, [PRICE]) for wire, mode in product(WIRES, MODES)]
    cases += [("ollama", "obeys_the_question", texts) for texts in list(SPOKEN.values())[:6]]
    assert await matrix(api, stores, models, switched, cases) > 20
    metrics = (await api("GET", "/metrics/prometheus")).text
    said_there = capsys.readouterr().out + metrics
    assert SECRET not in said_there
    assert KEY not in said_there


@pytest.mark.slow
async def test_the_whole_corpus_by_both_wires_and_all_that_a_model_tries(
    api: Api,
    stores: Stores,
    models: str,
    switched: Switched,
    capsys: pytest.CaptureFixture[str],
    gold: Series,  # noqa: F811
) -> None:
    cases: list[Any] = list(product(WIRES, MODES, SPOKEN.values()))
    cases += product(WIRES, BEHAVIOURS, [[PRICE]])
    asked = await matrix(api, stores, models, switched, cases)
    metrics = (await api("GET", "/metrics/prometheus")).text
    said_there = capsys.readouterr().out + metrics
    assert SECRET not in said_there
    assert KEY not in said_there
    with capsys.disabled():
        print(f"{asked} questions, {len(BEHAVIOURS)} models, 2 wires: nothing changed")


async def test_a_model_that_is_away_leaves_the_narrator_and_health_degraded(
    api: Api,
    gold: Series,  # noqa: F811
) -> None:
    found = await ask(api, PRICE)
    assert (found["provider"], found["degraded"], found["fallback"]) == ("builtin", True, "away")
    assert found["citations"]
    health = (await api("GET", "/api/v1/health")).json
    assert (health["llm_provider"], health["model"]) == ("ollama", "m")
    assert (health["status"], "model" in health["reasons"]) == ("degraded", True)
