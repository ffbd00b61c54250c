"""The trader at Bybit's sandbox: the same protocol as at MetaApi, where positions are netted."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.settings import Settings
from core.trading.orders import ClosePosition, PlaceOrder
from core.venues.names import BYBIT_TESTNET
from feeds.simulator.running import simulating
from feeds.simulator.server import SimulatorOptions
from storage.stores import Stores
from tests.exchange_candles import walk, write_candles
from tests.venue_desks import BybitWallet, Desk, until


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bybit")
    write_candles(folder, "bybit", "BTCUSDT", 3_600, walk(10))
    with simulating(SimulatorOptions(folder)) as address:
        yield address


def order(**changed: Any) -> PlaceOrder:
    usual: dict[str, Any] = {
        "platform": BYBIT_TESTNET, "symbol": "BTCUSDT", "side": "buy", "volume": Decimal("0.01"),
        "stop_loss": Decimal("59000"),
    }  # fmt: skip
    return PlaceOrder(**(usual | changed))


def test_orders_go_there_once_are_found_after_lost_answers_and_are_closed(
    stores: Stores, redis_settings: Settings, url: str
) -> None:
    desk, wallet = Desk(stores, redis_settings, url), BybitWallet(url)
    desk.name = wallet.name
    with desk.at_work():
        assert not desk.connect(wallet.token, BYBIT_TESTNET).real
        wallet.fail("lost-after")
        assert desk.carry_out(order(), "lost").outcome == "done"
        found = desk.until_state("lost", "filled")
        again = desk.carry_out(order(), "second")
        assert (again.outcome, again.limit) == ("refused", "one_position")
        part = ClosePosition(position_id=found.position_id or 0, volume=Decimal("0.004"))
        assert desk.carry_out(part, "part").outcome == "done"
        desk.until_state("part", "filled")
        wallet.fail("code:110007")
        assert desk.carry_out(order(symbol="ETHUSDT", volume=Decimal("0.1"),
                                    stop_loss=Decimal(2_900)), "no money")  # fmt: skip
        assert desk.until_state("no money", "rejected").body["code"] == "110007"
        rest = ClosePosition(position_id=found.position_id or 0)
        assert desk.carry_out(rest, "rest").outcome == "done"
        desk.until_state("rest", "filled")
        until(lambda: not desk.account().positions)
        wallet.script(by_hand=[{"symbol": "ETHUSDT", "side": "Buy", "qty": "0.1"}])
        where = until(lambda: (held := desk.account().at_venue) and held.foreign and held)
        assert where.differences == []
        netted = desk.carry_out(
            order(symbol="ETHUSDT", volume=Decimal("0.1"), stop_loss=Decimal(2_900)), "netted"
        )
        assert netted.limit == "one_position"
    assert desk.account().state == "ACTIVE"
    desk.check_replay()
