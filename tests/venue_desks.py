"""Accounts at the simulated MetaApi, and a trader at work beside a test."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from core.settings import Settings
from core.trading.accounts import Account
from core.trading.orders import CommandResult, PlaceOrder
from core.venues.account import VenueAccount
from core.venues.names import BYBIT, BYBIT_TESTNET, METAAPI
from core.venues.questions import Answer, Question
from storage.stores import Stores
from storage.trading.accounts import ShownOrder
from storage.trading.commands import NewCommand, Submitted
from tests.traders import trader_at_work
from trading.replay import Replay

TOKEN = "a-token-of-16-letters"
_NAMES = itertools.count()


def venue_settings(settings: Settings, url: str) -> Settings:
    """Return settings whose venue is at an address, with limits that small orders are within."""
    wide = {"risk_notional": 5.0, "risk_symbol": 9.0, "risk_gross": 9.0, "risk_positions": 1_000,
            "risk_daily_trades": 1_000, "risk_minute_orders": 1_000}  # fmt: skip
    same = dict.fromkeys(("client", "provisioning", "market_data"), url)
    bybit = dict.fromkeys((BYBIT, BYBIT_TESTNET), url)
    at_venue = {"metaapi_urls": same, "exchange_urls": bybit, "exchange_timeout_s": 3.0}
    return settings.model_copy(update={**wide, **at_venue})


class Broker:
    """An account of its own at the simulator: what is there, and what a test has happen."""

    def __init__(self, url: str, kind: str = "demo") -> None:
        self.url, self.name = url, f"{kind}-{next(_NAMES)}"

    def script(self, **told: object) -> None:
        httpx.post(f"{self.url}/simulator/metaapi/{self.name}", json=told).raise_for_status()

    def fail(self, fault: str, on: str = "trade", **more: object) -> None:
        self.script(faults=[{"on": on, "fault": fault, **more}])

    def positions(self) -> list[Any]:
        path = f"{self.url}/users/current/accounts/{self.name}/positions"
        return list(httpx.get(path, headers={"auth-token": TOKEN}).json())


class Desk(Broker):
    """An account that the trader has, as commands reach it."""

    def __init__(self, stores: Stores, settings: Settings, url: str, kind: str = "demo") -> None:
        super().__init__(url, kind)
        self.stores, self.number = stores, 0
        self.settings = venue_settings(settings, url)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with trader_at_work(self.stores, self.settings, 0.02):
            yield

    def ask(self, kind: str, **more: Any) -> Answer:
        question = Question(kind=kind, venue_account=self.name, **more)  # type: ignore[arg-type]
        number = self.stores.questions.ask(0, question)
        return until(lambda: self.stores.questions.answered(number))

    def connect(self, token: str = TOKEN, venue: str = METAAPI) -> VenueAccount:
        locked = self.stores.connections.lock(0, self.name, token)
        answer = self.ask("connect", venue=venue, token=tuple(locked))
        assert not answer.error, answer
        held = self.stores.connections.get(0)
        assert held is not None
        self.number = held.number
        return msgspec.json.decode(answer.body, type=VenueAccount)

    def order(self, name: str, **changed: Any) -> CommandResult:
        return self.carry_out(buy(**changed), name)

    def carry_out(self, command: Any, name: str) -> CommandResult:
        (stored,) = self.stores.commands.submit([NewCommand(self.number, command, name)])
        assert isinstance(stored, Submitted)
        found = until(lambda: self.stores.commands.results([stored.id]).get(stored.id))
        return msgspec.convert(found, CommandResult)

    def shown(self, name: str) -> ShownOrder:
        return self.stores.trading.orders(self.number, 1, None, name)[0]

    def until_state(self, name: str, *states: str) -> ShownOrder:
        return until(lambda: one if (one := self.shown(name)).state in states else None)

    def account(self) -> Account:
        held = self.stores.trading.get(self.number)
        assert held is not None
        return held

    def check_replay(self) -> None:
        """Check that the account follows from what was recorded, and that its books balance."""
        kept = self.stores.trading.kept(self.number)
        assert kept is not None
        replay = Replay()
        for row in self.stores.trading.chain(self.number):
            if row.number <= kept.number:
                replay.take(row.number, self.number, row.row)
        replay.end()
        replay.compare([kept.account])
        assert replay.differences == []
        assert sum(kept.account.books.values()) == 0


def buy(**changed: Any) -> PlaceOrder:
    """Return a small order of the euro."""
    usual: dict[str, Any] = {
        "platform": "metaapi", "symbol": "EURUSD", "side": "buy", "volume": Decimal("0.10"),
        "stop_loss": Decimal("1.07"),
    }  # fmt: skip
    return PlaceOrder(**(usual | changed))


def until(look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait until something is there, and return it."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.01)
    return found


class BybitWallet:
    """A wallet of its own at the simulated Bybit, by its key."""

    def __init__(self, url: str, kind: str = "key") -> None:
        self.url, self.name = url, f"{kind}-{next(_NAMES)}"
        self.token = f"{self.name}:secret-of-{self.name}"

    def script(self, **told: object) -> None:
        httpx.post(f"{self.url}/simulator/bybit/{self.name}", json=told).raise_for_status()

    def fail(self, fault: str, on: str = "order/create", **more: object) -> None:
        self.script(faults=[{"on": on, "fault": fault, **more}])
