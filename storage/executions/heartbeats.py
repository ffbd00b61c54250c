"""When the terminals of an account were seen last, in Redis, and from there in SQL each minute.

A call without a terminal's name counts for the account: its terminal is the empty text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import redis
from sqlalchemy import Connection, Engine, delete, insert, select

from core.clock.times import now_ms
from storage import keys
from storage.database import reading, writing
from storage.executions.execution_tables import heartbeats, skipped_signals
from storage.redis_connection import redis_errors

# Calls that say nothing of themselves are noted once in so long (ms) by each process: who polls
# every second costs no synced write a second.
REST_MS = 5_000
# Who was noted within so long (ms) is there, whenever his next call is noted.
PRESENT_MS = 60_000
# So many terminals of an account are remembered, those seen last.
MOST_TERMINALS = 64
_REMEMBERED = 4_096
# An account, and a terminal of it.
_Caller = tuple[int, str]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal's heartbeat says of itself; None is unknown.

    `clock_offset_s` is how far its own UTC clock is ahead of ours, `utc_offset_s` that of
    its broker's server from UTC.
    """

    version: str | None = None
    platform: str | None = None
    build: int | None = None
    demo: bool | None = None
    currency: str | None = None
    mode: str | None = None
    utc_offset_s: int | None = None
    clock_offset_s: int | None = None
    open_positions: int | None = None


class Skipped(msgspec.Struct, frozen=True):
    """A signal that a terminal did not follow, and why."""

    pred_id: int
    why: str


class SeenTerminal(msgspec.Struct, frozen=True):
    """A terminal (`server:login`, or empty), when it was seen last (epoch ms), what it said."""

    terminal: str
    seen_at: int
    said: Said


