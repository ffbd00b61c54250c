"""The record of signals is shown as a worker computed it, by plan, or to all where it is public."""

import asyncio

import msgspec
import pytest

from core.answers.record import PERFORMANCE, RecordScope, SignalFigures
from core.settings import Settings
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.ledger.signal_rows import SignalOutcome
from storage.stores import Stores
from tasks.record.compute_record import compute_record
from tasks.record.performance import performance
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal, seal

__all__ = ["seal"]
pytestmark = pytest.mark.clock
PATH = "/api/performance"
FIELDS = (
    "n", "n_directional", "n_missed", "coverage", "n_resolved", "win_rate", "win_rate_low",
    "win_rate_high", "profit_factor", "profit_factor_low", "profit_factor_high", "expectancy_r",
    "expectancy_r_low", "expectancy_r_high", "expectancy_bps", "max_drawdown_r", "open_r",
    "worst_open_r", "sharpe_daily", "sharpe_low", "sharpe_high", "versus_hold_bps",
    "random_entry_percentile", "p_value", "p_value_holm", "verdict",
)  # fmt: skip


def compute(stores: Stores, scope: RecordScope) -> None:
    """Do what a worker does once it is told."""
    compute_record(stores, PERFORMANCE, msgspec.to_builtins(scope))


@pytest.fixture
def record(stores: Stores, seal: Seal) -> None:
    """Three signals, two with what came of them."""
    won, lost = seal(GOLD, 30), seal(EURUSD, 30)
    seal(EURUSD, 1)
    came = [SignalOutcome(won.seq, 0.2, "take_profit", "buy"),
            SignalOutcome(lost.seq, -0.1, "stop_loss", "sell")]  # fmt: skip
    stores.sealed.record_outcomes(came)


async def test_a_record_is_computed_once_and_shown_until_it_is_a_minute_old(
    api: Api, stores: Stores, record: None
) -> None:
    none = await api("GET", PATH, headers={"Prefer": "wait=0"})
    assert (none.status_code, none.headers["Retry-After"]) == (202, "2")
    assert none.json == {"status": "computing", "retry_after": 2}
    assert stores.redis.llen("history") == 1
    again = await api("GET", PATH, headers={"Prefer": "wait=0"})
    assert (again.status_code, stores.redis.llen("history")) == (202, 1)

    asked = asyncio.create_task(api("GET", PATH))
    await asyncio.to_thread(compute, stores, RecordScope(days=30))
    answer = (await asked).json
    assert list(answer) == ["days", "as_of", "ledger_head", "costs", "totals", "rows", "stale"]
    assert (answer["days"], answer["stale"]) == (30, False)
    head = stores.sealed.head()
    assert (answer["ledger_head"]["count"], answer["ledger_head"]["hash"]) == (3, head.hash)
    assert answer["ledger_head"]["events"] == 2
    rows = {row["symbol"]: row for row in answer["rows"]}
    assert rows["EURUSD"]["model_v"] == "lgbm_EURUSD_M15_vabcdef01"
    for figures in (answer["totals"]["signals"], *(row["signals"] for row in answer["rows"])):
        assert tuple(figures)[: len(FIELDS)] == FIELDS
    lost = rows["EURUSD"]["signals"]
    assert (lost["n_directional"], lost["n_resolved"], lost["n_open"]) == (2, 1, 1)
    assert lost["expectancy_r"] == pytest.approx(-0.001 / (0.0011 / 1.1))
    assert rows["XAUUSD"]["signals"]["expectancy_r"] == pytest.approx(0.002 / (0.0011 / 1.1))
    assert rows["XAUUSD"]["executions"] is None


async def test_what_is_kept_is_shown_as_old_while_too_much_waits(
    api: Api, stores: Stores, record: None
) -> None:
    stores.redis.lpush("history", *[b"{}"] * 20)
    refused = await api("GET", PATH)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    scope = RecordScope(days=30)
    stores.kept_records.put(PERFORMANCE, scope.digest, performance(stores, scope, 1), 1)
    shown = await api("GET", PATH)
    assert (shown.status_code, shown.json["stale"]) == (200, True)
    assert shown.json["as_of"] == "1970-01-01T00:00:00Z"


async def test_a_plan_shows_its_own_slots_and_sums_of_no_others(
    api: Api, stores: Stores, record: None
) -> None:
    account = stores.accounts.create(NewAccount(user_name="B"), "basic")
    robot = {"X-API-Key": stores.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]}
    compute(stores, RecordScope(days=30, slots=[("XAUUSD", 3_600)]))
    answer = await api.bare("GET", PATH, headers=robot)
    assert [row["symbol"] for row in answer.json["rows"]] == ["XAUUSD"]
    assert answer.json["totals"]["signals"]["n"] == 1
    assert answer.json["totals"]["signals"] | {"p_value_holm": 0} == answer.json["rows"][0][
        "signals"
    ] | {"p_value_holm": 0}
    other = await api.bare("GET", PATH, headers=robot, params={"symbol": "EURUSD"})
    assert (other.status_code, other.json["error"]) == (403, "not_in_plan")
    unknown = await api.bare("GET", PATH, headers=robot, params={"symbol": "XAUUSB"})
    assert (unknown.status_code, "XAUUSD H1" in unknown.json["detail"]) == (404, True)
    assert (await api.bare("GET", PATH)).status_code == 401


async def test_a_view_leaves_out_what_was_not_asked_for(
    api: Api, stores: Stores, record: None
) -> None:
    compute(stores, RecordScope(days=7, slots=[("EURUSD", 900)]))
    wanted = {"days": "7", "tf_code": "M15", "symbol": "EURUSD", "view": "executions"}
    answer = (await api("GET", PATH, params=wanted)).json
    assert answer["totals"] == {"signals": None, "executions": None}
    assert [row["signals"] for row in answer["rows"]] == [None]
    for bad in ({"days": "0"}, {"days": "366"}, {"view": "all"}, {"tf_code": "M17"}, {"x": "1"}):
        assert (await api("GET", PATH, params=bad)).status_code == 422, bad


class TestPublic:
    """Where the record is public."""

    @pytest.fixture
    def settings(self, redis_settings: Settings) -> Settings:
        return redis_settings.model_copy(update={"public_record": "on"})

    async def test_it_is_shown_without_a_key(self, api: Api, stores: Stores, record: None) -> None:
        compute(stores, RecordScope(days=30))
        answer = await api.bare("GET", PATH)
        assert answer.status_code == 200
        assert len(answer.json["rows"]) == 2


def test_a_scope_names_the_same_slots_in_any_order() -> None:
    one, other = (("A", 60), ("B", 60)), (("B", 60), ("A", 60))
    assert RecordScope(days=1, slots=[*one]).digest == RecordScope(days=1, slots=[*other]).digest
    assert RecordScope(days=1).digest != RecordScope(days=2).digest
    assert SignalFigures.__struct_fields__[: len(FIELDS)] == FIELDS
