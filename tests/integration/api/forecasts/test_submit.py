"""Forecasters outside this server hand in forecasts, which the ledger takes by its own rules."""

import json
from typing import Any

import numpy as np
import pytest

from core.clock.times import format_time, now_ms
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.ledger.ledger_rows import LATE
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from tasks.forecasts.score_forecasts import ForecastScorer
from tests.clocks import began
from tests.integration.api.conftest import Api

pytestmark = pytest.mark.clock

STEP = 300
SERIES = Series("coinbase", "BTC-USD", STEP)
# The clock of these tests stands 2 m 20 s into a candle: the newest finished one opened at -1.
Body = dict[str, Any]


def opening(ahead: int = 0) -> int:
    """Return the opening of the candle that is being made, or of one after or before it (s)."""
    return (began() // STEP + ahead) * STEP


def candles(first: int, closes: list[float], series: Series = SERIES) -> Candles:
    """Return finished candles that open from `first` on."""
    count, close = len(closes), np.array(closes)
    time = first + series.resolution * np.arange(count, dtype=np.int64)
    return Candles(time, close, close, close, close, np.ones(count),
                   np.full(count, -1), np.zeros(count, np.int64))  # fmt: skip


@pytest.fixture
def market(stores: Stores) -> Stores:
    """Twenty candles, the newest of which closed at 119 a moment ago."""
    stores.candles.write(SERIES, candles(opening(-20), [100.0 + n for n in range(20)]))
    return stores


def item(ahead: int = 1, **more: Any) -> Body:
    target = {"platform": "coinbase", "symbol": "BTC-USD", "resolution": "5m"}
    return target | {"opening": opening(ahead), "horizon": 1, "predicted": 119.5} | more


async def submit(api: Api, items: list[Body], **more: Any) -> Any:
    """Hand in forecasts of `mine`, and return the answer's body."""
    body = {"forecaster": "mine", "forecasts": items} | more
    answer = await api("POST", "/ledger/forecasts", body=json.dumps(body))
    assert answer.status_code == 200, answer.text
    return answer.json


async def rows(api: Api, **query: str) -> list[Body]:
    found: list[Body] = (await api("GET", "/ledger", params=query)).json["rows"]
    return found


async def test_a_forecast_from_outside_stands_in_the_chain_beside_ours(
    api: Api, market: Stores
) -> None:
    before = now_ms()
    told = await submit(api, [item(intervals={"0.8": [118, 121]}, prob_up=0.6)])
    assert (told["accepted"], told["late"], told["refused"], told["repeated"]) == (1, 0, [], 0)
    assert told["items"] == [{"index": 0, "state": "accepted", "seq": 1, "reason": None}]
    [row] = await rows(api, model="external.mine")
    assert (row["model"], row["ledger"], row["predicted"]) == ("external.mine", LIVE, 119.5)
    assert row["intervals"] == {"0.8": [118.0, 121.0]}
    assert row["baseline"] == {"last_price": 119.0}
    assert before <= market.ledger_reader.page(LIVE, {}, 0, 4_000_000_000, 1).rows[0].made_at
    assert verify_ledger(market.engine, market.heads).ok


@pytest.mark.parametrize(
    "said",
    [
        {"predicted": 120},
        {"predicted": None, "quantiles": {"0.5": 120, "0.1": 118, "0.9": 122, "0.025": 110,
                                          "0.975": 130}},
        {"quantiles": {"0.10": 118, "0.90": 120}, "intervals": {"0.95": [117, 121]}},
        {"horizon": 3, "opening": "ahead"},
    ],
)  # fmt: skip
async def test_a_point_quantiles_or_an_interval_will_do(
    api: Api, market: Stores, said: Body
) -> None:
    more = said | ({"opening": opening(3)} if said.get("opening") == "ahead" else {})
    assert (await submit(api, [item(**more)]))["accepted"] == 1


async def test_the_same_again_is_harmless_and_another_value_is_refused(
    api: Api, market: Stores
) -> None:
    await submit(api, [item()])
    told = await submit(api, [item(), item(predicted=120), item(2), item(2)])
    assert [one["state"] for one in told["items"]] == [
        "repeated", "conflict", "accepted", "repeated",
    ]  # fmt: skip
    assert (told["accepted"], told["repeated"], told["late"]) == (3, 2, 0)
    assert [one["index"] for one in told["refused"]] == [1]
    assert "never changes" in told["refused"][0]["reason"]
    assert [row["predicted"] for row in await rows(api)] == [119.5, 119.5]


async def test_what_comes_after_its_deadline_is_refused_and_counted_once(
    api: Api, market: Stores
) -> None:
    # 140 s into the candle that opens at 0, whose grace was 30 s.
    for _ in range(2):
        told = await submit(api, [item(0), item(-3), item(1, horizon=2)])
        assert (told["accepted"], told["late"], told["refused"]) == (0, 3, [])
    assert {one["reason"] for one in told["items"]} == {LATE}
    board = (await api("GET", "/scoreboard")).json["rows"]
    assert [(row["model"], row["horizon"], row["missed"], row["late"]) for row in board] == [
        ("external.mine", 1, 2, 2), ("external.mine", 2, 1, 1),
    ]  # fmt: skip
    page = (await api("GET", "/ledger", params={"model": "external.mine"})).json
    assert (page["rows"], page["missed"]) == ([], {LATE: 3})
    assert verify_ledger(market.engine, market.heads).ok


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"opening": "between"}, "no multiple of 300 s"),
        ({"symbol": "NONE-USD"}, "No candles are held of coinbase:NONE-USD:300"),
        ({"opening": "far"}, "at most 576 candles ahead"),
        ({"predicted": None}, "predicted is required"),
        ({"predicted": -1.0}, "above 0"),
        ({"predicted": 1e300}, "above 0"),
        ({"intervals": {"0.8": [121, 118]}}, "nested"),
        ({"intervals": {"0.8": [118, 121], "0.95": [119, 125]}}, "nested"),
        ({"intervals": {"0.5": [118, 121]}}, "none of 0.8, 0.95"),
        ({"quantiles": {"0.1": 118}}, "give both"),
        ({"quantiles": {"0.5": 120}}, "said twice"),
        ({"quantiles": {"nan": 120}}, "none of 0.025"),
        ({"opening": "2026-03-11T10:20:00.5Z"}, "whole seconds"),
    ],
)
async def test_an_item_that_cannot_be_is_refused_with_its_reason_and_hinders_no_other(
    api: Api, market: Stores, wrong: Body, said: str
) -> None:
    places = {"between": opening(1) + 1, "far": opening(700)}
    if wrong.get("opening") in places:
        wrong = {"opening": places[wrong["opening"]]}
    told = await submit(api, [item(**wrong), item()])
    assert (told["accepted"], told["late"]) == (1, 0)
    assert [one["index"] for one in told["refused"]] == [0]
    assert said in told["refused"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"forecasts": [], "forecaster": "mine"}, "forecasts"),
        ({"forecasts": [{}] * 1_001, "forecaster": "mine"}, "forecasts"),
        ({"forecasts": [{"symbol": "A", "resolution": 60}], "forecaster": "mine"}, "opening"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": 0, "x": 1}],
          "forecaster": "mine"}, "x is no field"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": 0, "prob_up": 1.2}],
          "forecaster": "mine"}, "prob_up"),
        ({"forecasts": [{"symbol": "A", "resolution": "7m", "opening": 0}], "forecaster": "mine"},
         "forecasts[0].resolution is not one of"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": "soon"}],
          "forecaster": "mine"}, "forecasts[0].opening"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": 0}], "forecaster": "a b"},
         "forecaster"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": 0}], "forecaster": "a" * 56},
         "forecaster"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": 0}],
          "forecaster": "boosting"}, "a model of this server's"),
        ({"forecasts": [{"symbol": "A", "resolution": 60, "opening": 0}], "forecaster": "mine",
          "ledger": "replay-1"}, "ledger"),
    ],
)  # fmt: skip
async def test_a_body_that_is_none_is_refused_as_a_whole_naming_the_field(
    api: Api, market: Stores, body: Body, said: str
) -> None:
    answer = await api("POST", "/ledger/forecasts", body=json.dumps(body))
    assert answer.status_code == 422
    assert said in answer.json["detail"]


