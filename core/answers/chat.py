"""Answers of the chat: statements rendered here, each number with the place it came from."""

from typing import Any, Literal

from msgspec import Struct

Language = Literal["en", "es", "pt"]
Provider = Literal["builtin", "ollama", "openai"]
Fallback = Literal["away", "ungrounded", "timeout", "too_many_calls", "bad_calls", "too_large"]


class ToolCall(Struct, kw_only=True):
    """A look-up: what was asked for, and what was found.

    `result` is the tool's result, or `{"error": type}` where `ok` is false. Of a call that the
    table does not allow, neither the name nor the arguments are repeated.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    ok: bool
    ms: float


class Citation(Struct, kw_only=True):
    """Where a value of the answer came from: a field of the result of a call.

    `text` is how `value` was written; it stands in line `line` of the response, from the
    character `start` on (both count from 0). `href` leads to the row, card or order behind it.
    """

    statement: str
    tool_call: str
    path: str
    value: float | int | bool | str
    text: str
    href: str | None
    line: int
    start: int


class ChatAnswer(Struct, kw_only=True):
    """The whole answer; a line of `response` is a statement.

    `degraded`: a model is configured and is away, or could not be used, so that the built-in
    narrator answered; `fallback` says why. `comment` is the model's own words, which nobody
    checked but for what they must not hold; null unless they are allowed.
    """

    response: str
    tool_calls: list[ToolCall]
    conversation_id: str
    citations: list[Citation]
    provider: Provider
    model: str
    degraded: bool
    fallback: Fallback | None
    comment: str | None
    language: Language


class Turn(Struct, frozen=True, kw_only=True):
    """What was said earlier in a conversation, and what was answered."""

    message: str
    response: str


class ToolCalled(Struct, tag_field="event", tag="tool_call"):
    """A tool has answered."""

    call: ToolCall


class Stated(Struct, tag_field="event", tag="statement"):
    """A line of the response, checked and whole; `citation` is the first of `citations`."""

    text: str
    citation: Citation | None
    citations: list[Citation]


class Done(Struct, tag_field="event", tag="done"):
    """The answer is complete."""

    answer: ChatAnswer


ChatEvent = ToolCalled | Stated | Done
