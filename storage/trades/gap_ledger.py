"""The gap ledger: trades known to be missing, and what became of each gap."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import NotFound
from core.series import Market
from storage.database import reading, writing
from storage.tables import gaps
from storage.trades.edges import Hole


class GapState(StrEnum):
    """What became of a gap.

    SUSPECTED: ids are missing but may still come. OPEN: they did not, we missed
    trades. BACKFILLED: the exchange had them. NO_TRADES: it has none with these
    ids, or it was quiet for a while. OUTAGE: nobody traded on the whole platform.
    TOO_LARGE: more is missing than is fetched without being asked.
    VANISHED: the ids came by themselves after all.
    """

    SUSPECTED = "suspected"
    OPEN = "open"
    BACKFILLED = "backfilled"
    NO_TRADES = "no_trades"
    OUTAGE = "exchange_outage"
    TOO_LARGE = "too_large"
    VANISHED = "vanished"


class Gap(msgspec.Struct, frozen=True):
    """Missing ids between two trades (times in microseconds UTC); found and closed in epoch ms.

    An open one is looked at again at `try_at` (epoch ms); `reason` says why it is
    still open after so many `attempts`.
    """

    id: int
    platform: str
    symbol: str
    first_id: int
    last_id: int
    after_time: int
    before_time: int
    state: GapState
    recovered: int
    found_at: int
    closed_at: int | None
    attempts: int = 0
    try_at: int = 0
    reason: str | None = None

    @property
    def market(self) -> Market:
        """The market that misses trades."""
        return Market(self.platform, self.symbol)

    @property
    def hole(self) -> Hole:
        """The missing ids and the times around them."""
        return Hole(self.first_id, self.last_id, self.after_time, self.before_time)


# Trades of such a gap are missing still.
STANDING = (GapState.OPEN, GapState.TOO_LARGE)
_UNSURE = (GapState.SUSPECTED, *STANDING)


class GapLedger:
    """Gaps in SQL. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, market: Market, holes: Iterable[Hole], grace_ms: int) -> list[Gap]:
        """Compare the holes that a market has now with those known; returns gaps newly open.

        A hole that is new is suspected; one that stayed for `grace_ms` is open; a
        gap whose hole is gone has vanished, unless it was closed otherwise.
        """
        wanted = {(hole.first_id, hole.last_id): hole for hole in holes}
        opened: list[Gap] = []
        now = self._clock()
        with writing(self._engine) as connection:
            # The caller bounds how many they are: a database bounds how many it is asked for.
            concerned = or_(gaps.c.state.in_(_UNSURE), gaps.c.first_id.in_([k[0] for k in wanted]))
            rows = connection.execute(select(gaps).where(*_of(market), concerned))
            known = {(gap.first_id, gap.last_id): gap for gap in map(_gap, rows)}
            for key, hole in wanted.items():
                if key not in known:
                    connection.execute(insert(gaps).values(_values(market, hole, now)))
            for key, gap in known.items():
                if gap.state not in _UNSURE:
                    continue
                if key not in wanted and gap.state is GapState.SUSPECTED:
                    # Trades that merely came out of order left no gap.
                    connection.execute(delete(gaps).where(gaps.c.id == gap.id))
                elif key not in wanted:
                    connection.execute(_change(gap, state=GapState.VANISHED, closed_at=now))
                elif gap.state is GapState.SUSPECTED and now - gap.found_at >= grace_ms:
                    connection.execute(_change(gap, state=GapState.OPEN))
                    opened.append(msgspec.structs.replace(gap, state=GapState.OPEN))
        return opened

    def has_unsure(self, market: Market) -> bool:
        """Say whether a market has gaps that are suspected, open or too large."""
        return self._has(market, _UNSURE)

    def has_suspected(self, market: Market) -> bool:
        """Say whether ids of a market are missing that may still come."""
        return self._has(market, (GapState.SUSPECTED,))

    def _has(self, market: Market, states: tuple[GapState, ...]) -> bool:
        one = select(gaps.c.id).where(*_of(market), gaps.c.state.in_(states)).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(one).first() is not None

    def record(self, market: Market, hole: Hole, state: GapState) -> bool:
        """Record a closed gap that was not seen before, such as a quiet span."""
        now = self._clock()
        values = _values(market, hole, now) | {"state": state, "closed_at": now}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(gaps).values(values))
        except IntegrityError:
            return False
        return True

    def close(
        self, gap: Gap, state: GapState, recovered: int = 0, reason: str | None = None
    ) -> None:
        """Say what became of a gap, and how many trades were recovered."""
        values = {"state": state, "recovered": recovered, "reason": reason}
        with writing(self._engine) as connection:
            connection.execute(_change(gap, closed_at=self._clock(), **values))

    def postpone(self, gap: Gap, reason: str, try_at: int) -> None:
        """Leave a gap open until `try_at` (epoch ms), and say why."""
        values = {"attempts": gap.attempts + 1, "try_at": try_at, "reason": reason}
        with writing(self._engine) as connection:
            connection.execute(_change(gap, **values))

    def get(self, gap_id: int) -> Gap:
        """Return a gap; raises `NotFound`."""
        with reading(self._engine) as connection:
            row = connection.execute(select(gaps).where(gaps.c.id == gap_id)).one_or_none()
        if row is None:
            raise NotFound("There is no gap with this id.")
        return _gap(row)

    def open(self, limit: int = 1_000, due_at: int = 2**62) -> list[Gap]:
        """Return gaps that are open and to be looked at by `due_at` (epoch ms), oldest first."""
        due = and_(gaps.c.state == GapState.OPEN, gaps.c.try_at <= due_at)
        with reading(self._engine) as connection:
            oldest = select(gaps).where(due).order_by(gaps.c.id)
            return [_gap(row) for row in connection.execute(oldest.limit(limit))]

    def standing(self, market: Market) -> "list[Gap]":
        """Return the market's gaps whose trades are missing still: open, or too large."""
        missing = select(gaps).where(*_of(market), gaps.c.state.in_(STANDING))
        with reading(self._engine) as connection:
            return [_gap(row) for row in connection.execute(missing)]

    def list(self, market: Market, start: int, end: int, limit: int, after: int = 0) -> "list[Gap]":
        """Return gaps that touch `start..end` (microseconds), by id from behind `after`.

        Those that are merely suspected are no gaps.
        """
        told = gaps.c.state != GapState.SUSPECTED
        known_end = or_(gaps.c.before_time == 0, gaps.c.before_time >= start)
        touching = and_(told, known_end, gaps.c.after_time <= end, gaps.c.id > after)
        with reading(self._engine) as connection:
            page = select(gaps).where(*_of(market), touching).order_by(gaps.c.id).limit(limit)
            return [_gap(row) for row in connection.execute(page)]


def _of(market: Market) -> tuple[Any, Any]:
    return gaps.c.platform == market.platform, gaps.c.symbol == market.symbol


def _change(gap: Gap, **values: Any) -> Any:
    return update(gaps).where(gaps.c.id == gap.id).values(values)


def _values(market: Market, hole: Hole, now: int) -> dict[str, Any]:
    return {
        "platform": market.platform,
        "symbol": market.symbol,
        "first_id": hole.first_id,
        "last_id": hole.last_id,
        "after_time": hole.after,
        "before_time": hole.before,
        "state": GapState.SUSPECTED,
        "recovered": 0,
        "found_at": now,
    }


def _gap(row: Row[Any]) -> Gap:
    values = {name: row._mapping[name] for name in Gap.__struct_fields__}
    return msgspec.convert(values, Gap)
