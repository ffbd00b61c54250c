"""Positions that an account can no longer carry."""

from decimal import Decimal

import msgspec
import pytest

from core.trading.accounts import MONEY, Account, Price, Tick
from core.trading.events import Filled, Opening, Refused, StateChanged, Timed
from tests.unit.trading.test_paper_engine import BEGAN, WIDE, Run, check_books, order
from trading.margin import is_called
from trading.replay import Replay
from trading.step import open_account

NAME = "broker:XAUUSD"


def short_run() -> Run:
    """Return a run of an account with leverage 100, and 90 of its 100 times in gold."""
    run = Run()
    opening = Opening(at=BEGAN, account_id=0, currency="USD", leverage=100, deposit=Decimal(10_000))
    run.account, events = open_account(opening)
    run.rows, run.events = [], []
    run._note(opening, events)
    run.ask(order("buy", "3.80"))
    run.see(Tick(BEGAN + 1, 235_000, 235_050))
    return run


def wait(run: Run, bid: int, age_ms: int = 0) -> list[object]:
    """Value the account at a price of some age."""
    run.now += 1_000 + age_ms
    price = Price(bid, bid + 50, run.now - age_ms)
    return list(run.take(Timed(at=run.now, prices={NAME: price}, limits=WIDE)))


def level(account: Account, bid: int) -> bool:
    """Say whether the account is called at a price."""
    return is_called(account, {NAME: Price(bid, bid + 50, BEGAN)}, {})


def test_a_position_is_closed_once_equity_is_half_of_the_margin_and_not_before() -> None:
    run = short_run()
    fills = [level(run.account, bid) for bid in range(235_000, 230_000, -1)]
    called = 235_000 - fills.index(True)
    assert not any(isinstance(one, Filled) for one in wait(run, called + 1))
    closed = [one for one in wait(run, called) if isinstance(one, Filled)]
    (fill,) = (one.fill for one in closed)
    assert (fill.exit, fill.price, fill.volume) == ("stop_out", called - 1, 380)
    assert not run.account.positions
    check_books(run.account, run.events, 10_000 * MONEY)
    # What was left before the end was paid for: half of a hundredth of what 380 ounces are worth.
    margin = Decimal(called) / 100 * 380 / 100
    slipped = Decimal("0.01") * 380
    left = Decimal(run.account.balance + fill.commission) / MONEY + slipped
    assert 0 <= margin / 2 - left < 4


@pytest.mark.parametrize("state", ["HALTED", "REDUCING"])
def test_an_account_that_may_trade_no_more_is_closed_too(state: str) -> None:
    run = short_run()
    run.account.state = state  # type: ignore[assignment]
    assert any(isinstance(one, Filled) for one in wait(run, 232_000))


def test_an_old_price_closes_nothing() -> None:
    run = short_run()
    happened = wait(run, 232_000, age_ms=10_001)
    assert not any(isinstance(one, Filled) for one in happened)
    assert run.account.positions


def test_what_was_closed_follows_from_the_record() -> None:
    run = short_run()
    wait(run, 232_000)
    replay = Replay()
    for number, row in enumerate(run.rows):
        replay.take(number, 0, msgspec.json.decode(msgspec.json.encode(row), type=type(row)))
    replay.end()
    replay.compare([run.account])
    assert replay.differences == []
    assert not any(isinstance(one, StateChanged) for one in run.events)


def test_what_could_not_be_carried_is_refused_by_its_name() -> None:
    run = short_run()
    (refused,) = (one for one in run.ask(order("buy", "0.50")) if isinstance(one, Refused))
    assert refused.verdict.limit == "margin"
