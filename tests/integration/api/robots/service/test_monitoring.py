"""What the operator watches: who may see it, and that it agrees with what was done."""

import pytest

from core.answers.input_health import InputHealth, InputReport
from core.clock.times import format_time, now_ms
from core.jobs import JobError
from core.settings import Settings
from storage.access.access_keys import READER, SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.executions.heartbeats import Said
from storage.sales.sales_tables import admin_audit
from storage.stores import Stores
from tasks.record.join_executions import join_executions
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal
from tests.integration.api.robots.shape_text import Shape
from tests.integration.api.robots.test_source_shapes import report
from tests.made_runs import enter_run, run

pytestmark = pytest.mark.clock
PATH = "/admin/monitoring-data"
SECRET = "an admin secret of more than 32 characters"
WORDS = """{n:int, by_word:{BUY:int, SELL:int, NO_TRADE:int}, by_slot:[{symbol:str, tf_code:str,
    n_buy:int, n_sell:int, n_no_trade:int}], by_confidence:[{low:float, high:float, n:int}]}"""
SHAPE = f"""{{as_of:iso, ea_health:[{{account_id:int, name:str, tier:str,
    status:online|late|offline|never, mins_since:float|null, version:str|null,
    clock_offset_s:int|null, reports_24h:int, copied_pct_7d:float|null}}],
    signals_distribution:{{24h:{WORDS}, 7d:{WORDS}}},
    feature_health:[{{symbol:str, tf_code:str, feature:str, psi:float|null, missing_pct:float,
    status:ok|watch|drift|missing|unknown}}],
    models_24h:[{{symbol:str, tf_code:str, model_v:str|null,
    event:trained|promoted|refused|failed, at:iso, reason:str}}],
    feeds:[{{platform:str, symbols:[str], last_candle:iso|null, utc_offset_s:int|null,
    zone:str|null, clock_offset_s:int|null, terminals:[{{server:str, company:str, build:int,
    demo:bool, last_seen_at:iso, connected?:bool}}], late:[str]}}],
    webhooks:{{received_24h:int, failed:int, unmatched:int}}, mails:{{waiting:int, failed:int}},
    slots:{{expected:int, active:int, stale:int}}}}"""


@pytest.fixture
def settings(redis_settings: Settings) -> Settings:
    """Settings of an operator who has a secret."""
    return redis_settings.model_copy(update={"admin_secret": SECRET})


def holding(inputs: list[InputHealth]) -> InputReport:
    return InputReport(now_ms(), None, inputs)