async def test_it_is_scored_beside_last_price_on_the_scoreboard(api: Api, market: Stores) -> None:
    await submit(api, [item(1, intervals={"0.8": [118, 121]})])
    market.candles.write(SERIES, candles(opening(0), [119.25, 120.0]))
    assert ForecastScorer(lambda: opening(2) * 1_000 + 1_000).run(market) == 1
    [row] = (await api("GET", "/scoreboard")).json["rows"]
    assert (row["n"], row["scores"]["mae"], row["verdict"]) == (1, 0.5, "unproven")
    assert row["scores"]["coverage"] == {"0.8": 1.0, "0.95": None}
    assert (row["scores"]["brier"], row["scores"]["pinball"]) == (None, None)


async def test_a_forecast_made_early_is_judged_by_the_price_at_its_first_target(
    api: Api, market: Stores
) -> None:
    # It names 120, as the candle under way shows; last price would say 119 if it were asked now.
    await submit(api, [item(1, predicted=120.0)])
    market.candles.write(SERIES, candles(opening(0), [120.0, 120.0]))
    ForecastScorer(lambda: opening(2) * 1_000 + 1_000).run(market)
    [row] = await rows(api)
    assert (row["baseline"], row["later_price"]) == ({"last_price": 119.0}, 120.0)
    assert (row["error"], row["baseline_error"]) == (0.0, 0.0)
    assert verify_ledger(market.engine, market.heads).ok


