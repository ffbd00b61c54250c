"""What MetaApi says of an account, read into the words of all venues."""

from typing import Literal

from core.clock.times import parse_time
from core.errors import InvalidRequest
from core.venues.account import (
    Side,
    VenueAccount,
    VenueDeal,
    VenueOrder,
    VenuePosition,
    VenuePrice,
    VenueSpecification,
)
from feeds.metaapi.shapes import (
    Deal,
    Information,
    Order,
    Position,
    Price,
    Specification,
    read,
    unreadable,
)

_ENTRIES: dict[str, Literal["in", "out", "inout"]] = {
    "DEAL_ENTRY_IN": "in", "DEAL_ENTRY_OUT": "out", "DEAL_ENTRY_INOUT": "inout",
    "DEAL_ENTRY_OUT_BY": "out",
}  # fmt: skip


def account_of(body: bytes) -> VenueAccount:
    """Return what account-information says."""
    told = read(body, Information)
    return VenueAccount(
        login=str(told.login),
        name=told.name,
        server=told.server,
        broker=told.broker,
        platform=told.platform,
        currency=told.currency,
        leverage=told.leverage,
        balance=told.balance,
        equity=told.equity,
        margin=told.margin,
        free_margin=told.free_margin,
        real=told.type != "ACCOUNT_TRADE_MODE_DEMO",
        investor=told.investor_mode,
        trade_allowed=told.trade_allowed,
        hedging=told.platform == "mt4" or told.margin_mode.endswith("_HEDGING"),
    )


def positions_of(body: bytes) -> tuple[list[VenuePosition], bool]:
    """Return open positions, and whether the list is complete."""
    rows = read(body, list[Position])
    return [_position(row) for row in rows], _complete(rows)


def orders_of(body: bytes) -> tuple[list[VenueOrder], bool]:
    """Return orders, waiting or of the history, and whether the list is complete."""
    rows = read(body, list[Order])
    return [_order(row) for row in rows], _complete(rows)


def deals_of(body: bytes) -> tuple[list[VenueDeal], bool]:
    """Return the trades among the deals, and whether the list is complete.

    Deposits, credits and the like are deals of no symbol there.
    """
    rows = read(body, list[Deal])
    return [_deal(row) for row in rows if row.symbol and row.entry_type], _complete(rows)


def price_of(body: bytes) -> VenuePrice:
    """Return bid and ask of a symbol."""
    told = read(body, Price)
    if not 0 < told.bid <= told.ask:
        raise unreadable()
    return VenuePrice(told.symbol, told.bid, told.ask, _instant(told.time))


def specification_of(body: bytes) -> VenueSpecification:
    """Return by what steps a symbol is traded."""
    told = read(body, Specification)
    sizes = (told.tick_size, told.min_volume, told.volume_step, told.contract_size)
    if min(sizes) <= 0 or told.max_volume < told.min_volume:
        raise unreadable()
    return VenueSpecification(
        symbol=told.symbol,
        tick_size=told.tick_size,
        digits=told.digits,
        contract_size=told.contract_size,
        volume_min=told.min_volume,
        volume_max=told.max_volume,
        volume_step=told.volume_step,
        swap_long=told.swap_long,
        swap_short=told.swap_short,
        quote=told.profit_currency,
    )


def _position(row: Position) -> VenuePosition:
    return VenuePosition(
        id=row.id,
        symbol=row.symbol,
        side=_side(row.type),
        volume=row.volume,
        open_price=row.open_price,
        current_price=row.current_price,
        opened_at=_instant(row.time),
        profit=row.profit,
        swap=row.swap,
        commission=row.commission,
        # A level of 0 is none, there.
        stop_loss=row.stop_loss or None,
        take_profit=row.take_profit or None,
        magic=row.magic,
        client_id=row.client_id,
        comment=row.comment,
    )


def _order(row: Order) -> VenueOrder:
    return VenueOrder(
        id=row.id,
        symbol=row.symbol,
        side=_side(row.type),
        state=row.state,
        volume=row.volume,
        remaining=row.current_volume,
        placed_at=_instant(row.time),
        done_at=None if row.done_time is None else _instant(row.done_time),
        price=row.open_price or None,
        position_id=row.position_id,
        magic=row.magic,
        client_id=row.client_id,
        comment=row.comment,
    )


def _deal(row: Deal) -> VenueDeal:
    if row.entry_type not in _ENTRIES:
        raise unreadable()
    return VenueDeal(
        id=row.id,
        symbol=row.symbol,
        side=_side(row.type),
        entry=_ENTRIES[row.entry_type],
        volume=row.volume,
        price=row.price,
        at=_instant(row.time),
        profit=row.profit,
        swap=row.swap,
        commission=row.commission,
        order_id=row.order_id,
        position_id=row.position_id,
        magic=row.magic,
        client_id=row.client_id,
        comment=row.comment,
        reason=row.reason.removeprefix("DEAL_REASON_"),
    )


def _complete(rows: list[Position] | list[Order] | list[Deal]) -> bool:
    return not any(row.synchronizing for row in rows)


def _side(kind: str) -> Side:
    """Return the side of `POSITION_TYPE_BUY`, `ORDER_TYPE_SELL_LIMIT`, `DEAL_TYPE_BUY`."""
    words = kind.split("_")[2:3]
    if words == ["BUY"]:
        return "buy"
    if words == ["SELL"]:
        return "sell"
    raise unreadable()


def _instant(text: str) -> int:
    try:
        return parse_time(text, "time")
    except InvalidRequest:
        raise unreadable() from None