class Heartbeats:
    """Every method may raise `RedisUnavailable` and `DatabaseUnavailable`."""

    def __init__(
        self, client: "redis.Redis", engine: Engine, clock: Callable[[], int] = now_ms
    ) -> None:
        self._client: Any = client
        self._engine = engine
        self._clock = clock
        self._noted: dict[tuple[int, str], int] = {}

    def note(self, account_id: int, terminal: str = "", said: Said | None = None) -> None:
        """Note that a terminal of an account called just now; what it said before stays."""
        now, caller = self._clock(), (account_id, terminal)
        if said is not None:
            self._write({caller: said}, now)
        elif self._is_due(caller, now):
            self._write(self._said([caller]), now)

    def note_all(self, account_ids: Iterable[int]) -> None:
        """Note that accounts called just now, all of them in two round trips."""
        now = self._clock()
        if due := [(one, "") for one in account_ids if self._is_due((one, ""), now)]:
            self._write(self._said(due), now)

    def is_present(self, account_id: int) -> bool:
        """Say whether this process noted a call of an account within the last minute."""
        return self._clock() - self._noted.get((account_id, ""), 0) < PRESENT_MS

    def seen(self, account_id: int) -> list[SeenTerminal]:
        """Return the terminals of an account, those seen last first."""
        with redis_errors():
            held = self._client.hgetall(keys.seen(account_id))
        found = [_read(text) for text in held.values()]
        if not found:  # a Redis that was emptied
            with reading(self._engine) as connection:
                mine = heartbeats.c.account_id == account_id
                rows = connection.execute(select(heartbeats).where(mine))
                found = [
                    SeenTerminal(row.terminal, row.seen_at, msgspec.convert(row.said, Said))
                    for row in rows
                ]
        return _ordered(found)

    def accounts(self) -> list[int]:
        """Return the accounts that were ever seen."""
        with reading(self._engine) as connection:
            known = set(connection.execute(select(heartbeats.c.account_id).distinct()).scalars())
        with redis_errors():
            known |= {int(one) for one in self._client.smembers(keys.SEEN_ACCOUNTS)}
        return sorted(known)

    def seen_of_all(self) -> dict[int, list[SeenTerminal]]:
        """Return the terminals of every account that was ever seen, those seen last first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(heartbeats)).all()
        kept: dict[int, list[SeenTerminal]] = {}
        for row in rows:
            one = SeenTerminal(row.terminal, row.seen_at, msgspec.convert(row.said, Said))
            kept.setdefault(row.account_id, []).append(one)
        with redis_errors():
            numbers = kept.keys() | {int(one) for one in self._client.smembers(keys.SEEN_ACCOUNTS)}
            pipe = self._client.pipeline(transaction=False)
            for number in numbers:
                pipe.hgetall(keys.seen(number))
            held = dict(zip(numbers, pipe.execute(), strict=True))
        # What stands in Redis is newer.
        newer = {number: [_read(text) for text in found.values()] for number, found in held.items()}
        return {number: _ordered(newer[number] or kept.get(number, [])) for number in numbers}

    def skip(self, account_id: int, terminal: str, skipped: list[Skipped]) -> None:
        """Note which signals a terminal did not follow; what it said first stays."""
        if not skipped:
            return
        here = (
            skipped_signals.c.account_id == account_id,
            skipped_signals.c.terminal == terminal,
            skipped_signals.c.pred_id.in_([one.pred_id for one in skipped]),
        )
        with writing(self._engine) as connection:
            held = set(connection.execute(select(skipped_signals.c.pred_id).where(*here)).scalars())
            about = {"account_id": account_id, "terminal": terminal, "noted_at": self._clock()}
            new = {one.pred_id: one for one in skipped if one.pred_id not in held}
            rows = [about | msgspec.structs.asdict(one) for one in new.values()]
            if rows:
                connection.execute(insert(skipped_signals), rows)

    def flush(self) -> int:
        """Write to SQL what came since the last time; returns how many accounts."""
        with redis_errors():
            changed = [int(one) for one in self._client.smembers(keys.SEEN_ACCOUNTS)]
            if not changed:
                return 0
            # Who is seen meanwhile stands in the set again.
            self._client.srem(keys.SEEN_ACCOUNTS, *changed)
        seen = {account_id: self.seen(account_id) for account_id in changed}
        with writing(self._engine) as connection:
            for account_id, terminals in seen.items():
                _write(connection, account_id, terminals)
        return len(changed)

    def _is_due(self, caller: _Caller, now: int) -> bool:
        return now - self._noted.get(caller, 0) >= REST_MS

    def _said(self, callers: Sequence[_Caller]) -> dict[_Caller, Said]:
        """Return what terminals said of themselves last."""
        with redis_errors():
            pipe = self._client.pipeline(transaction=False)
            for account_id, terminal in callers:
                pipe.hget(keys.seen(account_id), terminal)
            held = pipe.execute()
        return {
            caller: _read(text).said if text else Said()
            for caller, text in zip(callers, held, strict=True)
        }

    def _write(self, said: Mapping[_Caller, Said], now: int) -> None:
        if len(self._noted) + len(said) > _REMEMBERED:
            self._noted.clear()
        self._noted |= dict.fromkeys(said, now)
        with redis_errors():
            pipe = self._client.pipeline()
            for (account_id, terminal), one in said.items():
                text = msgspec.json.encode(SeenTerminal(terminal, now, one))
                pipe.hset(keys.seen(account_id), terminal, text)
            pipe.sadd(keys.SEEN_ACCOUNTS, *{account_id for account_id, _ in said})
            names = [keys.seen(account_id) for account_id, _ in said]
            for name in names:
                pipe.hlen(name)
            for name, terminals in zip(names, pipe.execute()[-len(names) :], strict=True):
                if terminals > MOST_TERMINALS:
                    self._forget_oldest(name)

    def _forget_oldest(self, name: str) -> None:
        held = self._client.hgetall(name)
        by_age = sorted(held, key=lambda one: _read(held[one]).seen_at)
        self._client.hdel(name, *by_age[:-MOST_TERMINALS])


def _ordered(found: list[SeenTerminal]) -> list[SeenTerminal]:
    return sorted(found, key=lambda one: (-one.seen_at, one.terminal))


def _read(text: bytes) -> SeenTerminal:
    return msgspec.json.decode(text, type=SeenTerminal)


def _write(connection: Connection, account_id: int, terminals: list[SeenTerminal]) -> None:
    connection.execute(delete(heartbeats).where(heartbeats.c.account_id == account_id))
    rows = [
        {
            "account_id": account_id,
            "terminal": one.terminal,
            "seen_at": one.seen_at,
            "said": msgspec.structs.asdict(one.said),
        }
        for one in terminals
    ]
    if rows:
        connection.execute(insert(heartbeats), rows)
