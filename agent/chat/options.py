"""What is asked, and what may be done to answer it."""

from msgspec import Struct

from core.answers.chat import Language, Turn

MOST_TURNS, MOST_HISTORY = 20, 16_384
# What the model may take for an answer, and how often it may be wrong.
MOST_SECONDS, MOST_BAD_CALLS, MOST_RETRIES = 30.0, 2, 1


class Question(Struct, frozen=True, kw_only=True):
    """A message of a conversation, with its earlier turns, the oldest first.

    `language` None: that of the message.
    """

    message: str
    conversation_id: str
    history: tuple[Turn, ...] = ()
    language: Language | None = None


class Options(Struct, frozen=True, kw_only=True):
    """What the operator allows: a model's own words, decisions to confirm, how long it takes."""

    comment: bool = False
    propose: bool = False
    seconds: float = MOST_SECONDS


def recent(history: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return the newest turns: at most 20, and 16 KiB of them."""
    kept: list[Turn] = []
    size = 0
    for turn in reversed(history[-MOST_TURNS:]):
        size += len(turn.message.encode()) + len(turn.response.encode())
        if size > MOST_HISTORY:
            break
        kept.insert(0, turn)
    return tuple(kept)
