"""What a message asks for: intents, each with its market, and what else it says."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from agent.narrator.clauses import Reading, best_of, clauses, read
from agent.narrator.intents import Intent
from agent.narrator.markets import names_another
from agent.narrator.message import Message
from agent.tools.tool import Toolbox
from agent.tools.values import Timeframe
from core.answers.chat import Language, Turn

OF_NO_MARKET = frozenset(
    {
        Intent.ACT,
        Intent.BEYOND,
        Intent.DECISIONS,
        Intent.AUTO_TRADE,
        Intent.RISK,
        Intent.RESULT,
        Intent.POSITIONS,
        Intent.EXPLAIN,
        Intent.HELP,
    }
)
_OF_ACCOUNT = OF_NO_MARKET - {Intent.ACT, Intent.BEYOND, Intent.EXPLAIN, Intent.HELP}
_NOTHING = frozenset({None, Intent.ACT, Intent.BEYOND, Intent.HELP, Intent.PROPOSE})
_MOST_BACK = 3
# So much speaks for an explanation where a word is named and nothing else said.
_ONLY_NAMED = 9
_T = TypeVar("_T")


class Understood(Struct, frozen=True):
    """What is asked for; `intent` None: nothing that is known."""

    intent: Intent | None
    market: str | None
    term: str | None
    plain: str
    timeframe: Timeframe | None = None


async def understand(text: str, history: Sequence[Turn], toolbox: Toolbox) -> list[Understood]:
    """Return what a message asks for, at least one thing.

    One that names no market is about that of before, and one that only names another market or
    length of candles asks for the same of it.
    """
    message = Message(text)
    whole = await read(message, toolbox)
    if best_of(whole.scores) in (Intent.ACT, Intent.PROPOSE, Intent.BEYOND):
        return [_understood(whole, best_of(whole.scores))]
    parts = [await read(piece, toolbox) for piece in clauses(message)]
    if several := _several(parts, whole):
        return several
    earlier = await _earlier(history, toolbox)
    return [_single(message, whole, earlier)]


def language_of(text: str, history: Sequence[Turn]) -> Language:
    """Return the language of a message, or of the ones before; English where none tells."""
    for said in (text, *(turn.message for turn in reversed(history))):
        if (found := Message(said).language) is not None:
            return found
    return "en"


def _single(message: Message, whole: Reading, earlier: Understood | None) -> Understood:
    intent = best_of(whole.scores)
    if (whole.market or whole.timeframe) and whole.is_bare and whole.strong is None:
        return _bare(whole, earlier)
    if intent is Intent.WHY or (intent is Intent.SIGNAL and Intent.WHY in whole.scores):
        intent = Intent.WHY
        if whole.market is None and earlier is not None and earlier.intent in _OF_ACCOUNT:
            return _understood(whole, Intent.DECISIONS)
    if intent is Intent.EXPLAIN and whole.scores[intent] <= _ONLY_NAMED and earlier is not None:
        # "the range?" after a question about a market is about that market.
        others = {one: score for one, score in whole.scores.items() if one not in OF_NO_MARKET}
        intent = (best_of(others) if earlier.market else None) or intent
    asked = _understood(whole, intent)
    if intent is None or asked.market is not None or intent in OF_NO_MARKET:
        return asked
    if earlier is not None and earlier.market and not names_another(message):
        return replace(asked, market=earlier.market)
    others = {one: score for one, score in whole.scores.items() if one in OF_NO_MARKET}
    other = best_of(others) or (Intent.DECISIONS if intent is Intent.WHY else None)
    return replace(asked, intent=other or intent)


def _bare(whole: Reading, earlier: Understood | None) -> Understood:
    """Return what a market alone asks for: what was asked before, or how it stands."""
    if earlier is not None and earlier.intent not in OF_NO_MARKET and not whole.is_now:
        return replace(
            earlier,
            market=whole.market or earlier.market,
            timeframe=whole.timeframe or earlier.timeframe,
        )
    if whole.market is None:
        return _understood(whole, None)
    return _understood(whole, Intent.PRICE if whole.is_now else Intent.SIGNAL)


def _several(parts: Sequence[Reading], whole: Reading) -> list[Understood]:
    """Return what each piece asks for, if that is more than one thing; else nothing.

    A piece that only names a market asks what its neighbour asks, and the other way round.
    """
    telling = [part for part in parts if part.strong or part.market]
    intents = _filled([part.strong for part in telling])
    markets = _filled([part.market for part in telling])
    if None in intents:
        return []
    asked = [
        Understood(
            intent,
            None if intent in OF_NO_MARKET else market,
            part.term,
            part.plain if part.strong else whole.plain,
            part.timeframe or whole.timeframe,
        )
        for part, intent, market in zip(telling, intents, markets, strict=True)
    ]
    known = {(one.intent, one.market, one.timeframe): one for one in reversed(asked)}
    lacking = any(one.market is None and one.intent not in OF_NO_MARKET for one in asked)
    return list(reversed(known.values())) if len(known) > 1 and not lacking else []


def _filled(found: Iterable[_T | None]) -> list[_T | None]:
    """Return values where those that lack are the one before, or else the one after."""
    filled: list[_T | None] = []
    for one in found:
        filled.append(one if one is not None else (filled[-1] if filled else None))
    for place in range(len(filled) - 2, -1, -1):
        if filled[place] is None:
            filled[place] = filled[place + 1]
    return filled


async def _earlier(history: Sequence[Turn], toolbox: Toolbox) -> Understood | None:
    """Return what was asked for before, with the market that was last named."""
    found: Understood | None = None
    for turn in list(reversed(history))[:_MOST_BACK]:
        one = await read(Message(turn.message), toolbox)
        best = best_of(one.scores)
        intent = None if best in _NOTHING else best
        if found is None:
            found = Understood(intent, one.market, one.term, one.plain, one.timeframe)
            continue
        found = replace(
            found,
            intent=found.intent or intent,
            market=found.market or one.market,
            timeframe=found.timeframe or (one.timeframe if found.intent is None else None),
            plain=found.plain if found.intent else one.plain,
        )
    return found


def _understood(whole: Reading, intent: Intent | None) -> Understood:
    return Understood(intent, whole.market, whole.term, whole.plain, whole.timeframe)
