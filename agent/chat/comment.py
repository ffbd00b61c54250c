"""Whether a model's own words may be shown: nothing in them may be a figure, or look like one."""

import itertools
import re

from agent.chat.plain_words import PLAIN_WORDS
from agent.narrator.message import unaccented

MOST_LENGTH = 300
_SPELLING = re.compile(r"[^\W\d_]+")
# What may stand between two words; nothing twice, which could be counted.
_BETWEEN = re.compile(r"[,.;:!?)]? [(¿¡]?|['’-]")
_BEFORE, _AFTER = re.compile(r"[(¿¡]?"), re.compile(r"[.!?)]?")


def is_harmless(text: str) -> bool:
    """Say whether a text is made of usual words alone, as they are usually written.

    Every word must stand in a list of English, Spanish and Portuguese words of which none is a
    number, a side, a market or a name: what is not known is refused, in whatever language, script,
    digits or disguise. Two equal words running are, too, because they could be counted.
    """
    words = _SPELLING.findall(text)
    before, *between, after = _SPELLING.split(text) if words else ("", "")
    return (
        0 < len(words) <= len(text) <= MOST_LENGTH
        and all(_is_plain(word) for word in words)
        and all(one != other for one, other in itertools.pairwise(words))
        and all(_BETWEEN.fullmatch(part) for part in between)
        and _BEFORE.fullmatch(before) is not None
        and _AFTER.fullmatch(after) is not None
    )


def _is_plain(word: str) -> bool:
    written = word.islower() or word.istitle()
    return written and unaccented(word.lower()) in PLAIN_WORDS
