"""Ten minutes of live updates in a browser: `make campaign`. CAMPAIGN_MINUTES varies it."""

import os
import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import client_of
from tests.e2e.dashboard.browser import launch
from tests.e2e.dashboard.conftest import push, trades

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]

MINUTES = float(os.environ.get("CAMPAIGN_MINUTES", "10"))
SETTLED = 0.2
MOST_GROWTH = 1.2


def test_the_market_page_needs_no_more_memory_after_minutes_of_trades(tmp_path: Path) -> None:
    with RunningTickcast(tmp_path / "data") as tickcast:
        over = threading.Event()
        thread = threading.Thread(target=_trade, args=(tickcast, over))
        thread.start()
        try:
            early, late = _measure(tickcast)
        finally:
            over.set()
            thread.join()
    print(f"\n  heap {early / 1e6:.1f} MB once settled, {late / 1e6:.1f} MB at the end")
    assert late < early * MOST_GROWTH


def _measure(tickcast: RunningTickcast) -> tuple[float, float]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        time.sleep(3)
        page.goto(f"{tickcast.url}/app#key={tickcast.key}")
        expect(page.locator(".quote .price")).to_be_visible(timeout=20_000)
        page.wait_for_timeout(MINUTES * 60_000 * SETTLED)
        early = _heap(page)
        page.wait_for_timeout(MINUTES * 60_000 * (1 - SETTLED))
        late = _heap(page)
        browser.close()
        return early, late


def _heap(page: Page) -> float:
    """Return the bytes in use after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _trade(tickcast: RunningTickcast, over: threading.Event) -> None:
    with client_of(tickcast) as http:
        while not over.wait(0.2):
            push(http, trades(150.0, 10))
