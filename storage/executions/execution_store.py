"""Positions as terminals report them; each report, as it came, stands in a chain of the ledger."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, func, insert, or_, select, update

from core.clock.times import now_ms
from core.errors import TickcastError
from core.executions.merge import Execution, merge
from core.executions.report import Report, clock_suspect
from core.executions.summary import Money
from core.ledger import EXECUTIONS
from storage.database import reading
from storage.executions.execution_rows import Position, Received, Result, Stored, read_position
from storage.executions.execution_tables import executions
from storage.executions.match_signals import match_signal
from storage.ledger.ledger_chain import extend
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_store import appending
from storage.ledger.ledger_tables import execution_reports

CLOCK_SUSPECT, OUTSIDE_PLAN = "clock_suspect", "outside_plan"
# So many open positions are valued; more are beyond any account.
MOST_OPEN = 1_000
# What a position's first report decides.
_OF_FIRST = ("exec_id", "account_id", "in_plan", "clock_suspect", "first_received_at")


class ExecutionStore:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    def report(
        self,
        account_id: int,
        key_number: int,
        received: Sequence[Received],
        unknown: TickcastError | None = None,
    ) -> list[Result]:
        """Enter reports of an account, in order; one that cannot be is answered by its error.

        `unknown` is the error of a ticket that is not known yet, of a key that may open
        nothing more. All are stored by one commit, one append at a time: two reports of a
        ticket that come at once are told one after the other.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            entering = _Entering(connection, account_id, key_number, self._clock(), unknown)
            results = [entering.result(one) for one in received]
            extend(connection, turn, EXECUTIONS, entering.rows)
            return results

    def page(self, account_id: int | None, since: int, limit: int, before: int) -> list[Position]:
        """Return positions that are open, or closed since an instant (ms), the newest first.

        `account_id` None is every account's; `before` is the `exec_id` that they precede.
        """
        query = select(executions).where(_window(account_id, since), executions.c.exec_id < before)
        query = query.order_by(executions.c.exec_id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [read_position(row) for row in connection.execute(query)]

    def open(self, account_id: int | None) -> list[Position]:
        """Return the positions that are open, of an account or of all."""
        query = select(executions).where(executions.c.closed_at.is_(None))
        if account_id is not None:
            query = query.where(executions.c.account_id == account_id)
        with reading(self._engine) as connection:
            return [read_position(row) for row in connection.execute(query.limit(MOST_OPEN))]

    def money(self, account_id: int | None, since: int) -> list[Money]:
        """Return what sums need of all positions of the same window."""
        columns = executions.c.closed_at, executions.c.pnl, executions.c.currency
        with reading(self._engine) as connection:
            rows = connection.execute(select(*columns).where(_window(account_id, since)))
            return [Money(row.closed_at is not None, row.pnl, row.currency) for row in rows]


class _Entering:
    """Reports of one transaction; `rows` are those that the chain is to go on with."""

    def __init__(
        self,
        connection: Connection,
        account_id: int,
        key_number: int,
        now: int,
        unknown: TickcastError | None,
    ) -> None:
        self._connection = connection
        self._account_id = account_id
        self._key_number = key_number
        self._now = now
        self._unknown = unknown
        self._entered: set[tuple[int, str]] = set()
        self.rows: list[dict[str, Any]] = []

    def result(self, received: Received) -> Result:
        """Enter a report, or return the error for which it cannot be."""
        try:
            return self._enter(received)
        except TickcastError as error:
            return error

    def _enter(self, received: Received) -> Stored:
        held = _find(self._connection, self._account_id, received.report)
        if held is None and self._unknown is not None:
            raise self._unknown
        position, warning = self._told(held, received)
        here = executions.c.exec_id == position.exec_id
        change = insert(executions) if held is None else update(executions).where(here)
        self._connection.execute(change, position.values())
        self._chain(position, received)
        warnings = [warning] if warning else []
        warnings += [CLOCK_SUSPECT] if position.clock_suspect else []
        warnings += [] if position.in_plan else [OUTSIDE_PLAN]
        return Stored(position, held is None, tuple(warnings))

    def _told(self, held: Position | None, received: Received) -> tuple[Position, str | None]:
        """Return a position once it was reported, and why it belongs to no signal."""
        told: Execution = merge(held, received.report, received.point)
        if held is not None and self._is_repeated(held.exec_id, _content(received)):
            told = held
        slot, opening = (told.symbol, told.resolution, told.side), told.opening
        match = match_signal(
            self._connection, slot, opening.pred_id, opening.opened_at, received.targets
        )
        first: dict[str, Any] = (
            {name: getattr(held, name) for name in _OF_FIRST}
            if held
            else {
                "exec_id": _next_id(self._connection),
                "account_id": self._account_id,
                "in_plan": received.in_plan,
                "clock_suspect": clock_suspect(opening.opened_at, self._now),
                "first_received_at": self._now,
            }
        )
        position = Position(
            **{name: getattr(told, name) for name in Execution.__struct_fields__},
            **first,
            signal_seq=match.seq,
            received_at=self._now,
            revisions=held.revisions + 1 if held else 1,
        )
        return position, match.warning

    def _is_repeated(self, exec_id: int, content: str) -> bool:
        reports = execution_reports.c
        same = select(reports.number).where(reports.exec_id == exec_id, reports.content == content)
        return (exec_id, content) in self._entered or (
            self._connection.execute(same.limit(1)).first() is not None
        )

    def _chain(self, position: Position, received: Received) -> None:
        content = _content(received)
        self._entered.add((position.exec_id, content))
        row = {
            "received_at": self._now,
            "exec_id": position.exec_id,
            "account_id": self._account_id,
            "key_number": self._key_number,
            "terminal": position.terminal,
            "ticket": position.ticket,
            "body": received.body,
            "content": content,
        }
        self.rows.append(row)


def _find(connection: Connection, account_id: int, report: Report) -> Position | None:
    named = {"account_id": account_id, "terminal": report.terminal, "ticket": report.ticket}
    here = [executions.c[name] == value for name, value in named.items()]
    row = connection.execute(select(executions).where(*here)).one_or_none()
    return None if row is None else read_position(row)


def _content(received: Received) -> str:
    return hashlib.sha256(msgspec.json.encode(received.report)).hexdigest()


def _next_id(connection: Connection) -> int:
    newest: int | None = connection.execute(select(func.max(executions.c.exec_id))).scalar()
    return (newest or 0) + 1


def _window(account_id: int | None, since: int) -> ColumnElement[bool]:
    recent = or_(executions.c.closed_at.is_(None), executions.c.closed_at >= since)
    return recent if account_id is None else recent & (executions.c.account_id == account_id)
