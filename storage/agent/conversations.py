"""What was asked of the agent and what it answered, kept for those who asked."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from storage.agent.conversation_tables import conversation_turns, conversations
from storage.database import reading, writing

# So many turns a conversation has at most, and so many conversations one holder: a further one
# takes the place of the one that rested longest.
MOST_TURNS, MOST_CONVERSATIONS = 200, 1_000
_TITLE_LENGTH = 80
# So many are forgotten in one transaction, so that nobody waits long for the right to write.
_AT_ONCE = 200
_HERE, _TURNS = conversations.c, conversation_turns.c


class Conversation(msgspec.Struct, frozen=True):
    """A conversation; `title` is how it began, instants are epoch ms."""

    id: str
    title: str
    created_at: int
    updated_at: int
    turns: int


class KeptTurn(msgspec.Struct, frozen=True):
    """A question, and the JSON of what was answered."""

    number: int
    at: int
    message: str
    answer: str


class ConversationStore:
    """Conversations by their holders, of whom none reaches another's.

    Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def page(
        self, holder: str, limit: int, before: tuple[int, str] | None = None
    ) -> list[Conversation]:
        """Return conversations, those with the newest turn first.

        `before` are `updated_at` and id of the last one of the page before.
        """
        query = select(conversations).where(_HERE.holder == holder)
        if before is not None:
            at, last = before
            earlier = _HERE.updated_at < at
            query = query.where(earlier | ((_HERE.updated_at == at) & (_HERE.id < last)))
        newest = query.order_by(_HERE.updated_at.desc(), _HERE.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [_shown(row) for row in connection.execute(newest)]

    def get(self, holder: str, conversation_id: str) -> Conversation:
        """Return a conversation; raises `NotFound`, also for one of another holder."""
        with reading(self._engine) as connection:
            return _find(connection, holder, conversation_id)

    def turns(self, holder: str, conversation_id: str, newest: int = MOST_TURNS) -> list[KeptTurn]:
        """Return the newest turns of a conversation in their order; raises as `get` does."""
        mine = _TURNS.conversation_id == conversation_id
        query = select(conversation_turns).where(mine).order_by(_TURNS.number.desc()).limit(newest)
        with reading(self._engine) as connection:
            _find(connection, holder, conversation_id)
            rows = connection.execute(query).all()
        return [KeptTurn(row.number, row.at, row.message, row.answer) for row in reversed(rows)]

    def check_open(self, holder: str, conversation_id: str) -> None:
        """Raise `NotFound` as `get` does, and `Conflict` where no turn has room any more."""
        _check_room(self.get(holder, conversation_id).turns)

    def add(self, holder: str, conversation_id: str, message: str, answer: str) -> Conversation:
        """Keep a turn of a conversation; raises as `check_open` does."""
        now = self._clock()
        with writing(self._engine) as connection:
            held = _find(connection, holder, conversation_id, lock=True)
            _check_room(held.turns)
            _add_turn(connection, conversation_id, held.turns + 1, now, message, answer)
            changed = {"turns": held.turns + 1, "updated_at": now}
            here = update(conversations).where(_HERE.id == conversation_id)
            connection.execute(here.values(**changed))
        return msgspec.structs.replace(held, **changed)

    def begin(
        self, holder: str, message: str, answer: str, conversation_id: str | None = None
    ) -> Conversation:
        """Keep the first turn of a new conversation.

        A holder's conversations beyond `MOST_CONVERSATIONS` are forgotten, the oldest first.
        """
        now, title = self._clock(), " ".join(message.split())[:_TITLE_LENGTH]
        made = Conversation(conversation_id or new_id(), title, now, now, 1)
        with writing(self._engine) as connection:
            values = msgspec.structs.asdict(made) | {"holder": holder}
            connection.execute(insert(conversations).values(values))
            _add_turn(connection, made.id, 1, now, message, answer)
            mine = select(_HERE.id).where(_HERE.holder == holder)
            newest = mine.order_by(_HERE.updated_at.desc(), _HERE.id.desc())
            _forget(connection, connection.execute(newest.offset(MOST_CONVERSATIONS)).scalars())
        return made

    def delete(self, holder: str, conversation_id: str) -> None:
        """Forget a conversation; raises as `get` does."""
        with writing(self._engine) as connection:
            _find(connection, holder, conversation_id)
            _forget(connection, [conversation_id])

    def delete_all(self, holder: str) -> int:
        """Forget all of a holder's conversations; returns how many."""
        mine = select(_HERE.id).where(_HERE.holder == holder)
        with writing(self._engine) as connection:
            return _forget(connection, connection.execute(mine).scalars())

    def purge(self, before: int) -> int:
        """Forget some conversations without a turn since an instant; returns how many."""
        old = select(_HERE.id).where(_HERE.updated_at < before).limit(_AT_ONCE)
        with reading(self._engine) as connection:
            if connection.execute(old.limit(1)).first() is None:
                return 0
        with writing(self._engine) as connection:
            return _forget(connection, connection.execute(old).scalars())

    def count(self, holder: str) -> int:
        """Return how many conversations a holder has."""
        query = select(func.count()).select_from(conversations).where(_HERE.holder == holder)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar() or 0)


def new_id() -> str:
    """Return an id of a conversation that nobody guesses."""
    return str(uuid.uuid4())


def _check_room(turns: int) -> None:
    if turns >= MOST_TURNS:
        raise Conflict(f"A conversation has {MOST_TURNS} turns at most; begin another one.")


def _find(
    connection: Connection, holder: str, conversation_id: str, *, lock: bool = False
) -> Conversation:
    mine = _HERE.holder == holder, _HERE.id == conversation_id
    query = select(conversations).where(*mine)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("There is no conversation of yours with this id.")
    return _shown(row)


def _add_turn(
    connection: Connection, conversation_id: str, number: int, at: int, message: str, answer: str
) -> None:
    values = {
        "conversation_id": conversation_id,
        "number": number,
        "at": at,
        "message": message,
        "answer": answer,
    }
    connection.execute(insert(conversation_turns).values(values))


def _forget(connection: Connection, ids: Sequence[str] | Any) -> int:
    gone = list(ids)
    connection.execute(delete(conversation_turns).where(_TURNS.conversation_id.in_(gone)))
    connection.execute(delete(conversations).where(_HERE.id.in_(gone)))
    return len(gone)


def _shown(row: Row[Any]) -> Conversation:
    return Conversation(row.id, row.title, row.created_at, row.updated_at, row.turns)
