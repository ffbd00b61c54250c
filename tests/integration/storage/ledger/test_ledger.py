"""The ledger takes forecasts in time, once a target, and shows whatever was done to it."""

import hashlib
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict, DatabaseUnavailable, NotFound
from core.forecast_target import ForecastTarget, deadline_ms
from core.ledger import EVENTS, FORECASTS, HASHED, LIVE, genesis, row_hash
from storage.database import open_database, reading, writing
from storage.ledger import append_only
from storage.ledger.ledger_heads import Heads, State
from storage.ledger.ledger_reads import LedgerReader
from storage.ledger.ledger_rows import Missed
from storage.ledger.ledger_store import LedgerStore
from storage.ledger.ledger_tables import ledger, ledger_events
from storage.ledger.ledger_verify import Verification, verify_ledger
from tests.made_forecasts import SLOT, first_opening, forecast, forecasts

pytestmark = pytest.mark.clock

FOREVER = 4_000_000_000


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "ledger" / "heads.jsonl")


@pytest.fixture
def store(engine: Engine, heads: Heads) -> LedgerStore:
    return LedgerStore(engine, heads)


@pytest.fixture
def reader(engine: Engine) -> LedgerReader:
    return LedgerReader(engine)


@pytest.fixture
def filled(store: LedgerStore) -> LedgerStore:
    """A ledger of three appends, six forecasts, two outcomes."""
    made = forecasts(6)
    for part in (made[:1], made[1:3], made[3:]):
        store.append(part)
    store.record_outcomes(LIVE, {1: 101.0, 2: 99.5})
    return store


def _tamper(engine: Engine, act: Callable[[Connection], object]) -> None:
    """Do what an owner of the database can: drop the triggers, and write what he likes."""
    with writing(engine) as connection:
        append_only.lift(connection)
        act(connection)
        append_only.enforce(connection)


def _forge(connection: Connection, since: int = 1) -> None:
    """Compute all hashes of the forecasts from a row on anew, as a forger would."""
    rows = connection.execute(select(ledger).order_by(ledger.c.seq)).all()
    last = genesis(FORECASTS, live=True)
    for row in rows:
        if row.seq >= since:
            digest = row_hash(FORECASTS, last, row._mapping)
            change = update(ledger).where(ledger.c.seq == row.seq)
            connection.execute(change.values(prev_hash=last, hash=digest))
            last = digest
        else:
            last = row.hash


def test_forecasts_are_numbered_stamped_and_chained(
    store: LedgerStore, reader: LedgerReader
) -> None:
    before = now_ms()
    store.append(forecasts(2))
    store.append([forecast(candles_ago=-3)])
    rows = reader.page(LIVE, {}, 0, FOREVER, 10).rows
    assert [row.seq for row in rows] == [1, 2, 3]
    assert rows[0].prev_hash == genesis(FORECASTS, live=True)
    assert [row.prev_hash for row in rows[1:]] == [row.hash for row in rows[:2]]
    assert all(before <= row.made_at <= now_ms() for row in rows)
    assert all(
        row.hash == row_hash(FORECASTS, row.prev_hash, msgspec.structs.asdict(row)) for row in rows
    )


def test_a_forecast_in_its_grace_is_taken_and_a_later_one_is_refused_and_counted(
    engine: Engine, heads: Heads, reader: LedgerReader
) -> None:
    made = forecast(candles_ago=0)
    instant = made.deadline
    store = LedgerStore(engine, heads, clock=lambda: instant)
    # The database's clock has a word too, see below; this is about the store's own.
    with writing(engine) as connection:
        append_only.lift(connection)
    assert len(store.append([made]).rows) == 1
    instant += 1
    late = forecast(target=ForecastTarget("kraken", "XBTUSD", 300, 1, "ewma"), candles_ago=0)
    appended = store.append([late])
    assert (appended.rows, appended.late) == ([], [late])
    assert reader.missed() == {late.target: 1}
    assert reader.targets(LIVE) == {SLOT: 1}


@pytest.mark.parametrize(("resolution", "grace"), [(60, 6_000), (300, 30_000), (86_400, 30_000)])
def test_the_grace_is_a_tenth_of_a_candle_and_half_a_minute_at_most(
    resolution: int, grace: int
) -> None:
    assert deadline_ms(1_000, resolution) == 1_000_000 + grace


def test_a_target_is_forecast_once(store: LedgerStore, reader: LedgerReader) -> None:
    first, again = forecast(), forecast(predicted=7.0)
    store.append([first])
    appended = store.append([again, forecast(candles_ago=-2), forecast(candles_ago=-2)])
    assert appended.known[0] == again
    assert len(appended.rows) == 1
    assert [row.predicted for row in reader.page(LIVE, {}, 0, FOREVER, 9).rows] == [100.5, 100.5]


