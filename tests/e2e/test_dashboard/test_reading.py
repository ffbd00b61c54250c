"""Everybody can read the pages: no serious fault by axe, at a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.test_dashboard.conftest import PLACE

PAGES = {
    "market": ".quote .price",
    "forecasts": "main .panel",
    "models": "form button",
    "operations": ".parts li",
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for name, sign in PAGES.items():
        page.evaluate("place => { location.hash = place }", f"#/{name}{PLACE}")
        expect(page.locator(sign).first).to_be_visible()
        page.wait_for_timeout(300)

        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})

        bad = [
            one for one in found.response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert bad == [], [(one["id"], [n["html"] for n in one["nodes"]][:3]) for one in bad]


def test_no_page_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    for name, sign in PAGES.items():
        page.evaluate("place => { location.hash = place }", f"#/{name}{PLACE}")
        expect(page.locator(sign).first).to_be_visible()

        assert page.evaluate("() => document.documentElement.scrollWidth") <= 375, name