async def test_forecasts_of_the_past_go_into_a_walked_ledger_and_never_into_the_live_one(
    api: Api, market: Stores
) -> None:
    past = [item(ahead, predicted=100.0 + 20 + ahead) for ahead in range(-10, 0)]
    told = await submit(api, past, ledger="walk.mine")
    assert (told["accepted"], told["late"], told["ledger"]) == (10, 0, "walk.mine")
    assert (await submit(api, past, ledger="walk.mine"))["repeated"] == 10
    ForecastScorer().run(market)
    walked = await rows(api, ledger="walk.mine")
    assert len(walked) == 10
    assert {row["error"] for row in walked} == {0.0}
    assert {row["baseline_error"] for row in walked} == {1.0}
    assert walked[0]["made_at"] == format_time(opening(-10) * 1_000)
    [board] = (await api("GET", "/scoreboard", params={"ledger": "walk.mine"})).json["rows"]
    assert (board["n"], board["scores"]["mae"]) == (10, 0.0)
    assert await rows(api) == []
    assert (await api("GET", "/scoreboard")).json["rows"] == []
    assert verify_ledger(market.engine, market.heads, "walk.mine").ok


async def test_a_walked_ledger_takes_no_future_and_nothing_without_a_past(
    api: Api, market: Stores
) -> None:
    told = await submit(api, [item(0), item(1), item(-20)], ledger="walk.mine")
    assert told["accepted"] == 0
    reasons = [one["reason"] for one in told["refused"]]
    assert ["no finished candle" in reason for reason in reasons] == [True, True, False]
    assert "fewer candles" in reasons[2]


async def test_over_a_closure_the_deadline_is_that_of_the_candle_before_it(
    api: Api, stores: Stores
) -> None:
    hour, week = 3_600, 604_800
    fx = Series("file", "EURUSD", hour)
    # Open for five days of each of the last eight weeks, the newest candle an hour old.
    newest = began() // hour * hour - hour
    time = np.arange(newest - 8 * week, newest + hour, hour, dtype=np.int64)
    time = time[(newest - time) % week < 5 * 86_400]
    flat, unknown = np.full(len(time), 1.1), np.full(len(time), -1)
    plain = np.zeros(len(time), np.int64)
    stores.candles.write(fx, Candles(time, flat, flat, flat, flat, flat, unknown, plain))
    monday = newest + hour + 2 * 86_400
    target = {"platform": "file", "symbol": "EURUSD", "resolution": "1h", "predicted": 1.1}
    told = await submit(
        api, [target | {"opening": monday, "horizon": horizon} for horizon in (1, 2)]
    )
    assert [one["state"] for one in told["items"]] == ["accepted", "late"]
    closed = target | {"opening": monday - hour}
    [refused] = (await submit(api, [closed]))["refused"]
    assert "the market is closed then" in refused["reason"]


async def test_reading_by_forecaster_finds_no_other_and_unknown_models_are_refused(
    api: Api, market: Stores
) -> None:
    await submit(api, [item()])
    assert len(await rows(api, model="external.mine")) == 1
    assert await rows(api, model="external.other") == []
    for wrong in ("oracle", "external.a b"):
        assert (await api("GET", "/ledger", params={"model": wrong})).status_code == 422
    target = ForecastTarget("coinbase", "BTC-USD", STEP, 1, "external.mine")
    assert market.ledger_reader.targets(LIVE) == {target: 1}
