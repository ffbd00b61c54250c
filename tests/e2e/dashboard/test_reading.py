"""Everybody can read the pages: no serious fault by axe, at a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import PLACE

PAGES = {
    "market": ".quote .price",
    "forecasts": "main .panel",
    "models": "form button",
    "robots": "main .state-title",
    "operations": ".parts li",
}
SERIOUS = ("serious", "critical")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page) -> list[object]:
    """Return what axe holds against the page as it stands."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    serious = [one for one in found.response["violations"] if one["impact"] in SERIOUS]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for name, sign in PAGES.items():
        page.evaluate("place => { location.hash = place }", f"#/{name}{PLACE}")
        expect(page.locator(sign).first).to_be_visible()
        page.wait_for_timeout(300)

        assert faults(page) == [], name


def test_details_of_a_model_and_the_ledger_have_no_serious_fault(page: Page) -> None:
    page.evaluate("place => { location.hash = place }", f"#/models{PLACE}")
    page.get_by_role("button", name="ewma").click()
    expect(page.get_by_role("heading", name="Champion and challengers")).to_be_visible()
    assert faults(page) == []

    page.evaluate("place => { location.hash = place }", f"#/forecasts{PLACE}&tab=futures")
    models = page.get_by_label("Model", exact=True)
    models.select_option(models.locator("option").last.get_attribute("value") or "")
    expect(page.get_by_role("region", name="Ledger rows")).to_be_visible()
    assert faults(page) == []


def test_no_page_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    for name, sign in PAGES.items():
        page.evaluate("place => { location.hash = place }", f"#/{name}{PLACE}")
        expect(page.locator(sign).first).to_be_visible()

        assert page.evaluate("() => document.documentElement.scrollWidth") <= 375, name
