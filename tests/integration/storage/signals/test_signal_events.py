"""What readers of signals are told: in order, once, and with the seal or not at all."""

from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, Engine

from core.answers.signals import SignalData
from core.clock.times import now_ms
from core.series import Series
from storage.ledger.ledger_heads import Heads
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal
from storage.signals.signal_events import Expiry, PhaseChange, SignalEvents, Told
from tests.made_signals import TARGET, signal_data, unsealed

pytestmark = pytest.mark.clock
SERIES = Series("coinbase", "BTC-USD", 300)
HOUR = 3_600_000


@pytest.fixture
def sealed(engine: Engine, tmp_path: Path) -> SealedSignals:
    return SealedSignals(engine, Heads(tmp_path / "ledger" / "heads.jsonl"))


def told(*ids: str) -> Told:
    """Return what is told of signals, which may be entered for an hour."""
    return {one: (signal_data(id=one), now_ms() + HOUR) for one in ids}


def test_a_signal_is_told_with_its_seal_and_may_be_entered_until_it_expires(
    sealed: SealedSignals, engine: Engine
) -> None:
    events = SignalEvents(engine)
    also = partial(events.enter, told=told("one"))
    (row,) = sealed.append([unsealed("one")], also=also).rows
    (active,), newest = events.active()
    said = msgspec.json.decode(active.data, type=SignalData)
    assert (active.kind, active.target, active.seq, newest) == ("signal", TARGET, 1, 1)
    assert said.sealed
    assert (said.id, said.sealed.seq, said.sealed.hash) == ("one", row.seq, row.hash)
    later = SignalEvents(engine, clock=lambda: now_ms() + HOUR)
    assert (later.expire(), later.expire(), later.active()[0]) == (1, 0, [])
    assert [event.kind for event in events.after(0, 9)] == ["signal", "expired"]
    (end,) = events.after(1, 9)
    assert msgspec.json.decode(end.data, type=Expiry).id == "one"
    assert end.target == TARGET


def test_a_seal_and_its_event_are_there_together_or_not_at_all(
    sealed: SealedSignals, engine: Engine
) -> None:
    events = SignalEvents(engine)

    def fail(connection: Connection, rows: "list[SealedSignal]") -> None:
        events.enter(connection, rows, told("one"))
        raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        sealed.append([unsealed("one")], also=fail)  # type: ignore[arg-type]
    assert (events.after(0, 9), sealed.sealed_of(["one"])) == ([], set())
    also = partial(events.enter, told=told("one"))
    sealed.append([unsealed("one")], also=also)
    sealed.append([unsealed("one")], also=also)  # it is sealed already
    assert [event.signal_seq for event in events.after(0, 9)] == [1]


def test_a_phase_is_told_where_it_is_not_the_one_told_last(engine: Engine) -> None:
    events = SignalEvents(engine)
    assert not events.note_phase(SERIES, "none", "none", 900)
    assert events.note_phase(SERIES, "none", "accumulation", 1_800)
    assert not events.note_phase(SERIES, "none", "accumulation", 1_800)
    # What was missed meanwhile does not break the chain of phases.
    assert events.note_phase(SERIES, "manipulation", "distribution", 9_000)
    other = Series("coinbase", "BTC-USD", 900)
    assert events.note_phase(other, "accumulation", "none", 9_000)
    changes = [msgspec.json.decode(event.data, type=PhaseChange) for event in events.after(0, 9)]
    assert [(one.old_phase, one.new_phase) for one in changes] == [
        ("none", "accumulation"),
        ("accumulation", "distribution"),
        ("accumulation", "none"),
    ]
    assert changes[1].timestamp == "1970-01-01T02:30:00Z"


def test_what_is_forgotten_is_said_and_no_number_is_given_twice(engine: Engine) -> None:
    events = SignalEvents(engine)
    assert events.forgotten_until() == 0
    phases = ("accumulation", "none", "accumulation")
    for phase in phases:
        events.note_phase(SERIES, "none", phase, 900)  # type: ignore[arg-type]
    assert events.purge(now_ms() + 1) == 2
    assert (events.forgotten_until(), [event.seq for event in events.after(0, 9)]) == (2, [3])
    events.note_phase(SERIES, "none", "none", 900)
    assert [event.seq for event in events.after(2, 9)] == [3, 4]
