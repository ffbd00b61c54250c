"""Positions beside the signals that they copy: which are to be joined, and what was found."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Engine, Row, and_, delete, func, insert, or_, select

from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.executions.copy import Copy
from core.executions.coverage import Opened, Presence, Signs
from storage.database import reading, writing
from storage.executions.execution_rows import Position, read_position
from storage.executions.execution_tables import executions, heartbeats, skipped_signals
from storage.ledger.ledger_reads import in_parts
from storage.record.copy_tables import execution_copies

# What is not complete is looked at again for so long (ms) after its last report.
LOOKED_AT_MS = 14 * DAY * 1_000


class Joined(NamedTuple):
    """A position, and what it made of its signal."""

    account_id: int
    symbol: str
    resolution: int
    closed: bool
    copy: Copy


class CopyStore:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def due(self, limit: int) -> list[Position]:
        """Return positions with a signal that were reported since, or are not complete."""
        copies, told = execution_copies.c, executions.c
        unfinished = and_(
            copies.complete.is_(False), told.received_at >= self._clock() - LOOKED_AT_MS
        )
        wanted = or_(
            copies.exec_id.is_(None),
            copies.seq != told.signal_seq,
            copies.told_at < told.received_at,
            unfinished,
        )
        query = (
            select(executions)
            .select_from(executions.outerjoin(execution_copies, copies.exec_id == told.exec_id))
            .where(told.signal_seq.is_not(None), wanted)
            .order_by(func.coalesce(copies.joined_at, 0), told.exec_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [read_position(row) for row in connection.execute(query)]

    def put(self, copies: Sequence[tuple[Copy, int]]) -> None:
        """Keep what was found of positions, and of the reports up to an instant of each (ms)."""
        now = self._clock()
        rows = [
            msgspec.structs.asdict(one) | {"told_at": told_at, "joined_at": now}
            for one, told_at in copies
        ]
        with writing(self._engine) as connection:
            for part in in_parts({one.exec_id for one, _ in copies}):
                here = execution_copies.c.exec_id.in_(part)
                connection.execute(delete(execution_copies).where(here))
            if rows:
                connection.execute(insert(execution_copies), rows)

    def of(self, exec_ids: Collection[int]) -> dict[int, Copy]:
        """Return what was found of these positions."""
        found: dict[int, Copy] = {}
        with reading(self._engine) as connection:
            for part in in_parts(exec_ids):
                query = select(execution_copies).where(execution_copies.c.exec_id.in_(part))
                found |= {row.exec_id: _copy(row) for row in connection.execute(query)}
        return found

    def since(self, since: int, account_id: int | None = None) -> list[Joined]:
        """Return the copies that are open or were closed since then (ms), of an account or all."""
        told = executions.c
        recent = or_(told.closed_at.is_(None), told.closed_at >= since)
        mine = [] if account_id is None else [told.account_id == account_id]
        columns = told.account_id, told.symbol, told.resolution, told.closed_at
        same = and_(
            execution_copies.c.exec_id == told.exec_id, execution_copies.c.seq == told.signal_seq
        )
        query = (
            select(*columns, execution_copies)
            .select_from(executions.join(execution_copies, same))
            .where(recent, *mine)
        )
        with reading(self._engine) as connection:
            return [
                Joined(row[0], row[1], row[2], row[3] is not None, _copy(row))
                for row in connection.execute(query)
            ]

    def signs(self, copies: Iterable[Joined], since: int) -> dict[int, Signs]:
        """Return by account what is known of its terminals since then, beside these copies."""
        told, there, others = self._skipped(since), self._presences(), self._unmatched(since)
        copied: dict[int, set[int]] = defaultdict(set)
        for one in copies:
            copied[one.account_id].add(one.copy.seq)
        return {
            number: Signs(
                copied=copied.get(number, set()),
                told=told.get(number, {}),
                presence=presence,
                unmatched=others.get(number, []),
            )
            for number, presence in there.items()
        }

    def _skipped(self, since: int) -> dict[int, dict[int, str]]:
        """Return by account and `seq` why its terminals did not follow a signal."""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        query = select(skipped_signals).where(skipped_signals.c.noted_at >= since)
        with reading(self._engine) as connection:
            for row in connection.execute(query.order_by(skipped_signals.c.noted_at)):
                found[row.account_id].setdefault(row.pred_id, row.why)
        return found

    def _presences(self) -> dict[int, Presence]:
        """Return when each account's terminals gave their first and their last sign."""
        told, noted = executions.c, skipped_signals.c
        signs = [
            select(told.account_id, told.opened_at, told.received_at),
            select(heartbeats.c.account_id, heartbeats.c.seen_at, heartbeats.c.seen_at),
            select(noted.account_id, noted.noted_at, noted.noted_at),
        ]
        found: dict[int, Presence] = {}
        with reading(self._engine) as connection:
            for sign in signs:
                account, first, last = sign.selected_columns
                query = select(account, func.min(first), func.max(last)).group_by(account)
                for number, earliest, latest in connection.execute(query):
                    known = found.get(number, Presence(earliest, latest))
                    found[number] = Presence(min(known.first, earliest), max(known.last, latest))
        return found

    def _unmatched(self, since: int) -> dict[int, list[Opened]]:
        """Return by account the positions that belong to no signal and were opened since then."""
        told = executions.c
        columns = told.account_id, told.symbol, told.resolution, told.side, told.opened_at
        query = select(*columns).where(told.signal_seq.is_(None), told.opened_at >= since)
        found: dict[int, list[Opened]] = defaultdict(list)
        with reading(self._engine) as connection:
            for account_id, *about in connection.execute(query):
                found[account_id].append(Opened(*about))
        return found


def _copy(row: Row[Any]) -> Copy:
    return Copy(**{name: row._mapping[name] for name in Copy.__struct_fields__})
