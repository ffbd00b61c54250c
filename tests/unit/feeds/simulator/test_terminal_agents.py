"""What agents in a terminal do, seen by a server that answers what a test says."""

import json
from typing import Any

import pytest

from core.clock.times import parse_time
from feeds.simulator.metatrader.account import BUY, SELL
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.feed_agent import FeedAgent
from feeds.simulator.metatrader.markets import EURUSD, XAUUSD, MadeMarket
from feeds.simulator.metatrader.running import Terminal
from feeds.simulator.metatrader.trader_agent import Inputs, TraderAgent
from feeds.simulator.metatrader.web_request import Answer

NOW = parse_time("2026-03-11T10:00:00Z", "t") // 1_000
NAME = "EURUSD.m"


class Server:
    """A fake at the far end of the line: keeps requests, answers by path."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str, bytes]] = []
        self.feed: dict[str, Any] = {"ok": True, "accepted": 0, "want": [], "poll_s": 5}
        self.items: list[dict[str, Any]] = []
        self.status: dict[str, int] = {}
        self.retry_after = ""
        self.now = NOW

    def __call__(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        """Answer one request."""
        self.requests.append((method, path.split("?")[0], headers, body))
        path = path.split("?")[0]
        status = self.status.get(path, 200)
        if status >= 300:
            return Answer(status, b"{}", f"Retry-After: {self.retry_after}\r\n")
        if path.startswith("/ingest"):
            return Answer(200, json.dumps(self.feed).encode())
        if path == "/api/scan":
            if 'If-None-Match: "tag"' in headers:
                return Answer(304)
            close = (self.now // 300 + 1) * 300
            scan = {
                "items": self.items, "server_time_unix": self.now, "next_close_unix": close,
            }  # fmt: skip
            return Answer(200, json.dumps(scan).encode(), 'ETag: "tag"\r\n')
        return Answer(201 if "executions" in path else 200, b'{"server_time_unix":%d}' % self.now)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies that a path received; each ends with a zero byte."""
        found = [body for _, to, _, body in self.requests if to == path and body]
        assert all(body.endswith(b"\0") for body in found)
        return [json.loads(body[:-1]) for body in found]


def make_broker(**other: Any) -> Broker:
    """Return a broker of two markets on a Wednesday."""
    markets = [
        MadeMarket.make(one, NOW - 20 * 86_400, NOW + 86_400, seed=1) for one in (EURUSD, XAUUSD)
    ]
    return Broker(markets, NOW * 1_000, suffix=".m", names={"XAUUSD": "GOLD"}, **other)


def signal(broker: Broker, word: str = "BUY", pred_id: int = 1, **other: Any) -> dict[str, Any]:
    """Return an item of a scan that may be traded now."""
    quote = broker.quote(NAME)
    assert quote
    side = 1 if word == "BUY" else -1
    return {
        "pred_id": pred_id, "symbol": "EURUSD", "timeframe": "M5", "signal": word,
        "tp": quote.bid + side * 0.004, "sl": quote.bid - side * 0.002, "spread_max": 0.001,
        "enter_by_unix": NOW + 60, "exit_by_unix": NOW + 5_400,
    } | other  # fmt: skip


def make_trader(broker: Broker, server: Server, **inputs: Any) -> TraderAgent:
    """Return a trader that knows the names of its broker."""
    given = {"trade": True, "suffix": ".m", "symbols": {"XAUUSD": "GOLD"}} | inputs
    return TraderAgent(broker, server, "tck_1", Inputs(**given))


def after(broker: Broker, seconds: int) -> int:
    """Return the time (ms) so long after now."""
    return broker.now_ms + 1_000 * seconds


def test_a_feed_sends_three_bars_of_each_series_by_the_brokers_clock_and_what_is_wanted() -> None:
    broker, server = make_broker(), Server()
    agent = FeedAgent(broker, server, "mt5", "tck_1", gmt_off_s=40)
    server.feed["want"] = [{"symbol": "GOLD", "tf": "H1", "from": NOW - 86_400, "count": 5}]
    agent.on_timer()
    agent.on_timer()
    (first, second) = server.bodies("/ingest/mt/mt5")
    assert list(first) == ["v", "terminal", "clock", "series", "quotes"]
    # Once New York is in summer time, its clock and seven hours are UTC+3.
    assert first["clock"] == {"server": NOW + 3 * 3_600, "gmt": NOW + 40}
    assert [(s["symbol"], s["tf"], len(s["bars"])) for s in first["series"]] == [
        (NAME, "M5", 3), (NAME, "H1", 3), ("GOLD", "M5", 3), ("GOLD", "H1", 3),
    ]  # fmt: skip
    assert first["series"][0]["bars"][-1][0] == NOW + 3 * 3_600 - 300
    assert [quote[0] for quote in first["quotes"]] == [NAME, "GOLD"]
    wanted = second["series"][-1]
    assert (wanted["symbol"], wanted["tf"], len(wanted["bars"])) == ("GOLD", "H1", 5)
    assert wanted["bars"][0][0] >= NOW - 86_400


