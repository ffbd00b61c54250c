"""What MetaApi says of an account, read into the words of all venues."""

from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from core.clock.times import parse_time
from core.errors import ExchangeUnavailable, InvalidRequest
from core.venues.account import (
    Side,
    VenueAccount,
    VenueDeal,
    VenueOrder,
    VenuePosition,
    VenuePrice,
    VenueSpecification,
)

Answer = TypeVar("Answer")
_GREATEST = Decimal(10) ** 15
_ENTRIES: dict[str, Literal["in", "out", "inout"]] = {
    "DEAL_ENTRY_IN": "in", "DEAL_ENTRY_OUT": "out", "DEAL_ENTRY_INOUT": "inout",
    "DEAL_ENTRY_OUT_BY": "out",
}  # fmt: skip


class _Named(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    symbol: str = ""
    type: str = ""
    magic: int = 0
    client_id: str | None = None
    comment: str | None = None
    synchronizing: bool = False


class Record(msgspec.Struct, rename="camel"):
    """The account as provisioning knows it."""

    region: str = ""
    state: str = ""
    connection_status: str = ""
    version: int = 5


class _Information(msgspec.Struct, rename="camel", kw_only=True):
    broker: str = ""
    currency: str
    server: str = ""
    balance: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    leverage: int
    trade_allowed: bool
    investor_mode: bool = False
    name: str = ""
    login: int | str = ""
    platform: str = ""
    # Whatever is not called a demo account is treated as a real one.
    type: str = ""


class _Position(_Named, kw_only=True):
    time: str
    open_price: Decimal
    current_price: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    volume: Decimal
    swap: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)


class _Order(_Named, kw_only=True):
    time: str
    done_time: str | None = None
    state: str
    open_price: Decimal | None = None
    volume: Decimal
    current_volume: Decimal = Decimal(0)
    position_id: str | None = None


class _Deal(_Named, kw_only=True):
    time: str
    entry_type: str = ""
    volume: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    swap: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)
    order_id: str | None = None
    position_id: str | None = None
    reason: str = ""


class _Price(msgspec.Struct):
    symbol: str
    bid: Decimal
    ask: Decimal
    time: str


class _Specification(msgspec.Struct, rename="camel"):
    symbol: str
    tick_size: Decimal
    min_volume: Decimal
    max_volume: Decimal
    volume_step: Decimal
    contract_size: Decimal
    digits: int
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    profit_currency: str = ""


