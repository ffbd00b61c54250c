"""Whether SQL, Redis and the files belong together, and none of them is older than the others.

A mark is the same in all three places: the installation's id, a number that
grows, and how long the file of heads was. A part that was emptied, replaced or cut
has none, another's, or an older one.
"""

import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import redis
from sqlalchemy import Engine, delete, insert, select

from core.clock.times import format_time, now_ms
from storage import keys
from storage.database import reading, writing
from storage.redis_connection import redis_errors
from storage.tables import installation

SQL, REDIS, FILE, HEADS = "the SQL database", "Redis", "the file of marks", "the file of heads"
_ROW = "mark"
_REMEDY = (
    "Stop, put back what is missing or restore a backup; "
    "or accept what there is: tickcast doctor --accept."
)


class Mark(msgspec.Struct, frozen=True):
    """What all parts agreed on at `at` (epoch ms); `heads_bytes` only ever grows."""

    id: str
    number: int
    at: int
    heads_bytes: int


class Fault(NamedTuple):
    """A part that is not what it was, and what is wrong with it."""

    part: str
    reason: str

    @property
    def sentence(self) -> str:
        """The fault and its remedy, for people."""
        return f"{self.part[0].upper()}{self.part[1:]} {self.reason}. {_REMEDY}"


class Marks:
    """The marks of one installation. Methods raise what the stores raise when they are away."""

    def __init__(
        self,
        client: "redis.Redis",
        engine: Engine,
        data_dir: Path,
        heads: Path,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._client = client
        self._engine = engine
        self._file = data_dir / "installation.json"
        self._heads = heads
        self._clock = clock

    def faults(self, without_redis: bool = False) -> list[Fault]:
        """Return which parts are missing, foreign or older than the others."""
        found = {SQL: self._of_sql(), FILE: self._of_file()}
        return self._compare(found if without_redis else found | {REDIS: self._of_redis()})

    def note(self) -> list[Fault]:
        """Write the next mark everywhere, unless something is wrong: then return that.

        What is wrong stays until somebody accepts it, however long it runs meanwhile.
        """
        found = self._read()
        if not (faults := self._compare(found)):
            known = [mark for mark in found.values() if mark]
            numbers = [mark.number for mark in known] or [0]
            # Of a mark that was not written everywhere the rest is made up for.
            behind = len(known) < len(found) or len(set(numbers)) > 1
            self._write(known, max(numbers) if known and behind else max(numbers) + 1)
        return faults

    def accept(self) -> None:
        """Take what there is for what belongs together."""
        known = [mark for mark in self._read().values() if mark]
        self._write(known, max((mark.number for mark in known), default=0) + 2)

    def _compare(self, found: dict[str, Mark | None]) -> list[Fault]:
        known = [mark for mark in found.values() if mark]
        if not known:
            return []
        newest = _most_trusted(known)
        faults = [
            Fault(part, reason)
            for part, mark in found.items()
            if (reason := _fault(mark, newest)) is not None
        ]
        if self._heads_bytes() < max(mark.heads_bytes for mark in known):
            faults.append(Fault(HEADS, "of the ledger is shorter than it was"))
        return faults

    def _read(self) -> dict[str, Mark | None]:
        return {SQL: self._of_sql(), REDIS: self._of_redis(), FILE: self._of_file()}

    def _of_sql(self) -> Mark | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(installation.c.mark)).one_or_none()
        return msgspec.convert(row.mark, Mark) if row else None

    def _of_redis(self) -> Mark | None:
        with redis_errors():
            text = self._client.get(keys.INSTALLATION)
        return _parse(text) if isinstance(text, bytes) else None

    def _of_file(self) -> Mark | None:
        try:
            return _parse(self._file.read_bytes())
        except FileNotFoundError:
            return None

    def _heads_bytes(self) -> int:
        try:
            return self._heads.stat().st_size
        except FileNotFoundError:
            return 0

    def _write(self, known: list[Mark], number: int) -> None:
        known_id = _most_trusted(known).id if known else secrets.token_hex(8)
        mark = Mark(known_id, number, self._clock(), self._heads_bytes())
        text = msgspec.json.encode(mark)
        draft = self._file.with_suffix(f".{secrets.token_hex(4)}")
        try:
            draft.write_bytes(text)
            draft.replace(self._file)
        finally:
            draft.unlink(missing_ok=True)
        with writing(self._engine) as connection:
            connection.execute(delete(installation))
            values = {"name": _ROW, "mark": msgspec.to_builtins(mark)}
            connection.execute(insert(installation).values(values))
        with redis_errors():
            self._client.set(keys.INSTALLATION, text)


def _most_trusted(known: list[Mark]) -> Mark:
    """Return the newest mark of the installation that most parts belong to."""
    shared = Counter(mark.id for mark in known)
    return max(known, key=lambda mark: (shared[mark.id], mark.number))


def _fault(mark: Mark | None, newest: Mark) -> str | None:
    # The first mark of all may not have reached every part when its writer was killed.
    if mark is None:
        return None if newest.number <= 1 else "holds nothing of this installation"
    if mark.id != newest.id:
        return "is that of another installation"
    if mark.number < newest.number - 1:
        return f"is as it was at {format_time(mark.at)}, the others at {format_time(newest.at)}"
    return None


def _parse(text: bytes) -> Mark | None:
    try:
        return msgspec.json.decode(text, type=Mark)
    except msgspec.MsgspecError:
        return None
