"""Open positions by the words of MetaTrader, and closing them."""

from decimal import Decimal

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.sales.openapi_parts import refused
from api.trading.account_of import account_number, client_id_of
from api.trading.command_door import CommandDoor
from api.trading.mt4.schemas import (
    ClosedAnswer,
    CloseQuery,
    CloseRequest,
    Mt4Position,
    PositionsAnswer,
)
from api.trading.mt4.venue_terminal import VenueTerminal
from api.trading.portfolio import show_position
from api.trading.refusals import check_carried
from api.trading.valued import PaperAccounts
from api.trading.venues.accounts import CallersAccounts
from api.trading.venues.order_end import is_open, order_of
from core.errors import NotFound
from core.trading.orders import ClosePosition
from storage.trading.accounts import AccountStore
from storage.trading.commands import CommandStore
from storage.venues.connections import Connection
from trading.money import exact

_ORDERS_LOOKED_AT = 1_000
_LONGEST_ID = 18
HTTP_ACCEPTED = "202 Accepted"


class PositionsResource:
    """`GET /api/mt4/positions`, `GET /api/v1/auto-trade/mt4/positions`"""

    def __init__(
        self,
        accounts: PaperAccounts,
        trading: AccountStore,
        callers: CallersAccounts,
        venue: VenueTerminal,
    ) -> None:
        self._callers = callers
        self._venue = venue
        self._accounts = accounts
        self._trading = trading

    @operation("mt4_positions", "trading", {200: PositionsAnswer}, errors=(404, 503))
    async def on_get(self, req: Request, resp: Response) -> None:
        """List the open positions of the connected account, else of `paper`, at the newest prices.

        Those that were not opened here are `foreign`: counted, and never touched.
        """
        held = await in_database_thread(self._callers.connected, account_number(req))
        if held is not None:
            shown = await self._venue.positions(held)
            resp.media = PositionsAnswer(success=True, positions=shown)
            return
        found = await in_thread(self._positions, account_number(req))
        resp.media = PositionsAnswer(success=True, positions=found)

    def _positions(self, account_id: int) -> list[Mt4Position]:
        valued = self._accounts.value(account_id)
        names = self._client_ids(account_id) if valued.figures.held else {}
        shown = [show_position(held, valued) for held in valued.figures.held]
        return [
            Mt4Position(
                id=one.id,
                symbol=one.symbol,
                type="BUY" if one.direction == "long" else "SELL",
                volume=one.volume,
                open_price=one.open_price,
                current_price=one.current_price,
                stop_loss=one.stop_loss,
                take_profit=one.take_profit,
                profit=one.unrealised.account,
                swap=one.swap,
                open_time=one.opened_at,
                commission=one.commission,
                client_order_id=names.get(one.id),
                foreign=one.foreign,
            )
            for one in shown
        ]

    def _client_ids(self, account_id: int) -> dict[str, str]:
        """Return under which id each position was opened: the oldest order of it."""
        newest_first = self._trading.orders(account_id, _ORDERS_LOOKED_AT)
        return {
            str(order.position_id): order.client_order_id
            for order in newest_first
            if order.position_id is not None
        }


class Closing:
    """Closes positions of the caller's account."""

    def __init__(
        self,
        door: CommandDoor,
        trading: AccountStore,
        commands: CommandStore,
        callers: CallersAccounts,
        venue: VenueTerminal,
    ) -> None:
        self._callers = callers
        self._venue = venue
        self._door = door
        self._trading = trading
        self._commands = commands

    async def close(
        self, req: Request, resp: Response, position_id: str, volume: float | None, told: str | None
    ) -> ClosedAnswer:
        """Close a position, or a part; raises `NotFound` for one that is not the caller's."""
        account_id, client_id = account_number(req), client_id_of(req, told)
        held = await in_database_thread(self._callers.connected, account_id)
        if held is not None:
            return await self._close_at_venue(req, resp, held, position_id, volume, told)
        if not (
            position_id.isascii() and position_id.isdigit() and len(position_id) <= _LONGEST_ID
        ):
            raise NotFound("There is no such position.")
        command = ClosePosition(position_id=int(position_id), volume=exact(volume))
        await in_database_thread(self._check, account_id, command.position_id, client_id)
        carried = await self._door.carry_out(account_id, command, client_id)
        check_carried(resp, carried)
        name = carried.submitted.client_order_id
        found = await in_database_thread(self._trading.orders, account_id, 1, None, name)
        closed = Decimal(str(found[0].body["volume"])) if found else exact(volume) or Decimal(0)
        return ClosedAnswer(
            success=True,
            position_id=position_id,
            closed_volume=float(closed),
            order_id=str(carried.result.order_id),
            state=found[0].state if found else "accepted",
        )

    async def _close_at_venue(
        self,
        req: Request,
        resp: Response,
        held: Connection,
        position_id: str,
        volume: float | None,
        told: str | None,
    ) -> ClosedAnswer:
        client_id, number = client_id_of(req, told), held.number
        before = None
        if client_id is not None:
            before = await in_database_thread(self._commands.asked, number, client_id)
        if isinstance(before, ClosePosition):
            command = ClosePosition(position_id=before.position_id, volume=exact(volume))
        else:
            found = await in_database_thread(self._venue.position_number, held, position_id)
            command = ClosePosition(position_id=found, volume=exact(volume))
        carried = await self._door.carry_out(number, command, client_id)
        check_carried(resp, carried)
        shown = await order_of(self._trading, number, carried.submitted.client_order_id)
        if is_open(shown):
            resp.status = HTTP_ACCEPTED
        return ClosedAnswer(
            success=not is_open(shown),
            position_id=position_id,
            closed_volume=0.0 if shown is None else shown.body["filled_volume"],
            order_id=str(carried.result.order_id),
            state="accepted" if shown is None else shown.state,
        )

    def _check(self, account_id: int, position_id: int, client_id: str | None) -> None:
        """Raise `NotFound` for a position that is not held, unless its closing is repeated."""
        held = self._trading.get(account_id)
        if held is not None and position_id in held.positions:
            return
        if client_id is None or self._commands.asked(account_id, client_id) is None:
            raise NotFound("There is no such position.")


class CloseResource:
    """`POST /api/v1/auto-trade/mt4/positions/close`"""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    @operation(
        "close_position",
        "trading",
        {200: ClosedAnswer, 202: ClosedAnswer},
        errors=(403, 404, 409, 503),
        body=True,
    )
    async def on_post(self, req: Request, resp: Response, json: CloseRequest) -> None:
        """Close a position at the next price, or a part of it; no limit can forbid it."""
        resp.media = await self._closing.close(
            req, resp, json.position_id, json.volume, json.client_order_id
        )


class CloseByPath:
    """`POST /api/mt4/positions/{position_id}/close`"""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing

    @operation(
        "mt4_close_position",
        "trading",
        {200: ClosedAnswer, 202: ClosedAnswer},
        errors=(403, 404, 409, 503),
        more=refused(422, reason="The venue refuses it."),
    )
    async def on_post(
        self, req: Request, resp: Response, position_id: str, query: CloseQuery
    ) -> None:
        """Close a position at the next price, or a part of it; no limit can forbid it."""
        resp.media = await self._closing.close(req, resp, position_id, query.volume, None)
