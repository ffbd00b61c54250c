"""Candles that a terminal pushes by its broker's clock are held in UTC under the plain name."""

from datetime import UTC, datetime

import numpy as np
import pytest
import time_machine

from core.series import Series
from feeds.simulator.metatrader.markets import H1, M5, XAUUSD, MadeMarket
from tests.integration.ea.stage import DAY, PLATFORM, Stage

MINUTE = 60


def second_of(text: str) -> int:
    """Return an instant (s)."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("monday", ["2026-03-09T12:00:01", "2026-11-02T12:00:01"])
def test_every_candle_over_a_change_of_clocks_is_held_at_its_instant(
    stage: Stage, monday: str
) -> None:
    stage.now = second_of(monday) - 3 * DAY  # noon of a Friday
    broker = stage.broker(days=1)
    (market,) = broker.markets.values()
    stage.to(stage.now, broker)
    agent = stage.feed(broker)
    offsets = set()
    pushed_from = stage.now - 15 * MINUTE
    for second in range(stage.now, second_of(monday), 15 * MINUTE):
        if not np.any((market.times > second - H1) & (market.times <= second)):
            continue  # the market has been closed for an hour: nothing is new
        stage.to(second, broker)
        agent.pace.now()
        answer = agent.on_timer()
        assert answer
        assert answer.status == 200, answer.body
        offsets.add(agent.answer["utc_offset_s"])
    assert offsets == {7_200, 10_800}
    assert agent.answer["zone"] == "NY+7"
    held = stage.stores.candles.read(stage.series)
    after = held.time > pushed_from
    mine = (market.times > pushed_from) & (market.times + M5 <= second)
    assert held.time[after].tolist() == market.times[mine].tolist()
    assert held.close[after].tolist() == market.bids[mine, -1].tolist()
    assert held.high[after].tolist() == market.bids[mine].max(axis=1).tolist()


def test_gold_under_another_name_and_hours_are_held_too(stage: Stage) -> None:
    gold = MadeMarket.make(XAUUSD, stage.now - 3 * DAY, stage.now + DAY)
    broker = stage.broker(days=3)
    broker.markets["GOLD"] = gold
    agent = stage.feed(broker, content_type="application/x-www-form-urlencoded")
    answer = agent.on_timer()
    assert answer
    assert answer.status == 200, answer.body
    hours = stage.stores.candles.read(Series(PLATFORM, "XAUUSD", H1))
    last = gold.finished(stage.now // H1 * H1)
    assert hours.time[-3:].tolist() == [stage.now // H1 * H1 - n * H1 for n in (3, 2, 1)]
    assert hours.close[-1] == gold.bids[last][-1, -1]


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("nul", [True, False])
def test_whatever_a_terminal_calls_its_body_it_is_read(
    stage: Stage, content_type: str | None, nul: bool
) -> None:
    agent = stage.feed(stage.broker(days=1), content_type=content_type, nul=nul)
    answer = agent.on_timer()
    assert answer
    assert answer.status == 200, answer.body


def test_a_clock_that_is_seconds_off_is_believed_and_one_that_jumps_is_not(
    stage: Stage, travel: time_machine.Traveller
) -> None:
    broker = stage.broker(days=1)
    assert stage.feed(broker).on_timer().status == 200  # type: ignore[union-attr]
    seconds_off = stage.broker(days=1, clock_off_s=40)
    assert stage.feed(seconds_off, gmt_off_s=40).on_timer().status == 200  # type: ignore[union-attr]
    stage.to(stage.now + 7 * DAY + 3_600, broker)  # far from any change of clocks
    hour_off = stage.broker(days=1, clock_off_s=7_200)
    answer = stage.feed(hour_off).on_timer()
    assert answer
    assert answer.status == 409
    assert b"NY+7" in answer.body
    assert b"confirm-clock" in answer.body
    held = stage.stores.candles.read(stage.series)
    assert np.all(held.time <= stage.now)
