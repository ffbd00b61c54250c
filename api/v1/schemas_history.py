"""Shapes of the history of signals."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.http.schemas import Name, Symbol, TimeText
from api.http.v1_envelope import success_of
from api.v1.schemas_signals import Horizon
from core.answers.signals import Percent, Price, SignalType
from core.clock.times import format_time
from storage.models.signals import SignalRecord

LIMIT, LONGEST, FARTHEST = 50, 100, 1_000_000


class HistoryQuery(Struct, forbid_unknown_fields=True, kw_only=True, rename={"from_": "from"}):
    """Which signals; without a platform, those of every one."""

    symbol: Symbol
    platform: Name | None = None
    horizon: Horizon | None = None
    type: SignalType | Literal[""] = ""
    from_: TimeText = ""
    to: TimeText = ""
    limit: Annotated[int, Meta(ge=1, le=LONGEST)] = LIMIT
    offset: Annotated[int, Meta(ge=0, le=FARTHEST)] = 0


class SignalOutcome(Struct):
    """What became of a signal, in percent; `pnl_percent` is after costs both ways.

    `exit` is take_profit, stop_loss, time, or not_entered: the price was gone by
    then, which counts as a loss of nothing. `gaps`: candles of its time are missing.
    """

    result: Literal["profit", "loss", "pending"]
    pnl_percent: Percent | None
    gross_percent: Percent | None
    exit: str | None
    closed_at: str | None
    gaps: bool | None


class PastSignal(Struct):
    """A signal as it was given; a hold has no outcome."""

    id: str
    symbol: str
    platform: str
    horizon: int
    type: SignalType
    confidence: float
    strength: str
    quality: str
    current_price: Price
    take_profit: Price | None
    stop_loss: Price | None
    expected_value_percent: Percent
    reason: str
    created_at: str
    expires_at: str
    model_id: str
    outcome: SignalOutcome | None


class Pagination(Struct):
    """Where a page stands; `total` counts all that match."""

    total: int
    limit: int
    offset: int
    has_more: bool


class SignalHistory(Struct):
    """Signals, newest first."""

    signals: list[PastSignal]
    pagination: Pagination


HistoryAnswer = success_of("HistoryAnswer", SignalHistory)


def show_signal(record: SignalRecord) -> PastSignal:
    """Return a record as the history shows it."""
    return PastSignal(
        id=record.id,
        symbol=record.symbol,
        platform=record.platform,
        horizon=record.horizon,
        type=record.type,  # type: ignore[arg-type]
        confidence=record.confidence,
        strength=record.strength,
        quality=record.quality,
        current_price=record.current_price,
        take_profit=record.take_profit,
        stop_loss=record.stop_loss,
        expected_value_percent=record.expected_percent,
        reason=record.reason,
        created_at=format_time(record.made_at),
        expires_at=format_time(record.expires_at),
        model_id=record.run_id,
        outcome=_outcome(record),
    )


def _outcome(record: SignalRecord) -> SignalOutcome | None:
    if record.result is None:
        return None
    return SignalOutcome(
        result=record.result,  # type: ignore[arg-type]
        pnl_percent=record.pnl_percent,
        gross_percent=record.gross_percent,
        exit=record.exit,
        closed_at=None if record.closed_at is None else format_time(record.closed_at),
        gaps=record.gaps,
    )