@pytest.mark.parametrize(
    ("field", "candles_ago", "more"), [("input_end", -1, 1), ("opening", 0, 0)]
)
def test_inputs_that_reach_into_the_target_are_refused(
    store: LedgerStore, reader: LedgerReader, field: str, candles_ago: int, more: int
) -> None:
    wrong: dict[str, Any] = {field: first_opening(candles_ago=candles_ago) + more}
    with pytest.raises(IntegrityError):
        store.append([forecast(**wrong)])
    assert reader.targets(LIVE) == {}


def test_outcomes_are_joined_once(filled: LedgerStore, reader: LedgerReader) -> None:
    assert [row.seq for row in filled.record_outcomes(LIVE, {2: 5.0, 3: 98.0})] == [3]
    rows = reader.page(LIVE, {}, 0, FOREVER, 3).rows
    assert [row.realised for row in rows] == [101.0, 99.5, 98.0]
    assert [row.seq for row in reader.scored(LIVE, SLOT)] == [1, 2, 3]
    waiting = reader.pending(0, FOREVER, 10)[SLOT.series]
    assert [one.seq for one in waiting] == [6, 5, 4]


def test_rows_of_the_form_without_costs_verify_as_before_beside_those_that_have_them(
    engine: Engine, heads: Heads, store: LedgerStore
) -> None:
    plain, costly = forecasts(2)
    [old] = store.append([plain]).rows
    [new] = store.append([msgspec.structs.replace(costly, costs_bps=1.3)]).rows
    fields = [old.prev_hash, *(getattr(old, name) for name in HASHED[FORECASTS])]
    assert old.hash == hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
    assert new.costs_bps == 1.3
    assert verify_ledger(engine, heads).ok


def test_rows_say_whether_their_candles_were_thin_and_that_is_hashed(
    engine: Engine, heads: Heads, store: LedgerStore
) -> None:
    made = [
        msgspec.structs.replace(one, thin=thin)
        for one, thin in zip(forecasts(3), (True, False, None), strict=True)
    ]
    rows = store.append(made).rows
    assert [row.thin for row in rows] == [True, False, None]
    assert verify_ledger(engine, heads).ok
    change = update(ledger).where(ledger.c.seq == 2).values(thin=True)
    _tamper(engine, lambda connection: connection.execute(change))
    found = verify_ledger(engine, heads)
    assert (found.ok, found.first_bad) == (False, 2)


@pytest.mark.parametrize(("seq", "costs"), [(1, 5.0), (2, 0.1), (2, None)])
def test_costs_that_were_added_changed_or_removed_are_found(
    engine: Engine, heads: Heads, store: LedgerStore, seq: int, costs: float | None
) -> None:
    plain, costly = forecasts(2)
    store.append([plain, msgspec.structs.replace(costly, costs_bps=1.3)])
    change = update(ledger).where(ledger.c.seq == seq).values(costs_bps=costs)
    _tamper(engine, lambda connection: connection.execute(change))
    found = verify_ledger(engine, heads)
    assert (found.ok, found.first_bad) == (False, seq)


def test_missed_forecasts_are_counted_once(store: LedgerStore, reader: LedgerReader) -> None:
    opening = first_opening()
    gap = Missed(SLOT, opening - 900, opening - 300, 3, "there was no candle")
    store.append([], [gap])
    store.append([], [gap])
    assert reader.missed() == {SLOT: 3}
    assert reader.accounted_until(SLOT) == opening - 300


def test_pages_are_read_by_slot_and_time(filled: LedgerStore, reader: LedgerReader) -> None:
    other = ForecastTarget("kraken", "XBTUSD", 60, 2, "ewma")
    filled.append([forecast(other)])
    page = reader.page(LIVE, {"platform": "coinbase"}, 0, FOREVER, 4)
    assert ([row.seq for row in page.rows], page.more) == ([1, 2, 3, 4], True)
    page = reader.page(LIVE, {"platform": "coinbase"}, 0, FOREVER, 4, after=4)
    assert ([row.seq for row in page.rows], page.more) == ([5, 6], False)
    second = page.rows[0].opening
    assert [row.seq for row in reader.page(LIVE, {"horizon": 1}, second, second, 9).rows] == [5]
    with pytest.raises(NotFound):
        reader.page("nobody's", {}, 0, FOREVER, 4)


