"""The API's documentation runs by its own scripts and no others, and without a network."""

from playwright.sync_api import Browser

from bench.running_tickcast import RunningTickcast


def test_the_docs_show_all_routes_under_a_policy_that_allows_no_foreign_script(
    browser: Browser, stack: RunningTickcast
) -> None:
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{stack.url}/docs")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy

    page.wait_for_selector("[data-path='/health/detailed']", timeout=60_000)
    page.click("[data-path='/health/detailed']")
    page.click("text=Try it out")
    page.click("button:has-text('Execute')")
    page.wait_for_selector("text=Response body", timeout=30_000)

    assert all(url.startswith((stack.url, "data:")) for url in asked), asked
    refused = [text for text in said if "Content Security Policy" in text and "script" in text]
    assert not refused

    # What somebody manages to write into the page does not run.
    page.evaluate(
        "document.body.appendChild(Object.assign(document.createElement('script'),"
        "{textContent: 'window.stolen = localStorage.length'}))"
    )
    assert page.evaluate("typeof window.stolen") == "undefined"
    page.close()
