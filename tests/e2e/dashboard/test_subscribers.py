"""What subscribers and the operator see, in a real browser: at a desk, on a phone, by keyboard."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, Route, expect

from bench.running_tickcast import RunningTickcast
from core.clock.resolutions import DAY
from core.clock.times import format_time, now_ms
from core.mail.mails import MailKind
from storage.access.access_keys import SUBSCRIBER
from storage.accounts.accounts import NewAccount
from storage.executions.heartbeats import Said
from storage.mail.claims import Purpose
from storage.stores import Stores
from tests.e2e.conftest import ADMIN_SECRET, client_of
from tests.e2e.dashboard.browser import Watched
from tests.e2e.dashboard.test_reading import faults

LONG_NAME = "A subscriber whose name is long, with <b>markup</b>"
DESK, PHONE = {"width": 1_280, "height": 900}, {"width": 375, "height": 740}


class Subscriber(NamedTuple):
    """An account, its key, and the server that it belongs to."""

    server: RunningTickcast
    stores: Stores
    account_id: int
    key: str


@pytest.fixture
def subscriber(sold: Stores, filled: RunningTickcast) -> Subscriber:
    """A subscriber whose robot is there and traded, and whose plan ends soon."""
    told = NewAccount(user_name=LONG_NAME, email=f"{os.urandom(4).hex()}@example.com")
    account = sold.accounts.create(told, "pro", now_ms() + 5 * DAY * 1_000 + 60_000)
    key = sold.keys.create(SUBSCRIBER, "robot", account_id=account.id)[0]
    sold.heartbeats.note(account.id, "X-Server:12345", Said(version="1.4", clock_offset_s=1))
    opened = format_time(now_ms() - 3_600_000)
    trade = {
        "ticket": 987654321, "symbol": "XAUUSD", "timeframe": "H1", "signal": "BUY",
        "opened_at": opened, "entry_price": 1.1, "pnl": 12.45, "exit_price": 1.12,
        "closed_at": format_time(now_ms()), "result": "TP", "account": {"currency": "USD"},
    }  # fmt: skip
    with client_of(filled) as http:
        told = http.post("/api/executions", json=trade, headers={"X-API-Key": key})
    assert told.status_code == 201, told.text
    return Subscriber(filled, sold, account.id, key)


def picture(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def sign_in(page: Page, label: str, text: str) -> None:
    page.get_by_label(label).fill(text)
    page.keyboard.press("Enter")


def looks_well(page: Page, name: str) -> None:
    """Hold a page against axe, in both themes, and against the width of a phone."""
    for theme, size in (("light", DESK), ("dark", PHONE)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.wait_for_timeout(200)
        picture(page, f"{name}-{theme}-{size['width']}")
        assert faults(page) == [], (name, theme)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(DESK)  # type: ignore[arg-type]


def with_a_copy(route: Route) -> None:
    """Answer what the server does, as if its worker had held the trade against its signal."""
    answer = route.fetch()
    body = answer.json()
    assert body["summary"]["copy"]["gap_r"] is None
    body["executions"][0] |= {"r": -0.4, "slippage_bps": 1.25, "delay_s": 7.0}
    sums = {"n": 12, "n_gap": 9, "gap_r": -0.12, "gap_r_low": -0.3, "gap_r_high": 0.06}
    sums["coverage"] = {
        "days": 30, "signals": 12, "copied": 9, "pct": 75.0, "skipped": {"spread": 2, "offline": 1},
    }  # fmt: skip
    body["summary"]["copy"] |= sums
    route.fulfill(response=answer, json=body)


def test_a_subscriber_sees_plan_robot_signals_and_trades(
    watched: Watched, subscriber: Subscriber
) -> None:
    page = watched.page
    page.route("**/api/account/executions*", with_a_copy)
    page.goto(f"{subscriber.server.url}/app/account")
    expect(page.get_by_label("Your key")).to_be_focused()
    sign_in(page, "Your key", subscriber.key)

    plan = page.get_by_role("region", name="Plan")
    expect(plan).to_contain_text(LONG_NAME)
    expect(plan).to_contain_text("UTC")
    expect(plan.locator("div", has_text="Whole days left").last).to_contain_text("5")
    expect(plan.locator(".warn")).to_contain_text("Renew it")
    robot = page.get_by_role("region", name="Robot", exact=True)
    expect(robot).to_contain_text("Your robot is online")
    expect(robot.get_by_role("list", name="Checks").get_by_role("listitem")).to_have_count(5)
    expect(robot).to_contain_text("The plan ends at")
    now = page.get_by_role("region", name="Signals now").locator("tbody tr")
    expect(now).to_have_count(2)
    history = page.get_by_role("region", name="Signals of late").locator("tbody tr")
    expect(history).to_have_count(3)
    expect(history.last).to_contain_text("take profit")
    page.get_by_label("also no trade").check()
    expect(history).to_have_count(4)
    trades = page.get_by_role("region", name="My trades")
    expect(trades).to_contain_text("987654321")
    expect(trades.locator("tbody tr")).to_contain_text("−0.40 R")
    gap = trades.locator(".facts > div", has_text="Gap to the record")
    expect(gap).to_contain_text("−0.12 R")
    expect(gap).to_contain_text("mean of 9, -0.30 to 0.06")
    expect(trades.get_by_text("spread 2, offline 1")).to_be_visible()
    assert page.evaluate("() => Object.values(localStorage).join()").count("tck_") == 0
    looks_well(page, "account")


def test_a_key_is_replaced_shown_once_and_used_from_then_on(
    watched: Watched, subscriber: Subscriber
) -> None:
    page = watched.page
    page.goto(f"{subscriber.server.url}/app/account")
    sign_in(page, "Your key", subscriber.key)
    page.get_by_label("The old key ends").select_option("0")
    page.get_by_label("I have a safe place").press("Space")
    page.get_by_role("button", name="Replace my key").press("Enter")

    shown = page.locator(".shown-key")
    expect(shown).to_have_text(subscriber.key[:4] + shown.inner_text()[4:])
    plain = shown.inner_text()
    assert plain != subscriber.key
    assert subscriber.stores.keys.find(plain)
    assert subscriber.stores.keys.find(subscriber.key) is None
    page.reload()
    expect(page.get_by_role("region", name="Plan")).to_contain_text("pro")
    expect(page.locator(".shown-key")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your key")).to_be_visible()
    sign_in(page, "Your key", subscriber.key)
    expect(page.get_by_role("alert").filter(has_text="was revoked at")).to_be_visible()
    watched.complaints.clear()  # the browser itself reports the refusal


def test_before_anything_came_every_part_says_what_would_change_that(
    watched: Watched, filled: RunningTickcast, sold: Stores
) -> None:
    account = sold.accounts.create(
        NewAccount(user_name="New", symbols_allowed=("USDJPY",)), "basic"
    )
    page = watched.page
    page.goto(f"{filled.url}/app/account")
    sign_in(page, "Your key", sold.keys.create(SUBSCRIBER, "new", account_id=account.id)[0])

    expect(page.get_by_text("Your robot has never called")).to_be_visible()
    for title in (
        "No signal is sealed yet",
        "Nothing to buy or sell in these days",
        "No position was reported",
    ):
        expect(page.locator(".state-title", has_text=title)).to_be_visible()
    picture(page, "account-empty")


def test_an_owner_watches_and_the_secret_shows_who_the_subscribers_are(
    watched: Watched, subscriber: Subscriber
) -> None:
    subscriber.stores.outbox.add(subscriber.account_id, MailKind.CLAIM, f"test {now_ms()}")
    page = watched.page
    page.goto(f"{subscriber.server.url}/app/ops")
    sign_in(page, "Owner's key or admin secret", subscriber.server.key)

    expect(page.get_by_role("region", name="Now", exact=True)).to_contain_text("1 of 2")
    robots = page.get_by_role("region", name="Robots of accounts").last
    expect(
        robots.locator("tbody tr", has_text=f"{subscriber.account_id} {LONG_NAME}")
    ).to_contain_text("online")
    inputs = page.get_by_role("region", name="Inputs that have moved or lack")
    expect(inputs.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("region", name="Terminals", exact=True)).to_contain_text("X-Server")
    expect(page.get_by_text("The admin secret opens this")).to_have_count(3)
    page.get_by_role("button", name="Enter the secret").first.click()
    sign_in(page, "Owner's key or admin secret", "not the secret")
    expect(page.get_by_role("alert").filter(has_text="not valid")).to_be_visible()
    watched.complaints.clear()  # the browser itself reports the refusal
    sign_in(page, "Owner's key or admin secret", ADMIN_SECRET)

    accounts = page.get_by_role("region", name="Accounts", exact=True).last
    expect(accounts.locator("tbody tr", has_text=LONG_NAME).first).to_contain_text("pro")
    expect(page.get_by_role("region", name="Mails").last).to_contain_text("no mail server")
    expect(page.get_by_text("No payment event yet")).to_be_visible()
    assert page.locator("main b").count() == 0
    looks_well(page, "ops")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Owner's key or admin secret")).to_be_visible()
    assert page.evaluate("() => sessionStorage.length") == 0


def test_a_buyer_claims_a_key_by_one_button_and_only_once(
    watched: Watched, filled: RunningTickcast, sold: Stores
) -> None:
    account = sold.accounts.create(NewAccount(user_name="Ana"), "basic")
    link = sold.claims.make(account.id, Purpose.CLAIM).url(filled.url)
    page = watched.page
    page.goto(link)
    assert link.partition("#")[2] not in page.url
    button = page.get_by_role("button", name="Show my key")
    looks_well(page, "claim")
    button.press("Enter")

    plain = page.locator(".shown-key").inner_text()
    assert sold.keys.find(plain)
    expect(page.get_by_text("InpApiUrl")).to_be_visible()
    looks_well(page, "claimed")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    place = page.locator(".shown-key").bounding_box()
    assert place is not None
    assert (place["width"] > 250, place["height"] < 120) == (True, True)
    page.goto("about:blank")
    page.goto(link)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("used or is too old")
    watched.complaints.clear()  # the browser itself reports the refusal
    page.get_by_label("Mail address").fill("ana@example.com")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