def test_a_feed_sends_whole_spans_of_what_is_wanted_and_not_too_much_at_once() -> None:
    broker, server = make_broker(), Server()
    agent = FeedAgent(broker, server, "mt5", "tck_1")
    since = NOW - 15 * 86_400
    server.feed["want"] = [
        {"symbol": NAME, "tf": "M5", "from": since, "count": 2_400},
        {"symbol": "GOLD", "tf": "M5", "from": since, "count": 2_400},
        {"symbol": "GOLD", "tf": "H1", "from": since, "count": 100},
        {"symbol": "USDJPY", "tf": "H1", "from": since, "count": 100},
    ]
    agent.on_timer()
    agent.on_timer()
    wanted = server.bodies("/ingest/mt/mt5")[1]["series"][4:]
    assert [(s["symbol"], s["tf"]) for s in wanted] == [(NAME, "M5"), ("GOLD", "H1")]
    times = [bar[0] for bar in wanted[0]["bars"]]
    assert since <= times[0]
    assert times[-1] < since + 2_400 * 300
    assert len(times) > 1_400  # a weekend lies in between


def test_a_feed_asks_again_at_the_servers_pace_and_later_and_later_after_failures() -> None:
    broker, server = make_broker(), Server()
    agent = FeedAgent(broker, server, "mt5", "tck_1")
    server.status["/ingest/mt/mt5"] = 503
    sent_at = []
    for second in range(300):
        broker.advance((NOW + second) * 1_000)
        if agent.on_timer():
            sent_at.append(second)
    assert sent_at == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    server.status.clear()
    server.feed["poll_s"] = 7
    for second in range(300, 400):
        broker.advance((NOW + second) * 1_000)
        if agent.on_timer():
            sent_at.append(second)
    assert sent_at[10:13] == [303, 310, 317]


def test_nothing_is_traded_unless_the_user_says_so_and_the_heartbeat_says_why() -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker), signal(broker, "NO_TRADE", 2, tp=None, sl=None)]
    make_trader(broker, server, trade=False).on_timer()
    assert broker.account.positions == []
    (heartbeat,) = server.bodies("/api/ea/heartbeat")
    assert heartbeat["skipped"] == [{"pred_id": 1, "why": "disabled"}]
    assert (heartbeat["platform"], heartbeat["server_time"]) == ("mt5", NOW + 3 * 3_600)


def test_a_signal_is_traded_once_at_the_risk_that_is_set_and_told_until_it_is_over() -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker)]
    terminal = Terminal(broker, [make_trader(broker, server, risk_percent=0.5)])
    for second in range(0, 6_000, 5):
        server.now = NOW + second
        terminal.tick((NOW + second) * 1_000)
    deals = broker.account.deals
    assert [deal.entry for deal in deals] == ["in", "out"]
    risked = deals[0].volume * (deals[0].price - deals[0].sl) * 100_000
    assert 40 < risked <= 50
    told = server.bodies("/api/executions")
    assert [(one["closed_at"] is None, one["pnl"] is None) for one in told] == [
        (True, True), (False, False),
    ]  # fmt: skip
    last = told[-1]
    assert (last["pred_id"], last["symbol"], last["signal"], last["ticket"]) == (
        1, "EURUSD", "BUY", deals[0].position_id,
    )  # fmt: skip
    assert last["opened_at"] == "2026-03-11T13:00:00"
    assert last["utc_offset_s"] == 3 * 3_600
    assert last["pnl"] == pytest.approx(broker.account.balance - 10_000)
    assert last["result"] in ("TP", "SL", "TIME")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"enter_by_unix": NOW - 1}, "late"),
        ({"spread_max": 0.00001}, "spread"),
        ({"symbol": "USDJPY"}, "symbol"),
        ({"tp": 0.5}, "late"),
    ],
)
def test_what_is_not_traded_has_its_reason(change: dict[str, Any], why: str) -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker, **change)]
    make_trader(broker, server).on_timer()
    assert broker.account.positions == []
    assert server.bodies("/api/ea/heartbeat")[0]["skipped"] == [{"pred_id": 1, "why": why}]


