"""Candles of Massive (Polygon's API): custom bars, paged by `next_url`.

Bars longer than an hour begin by the clock of New York there: they are made of hours here.
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import msgspec

from core.brokers.symbols import CURRENCIES, pair_of
from core.clock.resolutions import HOUR, MINUTE
from core.errors import ExchangeRefused, ExchangeUnavailable
from core.names import read_symbol
from core.platforms import ProviderAccess
from feeds.json_calls import JsonCalls, Parameters

PAGE_LIMIT = 10_000
# Of so many minutes, joined or not, one answer is made at most.
ANSWER_LIMIT = 50_000
_MOST_ANSWERS = 100


class _Bar(msgspec.Struct):
    t: int
    o: float
    h: float
    l: float  # noqa: E741 - so they call it
    c: float
    v: float = 0.0


class _Answer(msgspec.Struct):
    status: str = ""
    results: list[_Bar] = []
    next_url: str | None = None


class MassiveCandles:
    """Asks Massive for candles; `ExchangeCandles` says what its members mean."""

    platform = "massive"
    page_limit = PAGE_LIMIT

    def __init__(self, access: ProviderAccess, timeout_s: float, sleep_ms: int) -> None:
        headers = {"Authorization": f"Bearer {access.key}"}
        self._calls = JsonCalls(
            self.platform,
            access.url,
            timeout_s=timeout_s,
            pause_s=sleep_ms / 1_000,
            headers=headers,
        )

    @property
    def clock_offset_ms(self) -> int | None:
        """Return its clock less ours at the last answer."""
        return self._calls.last.clock_offset_ms

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        """Return rows that open in the range, oldest first."""
        path = f"/v2/aggs/ticker/{ticker(symbol)}/range/{_length(resolution)}"
        bars = self._bars(f"{path}/{start_s * 1_000}/{end_s * 1_000 + 999}")
        rows = {one.t // 1_000: [one.t // 1_000, one.o, one.h, one.l, one.c, one.v] for one in bars}
        return [rows[at] for at in sorted(rows) if start_s <= at <= end_s]

    def _bars(self, path: str) -> Iterator[_Bar]:
        parameters: Parameters = {"adjusted": "true", "sort": "asc", "limit": ANSWER_LIMIT}
        for _ in range(_MOST_ANSWERS):
            answer = self._ask(path, parameters)
            yield from answer.results
            if not answer.next_url:
                return
            # Whatever host it names, the next page is asked for where the key may go.
            following = urlsplit(answer.next_url)
            path, parameters = following.path, dict(parse_qsl(following.query))
        raise ExchangeUnavailable("massive spreads the candles over too many answers.")

    def _ask(self, path: str, parameters: Parameters) -> _Answer:
        try:
            answer = msgspec.json.decode(self._calls.get(path, parameters), type=_Answer)
        except msgspec.MsgspecError:
            raise self._calls.unreadable() from None
        if answer.status not in ("OK", "DELAYED"):
            raise self._calls.unreadable()
        return answer


def ticker(symbol: str) -> str:
    """Return what Massive calls a market: `C:XAUUSD`, `X:BTCUSD`, or the symbol of a stock."""
    pair = pair_of(symbol)
    if pair is None:
        return read_symbol(symbol)
    return f"{'C' if pair[:3] in CURRENCIES else 'X'}:{pair}"


def _length(resolution: int) -> str:
    if resolution > HOUR or resolution % MINUTE:
        raise ExchangeRefused(f"massive is not asked for candles of {resolution} seconds.")
    return "1/hour" if resolution == HOUR else f"{resolution // MINUTE}/minute"