@pytest.mark.parametrize("table", [ledger, ledger_events])
def test_sql_refuses_to_change_or_remove_rows(
    filled: LedgerStore, engine: Engine, table: object
) -> None:
    for statement in (update(table).values(recorded_at=1) if table is ledger_events  # type: ignore[arg-type]
                      else update(ledger).values(predicted=1.0), delete(table)):  # type: ignore[arg-type]  # fmt: skip
        with pytest.raises(IntegrityError), writing(engine) as connection:
            connection.execute(statement)


def test_sql_refuses_rows_that_do_not_go_on_where_the_chain_ends(
    filled: LedgerStore, engine: Engine
) -> None:
    with reading(engine) as connection:
        last = dict(connection.execute(select(ledger).where(ledger.c.seq == 6)).one()._mapping)
    good = last | {"seq": 7, "opening": last["opening"] + 300, "prev_hash": last["hash"]}
    for wrong in ({"seq": 8}, {"seq": 3}, {"prev_hash": "0" * 64}, {"made_at": now_ms() - 90_000}):
        with pytest.raises(IntegrityError), writing(engine) as connection:
            connection.execute(insert(ledger).values(good | wrong))
    if engine.dialect.name == "sqlite":
        replace = insert(ledger).prefix_with("OR REPLACE")
        with pytest.raises(IntegrityError), writing(engine) as connection:
            connection.execute(replace.values(good | {"opening": last["opening"]}))


def test_a_whole_ledger_is_verified(filled: LedgerStore, engine: Engine, heads: Heads) -> None:
    found = verify_ledger(engine, heads)
    assert (found.ok, found.rows, found.events, found.first_bad) == (True, 6, 2, None)
    assert found.head == heads.read()[-1].rows.hash


def test_an_empty_ledger_is_whole(engine: Engine, heads: Heads) -> None:
    found = verify_ledger(engine, heads)
    assert (found.ok, found.rows) == (True, 0)


def _changed(connection: Connection) -> None:
    connection.execute(update(ledger).where(ledger.c.seq == 3).values(predicted=100.4))


def _removed(connection: Connection) -> None:
    connection.execute(delete(ledger).where(ledger.c.seq == 3))


def _inserted(connection: Connection) -> None:
    rows = connection.execute(select(ledger).where(ledger.c.seq >= 3)).all()
    for row in reversed(rows):
        there = update(ledger).where(ledger.c.seq == row.seq)
        connection.execute(there.values(seq=row.seq + 1))
    new = dict(rows[0]._mapping) | {"opening": 300, "first_opening": 300, "input_end": 300}
    connection.execute(insert(ledger).values(new | {"made_at": 1}))


def _cut(connection: Connection) -> None:
    connection.execute(delete(ledger).where(ledger.c.seq >= 5))


def _rewritten(connection: Connection) -> None:
    connection.execute(update(ledger).values(predicted=ledger.c.predicted + 1))
    _forge(connection)


def _tail_rewritten(connection: Connection) -> None:
    connection.execute(update(ledger).where(ledger.c.seq == 5).values(predicted=1.0))
    _forge(connection, since=5)


def _appended(connection: Connection) -> None:
    last = dict(connection.execute(select(ledger).where(ledger.c.seq == 6)).one()._mapping)
    new = last | {"seq": 7, "opening": last["opening"] + 300}
    connection.execute(insert(ledger).values(new))
    _forge(connection, since=7)


def _better_outcome(connection: Connection) -> None:
    connection.execute(update(ledger_events).where(ledger_events.c.seq == 2).values(realised=100.1))


def _outcome_removed(connection: Connection) -> None:
    connection.execute(delete(ledger_events).where(ledger_events.c.seq == 2))


@pytest.mark.parametrize(
    ("act", "first_bad", "chain", "reason"),
    [
        (_changed, 3, FORECASTS, "was changed"),
        (_removed, 3, FORECASTS, "is missing"),
        (_inserted, 3, FORECASTS, "was changed"),
        (_cut, 5, FORECASTS, "tail was cut off"),
        (_rewritten, 1, FORECASTS, "made anew"),
        (_tail_rewritten, 4, FORECASTS, "made anew"),
        (_appended, 7, FORECASTS, "unknown to the file"),
        (_better_outcome, 2, EVENTS, "was changed"),
        (_outcome_removed, 2, EVENTS, "tail was cut off"),
    ],
)
def test_verifying_finds_the_first_row_that_is_not_what_it_was(
    filled: LedgerStore,
    engine: Engine,
    heads: Heads,
    act: Callable[[Connection], None],
    first_bad: int,
    chain: str,
    reason: str,
) -> None:
    _tamper(engine, act)
    found = verify_ledger(engine, heads)
    assert not found.ok
    assert (found.first_bad, found.chain) == (first_bad, chain)
    assert reason in (found.reason or "")


def test_a_lost_file_of_heads_is_seen(filled: LedgerStore, engine: Engine, heads: Heads) -> None:
    heads.path.unlink()
    assert not verify_ledger(engine, heads).ok


