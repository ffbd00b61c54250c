"""What a message asks for: an intent, and what else it says."""

from collections.abc import Sequence

from msgspec import Struct

from agent.narrator.lexicon import CLUES, TERMS, Intent
from agent.narrator.markets import market_in
from agent.narrator.message import Message
from agent.tools.tool import Toolbox
from core.answers.chat import Language, Turn

_OF_NO_MARKET = frozenset(
    {
        Intent.DECISIONS,
        Intent.AUTO_TRADE,
        Intent.RISK,
        Intent.RESULT,
        Intent.POSITIONS,
        Intent.EXPLAIN,
        Intent.HELP,
    }
)
_MOST_BACK = 3


class Understood(Struct, frozen=True):
    """What a message asks for; `intent` None: nothing that is known."""

    intent: Intent | None
    market: str | None
    term: str | None
    plain: str


async def understand(text: str, history: Sequence[Turn], toolbox: Toolbox) -> Understood:
    """Return what a message asks for; one that names no market is about that of before.

    What needs a market and has none gives way to what needs none.
    """
    message = Message(text)
    scores = scores_of(message.plain)
    term = term_of(message.plain)
    market = await market_in(message, toolbox)
    if term is None or market is not None:
        scores.pop(Intent.EXPLAIN, None)
    intent = _best(scores)
    if intent is None and market is not None:
        intent = Intent.SIGNAL
    if intent is not None and market is None and intent not in _OF_NO_MARKET:
        market = await _earlier(history, toolbox)
        if market is None:
            intent = _best({one: scores[one] for one in scores if one in _OF_NO_MARKET}) or intent
    if intent is Intent.WHY and market is None:
        intent = Intent.DECISIONS
    return Understood(intent, market, term, message.plain)


def language_of(text: str, history: Sequence[Turn]) -> Language:
    """Return the language of a message, or of the ones before; English where none tells."""
    for said in (text, *(turn.message for turn in reversed(history))):
        if (found := Message(said).language) is not None:
            return found
    return "en"


def scores_of(plain: str) -> dict[Intent, int]:
    """Return how much of a message speaks for each intent that anything speaks for."""
    scores = {
        intent: sum(clue.weight for clue in clues if clue.pattern.search(plain))
        for intent, clues in CLUES.items()
    }
    return {intent: score for intent, score in scores.items() if score}


def _best(scores: dict[Intent, int]) -> Intent | None:
    """Return the intent that most speaks for, of several the first; None of none."""
    return max(scores, key=lambda intent: scores[intent]) if scores else None


def term_of(plain: str) -> str | None:
    """Return the word that a message asks the meaning of."""
    return next((term for term, pattern in TERMS.items() if pattern.search(plain)), None)


async def _earlier(history: Sequence[Turn], toolbox: Toolbox) -> str | None:
    for turn in list(reversed(history))[:_MOST_BACK]:
        if (found := await market_in(Message(turn.message), toolbox)) is not None:
            return found
    return None
