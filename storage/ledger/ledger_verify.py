"""Is the ledger what it was? Every hash anew, and every head that the file outside SQL holds."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, select

from core.ledger import CLOCKED, EVENTS, LIVE, genesis, row_hash, rows_chain
from storage.database import reading
from storage.ledger.ledger_chain import NUMBERS, TABLES, is_live, read_head
from storage.ledger.ledger_heads import Head, HeadLine, Heads, State

_ROWS = 2_000


class Verification(msgspec.Struct, frozen=True):
    """What a look at a whole ledger found.

    `rows` counts its forecasts or signals, and `head` is the hash of the last; `events`
    and `events_head` likewise of outcomes and missed ones. `first_bad` is the
    number, from 1, of the first row that is not what it was, and `chain` the
    chain that it stands in; both None where all is well.
    """

    ok: bool
    ledger: str
    rows: int
    head: str
    events: int
    events_head: str
    first_bad: int | None = None
    chain: str | None = None
    reason: str | None = None


class _Bad(Exception):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


def verify_ledger(engine: Engine, heads: Heads, name: str = LIVE) -> Verification:
    """Recompute a ledger; raises `NotFound` if there is none of this name.

    Found are changed, removed and inserted rows, a cut tail, rows whose heads
    were never written to the file, and chains that were made anew. Not found is
    who rewrites SQL and the file alike: for that, keep heads from the log
    elsewhere.
    """
    with heads.turn(), reading(engine) as connection:
        # Nobody appends meanwhile: what SQL and file say belongs together.
        is_live(connection, name)
        ends = {chain: read_head(connection, chain, name) for chain in (rows_chain(name), EVENTS)}
        lines = [line for line in heads.read() if line.ledger == name]
    found = Verification(True, name, *_ends(ends[rows_chain(name)]), *_ends(ends[EVENTS]))
    for chain, end in ends.items():
        try:
            with reading(engine) as connection:
                _check_chain(connection, chain, name, end, lines)
        except _Bad as bad:
            wrong = {"ok": False, "first_bad": bad.number, "chain": chain, "reason": str(bad)}
            return msgspec.structs.replace(found, **wrong)
    return found


def _ends(head: Head) -> tuple[int, str]:
    return head.count, head.hash


def _check_chain(
    connection: Connection, chain: str, name: str, end: Head, lines: list[HeadLine]
) -> None:
    """Raise `_Bad` at the first row that is not what it was."""
    written = {line.heads[chain].count: line.heads[chain].hash for line in lines if _holds(line)}
    last = proven = Head(0, genesis(chain, name in CLOCKED))
    for row in _stream(connection, chain, name, end.count):
        last = _check_row(chain, row, last)
        if last.count in written:
            if written[last.count] != last.hash:
                raise _remade(chain, proven, last)
            proven = last
    _check_end(chain, last, lines)


def _remade(chain: str, proven: Head, last: Head) -> _Bad:
    rows = f"rows {proven.count + 1} to {last.count} of the {chain}"
    reason = f"{rows} do not lead to the hash in the file of heads: they were made anew."
    return _Bad(proven.count + 1, reason)


def _holds(line: HeadLine) -> bool:
    return line.state is State.COMMITTED


def _stream(connection: Connection, chain: str, name: str, count: int) -> Iterator[RowMapping]:
    table = TABLES[chain]
    number = table.c[NUMBERS[chain]]
    query = select(table).where(table.c.ledger == name, number <= count).order_by(number)
    streamed = connection.execution_options(yield_per=_ROWS).execute(query)
    return (row._mapping for row in streamed)


def _check_row(chain: str, row: RowMapping, last: Head) -> Head:
    number = row[NUMBERS[chain]]
    if number != last.count + 1:
        raise _Bad(last.count + 1, f"row {last.count + 1} of the {chain} is missing.")
    if row["prev_hash"] != last.hash:
        raise _Bad(number, f"row {number} of the {chain} does not follow the row before it.")
    if row_hash(chain, last.hash, row) != row["hash"]:
        raise _Bad(number, f"row {number} of the {chain} was changed.")
    return Head(number, row["hash"])


def _check_end(chain: str, last: Head, lines: list[HeadLine]) -> None:
    """Compare where the chain ends with where the file says that it does."""
    committed = [index for index, line in enumerate(lines) if _holds(line)]
    newest = lines[committed[-1]].heads[chain].count if committed else 0
    if last.count < newest:
        raise _Bad(
            last.count + 1,
            f"the {chain} end at row {last.count}, the file of heads at {newest}: "
            "the tail was cut off.",
        )
    # A crash between the commits of SQL and of the file leaves one append prepared.
    begun = lines[committed[-1] + 1 :] if committed else lines
    ends = {newest} | {line.heads[chain].count for line in begun if line.heads[chain] == last}
    if last.count not in ends:
        raise _Bad(
            newest + 1,
            f"row {newest + 1} of the {chain} is unknown to the file of heads: "
            "it was not entered by the server, or the file was cut.",
        )
