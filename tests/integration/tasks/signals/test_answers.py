"""Predictions and signals over HTTP, with a real worker behind them."""

import asyncio
from typing import Any

import pytest

from core.clock.times import format_time, parse_time
from core.series import Series
from core.signals import HORIZONS, PREDICTION
from storage.models.answer_cache import Asked
from tests.integration.api.conftest import Api
from tests.integration.tasks.jobs.workbench import Workbench, eventually
from tests.integration.tasks.signals.market import NOISE, TREND, candles, shared_close

FEW = Series("file", "XAUUSD", 300)
PREDICTIONS, SIGNALS = "/api/v1/predictions", "/api/v1/signals"


async def post(api: Api, path: str, symbol: str = "BTC-USD", **more: Any) -> Any:
    """Ask for the answer about a symbol, six candles ahead."""
    answer = await api("POST", path, json={"symbol": symbol, "horizon": 6} | more)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.fixture(autouse=True)
def nothing_at_hand(bench: Workbench) -> None:
    """Forget answers that another test asked for."""
    for key in bench.stores.redis.scan_iter(match="answer:*"):
        bench.stores.redis.delete(key)


async def test_a_prediction_tells_the_range_of_the_next_candles_and_its_evidence(api: Api) -> None:
    body = await post(api, PREDICTIONS)
    data = body["data"]
    low, high = data["interval"]["0.9"]
    assert low <= data["predicted_low"] <= data["current_price"] <= data["predicted_high"] <= high
    assert data["delta_high_percent"] == pytest.approx(
        100 * (data["predicted_high"] / data["current_price"] - 1)
    )
    assert data["range_percent"] == pytest.approx(
        data["delta_high_percent"] - data["delta_low_percent"]
    )
    assert data["horizon_label"] == "scalping"
    assert data["timestamp"] == format_time(shared_close() * 1_000)
    assert parse_time(data["expires_at"], "") - parse_time(data["timestamp"], "") == 6 * 300_000
    assert 0.85 < data["coverage"]["0.9"] < 0.95
    assert data["confidence"]["mae"] > 0
    assert data["skill"]["baseline"] in ("ewma_range", "garch_range")
    assert data["input"] | {"last_time": "", "candles": 0} == {
        "last_time": "", "candles": 0, "gaps": [], "newest": True, "stale": False, "thin": False,
    }  # fmt: skip
    assert body["metadata"]["cached"] is False


async def test_an_answer_is_at_hand_until_the_next_candle_closes(
    api: Api, bench: Workbench
) -> None:
    first, second = await post(api, PREDICTIONS), await post(api, PREDICTIONS)
    assert second["metadata"]["cached"] is True
    assert second["data"] == first["data"]
    left = bench.stores.redis.pttl(f"answer:prediction:{NOISE}:6")
    assert 0 < left <= 300_000


async def test_requests_that_come_at_once_are_computed_once(api: Api) -> None:
    bodies = await asyncio.gather(*(post(api, PREDICTIONS) for _ in range(20)))
    assert len({body["data"]["made_at"] for body in bodies}) == 1


async def test_an_answer_from_old_candles_holds_until_something_is_written(
    api: Api, bench: Workbench
) -> None:
    data = (await post(api, PREDICTIONS))["data"]
    asked = Asked(PREDICTION, NOISE, 6)
    bench.stores.answers.keep(asked, data, 60_000, mark="another")
    assert bench.stores.answers.find(asked) is None
    mark = bench.stores.answers.look(asked).mark
    bench.stores.answers.keep(asked, data, 60_000, mark)
    assert bench.stores.answers.find(asked) is not None


async def test_on_noise_a_signal_is_hold_and_says_that_no_skill_is_proven(api: Api) -> None:
    data = (await post(api, SIGNALS))["data"]
    assert data["signal"]["type"] == "hold"
    assert sum(data["signal"]["probabilities"].values()) == pytest.approx(1)
    assert data["recommendation"]["action"] == "HOLD"
    assert data["recommendation"]["take_profit"] is None
    assert "no skill in direction is proven" in data["recommendation"]["reason"]
    assert data["price_range"] is None
    assert data["tpsl"] is None