def read(body: bytes, kind: type[Answer]) -> Answer:
    """Return an answer of a kind; raises `ExchangeUnavailable` if it is none."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError):
        raise unreadable() from None


def unreadable() -> ExchangeUnavailable:
    """Return the error of an answer that holds something else."""
    return ExchangeUnavailable("metaapi gave an answer that cannot be read.")


def account_of(body: bytes) -> VenueAccount:
    """Return what account-information says."""
    told = read(body, _Information)
    return VenueAccount(
        login=str(told.login),
        name=told.name,
        server=told.server,
        broker=told.broker,
        platform=told.platform,
        currency=told.currency,
        leverage=told.leverage,
        balance=_number(told.balance),
        equity=_number(told.equity),
        margin=_number(told.margin),
        free_margin=_number(told.free_margin),
        real=told.type != "ACCOUNT_TRADE_MODE_DEMO",
        investor=told.investor_mode,
        trade_allowed=told.trade_allowed,
    )


def positions_of(body: bytes) -> tuple[list[VenuePosition], bool]:
    """Return open positions, and whether the list is complete."""
    rows = read(body, list[_Position])
    return [_position(row) for row in rows], _complete(rows)


def orders_of(body: bytes) -> tuple[list[VenueOrder], bool]:
    """Return orders, waiting or of the history, and whether the list is complete."""
    rows = read(body, list[_Order])
    return [_order(row) for row in rows], _complete(rows)


def deals_of(body: bytes) -> tuple[list[VenueDeal], bool]:
    """Return the trades among the deals, and whether the list is complete.

    Deposits, credits and the like are deals of no symbol there.
    """
    rows = read(body, list[_Deal])
    return [_deal(row) for row in rows if row.symbol and row.entry_type], _complete(rows)


def price_of(body: bytes) -> VenuePrice:
    """Return bid and ask of a symbol."""
    told = read(body, _Price)
    if not 0 < told.bid <= told.ask:
        raise unreadable()
    return VenuePrice(told.symbol, _number(told.bid), _number(told.ask), _instant(told.time))


def specification_of(body: bytes) -> VenueSpecification:
    """Return by what steps a symbol is traded."""
    told = read(body, _Specification)
    sizes = (told.tick_size, told.min_volume, told.volume_step, told.contract_size)
    if min(sizes) <= 0 or told.max_volume < told.min_volume:
        raise unreadable()
    return VenueSpecification(
        symbol=told.symbol,
        tick_size=_number(told.tick_size),
        digits=told.digits,
        contract_size=_number(told.contract_size),
        volume_min=_number(told.min_volume),
        volume_max=_number(told.max_volume),
        volume_step=_number(told.volume_step),
        swap_long=_number(told.swap_long),
        swap_short=_number(told.swap_short),
        quote=told.profit_currency,
    )


def _position(row: _Position) -> VenuePosition:
    return VenuePosition(
        id=row.id,
        symbol=row.symbol,
        side=_side(row.type),
        volume=_number(row.volume),
        open_price=_number(row.open_price),
        current_price=_number(row.current_price),
        opened_at=_instant(row.time),
        profit=_number(row.profit),
        swap=_number(row.swap),
        commission=_number(row.commission),
        stop_loss=_level(row.stop_loss),
        take_profit=_level(row.take_profit),
        magic=row.magic,
        client_id=row.client_id,
        comment=row.comment,
    )


def _order(row: _Order) -> VenueOrder:
    return VenueOrder(
        id=row.id,
        symbol=row.symbol,
        side=_side(row.type),
        state=row.state,
        volume=_number(row.volume),
        remaining=_number(row.current_volume),
        placed_at=_instant(row.time),
        done_at=None if row.done_time is None else _instant(row.done_time),
        price=_level(row.open_price),
        position_id=row.position_id,
        magic=row.magic,
        client_id=row.client_id,
        comment=row.comment,
    )


def _deal(row: _Deal) -> VenueDeal:
    if row.entry_type not in _ENTRIES:
        raise unreadable()
    return VenueDeal(
        id=row.id,
        symbol=row.symbol,
        side=_side(row.type),
        entry=_ENTRIES[row.entry_type],
        volume=_number(row.volume),
        price=_number(row.price),
        at=_instant(row.time),
        profit=_number(row.profit),
        swap=_number(row.swap),
        commission=_number(row.commission),
        order_id=row.order_id,
        position_id=row.position_id,
        magic=row.magic,
        client_id=row.client_id,
        comment=row.comment,
        reason=row.reason.removeprefix("DEAL_REASON_"),
    )


def _complete(rows: list[_Position] | list[_Order] | list[_Deal]) -> bool:
    return not any(row.synchronizing for row in rows)


def _side(kind: str) -> Side:
    """Return the side of `POSITION_TYPE_BUY`, `ORDER_TYPE_SELL_LIMIT`, `DEAL_TYPE_BUY`."""
    words = kind.split("_")[2:3]
    if words == ["BUY"]:
        return "buy"
    if words == ["SELL"]:
        return "sell"
    raise unreadable()


def _number(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) > _GREATEST:
        raise unreadable()
    return value


def _level(value: Decimal | None) -> Decimal | None:
    return _number(value) if value else None


def _instant(text: str) -> int:
    try:
        return parse_time(text, "time")
    except InvalidRequest:
        raise unreadable() from None
