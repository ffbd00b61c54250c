"""What can be asked for, and how words speak for it."""

import re
from enum import StrEnum
from typing import NamedTuple


class Intent(StrEnum):
    """What somebody wants to know; those further up win where as much speaks for two."""

    PROPOSE = "propose"
    ACT = "act"
    BEYOND = "beyond"
    EXPLAIN = "explain"
    DECISIONS = "decisions"
    AUTO_TRADE = "auto_trade"
    RISK = "risk"
    RESULT = "result"
    POSITIONS = "positions"
    LEDGER = "ledger"
    SKILL = "skill"
    PHASE = "phase"
    REGIME = "regime"
    RANGE = "range"
    WHY = "why"
    SIGNAL = "signal"
    PRICE = "price"
    HELP = "help"


class Clue(NamedTuple):
    """What speaks for an intent, and how much."""

    pattern: re.Pattern[str]
    weight: int


# What may stand between two words of a clue; bounded, because messages are long at times.
GAP = r".{0,60}?"
WHY = r"why|how come|por que|porque|reason for|razon|motivo"


def clues(*told: tuple[int | str, ...]) -> tuple[Clue, ...]:
    """Return clues of a weight and words that speak alike, each at the beginning of a word."""
    return tuple(
        Clue(re.compile(rf"\b(?:{'|'.join(str(each) for each in words)})"), int(weight))
        for weight, *words in told
    )
