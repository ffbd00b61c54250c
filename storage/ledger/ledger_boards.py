"""Scores by target, as computed from the ledger's rows: what the scoreboard shows.

They follow from the ledger and may be computed anew at any time.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Engine, delete, insert, select

from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from storage.database import reading, writing
from storage.ledger.ledger_reads import is_target
from storage.ledger.ledger_tables import ledger_boards


class Board(msgspec.Struct, frozen=True):
    """The scores of `n` forecasts of a target; `updated_at` is epoch ms."""

    target: ForecastTarget
    n: int
    scores: dict[str, Any]
    baseline_scores: dict[str, Any]
    verdict: str
    updated_at: int


class BoardStore:
    """The newest scores of each target; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def put(self, ledger: str, target: ForecastTarget, found: Mapping[str, Any]) -> None:
        """Keep `{n, scores, baseline_scores, verdict}` in the place of what was there."""
        names = "n", "scores", "baseline_scores", "verdict"
        values = {name: found[name] for name in names} | {"updated_at": self._clock()}
        here = ledger_boards.c.ledger == ledger, is_target(ledger_boards, target)
        with writing(self._engine) as connection:
            connection.execute(delete(ledger_boards).where(*here))
            named = {"ledger": ledger, **msgspec.structs.asdict(target)}
            connection.execute(insert(ledger_boards).values(named | values))

    def all(self, ledger: str, model: str | None = None) -> dict[ForecastTarget, Board]:
        """Return the scores of all targets of a ledger, or of those of one model."""
        with reading(self._engine) as connection:
            query = select(ledger_boards).where(ledger_boards.c.ledger == ledger)
            if model is not None:
                query = query.where(ledger_boards.c.model == model)
            rows = connection.execute(query).all()
        boards = [
            Board(
                ForecastTarget(*row[1:6]),
                *(row._mapping[name] for name in Board.__struct_fields__[1:]),
            )
            for row in rows
        ]
        return {board.target: board for board in boards}
