"""Events of payment providers as they came: stored before anything else is done."""

import builtins
import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.clock.times import now_ms
from core.errors import Conflict, MalformedRequest, NotFound
from core.payments.events import Delivery
from storage.database import reading, writing
from storage.sales.sales_tables import webhook_events

NAME_LENGTH = 128
# Bodies hold names and addresses of buyers: they are kept for as long as a dispute may take.
BODY_DAYS = 90


class WebhookState(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"  # waits to be applied
    APPLIED = "applied"
    IGNORED = "ignored"  # says nothing that matters here
    UNMATCHED = "unmatched"  # of a product, or of a buyer, that nobody here knows
    FAILED = "failed"  # cannot be applied; a person has to look


class WebhookEvent(msgspec.Struct, frozen=True):
    """An event and what became of it."""

    provider: str
    event_id: str
    name: str
    sent_at: int
    received_at: int
    state: WebhookState
    attempts: int
    digest: str
    body: str | None = None
    error: str | None = None
    account_id: int | None = None


class WebhookStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def keep(
        self,
        provider: str,
        delivery: Delivery,
        body: bytes,
        state: WebhookState = WebhookState.ACCEPTED,
    ) -> bool:
        """Store an event, durably; False if it is stored already.

        Raises `MalformedRequest` for an id or a name that is too long.
        """
        if max(len(delivery.event_id), len(delivery.name)) > NAME_LENGTH:
            raise MalformedRequest(f"id and event have at most {NAME_LENGTH} characters.")
        values = {
            "provider": provider,
            "event_id": delivery.event_id,
            "name": delivery.name,
            "sent_at": delivery.sent_at,
            "received_at": self._clock(),
            "body": body.decode(),
            "digest": hashlib.sha256(body).hexdigest(),
            "state": state,
            "attempts": 0,
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(webhook_events).values(values))
        except IntegrityError:
            return False
        return True

    def waiting(self, limit: int = 100) -> builtins.list[WebhookEvent]:
        """Return what is to be applied, what waits longest first."""
        column = webhook_events.c
        chosen = (
            select(webhook_events)
            .where(column.state == WebhookState.ACCEPTED)
            .order_by(column.received_at, column.event_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(chosen)]

    def list(
        self, state: str | None = None, limit: int = 100, offset: int = 0
    ) -> builtins.list[WebhookEvent]:
        """Return events, the newest first, those of a state if one is given."""
        column = webhook_events.c
        chosen = select(webhook_events).order_by(column.received_at.desc(), column.event_id)
        if state:
            chosen = chosen.where(column.state == state)
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(chosen.limit(limit).offset(offset))]

    def counts(self, since: int = 0) -> dict[str, int]:
        """Return how many events that came since an instant are in each state."""
        column = webhook_events.c
        counted = (
            select(column.state, func.count())
            .where(column.received_at >= since)
            .group_by(column.state)
        )
        with reading(self._engine) as connection:
            found = dict(map(tuple, connection.execute(counted).all()))
        return {state.value: found.get(state.value, 0) for state in WebhookState}

    def retry(self, event_id: str) -> WebhookEvent:
        """Have an event applied again; raises `NotFound`, and `Conflict` if its body is gone."""
        column = webhook_events.c
        with writing(self._engine) as connection:
            found = select(webhook_events).where(column.event_id == event_id).limit(1)
            row = connection.execute(found).one_or_none()
            if row is None:
                raise NotFound("There is no event with this id.")
            if row.body is None:
                raise Conflict(f"Bodies are kept for {BODY_DAYS} days; this one is gone.")
            again = {"state": WebhookState.ACCEPTED, "error": None, "attempts": 0}
            chosen = update(webhook_events).where(is_event(row.provider, event_id))
            row = connection.execute(chosen.values(again).returning(webhook_events)).one()
        return _event(row)

    def note(self, event: WebhookEvent, state: WebhookState, error: str | None = None) -> None:
        """Note that an event was tried and what became of it."""
        with writing(self._engine) as connection:
            note_event(connection, event, state, error)

    def forget_bodies(self, before: int) -> int:
        """Drop the bodies of events that came before an instant; returns how many."""
        column = webhook_events.c
        old = column.body.is_not(None) & (column.received_at < before)
        old &= column.state != WebhookState.ACCEPTED
        with writing(self._engine) as connection:
            return connection.execute(update(webhook_events).where(old).values(body=None)).rowcount


def note_event(
    connection: Connection,
    event: WebhookEvent,
    state: WebhookState,
    error: str | None = None,
    account_id: int | None = None,
) -> None:
    """Note what became of an event, within the transaction that did it.

    `error` may quote what a buyer typed, with a NUL that PostgreSQL cannot hold.
    """
    column = webhook_events.c
    connection.execute(
        update(webhook_events)
        .where(is_event(event.provider, event.event_id))
        .values(
            state=state,
            error=error and error.replace("\0", "\N{REPLACEMENT CHARACTER}"),
            attempts=column.attempts + 1,
            account_id=column.account_id if account_id is None else account_id,
        )
    )


def is_event(provider: str, event_id: str) -> Any:
    """Return the condition that names one event."""
    column = webhook_events.c
    return (column.provider == provider) & (column.event_id == event_id)


def _event(row: Row[Any]) -> WebhookEvent:
    return msgspec.convert(row, WebhookEvent, from_attributes=True)
