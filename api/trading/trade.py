"""Orders by the words of MetaTrader."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.trading.account_of import account_number, client_id_of, count_unless_repeated
from api.trading.command_door import Carried, CommandDoor
from api.trading.place import OrderReader, read_order
from api.trading.refusals import check_carried
from api.trading.schemas import TradeAnswer, TradePending, TradeRequest
from api.trading.venues.accounts import CallersAccounts
from api.trading.venues.order_end import is_open, order_of
from core.errors import InvalidRequest
from core.trading.accounts import PAPER, is_at_venue
from storage.trading.accounts import AccountStore
from storage.trading.commands import CommandStore


class TradeResource:
    """`POST /api/mt4/trade`"""

    def __init__(
        self,
        door: CommandDoor,
        orders: OrderReader,
        accounts: AccountStore,
        commands: CommandStore,
        callers: CallersAccounts,
    ) -> None:
        self._callers = callers
        self._door = door
        self._commands = commands
        self._orders = orders
        self._accounts = accounts

    @operation(
        "mt4_trade",
        "trading",
        {200: TradeAnswer, 202: TradePending},
        errors=(403, 404, 409, 422, 503),
        body=True,
    )
    async def on_post(self, req: Request, resp: Response, json: TradeRequest) -> None:
        """Place an order once for each `client_order_id`: on `account_id`, the connected account
        without it, else on `paper`.

        It is judged by the account's limits: 409 `refused_by_risk` names the one that refuses,
        409 `trading_halted` says that nothing is taken at present, 503 that no new price is known.
        Paper orders are filled by the next price, so that `position_id` may come later. At a venue
        403 names the gate that is shut, 422 `venue_rejected` has the venue's `code`, and 202 says
        that what became of the order is not known yet: it is looked for, and never sent again.
        """
        owner, client_id = account_number(req), client_id_of(req, json.client_order_id)
        number = await in_database_thread(self._callers.number, owner, json.account_id)
        await count_unless_repeated(req, self._commands, number, client_id)
        if not is_at_venue(number):
            order = self._orders.read_at_once(json)
            if order is None:
                order = await in_thread(self._orders.read, json)
        elif client_id is None:
            raise InvalidRequest(
                "An order at a venue needs a client_order_id, by which it can be repeated safely.",
                field="client_order_id",
            )
        else:
            venue = await in_database_thread(self._callers.venue, number)
            order = read_order(json, venue)
            await in_database_thread(self._callers.check_gates, owner, number)
        carried = await self._door.carry_out(number, order, client_id)
        await self._answer(resp, number, carried)

    async def _answer(self, resp: Response, account_id: int, carried: Carried) -> None:
        check_carried(resp, carried)
        submitted, result = carried.submitted, carried.result
        name = submitted.client_order_id
        if not (submitted.replayed or is_at_venue(account_id)) and result.state:
            # Of a new order on paper nothing more is known yet.
            shown, state = None, result.state
        else:
            shown = await order_of(self._accounts, account_id, name)
            state = shown.state if shown else "accepted"
        account = PAPER
        if is_at_venue(account_id):
            account = await in_database_thread(self._callers.name, account_id)
        if shown is not None and is_at_venue(account_id) and is_open(shown):
            resp.status = "202 Accepted"
            resp.media = TradePending(
                success=False,
                state=shown.state,
                order_id=str(result.order_id),
                client_order_id=name,
                idempotent=submitted.idempotent,
                account_id=account,
                href=f"/api/v1/auto-trade/orders?account={account}&client_order_id={name}",
            )
            return
        position = shown.position_id if shown else None
        resp.media = TradeAnswer(
            success=True,
            order_id=str(result.order_id),
            position_id=None if position is None else str(position),
            state=state,
            client_order_id=name,
            idempotent=submitted.idempotent,
            account_id=account,
        )
