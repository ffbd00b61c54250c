"""An account at the simulated MetaApi: looking, trading once, and every fault of the wire."""

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from core.errors import ExchangeRefused, ExchangeUnavailable, InvalidRequest
from core.venues.account import VenueReading
from core.venues.trades import (
    MAGIC,
    SendCancel,
    SendClose,
    SendModify,
    SendOrder,
    TradeAnswer,
)
from feeds.metaapi.calls import MetaApiAddresses
from feeds.metaapi.trading import MetaApiAccount
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import walk, write_candles
from tests.smtp_servers import make_certificate

NAMES = itertools.count()
# Of what is to be in time; and of what is not.
TIMEOUT_S, SHORT_S = 30.0, 2.0


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("metaapi")
    write_candles(folder, "metaapi", "BTCUSD", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


class Desk:
    """An account of its own at the simulator, and what a test has happen there."""

    def __init__(self, url: str, kind: str = "demo") -> None:
        self.name = f"{kind}-{next(NAMES)}"
        self._url = url
        self.venue = self.opened()

    def opened(self, timeout_s: float = TIMEOUT_S) -> MetaApiAccount:
        """Return another client of the account, which knows of no rate limit yet."""
        addresses = MetaApiAddresses(f"{self._url}/regions/{{region}}", self._url)
        return MetaApiAccount(addresses, self.name, "a-token", timeout_s)

    def script(self, **told: object) -> None:
        httpx.post(f"{self._url}/simulator/metaapi/{self.name}", json=told).raise_for_status()

    def fail(self, fault: str, on: str = "trade", **more: object) -> None:
        self.script(faults=[{"on": on, "fault": fault, **more}])

    def reading(self) -> VenueReading:
        return self.venue.reading(0)

    def buy(self, client_id: str = "TC_EURUSD_1", **more: object) -> TradeAnswer:
        return self.venue.trade(order(client_id=client_id, **more))


def order(**changed: object) -> SendOrder:
    usual = {"side": "buy", "symbol": "EURUSD", "volume": Decimal("0.10"), "client_id": "TC_1"}
    return SendOrder(**(usual | changed))  # type: ignore[arg-type]


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    made = Desk(url)
    yield made
    made.venue.close()


def test_an_account_shows_its_money_and_its_rights(url: str) -> None:
    shown = {kind: Desk(url, kind).venue.account() for kind in ("demo", "real", "investor", "mt4")}
    demo = shown["demo"]
    assert (demo.balance, demo.equity, demo.margin) == (10_000, 10_000, 0)
    assert (demo.currency, demo.leverage, demo.platform) == ("USD", 100, "mt5")
    assert [shown[kind].real for kind in shown] == [False, True, False, False]
    assert shown["investor"].investor
    assert shown["mt4"].platform == "mt4"


def test_an_order_becomes_a_position_that_carries_our_id(desk: Desk) -> None:
    answer = desk.buy(stop_loss=Decimal("1.07"), take_profit=Decimal("1.10"), comment="x" * 40)
    assert answer.state == "done"
    seen = desk.reading()
    (position,), (deal,), (done,) = seen.positions, seen.deals, seen.history
    assert position.id == answer.position_id
    assert (position.side, position.volume, position.client_id) == (
        "buy",
        Decimal("0.1"),
        "TC_EURUSD_1",
    )
    assert (position.stop_loss, position.take_profit) == (Decimal("1.07"), Decimal("1.1"))
    assert position.magic == deal.magic == MAGIC
    assert len(position.client_id + (position.comment or "")) == 26
    assert (deal.entry, deal.position_id, done.id) == ("in", position.id, answer.order_id)
    assert (done.client_id, done.state, done.remaining) == ("TC_EURUSD_1", "ORDER_STATE_FILLED", 0)
    assert seen.complete


def test_positions_are_moved_closed_in_part_and_whole(desk: Desk) -> None:
    held = desk.buy().position_id or ""
    moved = desk.venue.trade(SendModify(position_id=held, stop_loss=Decimal("1.05")))
    assert moved.state == "done"
    assert desk.venue.trade(SendModify(position_id=held, stop_loss=Decimal("1.05"))).code == "10025"
    assert desk.reading().positions[0].stop_loss == Decimal("1.05")
    part = SendClose(position_id=held, client_id="TC_2", volume=Decimal("0.04"))
    assert desk.venue.trade(part).state == "done"
    assert desk.reading().positions[0].volume == Decimal("0.06")
    assert desk.venue.trade(SendClose(position_id=held, client_id="TC_3")).state == "done"
    seen = desk.reading()
    assert seen.positions == ()
    assert [deal.entry for deal in seen.deals] == ["in", "out", "out"]
    assert [deal.client_id for deal in seen.deals] == ["TC_EURUSD_1", "TC_2", "TC_3"]
    again = desk.venue.trade(SendClose(position_id=held, client_id="TC_4"))
    assert (again.state, again.code) == ("refused", "10036")


def test_a_waiting_order_is_filled_by_its_price_or_taken_back(desk: Desk) -> None:
    desk.script(prices={"GBPUSD": [1.27, 1.2701]})
    waits = {"symbol": "GBPUSD", "type": "limit"}
    first = desk.buy("TC_1", price=Decimal("1.25"), **waits)
    second = desk.buy("TC_2", price=Decimal("1.20"), **waits)
    assert [one.client_id for one in desk.reading().orders] == ["TC_1", "TC_2"]
    assert desk.venue.trade(SendCancel(order_id=second.order_id or "")).state == "done"
    desk.script(prices={"GBPUSD": [1.2489, 1.2490]})
    seen = desk.reading()
    assert seen.orders == ()
    assert [(one.id, one.state) for one in seen.history] == [
        (second.order_id, "ORDER_STATE_CANCELED"),
        (first.order_id, "ORDER_STATE_FILLED"),
    ]
    assert seen.positions[0].client_id == "TC_1"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"volume": Decimal("0.001")}, "10014"),
        ({"volume": Decimal("90")}, "10019"),
        ({"stop_loss": Decimal("1.20")}, "10016"),
        ({"symbol": "NONE"}, "4301"),
    ],
)
def test_what_the_broker_refuses_is_a_definite_no(
    desk: Desk, changed: dict[str, object], code: str
) -> None:
    answer = desk.buy(**changed)
    assert (answer.state, answer.code) == ("refused", code)
    assert desk.reading().positions == ()


