"""Signals are sealed in time, once a candle, and whatever is done to them is found."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.ledger import HASHED, LIVE, SIGNALS, genesis, row_hash
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_rows import LATE
from storage.ledger.ledger_store import LedgerStore
from storage.ledger.ledger_tables import ledger_signals
from storage.ledger.ledger_verify import verify_ledger
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SignalOutcome
from tests.made_forecasts import forecasts
from tests.made_signals import TARGET, several, unsealed

pytestmark = pytest.mark.clock
FOREVER = 4_000_000_000
STOPPED = SignalOutcome(2, -0.7, "stop_loss", "sell")


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "ledger" / "heads.jsonl")


@pytest.fixture
def sealed(engine: Engine, heads: Heads) -> SealedSignals:
    return SealedSignals(engine, heads)


@pytest.fixture
def filled(sealed: SealedSignals) -> SealedSignals:
    """Four signals in two appends, of which one has an outcome."""
    made = several(4)
    sealed.append(made[:1])
    sealed.append(made[1:])
    assert sealed.record_outcomes([STOPPED])
    return sealed


def test_signals_are_numbered_and_chained_by_hashes_that_anybody_can_compute(
    filled: SealedSignals, engine: Engine, heads: Heads
) -> None:
    rows, more = filled.page({}, 0, FOREVER, 3)
    assert ([row.seq for row in rows], more) == ([1, 2, 3], True)
    assert rows[0].prev_hash == genesis(SIGNALS, live=True)
    for row in rows:
        fields = [row.prev_hash, *(getattr(row, name) for name in HASHED[SIGNALS])]
        fields += [row.run_id]  # the only one of `ADDED` that is known of these
        assert row.hash == hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
    found = verify_ledger(engine, heads, SIGNALS)
    assert (found.ok, found.rows, found.events) == (True, 4, 1)


def test_a_target_is_sealed_once_a_candle(sealed: SealedSignals) -> None:
    assert len(sealed.append([unsealed()]).rows) == 1
    assert sealed.append([unsealed("other", type="sell")]).rows == []
    found = sealed.find(TARGET, unsealed().opening)
    assert found
    assert (found.signal_id, found.type) == ("first", "buy")


def test_a_late_signal_is_refused_and_counted_with_its_reason(
    sealed: SealedSignals, engine: Engine, heads: Heads
) -> None:
    done = sealed.append([unsealed(candles_ago=3)])
    assert (done.rows, done.late) == ([], 1)
    assert sealed.missed() == {LATE: 1}
    assert verify_ledger(engine, heads, SIGNALS).ok


def test_an_outcome_is_joined_once_and_only_to_what_was_sealed(filled: SealedSignals) -> None:
    again = [SignalOutcome(seq, 5.0, "take_profit", "buy") for seq in (2, 99)]
    assert filled.record_outcomes(again) == []
    assert [row.seq for row in filled.pending(FOREVER)] == [1, 3, 4]
    assert [(row.seq, row.label) for row in filled.scored(TARGET)] == [(2, "sell")]
    rows, _ = filled.page({}, 0, FOREVER, 9)
    assert [(row.pnl_percent, row.exit) for row in rows] == [
        (None, None), (-0.7, "stop_loss"), (None, None), (None, None),
    ]  # fmt: skip


def test_forecasts_and_signals_are_chains_apart(
    filled: SealedSignals, engine: Engine, heads: Heads
) -> None:
    LedgerStore(engine, heads).append(forecasts(2))
    assert [verify_ledger(engine, heads, name).rows for name in (LIVE, SIGNALS)] == [2, 4]


@pytest.mark.parametrize("act", [update(ledger_signals).values(type="hold"),
                                 delete(ledger_signals)])  # fmt: skip
def test_the_database_refuses_to_change_what_is_sealed(
    filled: SealedSignals, engine: Engine, act: Any
) -> None:
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(act)


def _row(connection: Connection, seq: int) -> dict[str, Any]:
    found = connection.execute(select(ledger_signals).where(ledger_signals.c.seq == seq)).one()
    return dict(found._mapping)


def _change(connection: Connection) -> None:
    here = ledger_signals.c.seq == 2
    connection.execute(update(ledger_signals).where(here).values(type="sell"))


def _remove(connection: Connection) -> None:
    connection.execute(delete(ledger_signals).where(ledger_signals.c.seq == 2))


def _cut(connection: Connection) -> None:
    connection.execute(delete(ledger_signals).where(ledger_signals.c.seq > 2))


def _add(connection: Connection) -> None:
    last = _row(connection, 4)
    new = last | {"seq": 5, "signal_id": "forged", "opening": last["opening"] + 300}
    new |= {"prev_hash": last["hash"], "hash": row_hash(SIGNALS, last["hash"], new)}
    connection.execute(insert(ledger_signals).values(new))


def _forge(connection: Connection) -> None:
    """Change a signal and compute all hashes from there on anew."""
    before = _row(connection, 1)["hash"]
    for seq in (2, 3, 4):
        row = _row(connection, seq) | {"prev_hash": before}
        row |= {"expected_percent": 9.0} if seq == 2 else {}
        row["hash"] = before = row_hash(SIGNALS, before, row)
        change = update(ledger_signals).where(ledger_signals.c.seq == seq)
        connection.execute(change.values(row))


@pytest.mark.parametrize(
    ("act", "first_bad"), [(_change, 2), (_remove, 2), (_cut, 3), (_add, 5), (_forge, 2)]
)
def test_whatever_is_done_to_signals_is_found(
    filled: SealedSignals,
    engine: Engine,
    heads: Heads,
    act: Callable[[Connection], None],
    first_bad: int,
) -> None:
    with writing(engine) as connection:
        append_only.lift(connection)
        act(connection)
        append_only.enforce(connection)
    found = verify_ledger(engine, heads, SIGNALS)
    assert (found.ok, found.first_bad, found.chain) == (False, first_bad, SIGNALS)


def test_what_came_later_to_a_signal_is_hashed_where_it_is_known(
    sealed: SealedSignals, engine: Engine, heads: Heads
) -> None:
    (row,) = sealed.append([unsealed(side="sell", probability_tp=0.4, verdict="skilled")]).rows
    values = [row.prev_hash, *(getattr(row, name) for name in HASHED[SIGNALS])]
    values += ["sell", 0.4, "skilled", "a-run"]  # in the order of `ADDED`
    assert row.hash == hashlib.sha256(msgspec.json.encode(values)).hexdigest()
    with writing(engine) as connection:
        append_only.lift(connection)
        connection.execute(update(ledger_signals).values(verdict="no_skill"))
    assert not verify_ledger(engine, heads, SIGNALS).ok


def test_the_newest_signal_of_each_target_is_found(filled: SealedSignals) -> None:
    rows, _ = filled.page({}, 0, FOREVER, 9)
    newest = max(rows, key=lambda row: row.opening)
    other = msgspec.structs.replace(TARGET, symbol="ETH-USD")
    assert filled.newest([TARGET, other]) == [newest]
