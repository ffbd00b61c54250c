"""What a terminal reports of a position, checked: instants in epoch ms, prices as they were."""

import math

import msgspec

from core.clock.times import format_time
from core.errors import InvalidRequest

# Why a position was closed; anything else is OTHER, and kept as it was said.
OTHER = "OTHER"
RESULTS = ("TP", "SL", "SO", "TIME", "EXPERT", "MANUAL", OTHER)
# A terminal's clock may run so far ahead of ours (ms).
AHEAD_MS = 120_000
OLDEST_MS = 365 * 86_400_000
_HOUR_MS, _WHOLE_MS = 3_600_000, 180_000
_POSITIVE = ("entry_price", "exit_price", "requested_price", "volume", "sl", "tp")
_NOT_NEGATIVE = ("closed_volume", "spread_points")


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How a position was opened; no later report changes it, but adds what was not known."""

    opened_at: int
    entry_price: float
    pred_id: int | None = None
    confidence: float | None = None
    volume: float | None = None
    requested_price: float | None = None
    spread_points: float | None = None
    magic: int | None = None
    parent_ticket: int | None = None
    currency: str | None = None
    demo: bool | None = None
    mode: str | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a position: `pnl` and the volume are sums so far, the price weighted."""

    closed_at: int | None = None
    exit_price: float | None = None
    pnl: float | None = None
    result: str | None = None
    reason_raw: str | None = None
    closed_volume: float | None = None
    commission: float | None = None
    swap: float | None = None
    sl: float | None = None
    tp: float | None = None

    @property
    def rank(self) -> tuple[bool, float]:
        """How far the position has got: a closed one furthest, else the more of it is closed."""
        closed = self.closed_at is not None
        return closed, 0.0 if closed else (self.closed_volume or 0.0)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report. `terminal` is `server:login`, empty where the terminal does not say it.

    `ticket` is the position's identifier in MT5, the order's ticket in MT4; the length of
    candles is in seconds.
    """

    terminal: str
    ticket: int
    symbol: str
    resolution: int
    side: str
    opening: Opening
    progress: Progress


def check_report(report: Report, now: int) -> Report:
    """Return a report whose numbers and instants can be true at `now` (epoch ms).

    Raises `InvalidRequest` naming the field.
    """
    for part in (report.opening, report.progress):
        for name in part.__struct_fields__:
            _check_number(name, getattr(part, name))
    _check_times(report.opening.opened_at, report.progress.closed_at, now)
    return report


def clock_suspect(opened_at: int, arrived: int) -> bool:
    """Say whether a first report comes a whole number of hours after the opening it tells.

    So it looks if a terminal's server time was taken for UTC.
    """
    hours = round((arrived - opened_at) / _HOUR_MS)
    return hours != 0 and abs(arrived - opened_at - hours * _HOUR_MS) <= _WHOLE_MS


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    if not math.isfinite(value):
        raise InvalidRequest(f"{name} must be a finite number.", field=name)
    if name in _POSITIVE and value <= 0:
        raise InvalidRequest(f"{name} must be above 0; leave it out or null.", field=name)
    if name in _NOT_NEGATIVE and value < 0:
        raise InvalidRequest(f"{name} must not be below 0.", field=name)
    if name == "confidence" and not 0 <= value <= 1:
        raise InvalidRequest("confidence must be from 0 to 1.", field=name)


def _check_times(opened_at: int, closed_at: int | None, now: int) -> None:
    for name, instant in (("opened_at", opened_at), ("closed_at", closed_at)):
        if instant is not None and instant > now + AHEAD_MS:
            raise InvalidRequest(
                f"{name} lies in the future ({format_time(instant)}; it is {format_time(now)}); "
                "times are UTC: send utc_offset_s with a broker's own.",
                field=name,
            )
    if opened_at < now - OLDEST_MS:
        raise InvalidRequest("opened_at must be at most 365 days ago.", field="opened_at")
    if closed_at is not None and closed_at < opened_at:
        raise InvalidRequest("closed_at must not be before opened_at.", field="closed_at")
