"""Sixty questions as traders ask them, over HTTP and real stores: the right tool, right numbers."""

import csv
import json
import statistics
import time
from pathlib import Path

import pytest

from core.clock.times import now_ms
from core.series import Series
from storage.stores import Stores
from tests.integration.api.agent.test_models import uncited
from tests.integration.api.conftest import Api
from tests.integration.tasks.signals.test_phases_told import made
from tests.unit import agent

QUESTIONS = Path(agent.__path__[0]) / "questions.tsv"
MARKETS = ("XAUUSD", "EURUSD", "GBPUSD", "BTCUSD", "ETHUSD")


@pytest.mark.slow
async def test_fifty_seven_of_sixty_questions_are_looked_up_where_they_should_be(
    api: Api, stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    for symbol in MARKETS:
        for length in (900, 3_600):
            closed = now_ms() // 1_000 // length * length
            stores.candles.write(Series("file", symbol, length), made(300, closed))
    with QUESTIONS.open() as lines:
        asked = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    right, beyond, wrong = 0, [], []
    for one in asked:
        began = time.perf_counter()
        told = await api("POST", "/api/v1/chat", json={"message": one["question"]})
        took = 1_000 * (time.perf_counter() - began)
        answer = told.json
        assert uncited(answer) == []
        calls = [(call["name"], call["arguments"]) for call in answer["tool_calls"]]
        wanted = json.loads(one["arguments"])
        fits = any(name == one["tool"] and wanted.items() <= given.items() for name, given in calls)
        right += fits
        wrong += [] if fits else [(one["question"], calls)]
        beyond.append(took - sum(call["ms"] for call in answer["tool_calls"]))
    with capsys.disabled():
        p50 = statistics.median(beyond)
        print(f"{right} of {len(asked)} right; {p50:.1f} ms p50 beyond tools; {wrong}")
    assert right >= 57
