"""What an account sees is what its plan and its lists let it see, wherever slots are shown."""

from typing import Any

import pytest

from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import BASIC, GOLD, SLOTS, SYMBOLS, Join, Seal

pytestmark = pytest.mark.clock


def slots_of(scan: Any) -> set[tuple[str, str]]:
    return {(item["symbol"], item["timeframe"]) for item in scan["items"]}


@pytest.mark.usefixtures("sealed")
async def test_basic_sees_exactly_its_six_slots_and_pro_all(join: Join, api: Api) -> None:
    scan = (await join("basic")("/api/scan")).json
    assert slots_of(scan) == BASIC
    assert (scan["plan_tier"], scan["filtered_by_plan"], scan["stale_slots"]) == ("basic", True, 0)
    full = (await join("pro")("/api/scan")).json
    assert len(full["items"]) == len(SLOTS)
    assert (full["plan_tier"], full["filtered_by_plan"]) == ("pro", False)
    own = (await api("GET", "/api/scan")).json
    assert (own["plan_tier"], own["count"]) == ("owner", len(SLOTS))


@pytest.mark.usefixtures("sealed")
async def test_the_lists_of_an_account_narrow_its_plan(join: Join) -> None:
    narrow = join("pro", symbols_allowed=("USDJPY",), tfs_allowed=(900,))
    scan = (await narrow("/api/scan")).json
    assert slots_of(scan) == {("USDJPY", "M15")}
    assert scan["filtered_by_plan"] is True


@pytest.mark.usefixtures("sealed")
async def test_a_history_outside_the_plan_is_a_403_and_one_of_nothing_a_404(join: Join) -> None:
    basic = join("basic")
    assert (await basic("/api/signals/EURUSD/H1")).status_code == 200
    refused = await basic("/api/signals/USDJPY/H1")
    assert (refused.status_code, refused.json["error"]) == (403, "not_in_plan")
    unknown = await basic("/api/signals/USDJPX/H1")
    assert unknown.status_code == 404
    assert "USDJPY" not in unknown.json["detail"]


@pytest.mark.usefixtures("sealed")
async def test_counts_are_of_the_plan_s_slots(join: Join) -> None:
    everything = {(symbol, tf) for symbol in SYMBOLS for tf in ("M15", "H1", "H4")}
    for tier, expected in (("basic", BASIC), ("pro", everything)):
        rows = (await join(tier)("/api/history/predictions", days="2")).json["rows"]
        assert {(row["symbol"], row["tf_code"]) for row in rows} == expected


@pytest.mark.usefixtures("sealed")
async def test_an_account_s_signals_are_of_the_plan_s_slots(join: Join, stores: Stores) -> None:
    everything = {(symbol, tf) for symbol in SYMBOLS for tf in ("M15", "H1", "H4")}
    for tier, expected in (("basic", BASIC), ("pro", everything)):
        told = (await join(tier)("/api/account/signals")).json
        assert {(one["symbol"], one["timeframe"]) for one in told["signals"]} == expected
        assert told["total"] == told["count"] == len(expected)
    nothing = (await join("basic", symbols_allowed=("USDJPY",))("/api/account/signals")).json
    assert (nothing["signals"], nothing["total"]) == ([], 0)


async def test_a_plan_that_changes_shows_in_the_next_scan(
    api: Api, stores: Stores, seal: Seal
) -> None:
    seal(GOLD)
    account = stores.accounts.create(NewAccount(user_name="robot"), "pro")
    stores.accounts.change_plan(account.id, "basic")
    plain = stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]
    scan = await api.bare("GET", "/api/scan", headers={"X-API-Key": plain})
    assert slots_of(scan.json) == {("XAUUSD", "H1")}
    assert scan.json["filtered_by_plan"] is True
