"""A subscriber's robot: whether it calls, what it gets, what to look at."""

from typing import Any

import pytest

from core.clock.times import format_time, now_ms
from core.robots.presence import presence
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.executions.heartbeats import Said
from storage.stores import Stores
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import EURUSD, GOLD, Seal, terminals_of

pytestmark = pytest.mark.clock
MINUTE = 60_000


@pytest.mark.parametrize(
    ("silent", "state"),
    [(0, "online"), (2 * MINUTE, "online"), (2 * MINUTE + 1, "late"), (15 * MINUTE, "late"),
     (15 * MINUTE + 1, "offline")],
)  # fmt: skip
def test_a_robot_is_online_for_two_minutes_and_late_for_fifteen(silent: int, state: str) -> None:
    assert presence(1_000_000_000 - silent, 1_000_000_000) == state
    assert presence(None, 1_000_000_000) == "never"


class Robot:
    """Calls with the key of an account of its own."""

    def __init__(self, api: Api, stores: Stores, tier: str, ends_at: int | None = None) -> None:
        self.account = stores.accounts.create(NewAccount(user_name="João"), tier, ends_at)
        made = stores.keys.create(SUBSCRIBER, "robot", account_id=self.account.id)
        self._api, self._headers = api, {"X-API-Key": made[0]}

    async def get(self, path: str) -> Any:
        return (await self._api.bare("GET", path, headers=self._headers)).json


def failing(status: Any) -> set[str]:
    """Return the checks that are not well; each of them has a hint, the others have none."""
    assert all(bool(check["hint"]) != check["ok"] for check in status["checks"])
    return {check["name"] for check in status["checks"] if not check["ok"]}


async def test_before_its_first_call_a_robot_was_never_there(api: Api, stores: Stores) -> None:
    status = await Robot(api, stores, "pro").get("/api/ea-status")
    assert (status["online"], status["status"], status["last_heartbeat"]) == (False, "never", None)
    assert status["mins_since"] is status["lag_minutes"] is None
    assert status["slot_coverage"] == {"expected": 0, "active": 0, "pct": 0.0}
    assert status["account"] == {"name": "João", "tier": "pro"}
    assert failing(status) == {"seen_today", "reports"}


async def test_a_scan_makes_a_robot_online_and_looking_at_its_status_does_not(
    api: Api, stores: Stores, seal: Seal
) -> None:
    robot = Robot(api, stores, "pro")
    row = seal(GOLD)
    seal(EURUSD, type="hold")
    await robot.get("/api/ea-status")
    assert (await robot.get("/api/ea-status"))["status"] == "never"
    await robot.get("/api/scan")
    assert await terminals_of(stores, robot.account.id)
    status = await robot.get("/api/ea-status")
    assert (status["online"], status["status"]) == (True, "online")
    assert status["last_heartbeat"][:16] == format_time(now_ms())[:16]
    assert 0 <= status["mins_since"] < 1
    assert status["slot_coverage"] == {"expected": 2, "active": 2, "pct": 100.0}
    assert status["recent_signals_24h"] == 1
    assert status["lag_minutes"] <= round((now_ms() - row.made_at) / MINUTE, 1)
    assert failing(status) == {"reports"}


async def test_only_slots_in_the_plan_are_expected_and_stale_ones_say_since_when(
    api: Api, stores: Stores, seal: Seal
) -> None:
    old = seal(GOLD, ago=3)
    seal(EURUSD)
    status = await Robot(api, stores, "basic").get("/api/ea-status")
    assert status["slot_coverage"] == {"expected": 1, "active": 0, "pct": 0.0}
    (stale,) = status["stale"]
    assert (stale["symbol"], stale["timeframe"]) == ("XAUUSD", "H1")
    assert stale["why"] == "no candle has come since"
    assert stale["since"] == format_time((old.first_opening + 3_600) * 1_000)
    assert status["recent_signals_24h"] == 1


async def test_a_wrong_clock_and_a_plan_that_ends_are_told(api: Api, stores: Stores) -> None:
    robot = Robot(api, stores, "pro", ends_at=now_ms() + 3 * 86_400_000)
    stores.heartbeats.note(robot.account.id, "Broker:1", Said(clock_offset_s=-7_200))
    status = await robot.get("/api/ea-status")
    assert failing(status) == {"clock", "expires", "reports"}
    assert "Broker:1" in next(c["hint"] for c in status["checks"] if c["name"] == "clock")


async def test_the_owner_s_own_robot_is_seen_too(api: Api, stores: Stores) -> None:
    await api("GET", "/api/scan")
    status = (await api("GET", "/api/ea-status")).json
    assert (status["status"], status["account"]["tier"]) == ("online", "owner")
