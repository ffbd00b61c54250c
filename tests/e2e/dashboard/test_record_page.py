"""The record of signals in a real browser, to whoever has a key or to all, and trading by them."""

import re
from functools import partial
from typing import Any

import httpx
import msgspec
from playwright.sync_api import Route, expect

from api.record.schemas import (
    CalibratedModel,
    CalibrationShown,
    PerformanceRow,
    PerformanceShown,
    PerformanceTotals,
)
from bench.running_tickcast import RunningTickcast
from core.answers.record import (
    COSTS,
    Calibration,
    CalibrationBin,
    ClassCalibration,
    ExecutionFigures,
    RecordHead,
    SignalFigures,
)
from storage.access.access_keys import TRADER
from storage.stores import Stores
from tests.e2e.dashboard import chat_answers as chat
from tests.e2e.dashboard import trading_answers as trading
from tests.e2e.dashboard.browser import Watched
from tests.e2e.dashboard.test_subscribers import looks_well, sign_in

HEAD = "ab" * 32
FEW = SignalFigures(n=40, n_directional=0, n_missed=2, coverage=0.95, n_resolved=0)
MANY = SignalFigures(
    n=2_000, n_directional=310, n_missed=3, coverage=0.9985, n_resolved=300, win_rate=0.412,
    win_rate_low=0.358, win_rate_high=0.469, profit_factor=1.18, profit_factor_low=0.93,
    profit_factor_high=1.49, expectancy_r=0.071, expectancy_r_low=-0.042, expectancy_r_high=0.184,
    expectancy_bps=0.83, max_drawdown_r=11.4, open_r=-1.25, worst_open_r=-5.02, sharpe_daily=0.08,
    sharpe_low=-0.11, sharpe_high=0.27, versus_hold_bps=0.4, random_entry_percentile=81.3,
    p_value=0.2, p_value_holm=1.0, verdict="unproven", n_not_entered=6, n_open=4,
)  # fmt: skip
COPIES = ExecutionFigures(
    n=640, subscribers=12, pf=1.09, win_rate=0.401, expectancy_r=0.031, slippage_bps_p50=0.2,
    slippage_bps_p90=1.4, delay_s_p50=7.0, delay_s_p90=31.0, copied_pct=71.4,
    skipped={"spread": 12, "offline": 80}, gap_r=-0.04,
)  # fmt: skip


def rows() -> list[PerformanceRow]:
    """Return as many rows as a server has that offers much."""
    return [
        PerformanceRow(
            symbol=symbol, tf_code=length, model_v=f"lgbm_{symbol}_{length}_v85b52764",
            signals=msgspec.structs.replace(MANY, random_entry_percentile=float(percentile)),
            executions=None, platform="mt5", horizon=16, retired=percentile > 90,
        )
        for percentile, (symbol, length) in zip(
            (3, 17, 32, 33, 48, 55, 71, 95, 96),
            [(s, tf) for s in ("EURUSD", "GBPUSD", "XAUUSD") for tf in ("M15", "H1", "H4")],
            strict=True,
        )
    ]  # fmt: skip


def record(signals: SignalFigures, *each: PerformanceRow, copies: Any = None) -> Any:
    """Return what `GET /api/performance` answers."""
    shown = PerformanceShown(
        days=30, as_of="2026-11-27T09:00:00Z", ledger_head=RecordHead(4_711, HEAD, 5_000, HEAD),
        costs=COSTS, totals=PerformanceTotals(signals, copies), rows=list(each), stale=False,
    )  # fmt: skip
    return msgspec.to_builtins(shown)


def calibration() -> Any:
    """Return what `GET /api/calibration` answers."""
    bins = [
        CalibrationBin(40, n / 10, n / 10 + 0.02, n / 10 - 0.05, n / 10 + 0.09) for n in (3, 5, 6)
    ]
    one = ClassCalibration(
        n=300, ece=0.02, ece_low=0.01, ece_high=0.04, brier=0.49, brier_prior=0.5, skill=0.02,
        skill_low=-0.01, skill_high=0.05, bins=bins,
    )  # fmt: skip
    whole = Calibration(**msgspec.structs.asdict(one), classes={"buy": one, "sell": one, "no": one})
    model = CalibratedModel(
        symbol="EURUSD", tf_code="M15", model_v="lgbm_EURUSD_M15_v85b52764", live=whole,
        walk_forward=whole, drift=False, n_live=300, platform="mt5", horizon=16,
    )  # fmt: skip
    return msgspec.to_builtins(
        CalibrationShown(as_of="2026-11-27T09:00:00Z", models=[model], stale=False)
    )