def test_prices_and_specifications_are_exact(desk: Desk) -> None:
    desk.script(prices={"XAUUSD": [2400.01, 2400.25]})
    price, units = desk.venue.price("XAUUSD"), desk.venue.specification("XAUUSD")
    assert (price.bid, price.ask) == (Decimal("2400.01"), Decimal("2400.25"))
    assert (units.tick_size, units.contract_size) == (Decimal("0.01"), 100)
    with pytest.raises(ExchangeRefused, match="404"):
        desk.venue.price("NONE")


# What a trade comes to under each fault, and how many positions there are then.
FAULTS = {
    "lost": ("unknown", 0), "lost-after": ("unknown", 1),
    "504": ("unknown", 0), "504-after": ("unknown", 1), "500-after": ("unknown", 1),
    "not-connected": ("unknown", 0), "not-synchronized": ("unknown", 0),
    "429": ("refused", 0), "401": ("refused", 0), "403": ("refused", 0), "400": ("refused", 0),
    "code:128": ("unknown", 0), "code:128-after": ("unknown", 1), "code:-11-after": ("unknown", 1),
    "code:10012-after": ("unknown", 1), "code:1": ("unknown", 0),
    "code:10004": ("refused", 0), "code:10019": ("refused", 0), "code:-10": ("refused", 0),
    "big-after": ("unknown", 1), "nan-after": ("unknown", 1), "html-after": ("unknown", 1),
    "redirect-after": ("unknown", 1), "partial": ("done", 1),
    "client-id-truncated": ("done", 1), "client-id-changed": ("done", 1),
    "comment-overwritten": ("done", 1),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_trade_under_a_fault_is_sent_once_and_told_as_what_is_proven(
    desk: Desk, fault: str
) -> None:
    desk.venue.account()
    desk.fail(fault)
    state, positions = FAULTS[fault]
    assert desk.buy("TC_EURUSD_abc").state == state
    assert len(desk.opened().reading(0).positions) == positions


@pytest.mark.parametrize("fault", ["slow", "late"])
def test_an_answer_beyond_the_time_out_proves_nothing(desk: Desk, fault: str) -> None:
    hasty = desk.opened(SHORT_S)
    hasty.account()
    desk.fail(fault, seconds=SHORT_S + 0.5)
    assert hasty.trade(order()).state == "unknown"
    deadline = time.monotonic() + 60
    while not desk.reading().positions and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(desk.reading().positions) == 1


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n["])
def test_an_answer_that_drips_ends_by_the_time_out(drip: bytes) -> None:
    with dripping(drip) as address:
        venue = MetaApiAccount(MetaApiAddresses(address, address), "demo", "a-token", SHORT_S)
        with pytest.raises(ExchangeUnavailable, match="in time"):
            venue.account()  # what drips never ends


def test_a_certificate_that_nobody_vouches_for_gets_no_token(tmp_path: Path) -> None:
    context = make_certificate(tmp_path).context()
    with dripping(b"", context) as address:
        venue = MetaApiAccount(MetaApiAddresses(address, address), "demo", "a-token", TIMEOUT_S)
        assert venue.trade(order()).code == "not_sent"
        with pytest.raises(ExchangeUnavailable, match="connection to metaapi failed"):
            venue.account()


@contextmanager
def dripping(beginning: bytes, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve an answer that begins so and then comes a byte at a time, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            with suppress(OSError):
                connection, _ = listener.accept()
                plain = context.wrap_socket(connection, server_side=True) if context else connection
                plain.sendall(beginning)
                while plain.send(b"a"):
                    time.sleep(0.1)
            if listener.fileno() < 0:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"{'https' if context else 'http'}://localhost:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("fault", ["lost", "504", "500", "big", "nan", "html", "redirect", "429"])
def test_a_read_that_fails_is_an_error_that_passes_and_nothing_half_read(
    desk: Desk, fault: str
) -> None:
    desk.venue.account()
    desk.fail(fault, on="account-information")
    with pytest.raises(ExchangeUnavailable):
        desk.venue.account()


def test_a_rate_limit_is_obeyed_and_nothing_is_sent_meanwhile(desk: Desk) -> None:
    desk.venue.account()
    desk.fail("429", on="positions")
    with pytest.raises(ExchangeUnavailable) as error:
        desk.reading()
    assert error.value.retry_after == 1
    answer = desk.buy()
    assert (answer.state, answer.code) == ("refused", "not_sent")


@pytest.mark.parametrize("on", ["positions", "orders", "history-orders", "history-deals"])
def test_a_reading_while_the_venue_synchronizes_is_not_complete(desk: Desk, on: str) -> None:
    desk.buy()
    desk.buy("TC_2", symbol="GBPUSD", type="limit", price=Decimal("1.1"))
    assert desk.reading().complete
    desk.fail("synchronizing", on=on)
    assert not desk.reading().complete


def test_an_account_that_moves_is_found_in_its_new_region(desk: Desk) -> None:
    desk.venue.account()
    desk.script(region="london")
    try:
        assert desk.venue.account().balance == 10_000
        desk.script(region="singapore")
        moved = desk.buy()
        assert (moved.state, moved.code) == ("refused", "404")
        assert desk.buy().state == "done"
    finally:
        desk.script(region="new-york")


@pytest.mark.parametrize("region", ["evil.example/", "a@b", "", "A", "x" * 40, "..", "a:1"])
def test_a_region_that_would_name_another_host_is_not_followed(desk: Desk, region: str) -> None:
    desk.script(region=region or " ")
    try:
        with pytest.raises(ExchangeUnavailable, match="region"):
            desk.venue.account()
        assert desk.buy().code == "not_sent"
    finally:
        desk.script(region="new-york")


def test_a_wrong_token_or_account_is_refused_for_good(url: str) -> None:
    addresses = MetaApiAddresses(f"{url}/regions/{{region}}", url)
    for account, token in (("wrong-1", "a-token"), ("demo", "wrong")):
        with pytest.raises(ExchangeRefused):
            MetaApiAccount(addresses, account, token).account()
    for bad in ("a\r\nb: c", "", "ü"):
        with pytest.raises(ExchangeRefused, match="printable"):
            MetaApiAccount(addresses, "demo", bad)
    with pytest.raises(InvalidRequest):
        MetaApiAccount(addresses, "../x", "a-token")
    with pytest.raises(ExchangeRefused, match="http"):
        MetaApiAccount(MetaApiAddresses("ftp://x", url), "demo", "a-token")


def test_positions_of_others_are_seen_without_our_marks(desk: Desk) -> None:
    desk.script(by_hand=[{"symbol": "XAUUSD", "side": "SELL", "volume": 0.02}])
    (position,) = desk.reading().positions
    assert (position.side, position.magic, position.client_id) == ("sell", 0, None)


def test_nobody_listening_is_a_definite_no() -> None:
    nowhere = MetaApiAddresses("http://127.0.0.1:9", "http://127.0.0.1:9")
    venue = MetaApiAccount(nowhere, "demo", "a-token")
    assert venue.trade(order()).code == "not_sent"
    with pytest.raises(ExchangeUnavailable, match="connection to metaapi failed"):
        venue.account()
