"""Brokers of other habits than ours in `feeds.simulator`, in decimals, and how their agents report.

MetaTrader 4 knows orders only: a part that is closed leaves an order with another ticket. A
netting account holds one position a market, which grows, shrinks and turns. A hedging one gives
positions other tickets overnight and keeps their identifiers. All count tickets from the same
number.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

MT4, NETTING, HEDGING = "mt4", "netting", "hedging"
# So far ahead of UTC (s), all the year, is each server.
AHEAD = {MT4: 19_800, NETTING: 12_600, HEDGING: 0}
CONTRACT, CENT, LOT = Decimal(100_000), Decimal("0.01"), Decimal("0.01")
# How each says why a position was closed, and what that is to us.
WORDS = {
    MT4: {"tp": "TP", "sl": "SL", "so: 49.7%/120.0/241.3": "OTHER", "closed by hand": "OTHER"},
    NETTING: {"DEAL_REASON_SL": "OTHER", "manual": "MANUAL", "SO": "SO", "Expert": "EXPERT"},
    HEDGING: {"TP": "TP", "SL": "SL", "SO": "SO", "TIME": "TIME"},
}


@dataclass
class Held:
    """A position as its broker has it; `outs` are volume, price and gain of each closing."""

    ticket: int
    market: str
    side: int
    opened: int
    entry: Decimal
    volume: Decimal
    left: Decimal
    parent: int | None = None
    outs: list[tuple[Decimal, Decimal, Decimal]] = field(default_factory=list)
    commission: Decimal = Decimal(0)
    swap: Decimal = Decimal(0)
    closed: int | None = None
    why: str | None = None
    shown_ticket: int | None = None
    # The largest that its terminal showed: one that shrank, grew and is open yet was larger.
    largest: Decimal = Decimal(0)

    @property
    def gone(self) -> Decimal:
        """Return the volume that is closed."""
        return sum((volume for volume, _, _ in self.outs), Decimal(0))

    @property
    def exit(self) -> Decimal | None:
        """Return the price at which it was closed, weighted by volume."""
        worth = sum((volume * price for volume, price, _ in self.outs), Decimal(0))
        return (worth / self.gone).quantize(Decimal("1e-10")) if self.outs else None

    @property
    def earned(self) -> Decimal | None:
        """Return what it earned so far, after costs."""
        gains = sum((gain for _, _, gain in self.outs), Decimal(0))
        return gains + self.commission + self.swap if self.outs else None


class OtherBroker:
    """One account at one broker; `reports` is what its agent sends as things happen."""

    def __init__(self, habit: str, login: int, begin: int, seed: int) -> None:
        self.habit = habit
        self.account = {"login": str(login), "server": f"{habit.title()}-Live", "mode": habit}
        self.now = begin
        self.every: list[Held] = []
        self.reports: list[dict[str, Any]] = []
        self._tickets = count(7_001)
        self._drawn = random.Random(f"{habit} {seed}")

    def live(self, events: int) -> None:
        """Let so many things happen, some minutes apart."""
        for _ in range(events):
            self.now += self._drawn.randrange(60, 900)
            self._something()

    def truth(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield what is true of each position, as the account's list shows it, by its ticket."""
        for one in self.every:
            yield (
                one.ticket,
                {
                    "symbol": "EURUSD" if "EUR" in one.market else "XAUUSD",
                    "timeframe": "H1",
                    "signal": "BUY" if one.side > 0 else "SELL",
                    "opened_at": _iso(one.opened, 0) + "Z",
                    "closed_at": None if one.closed is None else _iso(one.closed, 0) + "Z",
                    "entry_price": one.entry,
                    "exit_price": one.exit,
                    "pnl": one.earned,
                    "result": one.why and WORDS[self.habit][one.why],
                    "volume": one.largest,
                    "closed_volume": one.gone if one.outs else None,
                    "commission": one.commission if one.outs else None,
                    "swap": one.swap if one.outs else None,
                },
            )

    def _something(self) -> None:
        held = [one for one in self.every if one.closed is None]
        what = self._drawn.random()
        if not held or (what < 0.35 and self.habit != NETTING):
            self._open(self._drawn.choice(["EURUSD.m", "GOLD"]), self._drawn.choice([1, -1]))
            return
        one = self._drawn.choice(held)
        if what < 0.6 and one.left > LOT:
            self._close(one, (one.left * Decimal(self._drawn.choice(["0.3", "0.5"]))).quantize(LOT))
        elif what < 0.7 and self.habit == NETTING:
            one.volume += Decimal("0.2")
            one.left += Decimal("0.2")
            self._tell(one)
        elif what < 0.8 and self.habit == NETTING:
            self._close(one, one.left)
            self._open(one.market, -one.side, parent=one.ticket)
        elif what < 0.8 and self.habit == HEDGING:
            one.shown_ticket = next(self._tickets)
            self._tell(one)
        else:
            self._close(one, one.left)

    def _open(self, market: str, side: int, *, parent: int | None = None) -> None:
        volume = Decimal(self._drawn.randrange(10, 200)) / 100
        price = Decimal(self._drawn.randrange(105_000, 115_000)) / 100_000
        ticket = next(self._tickets)
        self.every.append(Held(ticket, market, side, self.now, price, volume, volume, parent))
        self._tell(self.every[-1])

    def _close(self, one: Held, volume: Decimal) -> None:
        price = one.entry + Decimal(self._drawn.randrange(-300, 300)) / 100_000
        gain = (one.side * (price - one.entry) * volume * CONTRACT).quantize(CENT)
        one.outs.append((volume, price, gain))
        one.commission -= (volume * 7).quantize(CENT)
        one.swap -= Decimal(self._drawn.randrange(0, 30)) / 100
        one.left -= volume
        if one.left and self.habit == MT4:
            rest = Held(
                next(self._tickets), one.market, one.side, one.opened, one.entry, one.left,
                one.left, one.ticket,
            )  # fmt: skip
            self.every.append(rest)
            one.left = Decimal(0)
            self._tell(rest)
        if not one.left:
            one.closed, one.why = self.now, self._drawn.choice(list(WORDS[self.habit]))
        self._tell(one)

    def _tell(self, one: Held) -> None:
        digits = self.habit == NETTING
        # What the terminal shows is what is left of it, or what an order was closed with.
        volume = one.left or (one.gone if self.habit == MT4 else one.volume)
        one.largest = max(one.largest, volume)
        told: dict[str, Any] = {
            "account": self.account,
            "ticket": str(one.ticket) if digits else one.ticket,
            "symbol": one.market,
            "timeframe": "1h" if self.habit == MT4 else "H1",
            "signal": "BUY" if one.side > 0 else "SELL",
            "opened_at": self._time(one.opened),
            "entry_price": float(one.entry),
            "volume": float(volume),
            "sl": 0.0, "tp": 0.0, "utc_offset_s": AHEAD[self.habit],
            "comment": "" if one.parent is None else f"from #{one.parent}",
            "position_ticket": one.shown_ticket,
        }  # fmt: skip
        if one.parent is not None:
            told["parent_ticket"] = one.parent
        if one.outs:
            assert one.exit is not None
            assert one.earned is not None
            told |= {
                "closed_volume": float(one.gone), "exit_price": float(one.exit),
                "pnl": float(one.earned), "commission": float(one.commission),
                "swap": float(one.swap),
            }  # fmt: skip
        if one.closed is not None:
            told |= {"closed_at": self._time(one.closed), "result": one.why}
        self.reports.append(told)

    def _time(self, second: int) -> str | int:
        shown = _iso(second, AHEAD[self.habit])
        if self.habit == MT4:
            return shown.replace("-", ".").replace("T", " ")
        return shown if self.habit == NETTING else second


def _iso(second: int, ahead: int) -> str:
    return datetime.fromtimestamp(second + ahead, UTC).strftime("%Y-%m-%dT%H:%M:%S")
