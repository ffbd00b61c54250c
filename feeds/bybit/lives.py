"""Positions of a venue that nets, told apart by their lives: from flat until flat again.

Bybit names no positions. The order that opened one from flat names it here, which follows from
the fills alone: whoever reads them again finds the same names.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

LONG, SHORT = "long", "short"
# Of a position whose beginning is older than what was read.
_EARLIER = "earlier"


class Fill(NamedTuple):
    """A fill: `side` is 1 of a buy and -1 of a sale, `fee` what was paid; epoch ms."""

    id: str
    symbol: str
    side: int
    volume: Decimal
    price: Decimal
    fee: Decimal
    at: int
    seq: int
    order_id: str
    client_id: str
    reason: str


class Part(NamedTuple):
    """A fill, or a part of it, as a step in the life of a position."""

    fill: Fill
    id: str
    position_id: str
    entry: Literal["in", "out"]
    volume: Decimal
    fee: Decimal
    profit: Decimal


class Life(NamedTuple):
    """What a symbol went through; `opening` is the fill that opened what is held now.

    `position_id` is "" where nothing is held. `before` is what was held before all fills.
    """

    before: Decimal
    parts: list[Part]
    position_id: str
    opening: Fill | None

    @property
    def is_whole(self) -> bool:
        """Say whether the fills reach back to a moment when nothing was held."""
        return not self.before


def live(symbol: str, size: Decimal, fills: Iterable[Fill]) -> Life:
    """Return the life of a symbol of which `size` is held now (below 0 of a short one)."""
    ordered = sorted(fills, key=lambda one: (one.at, one.seq, one.id))
    before = size - sum((one.side * one.volume for one in ordered), Decimal(0))
    walk = _Walk(symbol, before)
    for fill in ordered:
        walk.take(fill)
    return Life(before, walk.parts, walk.position_id, walk.opening)


def position_name(symbol: str, side: int, order_id: str) -> str:
    """Return what a position is called; `symbol_and_side` reads it."""
    return f"{symbol}-{LONG if side > 0 else SHORT}-{order_id}"


def symbol_and_side(position_id: str) -> tuple[str, int] | None:
    """Return the symbol and the side of a position, None of a name that is none."""
    symbol, _, rest = position_id.partition("-")
    side = {LONG: 1, SHORT: -1}.get(rest.partition("-")[0])
    return None if side is None or not symbol else (symbol, side)


def ended_before(lives: Sequence[Life], at: int) -> set[str]:
    """Return the fills until nothing was held, the last time before an instant (epoch ms)."""
    gone: set[str] = set()
    for one in lives:
        size, passed = one.before, set()
        for fill in dict.fromkeys(part.fill for part in one.parts):
            size += fill.side * fill.volume
            passed.add(fill.id)
            if not size and fill.at < at:
                gone |= passed
    return gone


class _Walk:
    def __init__(self, symbol: str, before: Decimal) -> None:
        self._symbol, self._size = symbol, before
        self._price: Decimal | None = None
        self.parts: list[Part] = []
        self.opening: Fill | None = None
        self.position_id = position_name(symbol, _sign(before), _EARLIER) if before else ""

    def take(self, fill: Fill) -> None:
        held = abs(self._size)
        if self._size * fill.side >= 0:
            self._enter(fill, fill.volume, fill.id)
        elif fill.volume <= held:
            self._leave(fill, fill.volume)
        else:
            self._leave(fill, held)
            self._enter(fill, fill.volume - held, f"{fill.id}-in")

    def _enter(self, fill: Fill, volume: Decimal, name: str) -> None:
        if not self._size:
            self.opening, self._price = fill, fill.price
            self.position_id = position_name(self._symbol, fill.side, fill.order_id)
        elif self._price is not None:
            held = abs(self._size)
            self._price = (self._price * held + fill.price * volume) / (held + volume)
        self._size += fill.side * volume
        self._note(fill, name, "in", volume, Decimal(0))

    def _leave(self, fill: Fill, volume: Decimal) -> None:
        moved = Decimal(0) if self._price is None else fill.price - self._price
        profit = moved * volume * _sign(self._size)
        self._size += fill.side * volume
        self._note(fill, fill.id, "out", volume, profit)
        if not self._size:
            self.position_id, self.opening, self._price = "", None, None

    def _note(
        self, fill: Fill, name: str, entry: Literal["in", "out"], volume: Decimal, profit: Decimal
    ) -> None:
        fee = fill.fee * volume / fill.volume
        self.parts.append(Part(fill, name, self.position_id, entry, volume, fee, profit))


def _sign(size: Decimal) -> int:
    return 1 if size > 0 else -1
