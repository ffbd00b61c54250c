"""Whether signals flow, told to watchers, to landing pages and to subscribers."""

from typing import Any

import pytest
from sqlalchemy import text

from core.clock.times import now_ms
from core.errors import RedisUnavailable
from core.forecast_target import ForecastTarget
from core.series import make_series
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.candles.candle_columns import Candles
from storage.database import writing
from storage.jobs.worker_faults import WORKERS
from storage.ledger.signal_rows import SealedSignal
from storage.stores import Stores
from tasks.signals.note_uptime import note_uptime
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal
from tests.made_runs import enter_run, run

pytestmark = pytest.mark.clock


@pytest.fixture(autouse=True)
def _working(stores: Stores) -> None:
    for role in WORKERS:
        stores.workers.heartbeat(f"{role}@host", "", {"role": role, "at": now_ms() + 60_000})


def many(count: int) -> list[ForecastTarget]:
    """Return slots of many symbols."""
    return [ForecastTarget("mt5", f"S{n}", 3_600, 12, "barrier_signals") for n in range(count)]


def offer(stores: Stores, targets: list[ForecastTarget]) -> None:
    """Offer slots since long ago."""
    stores.slots.offer(targets)
    with writing(stores.engine) as connection:
        connection.execute(text("UPDATE signal_slots SET offered_since = 0"))


async def health(api: Api) -> tuple[int, Any]:
    answer = await api.bare("GET", "/api/health")
    return answer.status_code, answer.json


async def test_without_slots_all_is_well(api: Api) -> None:
    code, body = await health(api)
    assert (code, body["status"], body["db"], body["reasons"]) == (200, "ok", "ok", None)
    assert body["api_version"]
    assert (body["stale_pred_count"], body["total_active_slots"]) == (0, 0)
    assert body["last_prediction"] is body["pred_lag_minutes"] is body["btc_lag_minutes"] is None


@pytest.mark.parametrize(
    ("current", "code", "status"),
    [(10, 200, "ok"), (9, 200, "ok"), (8, 503, "degraded"), (5, 503, "down")],
)
async def test_the_share_of_stale_slots_says_how_bad_it_is(
    api: Api, stores: Stores, seal: Seal, current: int, code: int, status: str
) -> None:
    targets = many(10)
    offer(stores, targets)
    rows: list[SealedSignal] = [seal(target) for target in targets[:current]]
    found, body = await health(api)
    assert (found, body["status"]) == (code, status)
    assert (body["stale_pred_count"], body["total_active_slots"]) == (10 - current, 10)
    assert body["pred_lag_minutes"] == round((now_ms() - rows[0].made_at) / 60_000, 1)
    assert (body["reasons"] is None) == (status == "ok")


async def test_a_slot_that_is_offered_since_a_moment_is_not_stale(api: Api, stores: Stores) -> None:
    stores.slots.offer([EURUSD])
    assert (await health(api))[0] == 200


async def test_a_late_feed_and_a_silent_worker_are_reasons(api: Api, stores: Stores) -> None:
    series = make_series("mt5", "EURUSD", "15m")
    stores.freshness.note(stores.freshness.late([series]))
    stores.workers.heartbeat("worker@host", "", {"role": "worker", "at": now_ms() - 60_000})
    code, body = await health(api)
    assert (code, body["status"]) == (503, "degraded")
    assert body["reasons"] == ["1 series of feeds are late", "worker worker is not well"]
    note_uptime(stores, "BTC-USD")
    assert (await api.bare("GET", "/api/public/stats")).json["uptime_pct_30d"] == 0.0


async def test_figures_for_a_landing_page_need_no_key_and_any_page_may_ask(
    api: Api, stores: Stores, seal: Seal
) -> None:
    seal(EURUSD)
    last = seal(GOLD, type="hold")
    enter_run(stores.registry, run(target=GOLD))
    note_uptime(stores, "BTC-USD")
    answer = await api.bare("GET", "/api/public/stats")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=60" in answer.headers["Cache-Control"]
    body = answer.json
    assert body["ledger_head"] == {"count": 2, "hash": last.hash}
    assert (body["total_signals_24h"], body["directional_signals_24h"]) == (2, 1)
    assert (body["active_models"], body["monitored_pairs"]) == (1, 2)
    assert body["uptime_pct_30d"] == 100.0


async def subscriber(api: Api, stores: Stores, path: str, tier: str) -> Any:
    account = stores.accounts.create(NewAccount(user_name="robot"), tier)
    plain = stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]
    return (await api.bare("GET", path, headers={"X-API-Key": plain})).json


async def test_the_status_shows_slots_in_the_plan_and_the_rest_to_owners(
    api: Api, stores: Stores, seal: Seal
) -> None:
    offer(stores, [EURUSD, GOLD])
    seal(GOLD)
    own = (await api("GET", "/api/status")).json
    eurusd, gold = own["slots"]
    assert (eurusd["symbol"], eurusd["stale"], eurusd["why"]) == ("EURUSD", True, "no signal yet")
    assert (gold["timeframe"], gold["stale"], gold["why"]) == ("H1", False, None)
    assert gold["model_v"] == "lgbm_XAUUSD_H1_vabcdef01"
    assert {"feeds", "workers", "queues"} <= own.keys()
    other = await subscriber(api, stores, "/api/status", "basic")
    assert [slot["symbol"] for slot in other["slots"]] == ["XAUUSD"]
    assert not {"feeds", "workers", "queues"} & other.keys()


async def test_models_tell_what_their_walk_forward_showed(api: Api, stores: Stores) -> None:
    stores.slots.offer([EURUSD, GOLD])
    trades = {"trades": 40, "mean": 0.1, "profit_factor": 1.42, "profit_factor_low": 0.9}
    scores = {
        "direction": {
            "auc": 0.621,
            "ece": 0.02,
            "skill": {"value": 0.01, "low": -0.1, "high": 0.2},
        },
        "after_costs": {"1x": trades},
    }
    enter_run(stores.registry, run(target=GOLD, scores=scores, metadata={"features": 7}))
    few = {"after_costs": {"1x": trades | {"trades": 29}}}
    enter_run(stores.registry, run("run-2", EURUSD, scores=few))
    body = await subscriber(api, stores, "/api/models", "basic")
    assert body["count"] == 2
    eurusd, gold = body["models"]
    assert (gold["auc_wf"], gold["pf_wf"], gold["pf_wf_low"], gold["ece_wf"]) == (
        0.621, 1.42, 0.9, 0.02,
    )  # fmt: skip
    assert (gold["in_plan"], eurusd["in_plan"]) == (True, False)
    assert (gold["trades_wf"], gold["features"], gold["is_active"]) == (40, 7, True)
    assert (eurusd["pf_wf"], eurusd["auc_wf"]) == (None, None)


async def test_the_market_that_never_closes_shows_that_the_pipe_lives(
    api: Api, stores: Stores
) -> None:
    series = make_series("coinbase", "BTC-USD", "1m")
    stores.watches.add(series)
    opened = now_ms() // 60_000 * 60 - 180
    stores.candles.write(series, Candles.from_rows([[opened, 1, 1, 1, 1, 1, 1, 0]]))
    assert (await health(api))[1]["btc_lag_minutes"] == pytest.approx(2.5, abs=0.6)


async def test_while_redis_is_away_the_service_is_down_and_says_so_without_names(
    api: Api, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise RedisUnavailable("Redis does not answer.")

    monkeypatch.setattr(type(stores.board), "newest", away)
    code, body = await health(api)
    assert (code, body["status"], body["db"]) == (503, "down", "ok")
    assert body["reasons"] == ["redis does not answer"]
