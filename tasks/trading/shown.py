"""What is kept of orders and ended positions for who reads them: numbers instead of ticks."""

from decimal import Decimal

import msgspec

from core.trading.accounts import MONEY, Fill
from core.trading.events import (
    Accepted,
    Changed,
    Ended,
    Event,
    Filled,
    Input,
    Ordered,
    Refused,
    Sent,
    Unsure,
    Working,
)
from core.trading.instruments import Instrument
from core.trading.orders import Order, OrderBody, PlaceOrder, TradeBody
from storage.trading.accounts import ClosedTrade, ShownOrder, TraderTurn
from trading.money import amount, price_of, volume_of


def note_order(
    turn: TraderTurn, account_id: int, event: Event, order: Order | None, asked: Input
) -> None:
    """Keep what an event says of its order; `order` is that one, where it is known."""
    if isinstance(event, Accepted):
        _keep(
            turn,
            account_id,
            event.order.client_order_id,
            event.order.id,
            "accepted" if event.order.venue else "sent",
            None,
            _accepted(event.order),
        )
    elif (
        isinstance(event, Refused)
        and isinstance(asked, Ordered)
        and isinstance(asked.command, PlaceOrder)
    ):
        body = _refused(asked.command, event)
        _keep(turn, account_id, event.client_order_id, event.order_id, "refused", None, body)
    elif isinstance(event, Sent | Working):
        # Of a paper account it was sent as it was accepted.
        _change(turn, event.order_id, "working" if isinstance(event, Working) else "sent")
    elif isinstance(event, Unsure):
        _change(turn, event.order_id, "unknown", code=event.code)
    elif isinstance(event, Filled) and event.fill.exit in ("", "order"):
        _note_fill(turn, event.fill, order)
    elif isinstance(event, Ended):
        _change(turn, event.order_id, event.state, reason=event.reason, code=event.code)
    elif isinstance(event, Changed) and event.position_id is None and order is not None:
        moved = {
            "price": _price(order.instrument, event.price),
            "stop_loss": _price(order.instrument, event.stop_loss),
            "take_profit": _price(order.instrument, event.take_profit),
        }
        _change(turn, event.order_id, "working", **moved)


def ended_trade(
    account_id: int, number: int, fill: Fill, instrument: Instrument
) -> ClosedTrade | None:
    """Return the trade that a fill ended, None if it ended none."""
    entry = fill.entry
    if entry is None:
        return None
    volume = volume_of(instrument, fill.closed)
    own = amount(fill.commission) * Decimal(fill.closed) / Decimal(fill.volume)
    costs = own + amount(entry.commission) - amount(entry.swap)
    net = amount(fill.realised) - costs
    opened = Decimal(entry.cost) / MONEY / (volume * instrument.contract_size)
    body = TradeBody(
        platform=instrument.platform,
        symbol=instrument.symbol,
        side=entry.side,
        volume=float(volume),
        opened_at=entry.opened_at,
        open_price=round(float(opened), 10),
        close_price=float(price_of(instrument, fill.price)),
        exit=fill.exit,
        gross=float(amount(fill.realised)),
        costs=round(float(costs), 8),
        net=round(float(net), 8),
        r=round(float(net / amount(entry.risk)), 6) if entry.risk else None,
        slippage=float(price_of(instrument, fill.slippage)),
        decision_id=entry.decision_id,
        signal_seq=entry.signal_seq,
        signal_hash=entry.signal_hash,
        override=entry.override,
        entry_gap_bps=_float(entry.gap_bps),
        exit_gap_bps=_float(fill.gap_bps),
    )
    return ClosedTrade(number, account_id, fill.position_id, fill.at, msgspec.to_builtins(body))


def _accepted(order: Order) -> OrderBody:
    instrument = order.instrument
    return OrderBody(
        platform=instrument.platform,
        symbol=instrument.symbol,
        side=order.side,
        type=order.type,
        volume=float(volume_of(instrument, order.volume)),
        price=_price(instrument, order.price),
        stop_loss=_price(instrument, order.stop_loss),
        take_profit=_price(instrument, order.take_profit),
        comment=order.comment,
        accepted_at=order.accepted_at,
        expires_at=order.expires_at,
        reduces=order.reduces,
        decision_id=order.decision_id,
        signal_seq=order.signal_seq,
        signal_hash=order.signal_hash,
        override=order.override,
    )


def _refused(command: PlaceOrder, event: Refused) -> OrderBody:
    return OrderBody(
        platform=command.platform,
        symbol=command.symbol,
        side=command.side,
        type=command.type,
        volume=float(command.volume),
        price=_float(command.price),
        stop_loss=_float(command.stop_loss),
        take_profit=_float(command.take_profit),
        comment=command.comment,
        accepted_at=event.at,
        expires_at=command.expires_at,
        reason=event.verdict.detail,
        refused_by=event.verdict.limit,
        decision_id=command.decision_id,
        signal_seq=command.signal_seq,
        signal_hash=command.signal_hash,
        override=command.override,
    )


def _note_fill(turn: TraderTurn, fill: Fill, order: Order | None) -> None:
    held = turn.order(fill.order_id)
    if held is None or order is None:
        return
    body = msgspec.convert(held.body, OrderBody)
    instrument = order.instrument
    body.filled_volume += float(volume_of(instrument, fill.volume))
    body.fill_price = float(price_of(instrument, fill.price))
    body.slippage = float(price_of(instrument, fill.slippage))
    body.paper_price, body.gap_bps = _price(instrument, fill.paper), _float(fill.gap_bps)
    body.commission += float(amount(fill.commission))
    body.filled_at, body.liquidity = fill.at, fill.liquidity
    opens = fill.order_id if fill.closed and fill.volume > fill.closed else fill.position_id
    _keep(turn, held.account_id, held.client_order_id, held.id, order.state, opens, body)


def _change(turn: TraderTurn, order_id: int, state: str, **values: object) -> None:
    held = turn.order(order_id)
    if held is not None:
        changed = msgspec.structs.replace(
            held, state=state, body=held.body | values, updated_at=turn.now
        )
        turn.keep_order(changed)


def _keep(
    turn: TraderTurn,
    account_id: int,
    client_order_id: str,
    order_id: int,
    state: str,
    position_id: int | None,
    body: OrderBody,
) -> None:
    shown = msgspec.to_builtins(body)
    order = ShownOrder(order_id, account_id, client_order_id, state, position_id, shown, turn.now)
    if state in ("accepted", "sent", "refused"):
        turn.enter_order(order)
    else:
        turn.keep_order(order)


def _price(instrument: Instrument, count: int | None) -> float | None:
    return None if count is None else float(price_of(instrument, count))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
