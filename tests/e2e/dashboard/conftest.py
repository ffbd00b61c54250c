"""A browser, and a server with candles, live trades, a trained slot and a replayed ledger."""

import math
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bench.running_tickcast import RunningTickcast
from core.answers.input_health import InputHealth, InputReport
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal, SignalOutcome
from storage.stores import Stores, open_stores
from tests.e2e.conftest import client_of, ended_task
from tests.e2e.dashboard.browser import Watched, launch, watch
from tests.integration.api.robots.conftest import signal

PLATFORM, SYMBOL, HOUR = "coinbase", "SOL-USD", 3_600
CANDLES = 1_600
SERIES = {"platform": PLATFORM, "symbol": SYMBOL, "resolution": "1h"}
# What the page makes of it in its address.
PLACE = f"?platform={PLATFORM}&symbol={SYMBOL}&resolution={HOUR}"
EURUSD = ForecastTarget("mt5", "EURUSD", 900, 16, "barrier_signals")
GOLD = ForecastTarget("mt5", "XAUUSD", HOUR, 12, "barrier_signals")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file; its event loop must end before others begin."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def candles() -> list[list[float]]:
    """Hourly candles up to the hour that is over."""
    drawn, rows, price = random.Random(3), [], 150.0
    first = int(time.time()) // HOUR * HOUR - CANDLES * HOUR
    for hour in range(CANDLES):
        opening, price = price, round(price * math.exp(drawn.gauss(0, 0.004)), 2)
        high = round(max(opening, price) + drawn.uniform(0, 0.4), 2)
        low = round(min(opening, price) - drawn.uniform(0, 0.4), 2)
        rows.append([first + HOUR * hour, opening, high, low, price, drawn.uniform(1, 900)])
    # An outage, as exchanges have them.
    return rows[:-300] + rows[-295:]


@pytest.fixture(scope="package")
def filled(stack: RunningTickcast, candles: list[list[float]]) -> RunningTickcast:
    """The server with something to show on every page."""
    with client_of(stack) as http:
        body = {"symbol": SYMBOL, "resolution": HOUR, "candles": candles}
        stored = http.post(f"/ingest/candles/{PLATFORM}", json=body).raise_for_status().json()
        assert ended_task(http, stored["task_id"])["state"] == "succeeded"
        push(http, [*trades(150.0, 40), {"type": "trade", "symbol": SYMBOL, "price": "-1"}])
        begun = [
            http.post("/slots/train", json=SERIES | {"model": "ewma", "folds": 2}),
            http.post("/replay/walk", json=SERIES | {"model": "ewma", "start": candles[-400][0]}),
        ]
        for answer in begun:
            task = ended_task(http, answer.raise_for_status().json()["task_id"])
            assert task["state"] == "succeeded", task
    return stack


@pytest.fixture(scope="package")
def signals(filled: RunningTickcast) -> Iterator[Stores]:
    """The server's stores, with sealed signals: one current, one won, one lost, one not made."""
    stores = open_stores(filled.settings)
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it
    won, lost = _sealed(stores, GOLD, 30), _sealed(stores, GOLD, 20, type="sell", side="sell")
    _sealed(stores, EURUSD, 2, type="hold", confidence=0.41)
    _sealed(stores, GOLD, -1)  # of the candle that goes on: it stays current throughout
    came = [
        SignalOutcome(won.seq, 0.2, "take_profit", "buy"),
        SignalOutcome(lost.seq, -0.12, "stop_loss", "buy"),
    ]
    stores.sealed.record_outcomes(came)
    with writing(stores.engine) as connection:
        append_only.enforce(connection)
    yield stores
    stores.close()


@pytest.fixture(scope="module")
def sold(signals: Stores) -> Iterator[Stores]:
    """The server's stores, while the sealed signals are on offer; one's inputs have moved."""
    signals.slots.offer([EURUSD, GOLD])
    inputs = [InputHealth("level", 0.31, 0.0), InputHealth("macd", 0.02, 0.0)]
    signals.inputs.put(GOLD, InputReport(now_ms(), None, inputs))
    yield signals
    signals.slots.offer([])


def _sealed(stores: Stores, target: ForecastTarget, ago: int = 0, **other: Any) -> SealedSignal:
    """Seal a signal as if at its candle's close."""
    one = signal(target, ago, **other)
    at = one.first_opening * 1_000 + 2_345
    (row,) = SealedSignals(stores.engine, stores.heads, clock=lambda: at).append([one]).rows
    stores.board.put([row])
    return row


@pytest.fixture
def live_trades(filled: RunningTickcast) -> Iterator[None]:
    """Trades that go on coming."""
    over = threading.Event()

    def go_on() -> None:
        with client_of(filled) as http:
            while not over.wait(0.2):
                push(http, trades(150 + random.random(), 3))

    thread = threading.Thread(target=go_on)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def watched(browser: Browser, filled: RunningTickcast) -> Iterator[Watched]:
    """A page of a fresh browser profile; at the end it must have kept quiet, and at home."""
    context = browser.new_context(viewport={"width": 1_280, "height": 860})
    found = watch(context.new_page(), filled.url)
    yield found
    found.page.unroute_all(behavior="ignoreErrors")  # a page asks again while it is closed
    context.close()
    assert found.complaints == []
    assert found.abroad == []


@pytest.fixture
def page(watched: Watched, filled: RunningTickcast) -> Page:
    """The dashboard, signed in as by the link that `make run` prints."""
    watched.page.goto(f"{filled.url}/app#key={filled.key}")
    watched.page.get_by_role("navigation", name="Pages").wait_for()
    return watched.page


_COUNTER = iter(range(1, 10**9))


def trades(price: float, number: int) -> list[dict[str, object]]:
    """Return trades of this moment around a price, with ids that go on from the last ones."""
    return [
        {
            "type": "trade",
            "symbol": SYMBOL,
            "side": random.choice(("buy", "sell")),
            "price": f"{price + random.gauss(0, 0.05):.2f}",
            "size": "0.5",
            "time": int(time.time() * 1_000),
            "trade_id": next(_COUNTER),
        }
        for _ in range(number)
    ]


def push(http: httpx.Client, messages: list[dict[str, object]]) -> None:
    """Bring live messages in."""
    http.post(f"/ingest/{PLATFORM}", json=messages).raise_for_status()
