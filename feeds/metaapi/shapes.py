"""The shapes of what MetaApi says of an account; a number that none can go by is no answer."""

from decimal import Decimal
from typing import TypeVar

import msgspec

from core.errors import ExchangeUnavailable

Answer = TypeVar("Answer")
_GREATEST = Decimal(10) ** 15


class _Told(msgspec.Struct, rename="camel", kw_only=True):
    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not (
                value.is_finite() and value.copy_abs() <= _GREATEST
            ):
                raise ValueError(f"{name} is no number to go by")


class _Named(_Told, kw_only=True):
    id: str
    symbol: str = ""
    type: str = ""
    magic: int = 0
    client_id: str | None = None
    comment: str | None = None
    synchronizing: bool = False


class Record(msgspec.Struct):
    """The account as provisioning knows it, of which its region is wanted."""

    region: str = ""


class Information(_Told, kw_only=True):
    """Money and rights of an account."""

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
    margin_mode: str = ""
    # Whatever is not called a demo account is treated as a real one.
    type: str = ""


class Position(_Named, kw_only=True):
    """An open position."""

    time: str
    open_price: Decimal
    current_price: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    volume: Decimal
    swap: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    profit: Decimal = Decimal(0)


class Order(_Named, kw_only=True):
    """An order, waiting or of the history."""

    time: str
    done_time: str | None = None
    state: str
    open_price: Decimal | None = None
    volume: Decimal
    current_volume: Decimal = Decimal(0)
    position_id: str | None = None


class Deal(_Named, kw_only=True):
    """A fill, or a movement of money."""

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


class Price(_Told, kw_only=True):
    """Bid and ask of a symbol."""

    symbol: str
    bid: Decimal
    ask: Decimal
    time: str


class Specification(_Told, kw_only=True):
    """By what steps a symbol is traded."""

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


def _is_usual(number: Decimal) -> bool:
    # abs() would round, and fail for what is larger than its context.
    return number.is_finite() and number.copy_abs() <= _GREATEST
