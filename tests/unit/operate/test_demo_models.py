"""The demo has models trained once the history is there, one market after another."""

import json
from types import SimpleNamespace
from typing import Any, cast

from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.feed_agent import FeedAgent
from feeds.simulator.metatrader.markets import EURUSD, GBPUSD
from feeds.simulator.metatrader.web_request import Answer
from operate.commands.demo_fx import FirstModels


def test_models_are_asked_for_once_the_history_is_there_and_the_next_close_is_told() -> None:
    asked, statuses = list[Any](), [503, 202, 409]

    def send(method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        asked.append((path, json.loads(body)["symbol"]))
        return Answer(statuses.pop(0))

    def held(until: int) -> slice:
        return slice(0, 120)

    feed = SimpleNamespace(accepted=259)
    every = EURUSD, GBPUSD
    made = {one.symbol: SimpleNamespace(instrument=one, finished=held) for one in every}
    broker = SimpleNamespace(markets=made, now_ms=1_790_000_001_000)
    models = FirstModels(cast(FeedAgent, feed), cast(Broker, broker), send, "key")
    models.on_timer()
    assert (asked, models.state()) == ([], "")
    feed.accepted = 260
    models.on_timer()
    assert models.state().startswith("models: 503")
    for _ in range(4):
        models.on_timer()
    assert [symbol for _, symbol in asked] == ["EURUSD", "EURUSD", "GBPUSD"]
    assert {path for path, _ in asked} == {"/api/v1/models/train"}
    assert models.state().endswith("at 14:15:00 UTC at the earliest")
    broker.now_ms += 600_000
    assert models.state().endswith("at 14:15:00 UTC at the earliest")
