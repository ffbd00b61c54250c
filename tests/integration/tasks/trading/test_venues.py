"""The trader at a venue: an order goes there once, and what came of it is found."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from core.settings import Settings
from core.trading.orders import ClosePosition
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from tests.exchange_candles import walk, write_candles
from tests.venue_desks import Desk


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("metaapi")
    write_candles(folder, "metaapi", "BTCUSD", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


@pytest.fixture
def desk(stores: Stores, redis_settings: Settings, url: str) -> Iterator[Desk]:
    made = Desk(stores, redis_settings, url)
    with made.at_work():
        yield made


def test_an_order_goes_to_the_venue_once_and_its_position_is_closed_again(desk: Desk) -> None:
    told = desk.connect()
    assert (told.balance, told.real) == (10_000, False)
    result = desk.order("first")
    assert result.outcome == "done", result
    opened = desk.until_state("first", "filled")
    assert [one["clientId"][:10] for one in desk.positions()] == ["TC_EURUSD_"]
    (position,) = desk.account().positions.values()
    assert position.venue_id == desk.positions()[0]["id"]
    assert opened.position_id == position.id
    assert desk.order("first").order_id == result.order_id
    part = ClosePosition(position_id=position.id, volume=Decimal("0.04"))
    assert desk.carry_out(part, "part").outcome == "done"
    desk.until_state("part", "filled")
    assert desk.positions()[0]["volume"] == pytest.approx(0.06)
    assert desk.carry_out(ClosePosition(position_id=position.id), "rest").outcome == "done"
    desk.until_state("rest", "filled")
    assert desk.positions() == []
    assert desk.account().positions == {}
    desk.check_replay()
