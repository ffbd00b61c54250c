"""Conversations with the agent in SQL."""

import threading

import pytest
from sqlalchemy import Engine

from core.clock.resolutions import DAY
from core.errors import Conflict, NotFound
from storage.agent import conversations as rules
from storage.agent.conversations import ConversationStore
from tasks.jobs.purge_records import purge_conversations

MINE, OTHER = "account-1", "account-2"


@pytest.fixture
def now() -> list[int]:
    return [1_000]


@pytest.fixture
def kept(engine: Engine, now: list[int]) -> ConversationStore:
    return ConversationStore(engine, clock=lambda: now[0])


def test_turns_are_read_as_they_were_kept(kept: ConversationStore, now: list[int]) -> None:
    begun = kept.begin(MINE, "price of\n gold?", '{"response":"1"}')
    now[0] = 2_000
    grown = kept.add(MINE, begun.id, "and its phase?", '{"response":"2"}')
    assert (begun.title, grown.turns, grown.updated_at) == ("price of gold?", 2, 2_000)
    assert kept.get(MINE, begun.id) == grown
    said = [(one.number, one.at, one.message) for one in kept.turns(MINE, begun.id)]
    assert said == [(1, 1_000, "price of\n gold?"), (2, 2_000, "and its phase?")]
    assert [one.number for one in kept.turns(MINE, begun.id, newest=1)] == [2]


def test_a_conversation_of_another_is_none(kept: ConversationStore) -> None:
    theirs = kept.begin(OTHER, "mine?", "{}")
    for look in (kept.get, kept.turns, kept.check_open, kept.delete):
        with pytest.raises(NotFound):
            look(MINE, theirs.id)
    with pytest.raises(NotFound):
        kept.add(MINE, theirs.id, "x", "{}")
    assert kept.delete_all(MINE) == 0
    assert kept.page(MINE, 10) == []
    assert kept.turns(OTHER, theirs.id)[0].message == "mine?"


def test_pages_hold_every_conversation_once_the_newest_first(
    kept: ConversationStore, now: list[int]
) -> None:
    made = []
    for at in (1_000, 1_000, 1_000, 5_000):
        now[0] = at
        made.append(kept.begin(MINE, str(at), "{}").id)
    first = kept.page(MINE, 2)
    rest = kept.page(MINE, 10, (first[-1].updated_at, first[-1].id))
    assert first[0].id == made[3]
    assert sorted(one.id for one in (*first, *rest)) == sorted(made)


def test_turns_told_at_once_have_numbers_of_their_own(kept: ConversationStore) -> None:
    begun = kept.begin(MINE, "first", "{}")
    told = [
        threading.Thread(target=kept.add, args=(MINE, begun.id, str(n), "{}")) for n in range(8)
    ]
    for one in told:
        one.start()
    for one in told:
        one.join()
    assert [one.number for one in kept.turns(MINE, begun.id)] == list(range(1, 10))


def test_what_is_forgotten_leaves_nothing(kept: ConversationStore) -> None:
    first, second = (kept.begin(MINE, name, "{}").id for name in ("a", "b"))
    kept.delete(MINE, first)
    with pytest.raises(NotFound):
        kept.turns(MINE, first)
    assert kept.delete_all(MINE) == 1
    with pytest.raises(NotFound):
        kept.get(MINE, second)


def test_conversations_that_rested_too_long_are_purged(
    kept: ConversationStore, now: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "_AT_ONCE", 2)
    old = [kept.begin(MINE, str(n), "{}").id for n in range(5)]
    now[0] = 10 * DAY * 1_000
    kept.add(MINE, old[0], "still here", "{}")
    fresh = kept.begin(OTHER, "new", "{}").id
    assert purge_conversations(kept, 30, now[0] + 29 * DAY * 1_000) == 4
    assert kept.get(MINE, old[0]).turns == 2
    assert kept.get(OTHER, fresh).turns == 1
    assert kept.count(MINE) == 1


def test_there_is_an_end_to_turns_and_to_conversations(
    kept: ConversationStore, now: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_TURNS", 2)
    monkeypatch.setattr(rules, "MOST_CONVERSATIONS", 2)
    first = kept.begin(MINE, "1", "{}").id
    kept.add(MINE, first, "2", "{}")
    with pytest.raises(Conflict):
        kept.add(MINE, first, "3", "{}")
    with pytest.raises(Conflict):
        kept.check_open(MINE, first)
    for now[0] in (2_000, 3_000):
        kept.begin(MINE, "later", "{}")
    with pytest.raises(NotFound):
        kept.get(MINE, first)
    assert kept.count(MINE) == 2
