"""Shapes of the agent's routes; answers themselves are in `core.answers.chat`."""

from typing import Annotated

from msgspec import Meta, Struct

from core.answers.chat import ChatAnswer

MOST_CHARACTERS = 4_000

Message = Annotated[
    str,
    Meta(
        min_length=1,
        description="What is asked, in English, Spanish or Portuguese: "
        f"{MOST_CHARACTERS:,} characters at most, of more a 413.",
    ),
]
ConversationId = Annotated[str, Meta(min_length=1, max_length=64)]


class ChatRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A message; without `conversation_id` it begins a conversation.

    `user_id` may name the account of the key, and no other. With `stream` the answer comes as
    Server-Sent Events, as it does for `Accept: text/event-stream`.
    """

    message: Message
    user_id: Annotated[str, Meta(max_length=64)] | None = None
    conversation_id: ConversationId | None = None
    stream: bool = False


class ConversationsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """How many, and from where on."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=128)] = ""


class ConversationShown(Struct):
    """A conversation of the caller; `title` is how it began."""

    id: str
    title: str
    created_at: str
    updated_at: str
    turns: int


class ConversationPage(Struct):
    """Conversations, those with the newest turn first; each is kept for `kept_days` after it."""

    conversations: list[ConversationShown]
    next_cursor: str | None
    kept_days: int


class TurnShown(Struct):
    """What was asked, and the whole answer."""

    number: int
    at: str
    message: str
    answer: ChatAnswer


class WholeConversation(ConversationShown):
    """A conversation with all its turns, the oldest first."""

    messages: list[TurnShown]


class Forgotten(Struct):
    """How many conversations are gone."""

    deleted: int
