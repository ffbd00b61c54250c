"""Shapes of what is said on `/ws/signals`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from api.signals.schemas import MOST_SYMBOLS, SignalResponse
from core.answers.signals import PhaseName

_Seq = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Name = Annotated[str, Meta(max_length=64)]
# Each timeframe of each symbol is looked up: there are fewer than these.
_MOST_OTHERS = 16
_Others = Annotated[list[_Name], Meta(max_length=_MOST_OTHERS)]


class SignalsQuery(Struct, kw_only=True):
    """With `since`, what happened after that number is told first."""

    since: _Seq | None = None


class SignalsCommand(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a reader may say: an empty list means all that the key may see.

    With `since`, what happened after that number is told; without, what may be entered now, and
    what happens from then on. A later `subscribe` narrows or widens what follows.
    """

    action: Literal["subscribe", "ping"]
    symbols: Annotated[list[_Name], Meta(max_length=MOST_SYMBOLS)] = field(default_factory=list)
    timeframes: _Others = field(default_factory=list)
    rr_configs: _Others = field(default_factory=list)
    platform: str | None = None
    since: _Seq | None = None


class PhaseChangeTold(Struct):
    """A market is in another phase since the candle that closed at `timestamp`."""

    symbol: str
    old_phase: PhaseName
    new_phase: PhaseName
    timeframe: str
    timestamp: str
    platform: str


class ExpiryTold(Struct):
    """A signal may not be entered any more: the next candle has closed."""

    signal_id: str
    id: str
    symbol: str
    timeframe: str
    rr_config: str
    valid_until: str
    platform: str


class SignalFrame(Struct):
    """A signal was sealed; `seq` numbers all that happens, with holes where others read."""

    type: Literal["signal"]
    data: SignalResponse
    seq: int


class PhaseChangeFrame(Struct):
    """A phase changed."""

    type: Literal["amd_change"]
    data: PhaseChangeTold
    seq: int


class ExpiryFrame(Struct):
    """A signal expired."""

    type: Literal["expired"]
    data: ExpiryTold
    seq: int


class SubscribedFrame(Struct):
    """A subscription was understood; `seq` is the number that is gone on from."""

    type: Literal["subscribed"]
    symbols: list[str]
    timeframes: list[str]
    rr_configs: list[str]
    seq: int | None
    timestamp: str


class PongFrame(Struct):
    """An answer to `ping`."""

    type: Literal["pong"]
    timestamp: str


class ErrorFrame(Struct):
    """What was wrong with what a reader said; the socket stays open."""

    type: Literal["error"]
    error: str
    detail: str
    timestamp: str


FRAMES = (SignalFrame, PhaseChangeFrame, ExpiryFrame, SubscribedFrame, PongFrame, ErrorFrame)
