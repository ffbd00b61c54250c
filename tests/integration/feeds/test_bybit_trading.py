"""An account at the simulated Bybit through ccxt: signed, sent once, and read whole."""

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from core.clock.times import now_ms
from core.errors import ExchangeRefused, ExchangeUnavailable
from core.venues.refused_call import RefusedCall
from core.venues.trades import MAGIC, SendCancel, SendClose, SendModify, SendOrder
from feeds.bybit.trading import BybitAccount
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from tests.exchange_candles import walk, write_candles
from tests.venue_desks import BybitWallet

SIZE = Decimal("0.004")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bybit")
    write_candles(folder, "bybit", "BTCUSDT", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


@pytest.fixture
def wallet(url: str) -> BybitWallet:
    return BybitWallet(url)


@pytest.fixture
def venue(wallet: BybitWallet) -> Iterator[BybitAccount]:
    opened = account(wallet)
    yield opened
    opened.close()


def account(wallet: BybitWallet, timeout_s: float = 20.0) -> BybitAccount:
    return BybitAccount(wallet.token, sandbox=True, base_url=wallet.url, timeout_s=timeout_s)


def order(name: str, **changed: object) -> SendOrder:
    usual = {"side": "buy", "symbol": "BTCUSDT", "volume": SIZE, "client_id": f"TC_BTCUSD_{name}"}
    return SendOrder(**(usual | changed))  # type: ignore[arg-type]


def test_money_rights_prices_and_steps_are_read(venue: BybitAccount, url: str) -> None:
    told = venue.account()
    assert (told.balance, told.currency, told.real, told.hedging) == (10_000, "USDT", False, False)
    assert told.trade_allowed
    assert not told.investor
    assert venue.price("BTCUSDT").bid == 60_000
    steps = venue.specification("BTCUSDT")
    assert (steps.tick_size, steps.volume_step) == (Decimal("0.1"), Decimal("0.001"))
    assert len(venue.candles("BTCUSDT", 3_600, 3, int(time.time()))) == 3
    only_looks = account(BybitWallet(url, "readonly"))
    assert only_looks.account().investor
    assert only_looks.trade(order("AAAA0000")).state == "refused"
    with pytest.raises(RefusedCall) as refused:
        account(BybitWallet(url, "wrong")).account()
    assert refused.value.call_status == 401
    with pytest.raises(ExchangeRefused):
        BybitAccount("no-secret-in-it", sandbox=True)


def test_an_order_is_found_by_its_id_and_its_position_closed_in_parts(
    venue: BybitAccount,
) -> None:
    since = now_ms()
    sent = venue.trade(order("AAAA0001", stop_loss=Decimal("59000.0")), time.monotonic() + 5)
    assert sent.state == "done"
    seen = venue.reading(since)
    (held,) = seen.positions
    assert (held.volume, held.stop_loss, held.magic) == (SIZE, 59_000, MAGIC)
    assert [(one.id, one.client_id) for one in seen.history] == [
        (sent.order_id, "TC_BTCUSD_AAAA0001")
    ]
    assert {one.position_id for one in [*seen.deals, *seen.history]} == {held.id}
    part = SendClose(position_id=held.id, client_id="TC_BTCUSD_AAAA0002", volume=SIZE / 4)
    assert venue.trade(part).state == "done"
    assert venue.reading(since).positions[0].id == held.id
    whole = SendClose(position_id=held.id, client_id="TC_BTCUSD_AAAA0003", volume=SIZE * 3 / 4)
    assert venue.trade(whole).state == "done"
    ended = venue.reading(since)
    assert ended.positions == ()
    closing = [one for one in ended.deals if one.entry == "out"]
    assert sum(one.volume for one in closing) == SIZE
    assert sum(one.profit for one in closing) == SIZE * Decimal("-0.1")
    paid = sum(one.profit + one.commission for one in ended.deals)
    assert venue.account().balance == 10_000 + paid
    assert venue.trade(whole).state == "unknown", "an id that is there proves nothing"
    gone = SendClose(position_id=held.id, client_id="TC_BTCUSD_AAAA0004", volume=SIZE)
    assert venue.trade(gone).state == "refused", "it opens nothing the other way"


def test_the_next_position_of_a_symbol_has_another_name_and_others_have_no_mark(
    venue: BybitAccount, wallet: BybitWallet
) -> None:
    since = now_ms()
    wallet.script(by_hand=[{"symbol": "BTCUSDT", "side": "Sell", "qty": "0.002"}])
    (first,) = venue.reading(since).positions
    assert (first.side, first.magic, first.client_id) == ("sell", 0, None)
    wallet.script(by_hand=[{"symbol": "BTCUSDT", "side": "Buy", "qty": "0.002"}])
    assert venue.trade(order("AAAA0005")).state == "done"
    (second,) = venue.reading(since).positions
    assert second.id != first.id
    assert second.magic == MAGIC
    again = account(wallet)
    # Its beginning is older than what is asked for: it is looked for, and has the same name.
    assert again.reading(now_ms() + 3_600_000).positions == (second,)
    again.close()


def test_a_stop_that_is_reached_closes_with_its_reason(
    venue: BybitAccount, wallet: BybitWallet
) -> None:
    since = now_ms()
    venue.trade(order("AAAA0006", symbol="ETHUSDT", volume=Decimal("0.1"),
                      stop_loss=Decimal(2_900), take_profit=Decimal(3_100)))  # fmt: skip
    (held,) = venue.reading(since).positions
    moved = SendModify(position_id=held.id, stop_loss=Decimal(2_950), take_profit=Decimal(3_100))
    assert venue.trade(moved).state == "done"
    assert venue.reading(since).positions[0].stop_loss == 2_950
    wallet.script(prices={"ETHUSDT": ["2940.00", "2940.10"]})
    seen = venue.reading(since)
    wallet.script(prices={"ETHUSDT": ["3000.00", "3000.10"]})
    assert seen.positions == ()
    assert {one.reason for one in seen.deals if one.entry == "out"} == {"SL"}


def test_an_order_that_waits_is_shown_and_taken_back(venue: BybitAccount) -> None:
    since = now_ms()
    sent = venue.trade(order("AAAA0007", type="limit", price=Decimal("59990.0")))
    stop = venue.trade(order("AAAA0008", type="stop", price=Decimal("60100.0")))
    waiting = venue.reading(since).orders
    assert {one.id: one.price for one in waiting} == {
        sent.order_id: Decimal("59990.0"), stop.order_id: Decimal("60100.0"),
    }  # fmt: skip
    for one in waiting:
        assert venue.trade(SendCancel(order_id=one.id)).state == "done"
    seen = venue.reading(since)
    assert seen.orders == ()
    assert {one.state for one in seen.history} == {"ORDER_STATE_CANCELED"}


@pytest.mark.parametrize(
    ("fault", "state", "done"),
    [("lost-after", "unknown", True), ("lost", "unknown", False), ("504-after", "unknown", True),
     ("code:10016-after", "unknown", True), ("code:110007", "refused", False),
     ("html-after", "unknown", True), ("redirect", "unknown", False),
     ("429", "refused", False)],
)  # fmt: skip
def test_an_order_is_sent_once_whatever_becomes_of_its_answer(
    venue: BybitAccount, wallet: BybitWallet, fault: str, state: str, done: bool
) -> None:
    since = now_ms()
    wallet.fail(fault)
    assert venue.trade(order("AAAA0009")).state == state
    assert [one.client_id for one in venue.reading(since).positions] == (
        ["TC_BTCUSD_AAAA0009"] if done else []
    )


def test_what_comes_too_late_or_reaches_nobody_is_not_sent(
    venue: BybitAccount, wallet: BybitWallet
) -> None:
    since = now_ms()
    assert venue.trade(order("AAAA0010"), time.monotonic() - 1).code == "not_sent"
    nobody = BybitAccount(wallet.token, sandbox=True, base_url="http://127.0.0.1:9")
    assert nobody.trade(order("AAAA0011")).code == "not_sent"
    with pytest.raises(ExchangeUnavailable):
        nobody.account()
    assert venue.reading(since).positions == ()


def test_a_reading_whose_fills_are_not_all_listed_is_not_complete(
    venue: BybitAccount, wallet: BybitWallet
) -> None:
    wallet.fail("nan", on="execution/list")
    with pytest.raises(ExchangeUnavailable):
        venue.reading(now_ms())
    venue.trade(order("AAAA0012"))
    wallet.fail("code:10006", on="position/list")
    with pytest.raises(ExchangeUnavailable, match="rate"):
        venue.reading(now_ms())
