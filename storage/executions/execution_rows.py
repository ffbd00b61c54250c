"""Positions as they are stored and read."""

from typing import Any

import msgspec
from msgspec.structs import asdict

from core.errors import TickcastError
from core.executions.merge import Execution
from core.executions.report import Opening, Progress, Report
from core.forecast_target import ForecastTarget

_OPENING, _PROGRESS = Opening.__struct_fields__, Progress.__struct_fields__


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A report that may be stored: its text as it came, and what is known of its market.

    `targets` are those ever offered of its slot; `point` is the smallest step of its
    price, None if unknown.
    """

    report: Report
    body: str
    targets: tuple[ForecastTarget, ...] = ()
    in_plan: bool = True
    point: float | None = None


class Position(Execution, frozen=True, kw_only=True):
    """A position as all its reports tell it; instants are epoch ms.

    `signal_seq` is the sealed signal of its slot and side that it belongs to, named by
    `opening.pred_id` or found; `revisions` says how many reports came.
    """

    exec_id: int
    account_id: int
    signal_seq: int | None
    in_plan: bool
    clock_suspect: bool
    first_received_at: int
    received_at: int
    revisions: int

    def values(self) -> dict[str, Any]:
        """Return its columns."""
        told = asdict(self)
        return {**asdict(told.pop("opening")), **asdict(told.pop("progress")), **told}


class Stored(msgspec.Struct, frozen=True):
    """What became of a report: the position as it is now, and what is odd about it."""

    position: Position
    created: bool
    warnings: tuple[str, ...]


Result = Stored | TickcastError


def read_position(row: Any) -> Position:
    """Return the position of a row of `executions`."""
    # Names of columns are a kind of text that msgspec takes for none.
    values = {str(name): value for name, value in row._mapping.items()}
    opening = {name: values.pop(name) for name in _OPENING}
    progress = {name: values.pop(name) for name in _PROGRESS}
    return msgspec.convert(values | {"opening": opening, "progress": progress}, Position)
