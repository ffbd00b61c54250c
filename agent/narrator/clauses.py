"""What a message asks for, piece by piece."""

import re

from msgspec import Struct

from agent.narrator.details import timeframe_in
from agent.narrator.intents import Intent
from agent.narrator.lexicon import CLUES, TERMS
from agent.narrator.markets import is_name, market_in
from agent.narrator.message import Message
from agent.tools.tool import Toolbox
from agent.tools.values import Timeframe

_BETWEEN = re.compile(
    r"[,;!?]+\s|[.:]\s|\s[&+]\s|\s(?:and|then|plus|also|vs\.?|versus|y|e|luego|después|también|também|"
    r"depois)\s",
    re.IGNORECASE,
)
_MOST_CLAUSES = 8
_LEAST, _STRONG, _PLAINLY = 3, 4, 8
_WORD = re.compile(r"[a-z0-9]+")
# Words that add nothing to a market, or to "and gold?".
_FILLERS = frozenset(
    """a about again also am an and any as at be can check de del do da dos das e el en es esta este
    for from give hay hey how i in is it la las lo los me mesma mesmo misma mismo na no nas nos o of
    on os ou or para please pls plz por porfa favor pro que quick tal tambem tambien tell the then
    to um uma un una up us want we what with y you oye ok okay same igual show see let muestra
    muestrame mostra dame dime manda ver quiero quero e entonces entao sobre candles candle velas
    vela chart bars timeframe minutes minute min hours hour horas hora minutos day dia daily hourly
    next proxima proximas proximos coming over now hoje hoy ahora agora today last una by porque per
    grafico diario""".split()
)
_TIMES = frozenset("now hoje hoy ahora agora today last".split())


class Reading(Struct, frozen=True):
    """What a piece of a message says by itself."""

    scores: dict[Intent, int]
    market: str | None
    term: str | None
    timeframe: Timeframe | None
    plain: str

    @property
    def strong(self) -> Intent | None:
        """Return what it asks for, if that is plain."""
        best = best_of(self.scores)
        if best is None or best in (Intent.WHY, Intent.HELP):
            return None
        least = _PLAINLY if best is Intent.EXPLAIN else _STRONG
        return best if self.scores[best] >= least else None

    @property
    def is_bare(self) -> bool:
        """Say whether it is no more than a market or a length of candles, and small words."""
        words = _WORD.findall(self.plain)
        return all(word in _FILLERS or word[:1].isdigit() or _is_name(word, self) for word in words)

    @property
    def is_now(self) -> bool:
        """Say whether it has a word for the present."""
        return not _TIMES.isdisjoint(_WORD.findall(self.plain))


async def read(message: Message, toolbox: Toolbox) -> Reading:
    """Return what a message says, or a piece of one."""
    plain = message.plain
    market, term = await market_in(message, toolbox), term_of(plain)
    scores = scores_of(plain)
    if term is None or market is not None:
        scores.pop(Intent.EXPLAIN, None)
    return Reading(scores, market, term, timeframe_in(plain), plain)


def clauses(message: Message) -> list[Message]:
    """Return the pieces of a message, the first eight; none if it is in one piece."""
    pieces = [piece for piece in _BETWEEN.split(message.text) if piece and piece.strip()]
    return [Message(piece) for piece in pieces[:_MOST_CLAUSES]] if len(pieces) > 1 else []


def scores_of(plain: str) -> dict[Intent, int]:
    """Return how much of a message speaks for each intent that anything speaks for."""
    scores = {
        intent: sum(clue.weight for clue in clues if clue.pattern.search(plain))
        for intent, clues in CLUES.items()
    }
    return {intent: score for intent, score in scores.items() if score >= _LEAST}


def best_of(scores: dict[Intent, int]) -> Intent | None:
    """Return the intent that most speaks for, of several the first; None of none."""
    return max(scores, key=lambda intent: scores[intent]) if scores else None


def term_of(plain: str) -> str | None:
    """Return the word that a message asks the meaning of."""
    return next((term for term, pattern in TERMS.items() if pattern.search(plain)), None)


def _is_name(word: str, reading: Reading) -> bool:
    return is_name(word) or word.upper() == reading.market or bool(re.match(r"[mhd]\d+\Z", word))