async def test_where_direction_is_foreseen_a_signal_is_given_with_its_exits(api: Api) -> None:
    wanted = {"include_range": True, "include_tpsl": True}
    data = (await post(api, SIGNALS, "ETHUSDT", **wanted))["data"]
    assert data["platform"] == "binance"  # the only one that has it
    assert data["skill"]["verdict"] == "skilled"
    assert data["after_costs"]["1x"]["low"] > 0
    assert data["price_range"]["current"] > 0
    assert data["tpsl"]["probability_tp"] + data["tpsl"]["probability_sl"] <= 1
    advice, kind = data["recommendation"], data["signal"]["type"]
    assert advice["action"] == kind.upper()
    if kind == "hold":
        assert data["expected_value_percent"] <= 0
        return
    assert data["expected_value_percent"] > 0
    assert advice["risk_reward"] == "1:2"
    zone = advice["entry_zone"]
    low, high = sorted((advice["take_profit"], advice["stop_loss"]))
    assert low < zone["min"] < zone["max"] < high


async def test_every_signal_is_kept_once_and_shown_in_the_history(
    api: Api, bench: Workbench
) -> None:
    first = (await post(api, SIGNALS))["data"]
    bench.stores.redis.delete(f"answer:signal:{NOISE}:6")
    again = (await post(api, SIGNALS))["data"]
    assert again["id"] == first["id"]
    answer = await api("GET", f"{SIGNALS}/history?symbol=BTC-USD&type=hold&horizon=6&limit=1")
    page = answer.json["data"]
    assert page["signals"][0]["id"] == first["id"]
    assert page["signals"][0]["outcome"] is None
    assert page["pagination"] == {"total": 1, "limit": 1, "offset": 0, "has_more": False}
    answer = await api("GET", f"{SIGNALS}/history?symbol=BTC-USD&type=buy")
    assert answer.json["data"]["signals"] == []


async def test_without_a_trained_model_it_is_a_503_that_says_what_to_do(
    api: Api, bench: Workbench
) -> None:
    for path in (PREDICTIONS, SIGNALS):
        answer = await api("POST", path, json={"symbol": "BTC-USD", "horizon": 72})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["error"]["code"] == "MODEL_UNAVAILABLE"
        assert "POST /api/v1/models/train" in answer.json["error"]["message"]


async def test_what_is_not_offered_is_a_400_that_names_it(api: Api) -> None:
    for body, field in (
        ({"symbol": "BTC-USD", "horizon": 7}, "horizon"),
        ({"symbol": "NOPE", "horizon": 6}, "symbol"),
        ({"symbol": "BTC-USD", "horizon": 6, "platform": "binance"}, "symbol"),
    ):
        answer = await api("POST", PREDICTIONS, json=body)
        assert (answer.status_code, answer.json["error"]["details"]["field"]) == (400, field)
    valid = (await api("POST", PREDICTIONS, json={"symbol": "X", "horizon": 1})).json["error"]
    assert valid["details"]["valid_values"] == list(HORIZONS)


async def test_a_caller_who_does_not_wait_gets_a_task_with_the_answer(
    api: Api, bench: Workbench
) -> None:
    answer = await api(
        "POST",
        PREDICTIONS,
        json={"symbol": "BTC-USD", "horizon": 6},
        headers={"Prefer": "respond-async"},
    )
    assert answer.status_code == 202
    task_id = answer.json["task_id"]
    job = eventually(lambda: (j := bench.stores.jobs.get(task_id)).ended and j)
    assert job.result["predicted_high"] > 0


