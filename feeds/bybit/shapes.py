"""The shapes of what Bybit says of an account; numbers are texts there, "" is none."""

from decimal import Decimal, InvalidOperation

import msgspec

from feeds.bybit.calls import unreadable

_GREATEST = Decimal(10) ** 15


class _Told(msgspec.Struct, rename="camel", kw_only=True):
    symbol: str = ""
    side: str = ""


class Key(msgspec.Struct, rename={"user_id": "userID", "read_only": "readOnly"}):
    """The key that calls: whose it is, and what it may do."""

    user_id: int | str
    read_only: int = 1
    permissions: dict[str, list[str]] = {}


class Coin(msgspec.Struct, rename={"total_position_im": "totalPositionIM",
                                   "total_order_im": "totalOrderIM",
                                   "wallet_balance": "walletBalance"}):  # fmt: skip
    """What the wallet holds of a coin."""

    coin: str
    equity: str = ""
    wallet_balance: str = ""
    total_position_im: str = ""
    total_order_im: str = ""


class Wallet(msgspec.Struct):
    """A wallet's coins."""

    coin: tuple[Coin, ...] = ()


class Wallets(msgspec.Struct):
    """The wallets of an account, of which there is one."""

    list: tuple[Wallet, ...] = ()


class Position(_Told, kw_only=True):
    """What is held of a symbol; of a side it is "" where nothing is."""

    size: str
    avg_price: str = ""
    mark_price: str = ""
    unrealised_pnl: str = ""
    stop_loss: str = ""
    take_profit: str = ""
    position_idx: int = 0
    updated_time: int = 0


class Order(_Told, kw_only=True):
    """An order, waiting or ended."""

    order_id: str
    order_link_id: str = ""
    order_status: str
    stop_order_type: str = ""
    qty: str
    leaves_qty: str = ""
    cum_exec_qty: str = ""
    price: str = ""
    trigger_price: str = ""
    created_time: int
    updated_time: int = 0


class Execution(_Told, kw_only=True):
    """A fill, or another movement of a position."""

    exec_id: str
    order_id: str = ""
    order_link_id: str = ""
    exec_type: str = "Trade"
    stop_order_type: str = ""
    exec_qty: str
    exec_price: str
    exec_fee: str = ""
    exec_time: int
    seq: int = 0


class Ticker(_Told, kw_only=True):
    """Bid and ask of a symbol."""

    bid1_price: str
    ask1_price: str


class _Prices(_Told, kw_only=True):
    tick_size: str


class _Sizes(_Told, kw_only=True):
    qty_step: str
    min_order_qty: str
    max_mkt_order_qty: str = ""
    max_order_qty: str = ""


class Instrument(_Told, kw_only=True):
    """By what steps a symbol is traded."""

    contract_type: str
    quote_coin: str
    settle_coin: str
    price_filter: _Prices
    lot_size_filter: _Sizes


class Positions(msgspec.Struct, rename="camel"):
    """A page of positions."""

    list: tuple[Position, ...] = ()
    next_page_cursor: str = ""


class Orders(msgspec.Struct, rename="camel"):
    """A page of orders."""

    list: tuple[Order, ...] = ()
    next_page_cursor: str = ""


class Executions(msgspec.Struct, rename="camel"):
    """A page of executions."""

    list: tuple[Execution, ...] = ()
    next_page_cursor: str = ""


class Tickers(msgspec.Struct):
    """The tickers that were asked for."""

    list: tuple[Ticker, ...] = ()


class Instruments(msgspec.Struct):
    """The instruments that were asked for."""

    list: tuple[Instrument, ...] = ()


class Candles(msgspec.Struct):
    """Rows `[start, open, high, low, close, volume, turnover]`, the newest first."""

    list: tuple[tuple[int, float, float, float, float, float, float], ...] = ()


class Placed(msgspec.Struct, rename="camel"):
    """The order that was made or taken back."""

    order_id: str = ""


def number(text: str) -> Decimal:
    """Return a number, 0 of an empty text; raises `ExchangeUnavailable` for what is none."""
    try:
        found = Decimal(text or 0)
    except InvalidOperation:
        raise unreadable() from None
    if not found.is_finite() or found.copy_abs() > _GREATEST:
        raise unreadable()
    return found
