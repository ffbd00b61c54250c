"""Orders by the words of MetaTrader."""

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread, in_thread
from api.trading.account_of import account_number, check_paper, client_id_of
from api.trading.command_door import Carried, CommandDoor
from api.trading.place import OrderReader
from api.trading.refusals import check_carried
from api.trading.schemas import TradeAnswer, TradeRequest
from core.trading.accounts import PAPER
from storage.trading.accounts import AccountStore


class TradeResource:
    """`POST /api/mt4/trade`"""

    def __init__(self, door: CommandDoor, orders: OrderReader, accounts: AccountStore) -> None:
        self._door = door
        self._orders = orders
        self._accounts = accounts

    @operation("mt4_trade", "trading", {200: TradeAnswer}, errors=(404, 409, 422), body=True)
    async def on_post(self, req: Request, resp: Response, json: TradeRequest) -> None:
        """Place an order on the account of the key, once for each `client_order_id`.

        It is judged by the account's limits: 409 `refused_by_risk` names the one that refuses,
        409 `trading_halted` says that nothing is taken at present, 503 that no new price is known.
        Paper orders are filled by the next price, so that `position_id` may come later.
        """
        check_paper(json.account_id or PAPER)
        client_id = client_id_of(req, json.client_order_id)
        order = await in_thread(self._orders.read, json)
        carried = await self._door.carry_out(account_number(req), order, client_id)
        await self._answer(resp, account_number(req), carried)

    async def _answer(self, resp: Response, account_id: int, carried: Carried) -> None:
        check_carried(resp, carried)
        submitted, result = carried.submitted, carried.result
        name = submitted.client_order_id
        found = await in_database_thread(self._accounts.orders, account_id, 1, None, name)
        position = found[0].position_id if found else None
        resp.media = TradeAnswer(
            success=True,
            order_id=str(result.order_id),
            position_id=None if position is None else str(position),
            state=found[0].state if found else "accepted",
            client_order_id=name,
            idempotent=submitted.idempotent,
            account_id=PAPER,
        )