def test_a_signal_whose_time_is_over_is_closed_and_says_so() -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker, tp=9.0, sl=0.1, exit_by_unix=NOW + 100)]
    terminal = Terminal(broker, [make_trader(broker, server, risk_percent=80.0)])
    for second in (0, 50, 99, 101):
        server.now = NOW + second
        terminal.tick((NOW + second) * 1_000)
    assert server.bodies("/api/executions")[-1]["result"] == "TIME"


def test_a_terminal_that_starts_from_nothing_opens_nothing_twice_and_tells_all_again() -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker)]
    make_trader(broker, server).on_timer()
    again = make_trader(broker, server)
    again.on_timer()
    assert len(broker.account.positions) == 1
    first, second = server.bodies("/api/executions")
    assert first == second
    assert again.untold() == 0


def test_with_a_key_that_has_ended_nothing_is_opened_and_what_is_open_is_looked_after() -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker, exit_by_unix=NOW + 100)]
    agent = make_trader(broker, server)
    agent.on_timer()
    server.status["/api/scan"] = 401
    server.items = []
    broker.advance(after(broker, 40))
    agent.items[2] = signal(broker, pred_id=2)
    agent.on_timer()
    assert len(broker.account.positions) == 1
    broker.advance(after(broker, 101))
    agent.on_timer()
    assert broker.account.positions == []
    assert server.bodies("/api/executions")[-1]["closed_at"]


def test_a_report_that_is_refused_is_not_repeated_and_one_without_answer_is() -> None:
    broker, server = make_broker(), Server()
    server.items = [signal(broker)]
    agent = make_trader(broker, server)
    server.status["/api/executions"] = 503
    agent.on_timer()
    assert agent.untold() == 1
    server.status["/api/executions"] = 422
    broker.advance(after(broker, 2))
    agent.on_timer()
    assert (agent.untold(), len(agent.refused)) == (0, 1)


def test_parts_that_are_closed_are_summed_in_metatrader_5_and_have_a_parent_in_4() -> None:
    for program in ("mt5", "mt4"):
        broker, server = make_broker(program=program), Server()
        server.items = [signal(broker, tp=9.0, sl=0.1, exit_by_unix=NOW + 86_000)]
        agent = make_trader(broker, server, risk_percent=80.0, most_lots=1.0)
        agent.on_timer()
        (position,) = broker.account.positions
        first = position.identifier
        broker.account.close(first, round(position.volume / 2, 2), reason="CLIENT")
        agent.on_timer()
        told = {one["ticket"]: one for one in server.bodies("/api/executions")}
        assert told[first]["exit_price"]
        assert told[first]["pnl"] < 0
        if program == "mt5":
            assert list(told) == [first]
            assert told[first]["closed_at"] is None
            assert 0 < told[first]["closed_volume"] < told[first]["volume"]
            continue
        assert told[first]["closed_at"]
        (rest,) = [one for one in told.values() if one["ticket"] != first]
        assert (rest["parent_ticket"], rest["pred_id"]) == (first, 1)
        assert rest["opened_at"] == told[first]["opened_at"]


def test_a_netting_account_holds_one_position_a_symbol_and_one_turned_by_hand_is_told_closed() -> (
    None
):
    broker, server = make_broker(mode="netting"), Server()
    server.items = [signal(broker), signal(broker, "SELL", 2)]
    agent = make_trader(broker, server)
    agent.on_timer()
    assert len(broker.account.positions) == 1
    assert server.bodies("/api/ea/heartbeat")[0]["skipped"] == [
        {"pred_id": 2, "why": "max_positions"}
    ]
    held = broker.account.positions[0]
    assert held.side == BUY
    broker.account.open(NAME, SELL, held.volume + 0.1, reason="CLIENT")
    agent.on_timer()
    last = server.bodies("/api/executions")[-1]
    assert (last["signal"], last["result"], last["ticket"]) == ("BUY", "MANUAL", held.identifier)
    assert last["closed_at"]


def test_signals_are_asked_for_more_often_just_after_a_close() -> None:
    broker, server = make_broker(), Server()
    agent = make_trader(broker, server)
    asked_at = []
    for second in range(420):
        server.now = NOW + second
        broker.advance((NOW + second) * 1_000)
        before = len(server.requests)
        agent.on_timer()
        if any(path == "/api/scan" for _, path, _, _ in server.requests[before:]):
            asked_at.append(second)
    assert asked_at[:3] == [0, 15, 30]
    assert [second for second in asked_at if 295 < second <= 380] == [
        300, *range(305, 361, 5), 375,
    ]  # fmt: skip
