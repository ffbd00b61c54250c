"""A forecaster outside the server shows on the dashboard, and has a page of his own."""

import time

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bench.running_tickcast import RunningTickcast
from tests.e2e.conftest import client_of
from tests.e2e.dashboard.browser import Watched, watch
from tests.e2e.dashboard.conftest import HOUR, PLATFORM, SYMBOL
from tests.e2e.dashboard.test_pages import open_page


@pytest.fixture(scope="module")
def spoken(filled: RunningTickcast) -> RunningTickcast:
    """A server that took one forecast of `mine` in time, and refused one that came too late."""
    ahead = int(time.time()) // HOUR * HOUR + HOUR
    common = {"platform": PLATFORM, "symbol": SYMBOL, "resolution": "1h", "predicted": 150.0}
    items = [common | {"opening": ahead + HOUR * n} for n in (1, -400)]
    with client_of(filled) as http:
        told = http.post("/ledger/forecasts", json={"forecaster": "mine", "forecasts": items})
    assert (told.json()["accepted"], told.json()["late"]) == (1, 1), told.text
    return filled


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1_280, 900)])
def test_the_page_of_a_forecaster_shows_his_record_at_any_width(
    browser: Browser, spoken: RunningTickcast, width: int, height: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, extra_http_headers={"X-API-Key": spoken.key}
    )
    page = context.new_page()
    seen: Watched = watch(page, spoken.url)
    page.goto(f"{spoken.url}/forecasters/mine")

    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    record = page.get_by_role("region", name="Record")
    expect(record).to_contain_text("external.mine")
    expect(record).to_contain_text("Came too late and were refused")
    expect(page.get_by_role("region", name="By market").locator("tbody tr").first).to_contain_text(
        SYMBOL
    )
    expect(page.get_by_text("Their head").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (seen.complaints, seen.abroad) == ([], [])
    context.close()


def test_his_forecasts_stand_on_the_dashboard_beside_ours(
    page: Page, spoken: RunningTickcast
) -> None:
    open_page(page, "models")

    rows = page.get_by_role("region", name="Outside forecasters").locator("tbody tr")
    expect(rows.first).to_contain_text("mine")
    expect(rows.first).to_contain_text("none scored yet")
    open_page(page, "forecasts")
    page.get_by_role("button", name="Futures").click()
    models = page.get_by_label("Model", exact=True)
    his = models.locator("option", has_text="external.mine").first
    models.select_option(his.get_attribute("value") or "")
    expect(page.get_by_role("region", name="Ledger rows").locator("tbody tr")).to_have_count(1)


def test_without_a_key_nobody_sees_him_unless_the_server_is_set_so(
    spoken: RunningTickcast,
) -> None:
    assert httpx.get(f"{spoken.url}/forecasters/mine").status_code == 401
