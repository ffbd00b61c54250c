"""What was decided of sealed signals, and the word of who must confirm it."""

from collections.abc import Callable
from functools import partial

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.cursors import read_cursor, write_cursor
from api.http.threads import in_database_thread, in_thread
from api.markets.symbol_resolver import SymbolResolver
from api.signals.schemas import SignalResponse
from api.signals.show import show_signal
from api.trading.account_of import account_number, caller_name
from api.trading.command_door import wake_trader
from api.trading.schemas_decisions import (
    DecisionsAnswer,
    DecisionShown,
    DecisionsQuery,
    Result,
    SignalOfDecision,
)
from core.answers.signals import SignalData
from core.clock.times import format_time, now_ms
from core.errors import InvalidRequest, ModelUnavailable, NotFound
from core.series import Market
from core.trading.orders import OrderBody, TradeBody
from storage.signals.signal_events import SignalEvent
from storage.stores import Stores
from storage.trading.accounts import ClosedTrade, ShownOrder
from storage.trading.decisions import ShownDecision


class DecisionsResource:
    """`GET /api/v1/auto-trade/decisions`, and what may be said of one that waits.

    `wake` tells the trader that there is work.
    """

    def __init__(self, stores: Stores, symbols: SymbolResolver, wake: Callable[[], object]) -> None:
        self._stores = stores
        self._symbols = symbols
        self._wake = wake

    @operation("trading_decisions", "trading", {200: DecisionsAnswer})
    async def on_get(self, req: Request, resp: Response, query: DecisionsQuery) -> None:
        """Return what was decided for the account of the key, the newest first.

        Each decision names the sealed signal it is of, the first thing that spoke against a
        position, and what its order came to.
        """
        before = read_cursor(query.cursor) if query.cursor else None
        read = partial(self.page, account_number(req), query, before)
        resp.media = await in_thread(read)

    @operation("confirm_decision", "trading", {200: DecisionShown}, errors=(404, 409))
    async def on_post_confirm(self, req: Request, resp: Response, decision_id: str) -> None:
        """Have the order of a decision placed that waits for it, while its signal is valid."""
        resp.media = await self._answered(req, decision_id, self._stores.decisions.confirm)
        await wake_trader(self._wake)

    @operation("reject_decision", "trading", {200: DecisionShown}, errors=(404, 409))
    async def on_post_reject(self, req: Request, resp: Response, decision_id: str) -> None:
        """Let a decision that waits come to nothing."""
        resp.media = await self._answered(req, decision_id, self._stores.decisions.reject)

    async def _answered(
        self, req: Request, decision_id: str, answer: Callable[[int, str, str], ShownDecision]
    ) -> DecisionShown:
        number = account_number(req)
        found = await in_database_thread(answer, number, decision_id, caller_name(req))
        return (await in_thread(self._shown, number, [found]))[0]

    def page(self, account_id: int, query: DecisionsQuery, before: int | None) -> DecisionsAnswer:
        """Return decisions for an account, older ones than the number `before`; blocks."""
        symbols = self._meant(query.symbol) if isinstance(query.symbol, str) else None
        found = self._stores.decisions.page(account_id, query.limit + 1, before, symbols)
        shown = found[: query.limit]
        cursor = write_cursor(shown[-1].number) if len(found) > query.limit else None
        return DecisionsAnswer(self._shown(account_id, shown), cursor)

    def _meant(self, name: str) -> list[str]:
        """Return what a symbol is kept as: as it was said, and as its market calls it."""
        try:
            return [name, self._symbols.market(name).symbol]
        except (NotFound, InvalidRequest):
            return [name]

    def _shown(self, account_id: int, found: list[ShownDecision]) -> list[DecisionShown]:
        trading = self._stores.trading
        orders = trading.orders_of(account_id, [one.decision.id for one in found])
        positions = [one.position_id for one in orders.values() if one.position_id is not None]
        account = trading.get(account_id)
        held = set(account.positions) if account else set()
        ended = trading.trades_of(account_id, positions)
        told = self._stores.signal_events.told([one.decision.signal_seq for one in found])
        return [
            _show(
                one,
                orders.get(one.decision.id),
                held,
                ended,
                self._signal(told.get(one.decision.signal_seq)),
            )
            for one in found
        ]

    def _signal(self, event: SignalEvent | None) -> SignalResponse | None:
        if event is None:
            return None
        said = msgspec.json.decode(event.data, type=SignalData)
        name = self._symbols.names().name_of(Market(event.platform, event.symbol))
        try:
            return show_signal(said, name, now_ms())
        except ModelUnavailable:
            return None


def _show(
    found: ShownDecision,
    order: ShownOrder | None,
    held: set[int],
    ended: list[ClosedTrade],
    signal: SignalResponse | None,
) -> DecisionShown:
    decision = found.decision
    body = msgspec.convert(order.body, OrderBody) if order else None
    return DecisionShown(
        id=decision.id,
        symbol=decision.symbol,
        platform=decision.platform,
        action=decision.action,
        confidence=decision.confidence,
        reason=decision.reason,
        reasoning=decision.reasoning,
        signal=SignalOfDecision(decision.signal_id, decision.signal_seq, decision.signal_hash),
        ml_signal=signal,
        state=found.state,
        executed=body is not None and body.filled_volume > 0,
        result=_result(found, order, held, ended),
        timestamp=format_time(found.made_at),
        valid_until=format_time(decision.valid_until),
        order_id=str(order.id) if order else None,
        refused_by=body.refused_by if body else None,
        override=decision.override,
        config_version=decision.config_version,
        seq=found.number,
        hash=found.hash,
    )


def _result(
    found: ShownDecision, order: ShownOrder | None, held: set[int], ended: list[ClosedTrade]
) -> Result:
    """Return what a decision came to."""
    if found.state == "none":
        return "none"
    if found.state == "rejected":
        return "cancelled"
    if order is None:
        waits = found.state != "pending" or now_ms() < found.decision.valid_until
        return "pending" if waits else "not_entered"
    if order.position_id is not None:
        return _earned(order.position_id, held, ended)
    if order.state in ("refused", "rejected"):
        return "refused"
    return {"cancelled": "cancelled", "expired": "not_entered"}.get(order.state, "pending")  # type: ignore[return-value]


def _earned(position: int, held: set[int], ended: list[ClosedTrade]) -> Result:
    parts = [msgspec.convert(one.body, TradeBody) for one in ended if one.position_id == position]
    if position in held or not parts:
        return "pending"
    return "profit" if sum(part.net for part in parts) > 0 else "loss"