def test_who_has_a_key_sees_the_record_of_what_was_sealed(
    watched: Watched, filled: RunningTickcast, sold: Stores
) -> None:
    page = watched.page
    page.goto(f"{filled.url}/app/performance")
    sign_in(page, "Your key", filled.key)

    totals = page.get_by_role("region", name="All slots")
    expect(totals.locator(".facts > div", has_text="To buy or sell")).to_contain_text(
        "3", timeout=20_000
    )
    head = httpx.get(f"{filled.url}/api/public/stats").json()["ledger_head"]["hash"]
    expect(page.get_by_role("region", name="The chain that holds it")).to_contain_text(head)
    expect(page.get_by_text("Not shown of so few")).to_be_visible()
    expect(
        page.get_by_role("region", name="Slots and models").locator("tbody tr").first
    ).to_contain_text("USD")
    page.get_by_label("Over").select_option("90")
    expect(totals).to_be_visible(timeout=20_000)
    assert page.url.endswith("?days=90")


def test_where_it_is_public_nobody_is_asked_and_nothing_is_sold_that_is_not_there(
    watched: Watched, filled: RunningTickcast
) -> None:
    page, told = (
        watched.page,
        {"performance": record(FEW), "calibration": {"as_of": "", "models": []}},
    )
    public = {"get": {"security": [{}, {"ApiKey": []}]}}
    answers = [{"status": "computing", "retry_after": 0}]
    page.route("**/openapi.json", lambda r: r.fulfill(json={"paths": {"/api/performance": public}}))
    page.route("**/api/calibration*", lambda r: r.fulfill(json=told["calibration"]))
    page.route(
        "**/api/performance*",
        lambda r: r.fulfill(json=answers.pop() if answers else told["performance"]),
    )
    page.goto(f"{filled.url}/app/performance")

    expect(page.get_by_text("No signal to buy or sell in 30 days")).to_be_visible()
    expect(page.get_by_text("The rule is not loosened")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    for title in ("No slot yet", "Too few positions to compare", "No model has spoken yet"):
        expect(page.get_by_text(title)).to_be_visible()

    told |= {"performance": record(MANY, *rows(), copies=COPIES), "calibration": calibration()}
    page.reload()
    expect(page.get_by_role("region", name="Slots and models").locator("tbody tr")).to_have_count(9)
    expect(page.get_by_role("img", name="Slots by the share of random entries")).to_be_visible()
    expect(page.get_by_text("Not shown to earn anything")).to_be_visible()
    page.get_by_role("button", name="Plots").press("Enter")
    expect(page.get_by_role("img", name="Calibration")).to_have_count(4)
    looks_well(page, "performance")


def test_an_account_that_never_traded_is_halted_by_keyboard_and_resumed_by_an_owner_only(
    watched: Watched, filled: RunningTickcast, sold: Stores
) -> None:
    page = watched.page
    page.goto(f"{filled.url}/app/trading")
    sign_in(page, "Access key", sold.keys.create(TRADER, "trader", account_id=7)[0])

    for title in (
        "Nothing is held",
        "Nothing was decided yet",
        "Not enough to draw yet",
        "No order yet",
        "No position has ended yet",
    ):
        expect(page.locator(".state-title", has_text=title)).to_be_visible()
    switch = page.get_by_role("region", name="Kill switch")
    expect(switch.locator(".state-chip")).to_have_text("ACTIVE")
    page.keyboard.press("Alt+Shift+H")
    expect(switch.get_by_role("alert")).to_contain_text("no order is sent after it")
    expect(switch.locator(".state-chip")).to_have_text("HALTED")
    switch.get_by_role("button", name="Resume").press("Enter")
    expect(switch.get_by_role("alert")).to_contain_text("Say why")
    page.keyboard.type("a test")
    switch.get_by_role("button", name="Resume").press("Enter")
    expect(switch.get_by_role("alert")).to_contain_text("Only an owner's key")
    expect(switch.locator(".state-chip")).to_have_text("HALTED")
    page.get_by_role("button", name="Compute all anew").press("Enter")
    expect(page.get_by_role("region", name="Proof")).to_contain_text("as recorded")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible(timeout=15_000)
    page.goto("about:blank")
    watched.complaints.clear()  # the browser itself reports the refusal, and being cut off


def answer(told: Any, route: Route) -> None:
    """Answer a call of the page."""
    route.fulfill(json=told)


def test_what_is_held_decided_and_ordered_is_shown_with_the_reasons(
    watched: Watched, filled: RunningTickcast
) -> None:
    page = watched.page
    answers = {
        "auto-trade/status": trading.status(),
        "portfolio": trading.portfolio(),
        "portfolio/history": trading.history(),
        "auto-trade/orders": trading.orders(),
        "auto-trade/config": trading.config(),
        "auto-trade/decisions": trading.decisions(),
        "symbols": trading.symbols(),
    }
    for name, told in answers.items():
        page.route(re.compile(rf"/api/(v1/)?{name}(\?.*)?$"), partial(answer, told))
    named = re.compile("symbols=([A-Z]+)")
    page.route(
        "**/api/signals/active?*",
        lambda r: r.fulfill(json=trading.active(named.findall(r.request.url)[0])),
    )
    page.route("**/decisions/*/confirm", lambda route: route.fulfill(json={}))
    page.goto(f"{filled.url}/app/trading")
    sign_in(page, "Access key", filled.key)

    held = page.get_by_role("region", name="Open positions").locator("tbody tr")
    expect(held).to_have_count(2)
    expect(held.first.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("target 2,380.*forecast for 1h: 2,351.* to 2,362")
    )
    expect(held.first).to_contain_text("override: unproven")
    expect(held.last).to_contain_text("No model is trained.")
    decided = page.get_by_role("region", name="Decisions, the newest first").locator("tbody tr")
    expect(decided).to_have_count(3)
    expect(decided.nth(1)).to_contain_text("unproven: The slot has not shown skill")
    with page.expect_request("**/decisions/dec-waits/confirm"):
        decided.first.get_by_role("button", name="Confirm BUY XAUUSD").press("Enter")
    expect(page.get_by_role("application", name=re.compile("Equity"))).to_be_visible()
    ordered = page.get_by_role("region", name="Orders, the newest first").locator("tbody tr")
    expect(ordered.nth(1)).to_contain_text("notional: The order is worth 34% of equity")
    ended = page.get_by_role("region", name="Ended trades")
    expect(ended.locator(".facts")).to_contain_text("0.231, 0.222")
    looks_well(page, "trading")
    page.set_viewport_size({"width": 375, "height": 740})
    page.mouse.wheel(0, 3_000)
    expect(page.get_by_role("button", name="Halt")).to_be_in_viewport()


def test_a_question_is_answered_and_each_value_leads_to_where_it_is_from(
    watched: Watched, filled: RunningTickcast
) -> None:
    page = watched.page
    page.goto(f"{filled.url}/app/trading")
    sign_in(page, "Access key", filled.key)
    page.get_by_role("link", name="Ask").press("Enter")
    expect(page.get_by_role("region", name="What can be asked")).to_be_visible()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("What is the price of SOLUSD?")
    page.keyboard.press("Enter")
    answered = page.get_by_role("log", name="Answers").locator(".answer")
    expect(answered.last).to_contain_text("SOLUSD")
    expect(answered.last.locator(".chip")).to_have_text("built-in narrator")
    answered.last.locator(".cite").nth(1).press("Enter")
    source = page.get_by_role("dialog", name=re.compile("Where .* is from"))
    expect(source).to_contain_text("get_snapshot (SOLUSD)")
    expect(source.get_by_role("region", name="What stands there")).to_contain_text("last_price")
    looks_well(page, "chat-source")
    page.keyboard.press("Escape")
    expect(source).to_be_hidden()

    told = chat.degraded(page.url.partition("#conversation=")[2])
    page.route("**/api/v1/chat", lambda r: r.fulfill(body=told, headers=chat.EVENTS))
    page.get_by_label("Your question").fill("and the bid?")
    page.keyboard.press("Enter")
    expect(answered.last).to_contain_text("the model does not answer")
    expect(answered.last.get_by_role("button", name="1,234.5")).to_be_visible()
    looks_well(page, "chat")
    page.unroute("**/api/v1/chat")
    page.route("**/api/v1/chat", lambda r: r.fulfill(status=503, json=chat.AWAY))
    page.get_by_label("Your question").fill("again?")
    page.keyboard.press("Enter")
    expect(answered.last.get_by_role("alert")).to_contain_text("A part of the server is away")
    expect(answered.last.get_by_role("button", name="Try again")).to_be_visible()
    page.unroute("**/api/v1/chat")
    page.reload()
    expect(answered).to_have_count(1)
    page.get_by_role("button", name="Forget: What is the price of SOLUSD?").press("Enter")
    expect(page.get_by_role("region", name="What can be asked")).to_be_visible()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    watched.complaints.clear()  # the browser itself reports the 503
