"""Who may see the pages, and what they may load."""

from playwright.sync_api import Browser, expect

from bench.running_tickcast import RunningTickcast
from tests.e2e.dashboard.browser import Watched


def test_without_a_key_the_page_asks_once_and_keeps_it_in_the_tab(
    watched: Watched, filled: RunningTickcast
) -> None:
    page = watched.page
    page.goto(f"{filled.url}/app")
    field = page.get_by_label("Access key")
    expect(field).to_be_focused()

    field.fill("not the key")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not valid")).to_be_visible()
    # The browser itself reports the refusal.
    assert all("401" in complaint for complaint in watched.complaints)
    watched.complaints.clear()
    field.fill(filled.key)
    page.keyboard.press("Enter")

    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    page.reload()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    assert page.evaluate("() => localStorage.length") == 0


def test_the_key_vanishes_from_the_address_at_once(
    watched: Watched, filled: RunningTickcast
) -> None:
    watched.page.goto(f"{filled.url}/app#key={filled.key}")
    expect(watched.page.get_by_role("navigation", name="Pages")).to_be_visible()

    assert filled.key not in watched.page.url


def test_signing_out_forgets_the_key(watched: Watched, filled: RunningTickcast) -> None:
    watched.page.goto(f"{filled.url}/app#key={filled.key}")
    watched.page.get_by_role("button", name="Sign out").click()

    expect(watched.page.get_by_label("Access key")).to_be_visible()
    assert watched.page.evaluate("() => sessionStorage.length") <= 1
    assert watched.page.evaluate("() => sessionStorage.getItem('tickcast-key')") is None


def test_inline_code_and_foreign_hosts_are_refused_by_policy(
    browser: Browser, filled: RunningTickcast
) -> None:
    context = browser.new_context()
    page = context.new_page()
    policy = (page.goto(f"{filled.url}/app") or page.reload()).headers["content-security-policy"]  # type: ignore[union-attr]

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.inline = true";
            document.body.append(script);
        }"""
    )

    assert page.evaluate("() => window.inline") is None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    context.close()
