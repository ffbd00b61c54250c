"""Opening a position of a given size, or of a given risk."""

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.trading.account_of import (
    account_number,
    check_paper,
    client_id_of,
    count_unless_repeated,
)
from api.trading.command_door import CommandDoor
from api.trading.place import OrderReader, ticks_of
from api.trading.portfolio import show_position
from api.trading.refusals import NoPrice, RefusedByRisk, check_carried
from api.trading.schemas import (
    Action,
    HeldPosition,
    OpenPosition,
    PositionPending,
    TradeRequest,
)
from api.trading.valued import PaperAccounts
from core.errors import InvalidRequest
from core.trading.accounts import Price
from core.trading.instruments import Instrument
from core.trading.orders import PlaceOrder
from storage.trading.accounts import AccountStore, ShownOrder
from storage.trading.commands import CommandStore
from trading.money import exact, volume_of
from trading.sizing import volume_for_share
from trading.valuation import entry_price

# A market order is filled by the next price, for which so long is waited (s).
_WAITED_S = 2.0
_LOOK_S = 0.05
_ACTIONS: Mapping[tuple[str, str], Action] = MappingProxyType(
    {
        ("long", "market"): "BUY",
        ("long", "limit"): "BUY_LIMIT",
        ("long", "stop"): "BUY_STOP",
        ("short", "market"): "SELL",
        ("short", "limit"): "SELL_LIMIT",
        ("short", "stop"): "SELL_STOP",
    }
)


class Desk(NamedTuple):
    """What opening positions takes."""

    door: CommandDoor
    orders: OrderReader
    accounts: PaperAccounts
    trading: AccountStore
    commands: CommandStore


class OpenPositionResource:
    """`POST /api/portfolio/positions`"""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @operation(
        "open_position",
        "trading",
        {201: HeldPosition, 202: PositionPending},
        errors=(404, 409, 503),
        body=True,
    )
    async def on_post(self, req: Request, resp: Response, json: OpenPosition) -> None:
        """Open a position by the next price, or by a pending order at `price`.

        Its size is `volume`, or the greatest by which no more than the share `risk` of equity is
        lost at the stop. 201 once it is open; 202 while its order waits.
        """
        check_paper(json.account)
        account_id, client_id = account_number(req), client_id_of(req, json.client_order_id)
        await count_unless_repeated(req, self._desk.commands, account_id, client_id)
        order = await in_thread(self._order, account_id, json, client_id)
        carried = await self._desk.door.carry_out(account_id, order, client_id)
        check_carried(resp, carried)
        name = carried.submitted.client_order_id
        found = await self._await_fill(account_id, name, pending=order.type != "market")
        shown = await in_thread(self._position, account_id, found.position_id)
        if shown is not None:
            resp.status, resp.media = "201 Created", shown
            return
        resp.status = "202 Accepted"
        resp.media = PositionPending(
            status=found.state,
            order_id=str(found.id),
            position_id=None if found.position_id is None else str(found.position_id),
            client_order_id=name,
            idempotent=carried.submitted.idempotent,
            href="/api/portfolio",
        )

    def _order(self, account_id: int, json: OpenPosition, client_id: str | None) -> PlaceOrder:
        """Return the order; a repeated one as it was made, since prices have moved."""
        if (json.volume is None) == (json.risk is None):
            raise InvalidRequest("Give either volume or risk.", field="volume")
        before = self._desk.commands.asked(account_id, client_id) if client_id else None
        if isinstance(before, PlaceOrder):
            return self._repeated(json, before)
        action, price = self._action(json)
        volume = json.volume or self._volume(account_id, json, price)
        return self._read(json, action, volume)

    def _repeated(self, json: OpenPosition, before: PlaceOrder) -> PlaceOrder:
        kind = "market" if json.price is None else before.type
        volume = json.volume or float(before.volume)
        return self._read(json, _ACTIONS[json.direction, kind], volume)

    def _read(self, json: OpenPosition, action: Action, volume: float) -> PlaceOrder:
        return self._desk.orders.read(
            TradeRequest(
                symbol=json.symbol,
                action=action,
                volume=volume,
                price=json.price,
                stop_loss=json.stop_loss,
                take_profit=json.take_profit,
                platform=json.platform,
            )
        )

    def _action(self, json: OpenPosition) -> tuple[Action, Price]:
        """Return the kind of order, and the price now: a pending one beyond it is a stop."""
        instrument = self._desk.orders.instrument(json.symbol, json.platform)
        price = self._desk.accounts.price(instrument)
        if price is None:
            raise NoPrice(f"No price of {instrument.market} is known.", retry_after=5)
        long = json.direction == "long"
        entry = instrument.tick_size * entry_price("buy" if long else "sell", price)
        if json.price is None:
            if (exact(json.stop_loss) < entry) != long:
                side = "below" if long else "above"
                raise InvalidRequest(f"stop_loss must lie {side} the price.", field="stop_loss")
            return _ACTIONS[json.direction, "market"], price
        better = (exact(json.price) < entry) == long
        return _ACTIONS[json.direction, "limit" if better else "stop"], price

    def _volume(self, account_id: int, json: OpenPosition, price: Price) -> float:
        instrument = self._desk.orders.instrument(json.symbol, json.platform)
        valued = self._desk.accounts.value(account_id)
        rate = self._desk.accounts.rate(instrument, valued.account, valued.at)
        if rate is None:
            raise NoPrice(f"No rate of {instrument.quote} is known.", retry_after=5)
        entry = _entry(json, instrument, price)
        stop = ticks_of(instrument, "stop_loss", exact(json.stop_loss))
        share = exact(json.risk) or Decimal(0)
        equity = valued.figures.equity
        found = volume_for_share(instrument, equity, share, abs(entry - stop), rate.value)
        volume = volume_of(instrument, found)
        if volume < instrument.volume_min:
            raise RefusedByRisk(
                f"A risk of {json.risk:g} is less than the smallest volume, "
                f"{instrument.volume_min:f}, loses at that stop.",
                "too_small",
            )
        return float(min(volume, instrument.volume_max))

    async def _await_fill(self, account_id: int, name: str, *, pending: bool) -> ShownOrder:
        """Return an order once it is filled, or as it is when nobody should wait any longer."""
        until = time.monotonic() + (0 if pending else _WAITED_S)
        while True:
            read = self._desk.trading.orders
            (found,) = await in_database_thread(read, account_id, 1, None, name)
            if found.position_id is not None or time.monotonic() >= until:
                return found
            await asyncio.sleep(_LOOK_S)

    def _position(self, account_id: int, position_id: int | None) -> HeldPosition | None:
        if position_id is None:
            return None
        valued = self._desk.accounts.value(account_id)
        held = (one for one in valued.figures.held if one.position.id == position_id)
        return next((show_position(one, valued) for one in held), None)


def _entry(json: OpenPosition, instrument: Instrument, price: Price) -> int:
    if json.price is None:
        return entry_price("buy" if json.direction == "long" else "sell", price)
    return ticks_of(instrument, "price", exact(json.price))
