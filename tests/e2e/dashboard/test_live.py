"""What moves while one looks."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.browser import Watched
from tests.e2e.dashboard.conftest import PLACE


@pytest.mark.usefixtures("live_trades")
def test_a_candle_moves_and_trades_come_while_the_page_is_open(page: Page) -> None:
    page.evaluate("place => { location.hash = place }", f"#/market{PLACE}")
    expect(page.locator(".market-head .chip")).to_contain_text("live")
    price = page.locator(".quote .price")
    expect(price).to_have_text(re.compile(r"\d"))
    before, volume = price.inner_text(), page.locator(".readout").inner_text()

    expect(price).not_to_have_text(before, timeout=10_000)
    expect(page.locator(".readout")).not_to_have_text(volume)
    expect(page.get_by_role("region", name="Trades").locator("tbody tr").nth(5)).to_be_visible()


def test_training_shows_its_progress_to_the_end(page: Page) -> None:
    page.evaluate("place => { location.hash = place }", f"#/models{PLACE}")
    form = page.locator("form")
    form.get_by_label("Series").fill("sol-usd 1h")
    form.get_by_label("Series").press("Enter")
    form.get_by_label("Folds").fill("2")
    page.evaluate(
        """() => {
            window.seen = new Set();
            new MutationObserver(() => {
                for (const job of document.querySelectorAll("[data-task]")) {
                    window.seen.add(job.dataset.state);
                }
            }).observe(document.querySelector("main"), {subtree: true, childList: true,
                attributes: true});
        }"""
    )

    form.get_by_role("button", name="Train").click()

    job = page.locator("[data-task]").first
    expect(job).to_have_attribute("data-state", "succeeded", timeout=90_000)
    assert {"running", "succeeded"} <= set(page.evaluate("() => [...window.seen]"))
    row = page.get_by_role("region", name="Models", exact=True).get_by_role("row", name="boosting")
    expect(row).to_contain_text("SOL-USD")


def test_the_page_says_when_the_server_is_away_and_goes_on_when_it_is_back(
    page: Page, watched: Watched
) -> None:
    page.evaluate("place => { location.hash = place }", f"#/operations{PLACE}")
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    page.context.set_offline(True)

    expect(page.locator("#offline")).to_be_visible(timeout=10_000)
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden(timeout=10_000)
    expect(page.get_by_role("region", name="Tasks").first).to_contain_text("train slot")
    # The browser itself reports each request that got no answer.
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in watched.complaints)
    watched.complaints.clear()


def test_live_goes_grey_without_network_and_what_was_opened_meanwhile_comes_after(
    page: Page, watched: Watched
) -> None:
    page.evaluate("place => { location.hash = place }", f"#/market{PLACE}")
    expect(page.locator(".market-head .chip").first).to_be_visible()
    page.context.set_offline(True)

    expect(page.locator(".market-head .chip", has_text="not live")).to_be_visible(timeout=5_000)
    page.get_by_role("link", name="Operations").click()
    expect(page.get_by_text("The server does not answer", exact=True).first).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Health")).to_be_visible(timeout=20_000)
    assert all("ERR_INTERNET_DISCONNECTED" in complaint or "Failed to fetch" in complaint
               for complaint in watched.complaints)  # fmt: skip
    watched.complaints.clear()
