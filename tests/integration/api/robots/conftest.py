"""Sealed signals of offered slots, and accounts that may see some of them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import Result

from core.forecast_target import ForecastTarget
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.database import writing
from storage.executions.heartbeats import SeenTerminal
from storage.ledger import append_only
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal, Unsealed
from storage.stores import Stores
from tests.clocks import began
from tests.integration.api.conftest import Api

EURUSD = ForecastTarget("mt5", "EURUSD", 900, 16, "barrier_signals")
GOLD = ForecastTarget("mt5", "XAUUSD", 3_600, 12, "barrier_signals")
SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "XAUUSD")
SLOTS = [
    ForecastTarget("mt5", symbol, length, 6, "barrier_signals")
    for symbol in SYMBOLS
    for length in (900, 3_600, 14_400)
]
BASIC = {(s, tf) for s in ("EURUSD", "GBPUSD", "XAUUSD") for tf in ("H1", "H4")}
Seal = Callable[..., SealedSignal]


class Subscribed:
    """An account with a key; it is called with that."""

    def __init__(self, api: Api, account_id: int, plain: str) -> None:
        self.account_id = account_id
        self.plain = plain
        self._api = api

    async def __call__(self, path: str, **params: Any) -> Result:
        """Read a route with the account's key; no worker computes what it begins."""
        headers = {"X-API-Key": self.plain, "Prefer": "respond-async"}
        return await self._api.bare("GET", path, headers=headers, params=params)


Join = Callable[..., Subscribed]


def closed(target: ForecastTarget, ago: int = 0) -> int:
    """Return when (s) the candle closed that closed last, or so many before."""
    step = target.resolution
    return (began() // step - ago) * step


def signal(target: ForecastTarget, ago: int = 0, **other: Any) -> Unsealed:
    """Return a signal to buy from the candle that closed last, or so many before."""
    first = closed(target, ago)
    told: dict[str, Any] = {
        "type": "buy", "confidence": 0.55123, "probability_hold": 0.19877,
        "probability_buy": 0.55123, "probability_sell": 0.25, "current_price": 1.1,
        "take_profit": 1.1022, "stop_loss": 1.0989, "expected_percent": 0.05, "costs_bps": 1.3,
        "spread_bps": 1.0, "reason": "Buy; so it is.", "model_hash": "abcdef0123" + "0" * 54,
        "data_hash": "b" * 64, "side": "buy", "probability_tp": 0.5, "probability_sl": 0.3,
        "prior_hold": 0.4, "prior_buy": 0.3, "prior_sell": 0.3, "range_low": 1.09,
        "range_high": 1.11, "regime": "trend_up", "volatility_regime": "low",
        "verdict": "skilled", "run_id": "a-run",
    }  # fmt: skip
    return Unsealed(
        target=target,
        first_opening=first,
        opening=first + (target.horizon - 1) * target.resolution,
        input_end=first,
        signal_id=f"{target}-{ago}"[-36:],
        **told | other,
    )


async def terminals_of(stores: Stores, account_id: int) -> list[SeenTerminal]:
    """Return an account's terminals; who scanned is noted once the answer has left."""
    for _ in range(250):
        if found := stores.heartbeats.seen(account_id):
            return found
        await asyncio.sleep(0.02)
    return []


@pytest.fixture
def seal(stores: Stores) -> Seal:
    """Seals a signal as if at its candle's close."""
    stores.slots.offer([EURUSD, GOLD])
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it

    def done(target: ForecastTarget, ago: int = 0, **other: Any) -> SealedSignal:
        one = signal(target, ago, **other)
        at = one.first_opening * 1_000 + 2_345
        (row,) = SealedSignals(stores.engine, stores.heads, clock=lambda: at).append([one]).rows
        stores.board.put([row])
        return row

    return done


@pytest.fixture
def join(api: Api, stores: Stores) -> Join:
    """Make an account; what is returned calls with its key."""

    def made(tier: str, ends_at: int | None = None, **told: Any) -> Subscribed:
        account = stores.accounts.create(NewAccount(user_name="robot", **told), tier, ends_at)
        plain = stores.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]
        return Subscribed(api, account.id, plain)

    return made


@pytest.fixture
def sealed(stores: Stores, seal: Seal) -> list[SealedSignal]:
    """A signal of each slot, current."""
    stores.slots.offer(SLOTS)
    return [seal(slot) for slot in SLOTS]
