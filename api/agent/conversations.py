"""What the caller asked the agent before."""

import re
from typing import Any
from uuid import UUID

import msgspec
from falcon.asgi import Request, Response

from api.agent.caller import caller_of
from api.agent.schemas import (
    ConversationPage,
    ConversationShown,
    ConversationsQuery,
    Forgotten,
    TurnShown,
    WholeConversation,
)
from api.docs.openapi import operation
from api.http.cursors import read_place, write_cursor
from api.http.threads import in_database_thread
from core.answers.chat import ChatAnswer
from core.clock.times import format_time
from core.errors import NotFound
from storage.agent.conversations import Conversation, ConversationStore, KeptTurn

_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_TAG = "agent"


class ConversationsResource:
    """`GET` and `DELETE /api/v1/conversations`, and of one below it."""

    def __init__(self, kept: ConversationStore, kept_days: int) -> None:
        self._kept = kept
        self._days = kept_days

    @operation("conversations", _TAG, {200: ConversationPage})
    async def on_get(self, req: Request, resp: Response, query: ConversationsQuery) -> None:
        """List the caller's own conversations, those with the newest turn first."""
        before = _read(query.cursor) if query.cursor else None
        found = await in_database_thread(
            self._kept.page, caller_of(req).holder, query.limit + 1, before
        )
        shown = found[: query.limit]
        more = len(found) > query.limit
        cursor = _place(shown[-1]) if more else None
        resp.media = ConversationPage(
            [ConversationShown(**_told(one)) for one in shown], cursor, self._days
        )

    @operation("forget_conversations", _TAG, {200: Forgotten})
    async def on_delete(self, req: Request, resp: Response) -> None:
        """Forget all of the caller's conversations."""
        gone = await in_database_thread(self._kept.delete_all, caller_of(req).holder)
        resp.media = Forgotten(gone)

    @operation("conversation", _TAG, {200: WholeConversation}, errors=(404,))
    async def on_get_one(self, req: Request, resp: Response, conversation_id: str) -> None:
        """Return a conversation of the caller with all that was answered."""
        holder, chosen = caller_of(req).holder, checked(conversation_id)
        found = await in_database_thread(self._kept.get, holder, chosen)
        turns = await in_database_thread(self._kept.turns, holder, chosen)
        resp.media = WholeConversation(**_told(found), messages=[_turn(one) for one in turns])

    @operation("forget_conversation", _TAG, {200: Forgotten}, errors=(404,))
    async def on_delete_one(self, req: Request, resp: Response, conversation_id: str) -> None:
        """Forget a conversation of the caller."""
        holder = caller_of(req).holder
        await in_database_thread(self._kept.delete, holder, checked(conversation_id))
        resp.media = Forgotten(1)


def checked(conversation_id: str) -> str:
    """Return an id that a conversation may have; raises `NotFound`."""
    if not _ID.match(conversation_id):
        raise NotFound("There is no conversation of yours with this id.")
    return conversation_id


def _place(last: Conversation) -> str:
    return write_cursor(last.updated_at, UUID(last.id).int)


def _read(cursor: str) -> tuple[int, str]:
    at, number = read_place(cursor, 2)
    return at, str(UUID(int=number % 2**128))


def _told(found: Conversation) -> dict[str, Any]:
    told = msgspec.structs.asdict(found)
    return told | {name: format_time(told[name]) for name in ("created_at", "updated_at")}


def _turn(kept: KeptTurn) -> TurnShown:
    answer = msgspec.json.decode(kept.answer, type=ChatAnswer)
    return TurnShown(kept.number, format_time(kept.at), kept.message, answer)