async def test_the_models_are_shown_with_their_scores(api: Api) -> None:
    await post(api, PREDICTIONS)
    body = (await api("GET", "/api/v1/models/status")).json["data"]
    names = {model["name"]: model for model in body["models"]}
    assert set(names) == {
        f"{kind}.{s.platform}.{s.symbol}.300.6"
        for kind in ("path_range", "barrier_signals")
        for s in (NOISE, TREND)
    }
    assert body["system"]["total_models"] == 4
    shown = names[f"barrier_signals.{TREND.platform}.{TREND.symbol}.300.6"]
    assert shown["type"] == "classifier"
    assert 0 < shown["metrics"]["f1_score"] <= 1
    details = (await api("GET", f"/api/v1/models/{shown['name']}/metrics")).json["data"]
    assert details["performance"]["auc"] > 0.5
    assert details["training"]["samples"] > 0
    assert details["training"]["training_time_seconds"] > 0
    assert details["feature_importance"][0]["importance"] > 0
    missing = await api("GET", "/api/v1/models/path_range.nobody/metrics")
    assert missing.status_code == 404


async def test_a_training_is_begun_once_and_refused_where_candles_are_too_few(
    api: Api, bench: Workbench
) -> None:
    series = Series("coinbase", "NEW-USD", 300)
    bench.stores.candles.write(series, candles(300, shared_close()))
    few = await api("POST", "/api/v1/models/train", json={"symbol": "NEW-USD"})
    assert (few.status_code, few.json["error"]["details"]["field"]) == (400, "symbol")
    begun = await api("POST", "/api/v1/models/train", json={"symbol": "BTC-USD", "horizons": [6]})
    assert begun.status_code == 202
    again = await api("POST", "/api/v1/models/train", json={"symbol": "BTC-USD", "horizons": [6]})
    assert again.status_code == 409


async def ask(api: Api, method: str, path: str, **more: Any) -> Any:
    """Ask for an answer about a market by the name that users say."""
    answer = await api(method, path, **more)
    assert answer.status_code == 200, answer.json
    return answer.json


async def test_what_is_foreseen_is_advised_and_noise_is_not(api: Api, bench: Workbench) -> None:
    active = await ask(
        api, "GET", "/api/signals/active",
        params={"symbols": "BTCUSD,eth-usdt", "timeframe": "5m", "include": "all"},
    )  # fmt: skip
    assert active["errors"] == []
    noise, trend = active["signals"]
    assert (noise["symbol"], noise["direction"]) == ("BTCUSD", "none")
    assert "no skill in direction is proven" in noise["reason"]
    assert [one["symbol"] for one in active["abstained"]][:1] == ["BTCUSD"]
    assert trend["skill"]["verdict"] == "skilled"
    for said in (noise, trend):
        assert said["prob_tp_first_baseline"] == pytest.approx(1 / 3)
        assert said["risk_reward_ratio"] == pytest.approx(2, rel=0.1)
        assert sum(said["outcome_probabilities"].values()) == pytest.approx(1)
        assert said["range_prediction"]["horizon"] == "30m"  # no range of one candle is trained
    again = await ask(
        api, "POST", "/generate/signal",
        json={"symbol": TREND.symbol, "platform": TREND.platform, "timeframe": "M5"},
    )  # fmt: skip
    assert (again["id"], again["timestamp"]) == (trend["id"], trend["timestamp"])


async def test_a_range_holds_about_three_of_four_paths_a_side(api: Api) -> None:
    body = {"symbol": "BTCUSD", "timeframe": "5m", "horizons": [6]}
    (found,) = await ask(api, "POST", "/predict/range", json=body)
    for side in ("high", "low"):
        assert 0.65 < found[f"confidence_{side}"] < 0.85
        assert found[f"delta_{side}"] > 0
    assert found["median_high"] - found["current_price"] < found["delta_high"]


async def test_a_phase_is_told_and_too_few_candles_are_refused(api: Api, bench: Workbench) -> None:
    found = await ask(api, "POST", "/api/amd/BTCUSD", params={"timeframe": "5m"})
    assert found["trading_bias"]["position_size"] == 0
    assert len(found["hypothesis"]["direction"]["looks"]) == 6
    bench.stores.candles.write(FEW, candles(100, shared_close()))
    answer = await api("POST", "/api/amd/XAUUSD", params={"timeframe": "5m"})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
