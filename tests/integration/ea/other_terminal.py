"""A terminal and its broker that share no line with `feeds.simulator`: the oracle is zoneinfo.

It sends what the page of robots allows and ours never does: keys in another order, numbers in
quotes, text by the code page of Windows, markets under other decorations, bars that come twice
with other values, and a history with holes.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
import numpy as np

NEW_YORK = ZoneInfo("America/New_York")
M5, H1, DAY = 300, 3_600, 86_400
SECONDS = {"M5": M5, "H1": H1}


def shows(zone: str, second: int) -> int:
    """Return what the server's clock shows (s, as if it were UTC); `NY+7` is New York's ahead."""
    name, _, ahead = zone.partition("+")
    local = datetime.fromtimestamp(second, NEW_YORK if name == "NY" else ZoneInfo(name))
    return int((local.replace(tzinfo=UTC) + timedelta(hours=int(ahead or 0))).timestamp())


def is_open(second: int, *, rests: bool) -> bool:
    """Say whether currencies are traded; metals rest (`rests`) for the hour after 17:00."""
    local = datetime.fromtimestamp(second, NEW_YORK) + timedelta(hours=7)
    return local.weekday() < 5 and not (rests and local.hour == 0)


class Bar(NamedTuple):
    """Prices of a candle, its ticks and its spread in points."""

    open: float
    high: float
    low: float
    close: float
    ticks: int
    spread: int


class OtherMarket:
    """The bars of one market by their openings (UTC s); some have no tick, and none is there.

    Each return carries on `edge` of the one before.
    """

    def __init__(
        self, name: str, price: float, digits: int, *, rests: bool = False, edge: float = 0.0
    ) -> None:
        self.name, self.digits, self._price, self._rests = name, digits, price, rests
        self._edge, self._moved = edge, 0.0
        self.fives: dict[int, Bar] = {}
        self.silent: set[int] = set()

    def live(self, start: int, end: int, seed: int) -> None:
        """Let the market be traded from an instant to another (UTC s)."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        for opening in range(-(-start // M5) * M5, end, M5):
            if not is_open(opening, rests=self._rests):
                continue
            if rng.random() < 0.02:
                self.silent.add(opening)
                continue
            moves = rng.standard_normal(7) * 1e-4 + self._edge * self._moved / 7
            self._moved = float(moves.sum())
            path = self._price * np.exp(np.cumsum(moves))
            self._price = float(path[-1])
            prices = [round(float(one), self.digits) for one in path]
            self.fives[opening] = Bar(
                prices[0], max(prices), min(prices), prices[-1], int(rng.integers(7, 900)), 13
            )

    def bars(self, length: int) -> dict[int, Bar]:
        """Return the bars of a length, those of hours made of the others."""
        if length == M5:
            return self.fives
        found: dict[int, list[Bar]] = {}
        for opening, bar in self.fives.items():
            found.setdefault(opening // length * length, []).append(bar)
        return {opening: joined(parts) for opening, parts in found.items()}


def joined(parts: list[Bar]) -> Bar:
    """Return the candle that others make, one after another."""
    highs, lows = [one.high for one in parts], [one.low for one in parts]
    ticks = sum(one.ticks for one in parts)
    return Bar(parts[0].open, max(highs), min(lows), parts[-1].close, ticks, 13)


class OtherTerminal:
    """Pushes over its own connection each time; `clock_off` is by how much its clocks are wrong."""

    def __init__(
        self, url: str, key: str, zone: str, markets: Iterable[OtherMarket],
        *, clock_off: int = 0, gmt_off: int = 0,
    ) -> None:  # fmt: skip
        self._url, self._key, self.zone = url, key, zone
        self.markets = list(markets)
        self._clock_off, self._gmt_off = clock_off, gmt_off
        # Whether it has its broker; a terminal of before says nothing of it.
        self.connected: bool | None = None
        # Whether its market has a tick at every push, bars or none.
        self.is_quoted = False

    def push(self, now: int, wants: Iterable[Any] = (), newest: int = 3) -> httpx.Response:
        """Send the newest bars of every series, and those that are wanted."""
        series = [
            self._series(
                market, tf, sorted(one for one in market.bars(s) if one + s <= now)[-newest:]
            )
            for market in self.markets
            for tf, s in SECONDS.items()
        ]
        series += [self._wanted(want, now) for want in wants]
        last = max(self.markets[0].fives) + M5 - 1
        tick = now if self.is_quoted else min(now, last)
        told = {
            "quotes": [[self.markets[0].name, f"{shows(self.zone, tick)}250", "1.1", "1.10013"]],
            "series": series,
            "magic": [1, {"a": None}],
            "clock": {
                "gmt": now + self._gmt_off,
                "server": shows(self.zone, now) + self._clock_off,
            },
            "terminal": {
                "build": "1420",
                "demo": 1,
                "company": "Société",
                "server": "Other-3",
                **({} if self.connected is None else {"connected": self.connected}),
            },
            "v": "1",
        }
        body = json.dumps(told, ensure_ascii=False, separators=(" , ", " : ")).encode("cp1252")
        headers = {"x-api-key": self._key, "Content-Type": "application/x-www-form-urlencoded"}
        return httpx.post(self._url, content=body + b"\0\0\0", headers=headers, timeout=30)

    def backfill(self, now: int) -> list[dict[str, Any]]:
        """Push until nothing is wanted; returns the answers."""
        answers, wants = [], list[Any]()
        for _ in range(60):
            answer = self.push(now, wants)
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())
            wants = answers[-1]["want"]
            if not wants:
                return answers
        raise AssertionError("more and more is wanted")

    def _wanted(self, want: dict[str, Any], now: int) -> dict[str, Any]:
        (market,) = (one for one in self.markets if one.name == want["symbol"])
        length = SECONDS[want["tf"]]
        first, end = want["from"], want["from"] + want["count"] * length
        held = [one for one in sorted(market.bars(length)) if one + length <= now]
        return self._series(
            market, want["tf"], [one for one in held if first <= shows(self.zone, one) < end]
        )

    def _series(self, market: OtherMarket, tf: str, openings: list[int]) -> dict[str, Any]:
        bars = market.bars(SECONDS[tf])
        rows = [[shows(self.zone, one), *map(str, bars[one])] for one in openings]
        # The newest come first, as arrays of MetaTrader do that are taken as series.
        return {
            "bars": rows[::-1], "point": f"{10**-market.digits:.{market.digits}f}", "tf": tf,
            "digits": str(market.digits), "symbol": market.name,
        }  # fmt: skip
