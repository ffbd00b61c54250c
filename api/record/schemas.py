"""Shapes of the record of signals."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.answers.record import Calibration, ExecutionFigures, RecordHead, SignalFigures


class PerformanceQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Signals of so many days, of one symbol or length of candles only if it is named."""

    days: Annotated[int, Meta(ge=1, le=365)] = 30
    symbol: str | UnsetType = UNSET
    tf_code: str | UnsetType = UNSET
    view: Literal["signals", "executions", "both"] = "both"


class PerformanceTotals(Struct):
    """All rows together; what is null was not asked for, or is of too few subscribers."""

    signals: SignalFigures | None
    executions: ExecutionFigures | None


class PerformanceRow(Struct, kw_only=True):
    """A slot and one model that spoke for it; `model_v` is null where none ever did."""

    symbol: str
    tf_code: str
    model_v: str | None
    signals: SignalFigures | None
    executions: ExecutionFigures | None
    platform: str
    horizon: int
    retired: bool


class PerformanceShown(Struct, kw_only=True):
    """The record of signals, sealed before the fact; `stale` if a newer one is not done yet."""

    days: int
    as_of: str
    ledger_head: RecordHead
    costs: str
    totals: PerformanceTotals
    rows: list[PerformanceRow]
    stale: bool


class CalibratedModel(Struct, kw_only=True):
    """A model that speaks or spoke for a slot; `n_live` of its signals have their outcome.

    `live` is null below 200 of these, `drift` says whether its error has grown meanwhile;
    `walk_forward` is what its training showed, null where that is not kept.
    """

    symbol: str
    tf_code: str
    model_v: str
    live: Calibration | None
    walk_forward: Calibration | None
    drift: bool
    n_live: int
    platform: str
    horizon: int


class CalibrationShown(Struct, kw_only=True):
    """How sealed chances compare with what came; `stale` if a newer one is not done yet."""

    as_of: str
    models: list[CalibratedModel]
    stale: bool


class RecordComputing(Struct):
    """The record is being computed: ask again in so many seconds."""

    status: str
    retry_after: int
