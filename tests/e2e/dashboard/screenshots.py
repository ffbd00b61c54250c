"""A picture of each page, light and dark, at a desk and on a phone: `make screenshots`.

They land in build/screenshots. `CANDLES=FILE` (CSV or CSV.gz: time, open, high,
low, close, volume; every five minutes) shows candles of yours instead of made-up ones.
"""

import math
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bench.running_tickcast import RunningTickcast
from feeds.candle_files import read_candles
from tests.e2e.conftest import client_of, ended_task
from tests.e2e.dashboard.browser import launch

FOLDER = Path("build/screenshots")
PLATFORM, SYMBOL, STEP = "binance", "BTCUSDT", 300
CANDLES = 6_000
PLACE = f"?platform={PLATFORM}&symbol={SYMBOL}&resolution={STEP}"
SLOT = {"platform": PLATFORM, "symbol": SYMBOL, "resolution": STEP}
DESK, PHONE = {"width": 1_440, "height": 900}, {"width": 390, "height": 844}


def main() -> None:
    """Fill a server of our own, look at it, and throw it away."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"default_platform": PLATFORM, "default_symbol": SYMBOL}
        with RunningTickcast(Path(folder) / "data", **settings) as tickcast:
            over = threading.Event()
            trading = threading.Thread(target=trade, args=(tickcast, over))
            try:
                fill(tickcast, trading)
                with sync_playwright() as playwright:
                    picture_all(launch(playwright), tickcast)
            finally:
                over.set()
                trading.join()


def picture_all(browser: Browser, tickcast: RunningTickcast) -> None:
    """Take every picture."""
    for theme in ("light", "dark"):
        for name, show in SHOWN.items():
            picture(browser, tickcast, f"{name}-{theme}", theme, DESK, show)
    picture(browser, tickcast, "market-phone", "dark", PHONE, SHOWN["market"])
    picture(browser, tickcast, "models-phone", "light", PHONE, SHOWN["models"])


def picture(
    browser: Browser,
    tickcast: RunningTickcast,
    name: str,
    theme: str,
    size: dict[str, int],
    show: Callable[[Page], None],
) -> None:
    """Take one picture, signed in but for the page that asks for the key."""
    context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    key = "" if name.startswith("sign") else f"#key={tickcast.key}"
    page.goto(f"{tickcast.url}/app{key}")
    page.wait_for_timeout(1_000)
    show(page)
    page.screenshot(path=str(FOLDER / f"{name}.png"), full_page=True)
    print(FOLDER / f"{name}.png")
    context.close()


def _go(page: Page, place: str, then: Callable[[], object] | None = None) -> None:
    page.evaluate("place => { location.hash = place }", f"#/{place}")
    page.wait_for_timeout(3_500)
    if then:
        then()
        page.wait_for_timeout(2_000)


def _futures(page: Page) -> None:
    def choose() -> None:
        replay = page.locator("option", has_text="replay").first
        page.get_by_label("Model", exact=True).select_option(replay.get_attribute("value") or "")
        page.get_by_role("button", name="Verify the ledger").click()

    _go(page, f"forecasts{PLACE}&tab=futures", choose)


SHOWN: dict[str, Callable[[Page], None]] = {
    "sign-in": lambda page: None,
    "market": lambda page: _go(page, f"market{PLACE}"),
    "forecasts": lambda page: _go(page, f"forecasts{PLACE}&tab=history"),
    "futures": _futures,
    "models": lambda page: _go(
        page, f"models{PLACE}", page.get_by_role("button", name="boosting").first.click
    ),
    "robots": lambda page: _go(page, "robots"),
    "operations": lambda page: _go(page, f"operations{PLACE}"),
}


def fill(tickcast: RunningTickcast, trading: threading.Thread) -> None:
    """Bring in candles and live trades; train, forecast, replay."""
    rows = candles()
    with client_of(tickcast) as http:
        body = {"symbol": SYMBOL, "resolution": STEP, "candles": rows}
        _done(http, http.post(f"/ingest/candles/{PLATFORM}", json=body))
        http.post("/watch", json=SLOT).raise_for_status()
        trading.start()
        boosting = {**SLOT, "model": "boosting"}
        _done(http, http.post("/slots/train", json=boosting))
        _done(http, http.post("/slots/train", json={**SLOT, "model": "ewma", "horizon": 6}))
        _done(http, http.post("/replay/walk", json={**boosting, "start": rows[-800][0]}))
        lstm = {"model_name": "btc", "model_id": "1", "seq_len": 32, "nsteps": 12, "epochs": 3}
        _done(http, http.post("/lstm/train", json={**SLOT, **lstm, "folds": 2}))
        asked = {"days": 20, "platform": PLATFORM, "symbol": SYMBOL, "interval": "5m"}
        respond = {"Prefer": "respond-async"}
        _done(http, http.post("/train", params=asked, headers=respond))


def candles() -> list[list[float]]:
    """Return candles up to the one that is over, a few of them missing."""
    last = int(time.time()) // STEP * STEP - STEP
    given = os.environ.get("CANDLES")
    rows = [list(row[:6]) for row in read_candles(Path(given))] if given else _made_up()
    rows = rows[-CANDLES:]
    shift = last - int(rows[-1][0])
    moved = [[int(time) + shift, *prices] for time, *prices in rows]
    return moved[:-130] + moved[-118:]


def _made_up() -> list[list[float]]:
    """Return a market whose volatility comes and goes."""
    drawn, price, spread, rows = random.Random(11), 64_000.0, 0.001, []
    for number in range(CANDLES):
        spread = math.sqrt(2e-8 + 0.9 * spread**2 + 0.08 * (spread * drawn.gauss(0, 1)) ** 2)
        path = [price]
        for _ in range(6):
            path.append(path[-1] * math.exp(drawn.gauss(0, spread / math.sqrt(6))))
        price = path[-1]
        volume = 40 * drawn.lognormvariate(0, 0.5) * spread / 0.001
        ends = [round(value, 2) for value in (path[0], max(path), min(path), price)]
        rows.append([STEP * number, *ends, round(volume, 4)])
    return rows


def trade(tickcast: RunningTickcast, over: threading.Event) -> None:
    """Push trades until told to stop; one of them is a bad print, one message is broken."""
    drawn, number = random.Random(5), int(time.time())
    with client_of(tickcast) as http:
        newest = http.get(f"/candles/{PLATFORM}/{SYMBOL}/{STEP}", params={"newest": "true"}).json()
        price = newest["candles"][-1]["close"]
        for beat in range(10**6):
            if over.wait(0.3):
                return
            price *= math.exp(drawn.gauss(0, 0.00012))
            shown = price * (1.13 if beat == 400 else 1)
            size = f"{drawn.expovariate(6) + 0.0001:.5f}"
            number += 1 + 3 * (beat == 60)
            message = {
                "type": "trade",
                "symbol": SYMBOL,
                "price": f"{shown:.2f}",
                "size": size,
                "time": int(time.time() * 1_000),
                "trade_id": number,
                "side": drawn.choice(("buy", "sell")),
            }
            broken = [{"type": "trade", "symbol": SYMBOL, "price": "nothing"}] * (beat == 50)
            http.post(f"/ingest/{PLATFORM}", json=[message, *broken])


def _done(http: httpx.Client, answer: httpx.Response) -> None:
    task = ended_task(http, answer.raise_for_status().json()["task_id"], patience=400)
    assert task["state"] == "succeeded", task
    print(task["name"], "done")


if __name__ == "__main__":
    main()
