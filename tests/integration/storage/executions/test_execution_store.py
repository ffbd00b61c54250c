"""Reports of positions end in one row each, and every report stands in the chain."""

import random
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Forbidden
from core.executions.merge import TicketReused
from core.executions.report import Opening, Progress, Report
from core.ledger import EXECUTIONS
from storage.database import writing
from storage.executions.execution_rows import Received, Result, Stored
from storage.executions.execution_store import ExecutionStore
from storage.ledger import append_only
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_tables import execution_reports, ledger_events
from storage.ledger.ledger_verify import verify_ledger
from storage.ledger.sealed_signals import SealedSignals
from tests.made_signals import TARGET, unsealed

pytestmark = pytest.mark.clock
FOREVER = 2**63 - 1
SYMBOL, RESOLUTION = TARGET.symbol, TARGET.resolution


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "ledger" / "heads.jsonl")


@pytest.fixture
def store(engine: Engine, heads: Heads) -> ExecutionStore:
    return ExecutionStore(engine, heads)


def received(ticket: int = 1, opening: dict[str, Any] | None = None, **other: Any) -> Received:
    """Return a report of a position that was opened half a minute ago."""
    named = {"terminal": "", "symbol": SYMBOL, "resolution": RESOLUTION, "side": "buy"}
    named |= {name: other.pop(name) for name in list(other) if name in named}
    about = {name: other.pop(name) for name in ("in_plan", "targets", "point") if name in other}
    told = {"opened_at": now_ms() // 1_000 * 1_000 - 30_000, "entry_price": 100.0}
    report = Report(
        ticket=ticket,
        opening=Opening(**told | (opening or {})),
        progress=Progress(**other),
        **named,
    )
    return Received(report=report, body=msgspec.json.encode(report).decode(), **about)


def stored(result: Result) -> Stored:
    """Return a result that is no error."""
    assert isinstance(result, Stored), result
    return result


def test_one_ticket_of_an_account_and_terminal_is_one_row(store: ExecutionStore) -> None:
    again = received(7)
    closing = received(7, closed_at=now_ms(), pnl=3.0)
    (first,) = store.report(1, 5, [again])
    (second, third) = store.report(1, 5, [again, closing])
    assert (stored(first).created, stored(second).created, stored(third).created) == (
        True, False, False,
    )  # fmt: skip
    others = [received(7, terminal="A:1"), received(7, terminal="B:1"), received(8)]
    store.report(1, 5, others)
    store.report(2, 6, [again])
    rows = store.page(1, 0, 100, FOREVER)
    assert [(row.exec_id, row.terminal, row.ticket) for row in rows] == [
        (4, "", 8), (3, "B:1", 7), (2, "A:1", 7), (1, "", 7),
    ]  # fmt: skip
    assert (rows[-1].progress.pnl, rows[-1].revisions) == (3.0, 3)
    assert len(store.page(None, 0, 100, FOREVER)) == 5
    assert [row.exec_id for row in store.page(1, 0, 1, 4)] == [3]


def test_closed_positions_leave_the_window_and_open_ones_stay(store: ExecutionStore) -> None:
    now = now_ms()
    old = {"opened_at": now - 9_000_000}
    store.report(0, 1, [received(1, old, closed_at=now - 5_000_000), received(2, old)])
    assert [row.ticket for row in store.page(0, now - 1_000_000, 9, FOREVER)] == [2]
    assert sorted(one.closed for one in store.money(0, now - 6_000_000)) == [False, True]


def test_an_item_that_cannot_be_stored_is_answered_alone(store: ExecutionStore) -> None:
    store.report(0, 1, [received(1)])
    good, bad, other = store.report(0, 1, [received(2), received(1, side="sell"), received(3)])
    assert isinstance(bad, TicketReused)
    assert stored(good).created
    assert stored(other).position.exec_id == 3


def test_a_key_that_opens_nothing_more_reports_what_is_known_only(store: ExecutionStore) -> None:
    known = received(1)
    store.report(3, 1, [known])
    refusal = Forbidden("over")
    again, new = store.report(3, 1, [known, received(2)], refusal)
    assert stored(again).position.revisions == 2
    assert new is refusal


@pytest.mark.parametrize(
    ("opening", "side", "warning"),
    [
        ({"pred_id": 1}, "buy", None),
        ({"pred_id": 1}, "sell", "pred_id_other_side"),
        ({"pred_id": 9}, "buy", "pred_id_unknown"),
        ({}, "buy", None),
        ({}, "sell", "not_matched"),
    ],
)
def test_a_position_is_matched_to_the_signal_it_names_or_to_the_only_one(
    engine: Engine,
    heads: Heads,
    store: ExecutionStore,
    opening: dict[str, Any],
    side: str,
    warning: str | None,
) -> None:
    one = unsealed()
    SealedSignals(engine, heads).append([one])
    at = {"opened_at": one.input_end * 1_000} | opening
    (found,) = store.report(0, 1, [received(1, at, side=side, targets=(TARGET,))])
    assert stored(found).position.signal_seq == (None if warning else 1)
    assert [text for text in stored(found).warnings if text != "clock_suspect"] == (
        [warning] if warning else []
    )


def test_a_signal_of_another_slot_is_none_of_a_position(
    engine: Engine, heads: Heads, store: ExecutionStore
) -> None:
    SealedSignals(engine, heads).append([unsealed()])
    (found,) = store.report(0, 1, [received(1, {"pred_id": 1}, symbol="EURUSD")])
    assert (stored(found).position.opening.pred_id, stored(found).warnings) == (
        1, ("pred_id_other_slot",),
    )  # fmt: skip


def test_a_position_may_be_opened_a_minute_after_the_last_moment_and_no_later(
    engine: Engine, heads: Heads, store: ExecutionStore
) -> None:
    one = unsealed()
    SealedSignals(engine, heads).append([one])
    last = (one.first_opening + 30 + 60) * 1_000
    for ticket, at, fits in ((1, last, True), (2, last + 1_000, False)):
        (found,) = store.report(0, 1, [received(ticket, {"opened_at": at}, targets=(TARGET,))])
        assert (stored(found).position.signal_seq == 1) is fits


def test_what_is_outside_the_plan_and_a_clock_hours_off_are_marked(store: ExecutionStore) -> None:
    late = received(1, {"opened_at": now_ms() - 10_800_000}, in_plan=False)
    (found,) = store.report(0, 1, [late])
    assert {"clock_suspect", "outside_plan"} <= set(stored(found).warnings)
    (again,) = store.report(0, 1, [received(1, in_plan=True)])
    assert {"clock_suspect", "outside_plan"} <= set(stored(again).warnings)


def test_an_older_report_sent_again_takes_no_correction_back(store: ExecutionStore) -> None:
    opening = {"opened_at": now_ms() - 60_000}
    first, corrected = (
        received(1, opening, closed_at=opening["opened_at"] + 9, pnl=pnl) for pnl in (12.45, 11.75)
    )
    for one in (first, corrected, first):
        (found,) = store.report(0, 1, [one])
    assert stored(found).position.progress.pnl == 11.75
    (_, _, found) = store.report(0, 1, [first, corrected, first])
    assert stored(found).position.progress.pnl == 11.75


def test_every_report_stands_in_the_chain_as_it_came(
    store: ExecutionStore, engine: Engine, heads: Heads
) -> None:
    one = received(1)
    store.report(4, 2, [one, one])
    store.report(4, 2, [received(2)])
    with engine.connect() as connection:
        rows = connection.execute(select(execution_reports)).all()
    assert [(row.number, row.exec_id, row.key_number) for row in rows] == [
        (1, 1, 2), (2, 1, 2), (3, 2, 2),
    ]  # fmt: skip
    assert rows[0].body == one.body
    found = verify_ledger(engine, heads, EXECUTIONS)
    assert (found.ok, found.rows, found.head) == (True, 3, rows[-1].hash)


@pytest.mark.parametrize("change", ["remove", "rewrite", "cut"])
def test_whatever_is_done_to_the_reports_is_found(
    store: ExecutionStore, engine: Engine, heads: Heads, change: str
) -> None:
    store.report(0, 1, [received(ticket, pnl=-3.0) for ticket in (1, 2, 3)])
    table = execution_reports
    number = {"remove": 2, "rewrite": 2, "cut": 3}[change]
    here = table.c.number == number
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(delete(table).where(here))
    with writing(engine) as connection:
        append_only.lift(connection)
        how = update(table).values(body="{}") if change == "rewrite" else delete(table)
        connection.execute(how.where(here))
    found = verify_ledger(engine, heads, EXECUTIONS)
    assert (found.ok, found.first_bad, found.chain) == (False, number, EXECUTIONS)


def test_two_reports_at_once_are_one_position(store: ExecutionStore) -> None:
    opening = {"opened_at": now_ms() - 60_000}
    parts = [received(1, opening, closed_volume=n / 10, pnl=float(n)) for n in range(1, 9)]
    random.Random(5).shuffle(parts)
    threads = [threading.Thread(target=store.report, args=(0, 1, [one])) for one in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = store.page(0, 0, 9, FOREVER)
    assert (row.progress.pnl, row.progress.closed_volume, row.revisions) == (8.0, 0.8, 8)


def test_the_chains_know_nothing_of_each_other(
    store: ExecutionStore, engine: Engine, heads: Heads
) -> None:
    SealedSignals(engine, heads).append([unsealed()])
    store.report(0, 1, [received(1)])
    with engine.connect() as connection:
        assert not connection.execute(select(ledger_events)).all()
    assert [line.ledger for line in heads.read()][::2] == ["signals", "executions"]
    assert all(verify_ledger(engine, heads, name).ok for name in ("signals", "executions"))
