"""Shapes of what terminals report, and of what is answered."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.robots.bodies import robot_body
from api.robots.schemas import Timeframe
from core.names import SYMBOL_PATTERN

INT64 = 2**63 - 1
_Digits = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]
_Whole = Annotated[int, Meta(ge=0, le=INT64)]
_Short = Annotated[str, Meta(max_length=64)]
_Text = Annotated[str, Meta(max_length=16)]
When = str | float


class TerminalAccount(Struct, kw_only=True):
    """The trading account that a terminal is logged in to."""

    login: _Whole | _Digits | None = None
    server: _Short | None = None
    currency: _Text | None = None
    demo: bool | None = None
    mode: _Text | None = None


class ExecutionReport(Struct, kw_only=True):
    """A position as its terminal knows it; what is unknown or not yet is null or left out.

    `ticket` is the position's identifier (MT5) or the order's ticket (MT4). `pnl`,
    `closed_volume`, `commission` and `swap` are sums so far, `exit_price` is weighted by volume;
    `closed_at` comes when nothing is left. A time without a zone is UTC, or the broker's with
    `utc_offset_s`. Unknown fields are kept and not looked at.
    """

    ticket: _Whole | _Digits
    symbol: Annotated[str, Meta(pattern=SYMBOL_PATTERN)]
    timeframe: Timeframe
    signal: Literal["BUY", "SELL"]
    opened_at: When
    entry_price: float
    pred_id: _Whole | _Digits | None = None
    confidence: float | None = None
    closed_at: When | None = None
    exit_price: float | None = None
    pnl: float | None = None
    result: Any = None
    account: TerminalAccount | None = None
    volume: float | None = None
    closed_volume: float | None = None
    commission: float | None = None
    swap: float | None = None
    magic: Annotated[int, Meta(ge=-INT64, le=INT64)] | None = None
    requested_price: float | None = None
    spread_points: float | None = None
    sl: float | None = None
    tp: float | None = None
    parent_ticket: _Whole | _Digits | None = None
    utc_offset_s: Annotated[float, Meta(ge=-86_400, le=86_400)] | None = None
    reason_raw: str | None = None


class ExecutionStored(Struct, kw_only=True):
    """What became of a report; `error` and `detail` are of one in a list that was refused.

    `warnings` are `clock_suspect` (it came whole hours after the opening it tells),
    `pred_id_unknown`, `pred_id_other_slot`, `pred_id_other_side`, `not_matched` (no signal of
    the slot could be entered then, or several), `outside_plan`.
    """

    ok: bool
    exec_id: int | UnsetType = UNSET
    ticket: int | None
    action: Literal["created", "updated"] | UnsetType = UNSET
    pred_id: int | UnsetType | None = UNSET
    matched: bool | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET
    error: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET


ExecutionsStored = Annotated[
    ExecutionStored | list[ExecutionStored], Meta(title="ExecutionsStored")
]


class Heartbeat(Struct, kw_only=True):
    """What a terminal says of itself; both clocks as epoch seconds, the server's its own."""

    version: _Short | None = None
    platform: Literal["mt4", "mt5"] | None = None
    build: _Whole | None = None
    account: TerminalAccount | None = None
    server_time: float | None = None
    gmt_time: float | None = None
    open_positions: _Whole | None = None
    skipped: Annotated[list["SkippedSignal"], Meta(max_length=100)] = []


class SkippedSignal(Struct, kw_only=True):
    """A signal that was not followed."""

    pred_id: _Whole
    why: str = "other"


class HeartbeatNoted(Struct):
    """What a terminal should know: our clock, its broker's offset from UTC, what is odd.

    `warnings` are `gmt_clock` (its UTC clock is more than 90 s off), `server_clock` (its
    broker's is no whole quarter of an hour from UTC), `version` (older than `min_version`).
    """

    ok: bool
    server_time_unix: int
    utc_offset_s: int | None
    warnings: list[str]
    min_version: str | None


EXECUTION_BODY = robot_body(
    ExecutionReport | list[ExecutionReport],
    example={
        "pred_id": 12345,
        "ticket": 987654321,
        "symbol": "EURUSD",
        "timeframe": "H1",
        "signal": "BUY",
        "confidence": 0.67,
        "opened_at": "2026-05-27T10:23:00Z",
        "closed_at": None,
        "entry_price": 1.0823,
    },
)
HEARTBEAT_BODY = robot_body(
    Heartbeat,
    example={"version": "1.0", "platform": "mt5", "build": 4755, "server_time": 1780000000},
)
