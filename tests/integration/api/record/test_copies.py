"""What positions made of their signals is joined by a worker and shown beside both."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from core.answers.record import PERFORMANCE, RecordScope
from core.clock.times import format_time
from core.series import Market, Series
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.candles.candle_columns import Candles
from storage.executions.heartbeats import Skipped
from storage.ledger.signal_rows import SealedSignal, SignalOutcome
from storage.stores import Stores
from tasks.record.compute_record import compute_record
from tasks.record.join_executions import join_executions
from tests.integration.api.conftest import Api
from tests.integration.api.robots.conftest import GOLD, Seal, closed, seal

__all__ = ["seal"]
pytestmark = pytest.mark.clock


def hold(stores: Stores, newest: float = 1.1) -> None:
    """Store quiet candles of five minutes around the signals of a day, the last at a price."""
    start, count = closed(GOLD, 24), 24 * 12
    time = start + 300 * np.arange(count, dtype=np.int64)
    flat, plain = np.full(count, 1.1), np.zeros(count, np.int64)
    flat[-1] = newest
    made = Candles(time, flat, flat + 0.0005, flat - 0.0005, flat, flat, plain - 1, plain)
    stores.candles.write(Series("mt5", "XAUUSD", 300), made)


def report(row: SealedSignal, ticket: int, **other: Any) -> dict[str, Any]:
    """Return a report of a copy of a signal, opened five minutes after it."""
    told = {
        "pred_id": row.seq, "ticket": ticket, "symbol": "XAUUSD", "timeframe": "H1",
        "signal": "BUY", "opened_at": format_time(row.first_opening * 1_000 + 300_000),
        "entry_price": 1.10011, "volume": 0.1,
        "account": {"login": 1, "server": "A", "currency": "USD"},
    }  # fmt: skip
    return told | other


def closing(row: SealedSignal, exit_price: float = 1.1004) -> dict[str, Any]:
    at = format_time(row.first_opening * 1_000 + 900_000)
    return {"closed_at": at, "exit_price": exit_price, "pnl": 3.0, "result": "TP"}


async def send(api: Api, *bodies: dict[str, Any], **more: Any) -> None:
    answer = await api.bare("POST", "/api/executions", json=list(bodies), **more)
    assert answer.status_code == 201, answer.text
    assert all(one["ok"] for one in answer.json), answer.text


def join(stores: Stores, tier: str = "pro") -> dict[str, str]:
    """Make a subscriber; returns the header of his key."""
    account = stores.accounts.create(NewAccount(user_name="robot"), tier)
    return {"X-API-Key": stores.keys.create(SUBSCRIBER, "x", account_id=account.id)[0]}


async def test_a_position_is_shown_beside_its_signal_once_it_was_joined(
    api: Api, stores: Stores, seal: Seal
) -> None:
    hold(stores)
    rows = [seal(GOLD, ago) for ago in (20, 10, 5)]
    stores.sealed.record_outcomes([SignalOutcome(rows[0].seq, 0.18, "take_profit", "buy")])
    robot = join(stores)
    await send(
        api, report(rows[0], 1) | closing(rows[0]), report(rows[1], 2),
        report(rows[2], 3, entry_price=1.25), headers=robot,
    )  # fmt: skip
    path = "/api/account/executions"
    before = (await api.bare("GET", path, headers=robot)).json
    assert [row["r"] for row in before["executions"]] == [None] * 3
    assert join_executions(stores) == 3
    stores.heartbeats.skip(1, "A:1", [Skipped(999, "spread")])
    shown = (await api.bare("GET", path, headers=robot)).json
    wrong, open_, done = shown["executions"]
    names = list(done)
    at = names.index("matched")
    assert names[at - 1 : at + 6] == [
        "pred_id", "matched", "slippage_bps", "delay_s", "r", "account", "revisions",
    ]  # fmt: skip
    # Entered at the ask, 1 bp above the open of 1.1, by the rule for all.
    assert done["slippage_bps"] == pytest.approx(0.0, abs=0.01)
    assert done["delay_s"] == pytest.approx(300 - 2.345)
    risk = 0.0011 / 1.1
    fees = 0.3e-4
    assert done["r"] == pytest.approx((1.1004 / 1.10011 * np.exp(-fees) - 1) / risk, abs=1e-6)
    assert (open_["r"], open_["implausible"], wrong["implausible"]) == (None, False, True)
    copy = shown["summary"]["copy"]
    assert (copy["n"], copy["n_implausible"], copy["n_gap"]) == (2, 1, 1)
    assert copy["gap_r"] == pytest.approx(done["r"] - 0.0018 / risk, abs=1e-6)
    assert copy["open_r"] == pytest.approx((1.1 / 1.10011 * np.exp(-fees) - 1) / risk)
    assert copy["coverage"]["copied"] == 3
    # Nobody told what a lot of gold is.
    assert shown["summary"]["open_pnl_estimate"] is None
    assert join_executions(stores) == 2  # what is open is looked at again


async def test_an_open_loss_shows_in_money_too(api: Api, stores: Stores, seal: Seal) -> None:
    hold(stores, 1.0945)
    row = seal(GOLD, 5)
    market = stores.candles.read(Series("mt5", "XAUUSD", 300), limit=1, newest=True)
    stores.candles.write(GOLD.series, replace(market, time=np.array([closed(GOLD, 1)])))
    robot = join(stores)
    await send(api, report(row, 1, entry_price=1.1), headers=robot)
    stores.markets.tell(Market("mt5", "XAUUSD"), {"contract_size": 100.0}, {}, "set")
    join_executions(stores)
    summary = (await api.bare("GET", "/api/account/executions", headers=robot)).json["summary"]
    assert summary["copy"]["worst_open_r"] == pytest.approx(-5.03, abs=0.02)
    assert summary["open_pnl_estimate"] == pytest.approx(-0.0055 * 10, abs=0.01)


async def test_subscribers_together_are_told_of_from_five_of_them_and_twenty_positions_on(
    api: Api, stores: Stores, seal: Seal
) -> None:
    hold(stores)
    rows = [seal(GOLD, ago) for ago in (20, 16, 12, 8)]
    robots = [join(stores) for _ in range(5)]
    asked = msgspec.to_builtins(RecordScope(days=30))

    async def executions() -> Any:
        join_executions(stores)
        compute_record(stores, PERFORMANCE, asked)
        (row,) = (await api("GET", "/api/performance")).json["rows"]
        return row["executions"]

    for number, robot in enumerate(robots[:4]):
        volume = 0.01 * 2**number  # lots differ, the figures do not know
        reports = [
            report(row, 10 * row.seq + n, volume=volume) | closing(row)
            for row in rows for n in range(2)
        ]  # fmt: skip
        await send(api, *reports, headers=robot)
    assert await executions() is None  # of 32 positions, but of four
    await send(api, *(report(row, row.seq) | closing(row, 1.0995) for row in rows[:3]),
               headers=robots[4])  # fmt: skip
    found = await executions()
    assert (found["n"], found["subscribers"]) == (35, 5)
    risk, fees = 0.0011 / 1.1, 0.3e-4
    won, lost = ((price / 1.10011 * np.exp(-fees) - 1) / risk for price in (1.1004, 1.0995))
    assert found["expectancy_r"] == pytest.approx((32 * won + 3 * lost) / 35)
    assert found["pf"] == pytest.approx(-32 * won / (3 * lost))
    assert found["win_rate"] == pytest.approx(32 / 35)
    assert (found["copied_pct"], found["gap_r"]) == (95.0, None)
    assert found["skipped"] == {"unknown": 1}
