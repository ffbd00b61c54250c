"""Each page of the dashboard shows what the server holds."""

import re
import time

from msgspec import json as json_format
from playwright.sync_api import Page, expect

from api.signals.show import show_signal
from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import client_of, ended_task
from tests.e2e.dashboard.browser import Watched
from tests.e2e.dashboard.conftest import PLACE, SYMBOL, push
from tests.e2e.dashboard.test_reading import faults
from tests.made_signals import signal_data


def open_page(page: Page, name: str) -> None:
    page.evaluate("place => { location.hash = place }", f"#/{name}{PLACE}")
    expect(page.get_by_role("navigation").locator("[aria-current]")).to_have_text(
        re.compile(name, re.IGNORECASE)
    )


def test_the_market_page_draws_candles_and_says_which_are_flagged_or_missing(page: Page) -> None:
    open_page(page, "market")

    expect(page.locator(".chart canvas").first).to_be_visible()
    expect(page.locator(".quote .price")).to_have_text(re.compile(r"^\d+\.\d\d$"))
    expect(page.locator(".legend").first).to_contain_text(re.compile(r"1,\d{3} candles loaded"))
    expect(page.locator(".legend").first).to_contain_text("partial")
    page.get_by_text("The newest candles as a table").click()
    expect(page.get_by_role("region", name="Newest candles").locator("tbody tr")).to_have_count(50)
    page.get_by_role("button", name="1d").click()
    expect(page).to_have_url(re.compile("resolution=86400"))
    # The one candle of today's trades: nothing is asked that the server would have to refuse.
    expect(page.get_by_role("region", name="Phase")).to_contain_text("Too few candles")


def test_the_market_page_tells_phase_book_and_what_is_missing_for_signals(
    page: Page, filled: RunningTickcast
) -> None:
    signal = json_format.decode(json_format.encode(show_signal(signal_data(), "SOLUSD", 0)))
    missing = {"tradeable": False, "reason": "Unproven: 20 more outcomes."}
    fault = {"symbol": "ADAUSD", "error": "model_unavailable", "detail": "No model is trained."}
    watched = {"signals": [signal | {"tradeable": True, "symbol": "XAUUSD"}], "errors": [fault]}
    opened = {"signals": [signal | missing], "errors": []}
    page.route("**/api/signals/active?*", lambda route: route.fulfill(
        json=opened if "symbols=" in route.request.url else watched
    ))  # fmt: skip
    # The first page had asked before, perhaps, and asks again after half a minute only.
    page.reload()
    open_page(page, "market")

    expect(page.get_by_label("Market", exact=True)).to_have_value("SOLUSD · coinbase:SOL-USD")
    phase = page.get_by_role("region", name="Phase")
    expect(phase.locator(".chip")).to_have_text(
        re.compile("accumulation|manipulation|distribution|none"), timeout=30_000
    )
    expect(phase.locator(".verdict")).to_contain_text(re.compile("Permutation test on .* p [=<]"))
    expect(phase).to_contain_text("hypothesis", ignore_case=True)
    active = page.get_by_role("region", name="Active signals, 1h")
    expect(active.get_by_role("region", name="Signals to act on")).to_contain_text("XAUUSD")
    without = active.get_by_role("region", name="Markets without a signal")
    expect(without.get_by_role("row", name="SOLUSD")).to_contain_text("20 more outcomes")
    expect(without.get_by_role("row", name="ADAUSD")).to_contain_text("No model is trained.")
    book = page.get_by_role("region", name="Order book")
    expect(book).to_contain_text("tickcast feed")
    with client_of(filled) as http:
        sides = {"bids": [["149.5", "2"], ["149.4", "3"]], "asks": [["149.75", "0.5"]]}
        about = {"symbol": SYMBOL, "time": int(time.time() * 1_000), "sequence": 7}
        push(http, [{"type": "orderbook", "state": "live"} | about | sides])
    expect(book.get_by_role("row", name="2 149.50 149.75 0.5")).to_be_visible()
    expect(book).to_contain_text("Spread 0.25")
    assert faults(page) == []


def test_an_address_of_no_series_says_so_and_shows_no_other_market(page: Page) -> None:
    page.evaluate("() => { location.hash = '#/market?platform=coinbase&symbol=NONE-USD' }")
    expect(page.get_by_text("No candles of coinbase NONE-USD")).to_be_visible()
    assert page.locator(".quote").count() == 0
    page.get_by_label("Market", exact=True).fill("sol")
    page.get_by_label("Market", exact=True).press("Enter")
    expect(page.locator(".quote .price")).to_be_visible()


