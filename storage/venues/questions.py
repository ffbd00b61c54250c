"""Questions to venues: rows that the api writes and the trader answers."""

from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, delete, insert, select, update

from core.clock.times import now_ms
from core.venues.questions import Answer, Question
from storage.database import reading as reading_database
from storage.database import writing
from storage.venues.venue_tables import venue_questions

_HERE = venue_questions.c
_ENCODE = msgspec.json.Encoder().encode
_QUESTION, _ANSWER = msgspec.json.Decoder(Question), msgspec.json.Decoder(Answer)
# Whoever asked has gone after so long (ms), and rows are forgotten after so long.
PATIENCE_MS, _FORGOTTEN_MS = 60_000, 600_000


class WaitingQuestion(msgspec.Struct, frozen=True):
    """A question that nobody has answered."""

    id: int
    account_id: int
    question: Question


class QuestionStore:
    """Every method may raise `DatabaseUnavailable`; `clock` returns epoch ms."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def ask(self, account_id: int, question: Question) -> int:
        """Store a question of an account; returns its number."""
        values = {
            "account_id": account_id,
            "body": _ENCODE(question).decode(),
            "asked_at": self._clock(),
        }
        with writing(self._engine) as connection:
            old = _HERE.asked_at < self._clock() - _FORGOTTEN_MS
            connection.execute(delete(venue_questions).where(old))
            made = connection.execute(insert(venue_questions).values(values))
            key = made.inserted_primary_key
            return int(key[0]) if key else 0

    def waiting(self, limit: int) -> list[WaitingQuestion]:
        """Return the oldest questions that somebody may yet wait for."""
        since = _HERE.asked_at > self._clock() - PATIENCE_MS
        query = select(_HERE.id, _HERE.account_id, _HERE.body).where(
            _HERE.answered_at.is_(None), since
        )
        with reading_database(self._engine) as connection:
            rows = connection.execute(query.order_by(_HERE.id).limit(limit))
            return [WaitingQuestion(r.id, r.account_id, _QUESTION.decode(r.body)) for r in rows]

    def answer(self, number: int, answer: Answer) -> None:
        """Keep what a question is answered with."""
        values = {"answered_at": self._clock(), "answer": _ENCODE(answer).decode()}
        with writing(self._engine) as connection:
            here = _HERE.id == number
            connection.execute(update(venue_questions).where(here).values(values))

    def answered(self, number: int) -> Answer | None:
        """Return the answer to a question, None while there is none."""
        query = select(_HERE.answer).where(_HERE.id == number)
        with reading_database(self._engine) as connection:
            told = connection.execute(query).scalar()
        return None if told is None else _ANSWER.decode(told)
