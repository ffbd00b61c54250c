"""Shapes of MetaTrader's account, in the two forms that sources know."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.http.schemas import Name, ResolutionName
from api.trading.schemas import Amount, ClientOrderId
from core.venues.names import VenueName

Platform = Literal["mt4", "mt5", "bybit", "bybit_testnet"]
Token = Annotated[
    str,
    Meta(
        min_length=16,
        max_length=4_096,
        pattern=r"^[\x21-\x7e]+$",
        description="The venue's token; kept encrypted, and told to nobody.",
    ),
]


class ConnectRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which account: `paper`, or one at a venue, whose `token` may be kept from before.

    At `bybit` and `bybit_testnet` `account_id` is a name of your own, and `token` is `KEY:SECRET`.
    """

    account_id: Name
    token: Token | None = None
    venue: VenueName | None = None


class ConnectedAccount(Struct, kw_only=True):
    """The account that is connected."""

    login: str
    server: str
    balance: float
    currency: str
    leverage: int


class AgentConnected(Struct, kw_only=True):
    """An account is connected."""

    success: bool
    connected: bool
    account: ConnectedAccount


class Connected(Struct, kw_only=True):
    """An account is connected."""

    connected: bool
    account_id: str
    login: str
    server: str
    platform: Platform
    balance: float
    currency: str


class StatusAccount(Struct, kw_only=True):
    """The connected account now; `profit` is that of its open positions."""

    id: str
    login: str
    server: str
    platform: Platform
    balance: float
    equity: float
    margin: float
    free_margin: float
    profit: float
    currency: str
    leverage: int


class StatusAnswer(Struct, kw_only=True):
    """Whether an account is connected, and how it stands; null without one."""

    connected: bool
    account: StatusAccount | None


class Mt4Position(Struct, kw_only=True):
    """An open position; `foreign` is one that was not opened here."""

    id: str
    symbol: str
    type: Literal["BUY", "SELL"]
    volume: float
    open_price: float
    current_price: float | None
    stop_loss: float | None
    take_profit: float | None
    profit: float
    swap: float
    open_time: str
    commission: float
    client_order_id: str | None
    foreign: bool


class PositionsAnswer(Struct, kw_only=True):
    """The open positions of an account."""

    success: bool
    positions: list[Mt4Position]


class CloseRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which position to close, or how much of it; all without `volume`."""

    position_id: Name
    volume: Amount | None = None
    client_order_id: ClientOrderId | None = None


class CloseQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """How much of a position to close; all without `volume`."""

    volume: Amount | None = None


class ClosedAnswer(Struct, kw_only=True):
    """What became of a closing."""

    success: bool
    position_id: str
    closed_volume: float
    order_id: str
    state: str


class DisconnectRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether the token is forgotten as well."""

    forget: bool = False


DISCONNECT: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"forget": {"type": "boolean", "default": False}},
                }
            }
        },
    }
}


class DisconnectedAnswer(Struct, kw_only=True):
    """The session is over; orders and positions that are open stay so."""

    success: bool
    connected: bool
    open_orders: list[str]
    open_positions: list[str]


class TickAnswer(Struct, kw_only=True):
    """The newest quote of a market; `spread` in price."""

    symbol: str
    bid: float
    ask: float
    spread: float
    timestamp: str


class TerminalCandlesQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which candles: the newest `limit` that open before `end`."""

    timeframe: ResolutionName = "1h"
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    end: Annotated[str, Meta(max_length=40)] | None = None
    platform: Name | None = None


class Mt4Candle(Struct, kw_only=True):
    """A candle, stamped with its opening."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float
