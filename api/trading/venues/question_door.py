"""The api's way to venues: a question is a row, and the trader, which alone calls them, answers."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from api.http.threads import in_database_thread, in_thread
from api.trading.command_door import TraderAway
from core.clock.times import now_ms
from core.errors import (
    Conflict,
    ExchangeUnavailable,
    InvalidRequest,
    NotFound,
    RequestError,
    TickcastError,
    Unavailable,
)
from core.venues.questions import Answer, Question
from storage.trading.lease import LeaseStore
from storage.venues.questions import QuestionStore

Told = TypeVar("Told")
# A venue is waited for so long (s), within which a trader asks it several times.
WAITED_S = 45.0
_LOOK_S = 0.02
_AWAY = "The trader does not answer, which alone speaks to venues."


class VaultClosed(Unavailable):
    """A stored token cannot be read."""

    type = "vault_closed"


class TokenNeeded(RequestError):
    """No token of the account is kept, or the venue does not take the one that was given."""

    status = 422
    type = "token_needed"


class QuestionDoor:
    """Asks venues through the trader."""

    def __init__(
        self, questions: QuestionStore, lease: LeaseStore, wake: Callable[[], object]
    ) -> None:
        self._questions = questions
        self._lease = lease
        self._wake = wake

    async def ask(self, account_id: int, question: Question, kind: type[Told]) -> Told:
        """Return what a venue answers.

        Raises what the venue's errors mean to the caller, and `TraderAway`.
        """
        held = await in_database_thread(self._lease.held)
        if held is None or not held.holds(now_ms()):
            raise TraderAway(_AWAY)
        number = await in_database_thread(self._questions.ask, account_id, question)
        with suppress(TickcastError):
            await in_thread(self._wake)
        answer = await self._answered(number)
        if answer.error:
            raise _error(answer)
        return msgspec.json.decode(answer.body, type=kind)

    async def _answered(self, number: int) -> Answer:
        ends = time.monotonic() + WAITED_S
        while time.monotonic() < ends:
            found = await in_database_thread(self._questions.answered, number)
            if found is not None:
                return found
            await asyncio.sleep(_LOOK_S)
        raise TraderAway(_AWAY)


def _error(answer: Answer) -> TickcastError:
    if answer.error == "venue_refused":
        if answer.status in (401, 403):
            return TokenNeeded("token: the venue does not take it.")
        return NotFound("The venue knows nothing of that name.")
    if answer.error == "conflict":
        return Conflict(answer.detail)
    if answer.error == "not_found":
        return NotFound(answer.detail)
    if answer.error == "vault_closed":
        return VaultClosed(answer.detail)
    if answer.error in ("exchange_refused", "invalid_request"):
        return InvalidRequest(answer.detail)
    return ExchangeUnavailable(answer.detail, retry_after=answer.retry_after or 5)
