"""How a value is written: rounded by its unit, the same digits in every language."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from agent.statements.statement import Unit
from agent.statements.words import WORDS
from core.answers.chat import Language

Value = float | int | bool | str


def write(value: Any, unit: Unit, language: Language) -> str | None:
    """Return a value as text; None for one that cannot be said: missing, not finite, no word."""
    if unit is Unit.WORD:
        said = WORDS.get(str(value).lower() if isinstance(value, bool) else value)
        return said.by(language) if said else None
    if unit in (Unit.NAME, Unit.TIME):
        return _TEXTS[unit](value) if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return _NUMBERS[unit](value)


def _price(value: float) -> str:
    return f"{Decimal(f'{value:.10g}'):f}"


def _fixed(digits: int, sign: str = "", factor: int = 1, after: str = "") -> Callable[[float], str]:
    return lambda value: f"{value * factor:{sign}.{digits}f}{after}"


def _time(value: str) -> str:
    return f"{value[:10]} {value[11:16]} UTC"


_TEXTS: dict[Unit, Callable[[str], str]] = {Unit.NAME: str, Unit.TIME: _time}
_NUMBERS: dict[Unit, Callable[[float], str]] = {
    Unit.PRICE: _price,
    Unit.NUMBER: _price,
    Unit.MONEY: _fixed(2),
    Unit.PERCENT: _fixed(2, "+", after="%"),
    Unit.SHARE: _fixed(1, factor=100, after="%"),
    Unit.SIGNED_SHARE: _fixed(2, "+", 100, "%"),
    Unit.SIGNED: lambda value: f"{Decimal(f'{value:+.6g}'):+f}",
    Unit.COUNT: lambda value: str(int(value)),
    Unit.SECONDS: _fixed(0, after=" s"),
}
