"""What a model says, gathered as it comes; hidden reasoning is dropped."""

import re
from functools import cache
from typing import Any

import msgspec

from agent.tools.tool import Tool
from agent.wires.model_server import AnswerTooLarge, Reply, WantedCall

MOST_TEXT, MOST_ARGUMENTS, MOST_WANTED = 16_384, 16_384, 128
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)


class Gathered:
    """Text and calls of a reply, each bounded."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._size = 0
        self._calls: dict[int, tuple[str, bytearray]] = {}

    def add_text(self, part: Any) -> None:
        """Add a piece of text; whatever is no text is none."""
        if isinstance(part, str):
            self._size += len(part)
            if self._size > MOST_TEXT:
                raise AnswerTooLarge
            self._text.append(part)

    def add_call(self, place: int, name: Any, arguments: Any) -> None:
        """Begin a call, or add to the arguments of one that was begun in that place.

        Arguments are an object, or its text in pieces.
        """
        if place not in self._calls:
            if len(self._calls) == MOST_WANTED:
                raise AnswerTooLarge
            self._calls[place] = (name if isinstance(name, str) else "", bytearray())
        text = self._calls[place][1]
        text += _encoded(arguments)
        if len(text) > MOST_ARGUMENTS:
            raise AnswerTooLarge

    @property
    def next_place(self) -> int:
        """Return the place of a call that comes whole."""
        return len(self._calls)

    def reply(self) -> Reply:
        """Return all that was said."""
        calls = tuple(WantedCall(name, bytes(text or b"{}")) for name, text in self._calls.values())
        return Reply(_THOUGHT.sub("", "".join(self._text)).strip(), calls)


def _encoded(arguments: Any) -> bytes:
    if isinstance(arguments, str):
        return arguments.encode(errors="replace")
    return b"" if arguments is None else msgspec.json.encode(arguments)


def described(tools: list[Tool]) -> list[dict[str, Any]]:
    """Return tools as both protocols want them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.about,
                "parameters": _parameters(tool.arguments),
            },
        }
        for tool in tools
    ]


@cache
def _parameters(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments, in one piece."""
    (reference,), parts = msgspec.json.schema_components([arguments], ref_template="{name}")
    schema: dict[str, Any] = parts[reference["$ref"]]
    shown = ("type", "properties", "required", "additionalProperties")
    return {name: schema[name] for name in shown if name in schema}
