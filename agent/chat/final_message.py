"""The last message of a model: which statements it chose, read strictly, and shown by us."""

import re
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct

from agent.chat.comment import is_harmless
from agent.statements.render import Line
from agent.tools.lookups import Lookups
from core.answers.chat import Language

MOST_STATEMENTS, MOST_COMMENT = 12, 300
# Many models put what they are asked for into one fenced block, whatever they are told.
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(?P<inside>(?:(?!```).)*)\n[ \t]*```", re.DOTALL)


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """A statement about the result of a call, or about one item of its list."""

    statement: Annotated[str, Meta(max_length=64)]
    of: Annotated[str, Meta(max_length=8)]
    item: Annotated[int, Meta(ge=0, le=19)] = 0


class FinalMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """What the model has to say: statements, and words of its own where they are allowed."""

    say: Annotated[list[Choice], Meta(min_length=1, max_length=MOST_STATEMENTS)]
    comment: str = ""


class Chosen(NamedTuple):
    """Lines of an answer, and the model's own words if they may be shown."""

    lines: list[Line]
    comment: str | None


def shape() -> dict[str, Any]:
    """Return the JSON schema of a last message, with nothing but what servers know."""
    choice = {
        "type": "object",
        "properties": {
            "statement": {"type": "string"},
            "of": {"type": "string"},
            "item": {"type": "integer"},
        },
        "required": ["statement", "of", "item"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "say": {"type": "array", "items": choice},
            "comment": {"type": "string"},
        },
        "required": ["say", "comment"],
        "additionalProperties": False,
    }


def read(text: str, lookups: Lookups, language: Language, *, comment: bool) -> Chosen | None:
    """Return what a last message says; None if any part of it cannot be used.

    A statement that does not belong to the call it names, or lacks one of its values, spoils the
    whole: a model that guesses is not to be believed in part. The message may stand in one fenced
    block, with nothing beside it.
    """
    try:
        said = msgspec.json.decode(_unfenced(text.strip()).encode(), type=FinalMessage)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    lines: list[Line] = []
    for choice in dict.fromkeys(said.say):
        line = lookups.say(choice.statement, choice.of, choice.item, language)
        if line is None:
            return None
        lines.append(line)
    own = said.comment.strip()
    shown = comment and 0 < len(own) <= MOST_COMMENT and is_harmless(own)
    return Chosen(lines, own if shown else None)


def _unfenced(text: str) -> str:
    fenced = _FENCED.fullmatch(text)
    return fenced["inside"] if fenced else text
