"""What a scripted model sends, piece by piece, whatever the protocol."""

from typing import Any

from msgspec import Struct


class Text(Struct, frozen=True):
    """Words of the answer."""

    text: str


class Thought(Struct, frozen=True):
    """Hidden reasoning, in the field that the protocol has for it."""

    text: str


class Call(Struct, frozen=True):
    """A call; arguments are an object, or a text that should be one."""

    name: Any
    arguments: Any


class Bytes(Struct, frozen=True):
    """Bytes as they are, whatever the protocol wants."""

    content: bytes


class Wait(Struct, frozen=True):
    """A pause, in seconds."""

    seconds: float


class Cut(Struct, frozen=True):
    """The connection ends here."""


class End(Struct, frozen=True):
    """The answer is done, as the protocol says it."""


Piece = Text | Thought | Call | Bytes | Wait | Cut | End


class Heard(Struct, frozen=True):
    """What a model was told: the last message of the user, results by call, how often it spoke."""

    question: str
    rules: str
    results: dict[str, Any]
    asked: int
    tools: list[str]
