"""The trader at a venue, through restarts and halts: an order goes there once."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from core.settings import Settings
from core.trading.orders import ClosePosition
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from storage.trading.commands import NewCommand
from tests.exchange_candles import walk, write_candles
from tests.venue_desks import Desk, buy, until


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("metaapi")
    write_candles(folder, "metaapi", "BTCUSD", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


@pytest.fixture
def desk(stores: Stores, redis_settings: Settings, url: str) -> Desk:
    return Desk(stores, redis_settings, url)


def test_an_order_that_was_sent_as_the_trader_died_is_looked_for_and_not_sent_again(
    desk: Desk, stores: Stores
) -> None:
    with desk.at_work():
        desk.connect()
        desk.fail("slow", seconds=3)
        assert desk.order("under way").outcome == "done"
        desk.until_state("under way", "sent")
    stores.lease.give_back(stores.lease.held().token)  # type: ignore[union-attr]
    with desk.at_work():
        found = desk.until_state("under way", "filled")
        assert len(desk.positions()) == 1
        position = ClosePosition(position_id=found.position_id or 0, volume=Decimal("0.04"))
        assert desk.carry_out(position, "part").outcome == "done"
        desk.until_state("part", "filled")
    assert desk.positions()[0]["volume"] == pytest.approx(0.06)
    desk.check_replay()


def test_nothing_that_waits_is_sent_after_a_halt(desk: Desk, stores: Stores) -> None:
    with desk.at_work():
        desk.connect()
        desk.fail("late", seconds=2.5)
        stores.commands.submit([NewCommand(desk.number, buy(), f"order {n}") for n in range(3)])
        until(lambda: stores.trading.orders_of(desk.number, ["order 2"]))
        changed = stores.switches.change(0, "HALTED", "enough", "test")
        until(lambda: stores.switches.of(0)[0].echoed >= changed.epoch)
        states = [desk.shown(f"order {n}").state for n in range(3)]
        assert states[1:] == ["cancelled", "cancelled"]
        desk.until_state("order 0", "filled", "cancelled")
    assert len(desk.positions()) == states.count("sent")
    desk.check_replay()