async def test_all_that_is_watched_agrees_with_what_was_done(
    api: Api, stores: Stores, seal: Seal
) -> None:
    seal(EURUSD, 24 * 4 * 3, confidence=0.31)
    followed, other = seal(GOLD, 1, confidence=0.55), seal(GOLD, 2, type="sell", confidence=1.0)
    seal(EURUSD, type="hold", confidence=0.1)
    stores.inputs.put(
        GOLD, holding([InputHealth("level", 0.3, 0.0), InputHealth("macd", 0.1, 6.0)])
    )
    account = stores.accounts.create(NewAccount(user_name="Ana", tfs_allowed=(3_600,)), "pro")
    stores.accounts.create(NewAccount(user_name="Bia"), "basic")
    stores.heartbeats.note(account.id, "X:1", Said(version="1.2", clock_offset_s=3))
    robot = {"X-API-Key": stores.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]}
    opened = format_time(followed.made_at + 1_000)
    body = report(opened_at=opened, pred_id=followed.seq, symbol="XAUUSD", timeframe="H1")
    assert (await api.bare("POST", "/api/executions", json=body, headers=robot)).json["matched"]
    join_executions(stores)
    beat = {"version": "1.2", "skipped": [{"pred_id": other.seq, "why": "spread"}]}
    beaten = await api.bare("POST", "/api/ea/heartbeat", json=beat, headers=robot)
    assert beaten.status_code == 200
    first = enter_run(stores.registry, run("first", GOLD, created_at=now_ms() - 5_000))
    against = {"comparisons": [{"against": {"champion": {}}}], "reason": "It is no better."}
    enter_run(stores.registry, run("next", GOLD, promoted=False, decision=against), first.id)
    asked = {"platform": "mt5", "symbol": "EURUSD", "resolution": 900}
    job = stores.jobs.create("train_outlook", [("train_outlook", "train")], asked)
    lease = stores.jobs.claim(job.id, 0, "worker")
    assert lease
    stores.jobs.fail(lease, JobError("invalid_request", "No candles are held."))

    told = (await api("GET", PATH)).json
    assert list(Shape.parse(SHAPE).problems(told)) == []
    ana, bia = told["ea_health"]
    assert (ana["name"], ana["status"], ana["version"], ana["clock_offset_s"]) == (
        "Ana", "online", "1.2", 3,
    )  # fmt: skip
    # Of the two signals on gold that she may see, and not of the one on EURUSD M15: as the
    # account's own page says it. Whose robot was never there could copy none.
    assert (ana["reports_24h"], ana["copied_pct_7d"]) == (1, 50.0)
    assert (bia["status"], bia["reports_24h"], bia["copied_pct_7d"]) == ("never", 0, None)
    own = (await api.bare("GET", "/api/account/executions?days=7", headers=robot)).json
    assert own["summary"]["copy"]["coverage"]["pct"] == 50.0
    day, week = told["signals_distribution"]["24h"], told["signals_distribution"]["7d"]
    assert (day["n"], week["n"]) == (3, 4)
    assert day["by_word"] == {"BUY": 1, "SELL": 1, "NO_TRADE": 1}
    assert [one["n"] for one in week["by_confidence"]] == [0, 1, 0, 1, 0, 1, 0, 0, 0, 1]
    assert week["by_slot"][1] == {
        "symbol": "XAUUSD", "tf_code": "H1", "n_buy": 1, "n_sell": 1, "n_no_trade": 0,
    }  # fmt: skip
    found = {one["feature"]: one["status"] for one in told["feature_health"]}
    assert found == {"level": "drift", "macd": "missing"}
    assert [(one["symbol"], one["event"]) for one in told["models_24h"]] == [
        ("EURUSD", "failed"), ("XAUUSD", "refused"), ("XAUUSD", "trained"),
    ]  # fmt: skip
    assert told["models_24h"][0]["reason"] == "No candles are held."
    assert told["slots"] == {"expected": 2, "active": 1, "stale": 1}


async def test_with_nothing_to_watch_all_of_it_is_empty(api: Api) -> None:
    told = (await api("GET", PATH)).json
    assert list(Shape.parse(SHAPE).problems(told)) == []
    assert (told["ea_health"], told["feature_health"], told["models_24h"]) == ([], [], [])
    assert told["signals_distribution"]["7d"]["n"] == 0


async def test_the_owner_s_key_and_the_secret_open_it_and_no_other_key_does(
    api: Api, stores: Stores, key: str
) -> None:
    account = stores.accounts.create(NewAccount(user_name="Ana"), "owner").id
    keys = [
        stores.keys.create(READER, "x")[0],
        stores.keys.create(SUBSCRIBER, "x", account_id=account)[0],
        stores.keys.create("owner", "x", scopes=["ingest:*"])[0],
    ]
    answers = [
        await api.bare("GET", PATH, headers=headers)
        for headers in (
            {"X-API-Key": key},
            {"X-Admin-Secret": SECRET},
            {"X-Admin-Secret": "wrong", "X-API-Key": key},
            {},
            {"X-API-Key": "tck_none"},
            *({"X-API-Key": one} for one in keys),
        )
    ]
    assert [one.status_code for one in answers] == [200, 200, 401, 401, 401, 403, 403, 403]
    assert answers[0].headers["cache-control"] == "no-store"
    with stores.engine.connect() as connection:
        rows = connection.execute(admin_audit.select().order_by(admin_audit.c.number)).all()
    assert [(row.path, row.secret, row.status) for row in rows[:3]] == [
        (PATH, "key", 200), (PATH, "current", 200), (PATH, "wrong", 401),
    ]  # fmt: skip


async def test_the_owner_s_key_opens_no_other_route_of_the_operator(api: Api) -> None:
    for method, path in (("GET", "/admin/keys"), ("POST", PATH), ("GET", f"{PATH}/more")):
        answer = await api(method, path)
        assert answer.status_code in (401, 405), (method, path)


async def test_what_is_documented_has_the_same_shape(api: Api) -> None:
    document = (await api("GET", "/openapi.json")).json
    described = document["paths"][PATH]["get"]
    assert described["security"] == [{"AdminSecret": []}, {"ApiKey": []}]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    parts = document["components"]["schemas"]
    assert list(Shape.parse(SHAPE).schema_problems(schema, parts)) == []
