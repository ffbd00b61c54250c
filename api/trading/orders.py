"""Orders as they stand, and the proof that they follow from what was recorded."""

from falcon.asgi import Request, Response
from msgspec import convert

from api.docs.openapi import operation
from api.http.cursors import read_cursor, write_cursor
from api.http.schemas import show_time
from api.http.threads import in_database_thread
from api.trading.account_of import account_number
from api.trading.schemas_auto import (
    MarketCompared,
    OrderDifference,
    OrdersAnswer,
    OrderShown,
    OrdersQuery,
    VenueVerifyQuery,
    VerifyAnswer,
)
from api.trading.venues.accounts import CallersAccounts
from core.clock.times import format_time
from core.errors import RedisUnavailable
from core.ledger import ORDERS
from core.trading.orders import OrderBody
from core.trading.shadows import SHADOWS, shadow_of
from storage.ledger.ledger_verify import verify_ledger
from storage.stores import Stores
from storage.trading.accounts import ShownOrder
from storage.trading.held_prices import HeldPrices
from trading.prices import is_held
from trading.replay import Replay

# So many differences are told: one is enough to know.
_MOST = 20
# So many prices are compared with what is held, the newest.
_PRICES = 2_000


class OrdersResource:
    """`GET /api/v1/auto-trade/orders`"""

    def __init__(self, stores: Stores, callers: CallersAccounts) -> None:
        self._stores = stores
        self._callers = callers

    @operation("trading_orders", "trading", {200: OrdersAnswer}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, query: OrdersQuery) -> None:
        """Return the orders of the account of the key, refused ones too, the newest first."""
        before = read_cursor(query.cursor) if query.cursor else None
        number = self._callers.number
        found = await in_database_thread(
            self._stores.trading.orders,
            await in_database_thread(number, account_number(req), query.account),
            query.limit + 1,
            before,
            query.client_order_id,
        )
        shown = found[: query.limit]
        cursor = write_cursor(shown[-1].id) if len(found) > query.limit else None
        resp.media = OrdersAnswer([show_order(one) for one in shown], cursor)


class VerifyResource:
    """`GET /api/v1/auto-trade/verify`"""

    def __init__(self, stores: Stores, callers: CallersAccounts) -> None:
        self._stores = stores
        self._callers = callers
        self._held = HeldPrices(stores.redis)

    @operation("verify_trading", "trading", {200: VerifyAnswer}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, query: VenueVerifyQuery) -> None:
        """Compute every event of the account anew from what was recorded before it, and compare.

        `ok` says that all are what was recorded, that the account is the one that follows from
        them, and that the chain `orders` holds. Its shadow accounts are computed with it.
        """
        owner = account_number(req)
        number = await in_database_thread(self._callers.number, owner, query.account)
        resp.media = await in_database_thread(self._verify, number)

    def _verify(self, account_id: int) -> VerifyAnswer:
        stores = self._stores
        chain = verify_ledger(stores.engine, stores.heads, ORDERS)
        replay, head = Replay(), ""
        for number in (*(shadow_of(account_id, name) for name in SHADOWS), account_id):
            # The account first: what is recorded meanwhile is then too much, and not too little.
            kept = stores.trading.kept(number)
            for row in stores.trading.chain(number):
                if kept is None or row.number > kept.number:
                    break
                replay.take(row.number, number, row.row)
                head = row.hash
            replay.compare([kept.account] if kept else [])
        replay.end()
        told = [OrderDifference(one.number, one.reason) for one in replay.differences[:_MOST]]
        return VerifyAnswer(
            ok=chain.ok and not told,
            rows=replay.replayed,
            head=head,
            replayed=replay.replayed,
            differences=told,
            market=self._market(replay),
            chain_ok=chain.ok,
            chain_reason=chain.reason,
        )

    def _market(self, replay: Replay) -> MarketCompared | None:
        """Compare prices that filled something with those that are held."""
        newest = replay.prices[-_PRICES:]
        try:
            held = self._held.at([(one.market, tick.at) for _, one, tick in newest])
        except RedisUnavailable:
            return None
        said = [
            (number, is_held(one, tick, price))
            for (number, one, tick), price in zip(newest, held, strict=True)
        ]
        known = [same for _, same in said if same is not None]
        reason = "the price that filled it is not the one that is held of its instant"
        return MarketCompared(
            compared=len(known),
            same=sum(known),
            not_held=len(replay.prices) - len(known),
            differences=[OrderDifference(n, reason) for n, same in said if same is False][:_MOST],
        )


def show_order(order: ShownOrder) -> OrderShown:
    """Return an order as answers tell it."""
    body = convert(order.body, OrderBody)
    kind = "" if body.type == "market" else f"_{body.type.upper()}"
    return OrderShown(
        id=str(order.id),
        client_order_id=order.client_order_id,
        symbol=body.symbol,
        platform=body.platform,
        action=f"{body.side.upper()}{kind}",
        volume=body.volume,
        price=body.price,
        stop_loss=body.stop_loss,
        take_profit=body.take_profit,
        comment=body.comment,
        state=order.state,
        position_id=None if order.position_id is None else str(order.position_id),
        closes=None if body.reduces is None else str(body.reduces),
        filled_volume=body.filled_volume,
        fill_price=body.fill_price,
        slippage=body.slippage,
        commission=body.commission,
        liquidity=body.liquidity,
        paper_price=body.paper_price,
        gap_bps=body.gap_bps,
        reason=body.reason,
        refused_by=body.refused_by,
        decision_id=body.decision_id,
        signal_seq=body.signal_seq,
        signal_hash=body.signal_hash,
        override=body.override,
        created_at=format_time(body.accepted_at),
        filled_at=show_time(body.filled_at),
        expires_at=show_time(body.expires_at),
        updated_at=format_time(order.updated_at),
    )