def test_a_crash_between_the_commits_is_no_tampering(
    filled: LedgerStore, engine: Engine, heads: Heads
) -> None:
    lines = heads.path.read_text().splitlines(keepends=True)
    assert lines[-1].count(State.COMMITTED) == 1
    heads.path.write_text("".join(lines[:-1]))  # SQL committed, the file had no time to say so
    assert verify_ledger(engine, heads).ok
    filled.append([forecast(candles_ago=-9)])
    assert verify_ledger(engine, heads).ok


def test_heads_that_an_earlier_version_wrote_are_read_on(
    filled: LedgerStore, engine: Engine, heads: Heads
) -> None:
    lines = [
        {
            "at": line.at, "ledger": line.ledger, "state": line.state,
            "forecasts": line.rows, "events": line.events,
        }
        for line in heads.read()
    ]  # fmt: skip
    heads.path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    assert verify_ledger(engine, heads).ok
    filled.append([forecast(candles_ago=-9)])
    assert verify_ledger(engine, heads).ok
    heads.path.write_bytes(b"".join(heads.path.read_bytes().splitlines(keepends=True)[:4]))
    assert not verify_ledger(engine, heads).ok


def test_a_crash_before_the_commit_is_no_tampering(
    filled: LedgerStore, engine: Engine, heads: Heads
) -> None:
    last = heads.read()[-1]
    ahead = msgspec.structs.replace(last.rows, count=9, hash="c" * 64)
    with heads.turn() as turn:
        turn.prepare(LIVE, ahead, last.events)
    assert verify_ledger(engine, heads).ok
    with heads.path.open("ab") as file:
        file.write(b'{"at": 17')  # torn
    filled.append([forecast(candles_ago=-9)])
    found = verify_ledger(engine, heads)
    assert (found.ok, found.rows) == (True, 7)


def _append_some(url: str, path: Path, number: int) -> None:
    store = LedgerStore(open_database(url), Heads(path))
    for n in range(10):
        target = ForecastTarget(f"p{number}", "X", 300, 1, "ewma")
        store.append([forecast(target, -n - 1)])


@pytest.mark.clock(once=True)
def test_concurrent_appends_keep_one_chain(engine: Engine, heads: Heads) -> None:
    context = multiprocessing.get_context("spawn")
    url = engine.url.render_as_string(hide_password=False)
    workers = [context.Process(target=_append_some, args=(url, heads.path, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = verify_ledger(engine, heads)
    assert (found.ok, found.rows) == (True, 30)


def test_a_replay_has_a_ledger_of_its_own_with_the_clock_of_its_candles(
    store: LedgerStore, reader: LedgerReader, engine: Engine, heads: Heads
) -> None:
    old = forecast(candles_ago=5_000)
    ends = []
    for name in ("replay-1", "replay-2"):
        store.create_replay(name, f"job of {name}", {"seed": 1})
        store.create_replay(name, f"job of {name}", {"seed": 1})
        row = store.append_replayed(name, [old]).rows[0]
        assert row.made_at == old.first_opening * 1_000
        assert store.append_replayed(name, [old]).known == [old]
        store.record_outcomes(name, {1: 100.2})
        ends.append(verify_ledger(engine, heads, name))
    assert [end.ok for end in ends] == [True, True]
    assert (ends[0].head, ends[0].events_head) == (ends[1].head, ends[1].events_head)
    assert reader.names() == [LIVE, "replay-1", "replay-2"]
    with pytest.raises(Conflict):
        store.create_replay("replay-1", "another job", {})
    for wrong, error in ((LIVE, Conflict), ("nobody's", NotFound)):
        with pytest.raises(error):
            store.append_replayed(wrong, [old])


def test_a_replayed_chain_cannot_pass_for_a_live_one() -> None:
    assert genesis(FORECASTS, live=True) != genesis(FORECASTS, live=False)


def test_a_file_of_heads_that_cannot_be_written_stops_the_ledger(
    engine: Engine, tmp_path: Path, reader: LedgerReader
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable):
        LedgerStore(engine, Heads(tmp_path / "file" / "heads.jsonl")).append([forecast()])
    assert reader.targets(LIVE) == {}


def test_verifications_say_nothing_bad_of_other_ledgers(
    filled: LedgerStore, engine: Engine, heads: Heads
) -> None:
    filled.create_replay("replay-1", "job", {})
    filled.append_replayed("replay-1", [forecast(candles_ago=50)])
    _tamper(engine, _changed)
    found: Verification = verify_ledger(engine, heads, "replay-1")
    assert (found.ok, found.rows) == (True, 1)