def test_old_candles_are_called_stale_and_give_no_change_of_a_day(
    page: Page, filled: RunningTickcast
) -> None:
    week, last = 7 * 86_400, int(time.time()) // 3_600 * 3_600 - 90 * 86_400
    rows = [[last - week * 10, 5, 5, 5, 5, 1], *([last - at, 6, 6, 6, 6, 1] for at in (3_600, 0))]
    with client_of(filled) as http:
        body = {"symbol": "OLD", "resolution": 3_600, "candles": rows}
        stored = http.post("/ingest/candles/file", json=body).raise_for_status().json()
        assert ended_task(http, stored["task_id"])["state"] == "succeeded"
    page.evaluate("() => { location.hash = '#/market?platform=file&symbol=OLD&resolution=3600' }")
    head = page.locator(".market-head")
    expect(head).to_contain_text("stale: 90 d old")
    expect(head).to_contain_text("no candle 24 h before")
    assert "%" not in head.inner_text()


def test_indicators_an_axis_and_a_date_are_chosen_on_the_chart(page: Page) -> None:
    open_page(page, "market")
    page.get_by_text("Indicators", exact=True).click()
    for name in ("SMA 20", "Bollinger 20, 2", "RSI 14", "MACD 12, 26, 9"):
        page.get_by_label(name).check()
    page.get_by_label("Log axis").check()
    page.get_by_label("Go to").fill("2020-01-01")
    page.get_by_label("Go to").press("Enter")
    expect(page.get_by_text("The first candle held is of")).to_be_visible()
    assert faults(page) == []
    page.reload()
    page.get_by_text("Indicators", exact=True).click()
    expect(page.get_by_label("RSI 14")).to_be_checked()


def test_the_keyboard_alone_leads_to_a_page_and_moves_its_chart(page: Page) -> None:
    open_page(page, "market")
    chart = page.get_by_role("application")
    chart.focus()
    before = page.locator(".readout").inner_text()

    page.keyboard.press("ArrowLeft")
    page.keyboard.press("-")

    assert before
    expect(chart).to_be_focused()
    page.get_by_role("link", name="Operations").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Health")).to_be_visible()


def test_futures_show_the_ledger_with_verdict_and_an_intact_chain(page: Page) -> None:
    open_page(page, "forecasts")
    page.get_by_role("button", name="Futures").click()
    models = page.get_by_label("Model", exact=True)
    replay = models.locator("option", has_text="replay").first
    models.select_option(replay.get_attribute("value") or "")

    expect(page.locator(".verdict strong")).to_have_text(
        re.compile("beat last price|last price|judged", re.IGNORECASE)
    )
    expect(page.get_by_role("region", name="Ledger rows").locator("tbody tr")).to_have_count(200)
    page.get_by_role("button", name="Verify the ledger").click()
    expect(page.get_by_text("intact")).to_be_visible(timeout=20_000)


def test_models_show_how_a_champion_was_judged(page: Page) -> None:
    open_page(page, "models")
    page.get_by_role("button", name="ewma").click()

    expect(page.get_by_role("heading", name=re.compile("ewma for coinbase"))).to_be_visible()
    expect(page.get_by_role("region", name="Folds", exact=True).locator("tbody tr")).to_have_count(
        2
    )
    expect(page.get_by_role("heading", name="Coverage")).to_be_visible()
    expect(page.get_by_role("heading", name="Champion and challengers")).to_be_visible()


def test_operations_show_parts_tasks_and_what_was_rejected(page: Page) -> None:
    open_page(page, "operations")

    expect(page.get_by_role("region", name="Health").get_by_role("listitem")).not_to_have_count(0)
    expect(page.get_by_role("region", name="Tasks").first).to_contain_text("train slot")
    expect(page.get_by_role("region", name="Quarantine")).to_contain_text("rejected")
    expect(page.get_by_role("region", name="Workers", exact=True)).to_contain_text("trainer")


def test_text_from_the_server_is_never_markup(watched: Watched, filled: RunningTickcast) -> None:
    page = watched.page
    evil = "<img src=x onerror=alert(1)>"
    body = {"series": [{"platform": evil, "symbol": evil, "resolution": 60, "count": 1,
                        "first": "2025-01-01T00:00:00Z", "last": "2025-01-01T00:00:00Z",
                        "traded": False}]}  # fmt: skip
    page.route("**/candles", lambda route: route.fulfill(json=body))
    page.route(
        "**/candles/**", lambda route: route.fulfill(json={"candles": [], "next_cursor": None})
    )

    page.goto(f"{filled.url}/app#key={filled.key}")

    expect(page.get_by_label("Market", exact=True)).to_have_value(re.compile(re.escape(evil)))
    assert page.locator("main img").count() == 0


def test_the_next_candle_is_shown_beside_what_came_once_it_is_trained(page: Page) -> None:
    open_page(page, "forecasts")
    page.get_by_role("button", name="Next candle").click()
    page.get_by_role("button", name="Train on 90 days").click()

    chart = page.get_by_role("application", name=re.compile("Real and forecast close"))
    expect(chart).to_be_visible(timeout=60_000)
    assert int(chart.get_attribute("data-points") or 0) > 100
    validation = page.get_by_role("region", name="Validation")
    expect(validation).to_contain_text("MAE of last price")
    expect(validation.locator(".verdict strong")).to_be_visible()
