"""What TickcastFeed.mq5 does: finished bars and quotes go out, the server says what it lacks.

The agent keeps nothing: which bars are wanted comes back with every answer, and the last
three bars of each series are sent again each time, because terminals revise them.
"""

import json
from collections.abc import Sequence
from typing import Any

from feeds.simulator.metatrader.backoff import Pace
from feeds.simulator.metatrader.broker import Broker
from feeds.simulator.metatrader.markets import H1, M5, Bar
from feeds.simulator.metatrader.mql_text import Text, array_of, body_of, object_of
from feeds.simulator.metatrader.web_request import BUILD, Answer, Caller

VERSION = 1
LENGTHS = {"M5": M5, "H1": H1}
RESENT = 3
# So many bars that were asked for go out at once, whole spans of them: what is stored within the
# four seconds that a terminal waits.
MOST_BARS = 2_500
POLL_S = 5


class FeedAgent:
    """One terminal that feeds a platform; call `on_timer` each second.

    `gmt_off_s` is by how much the clock of its computer is wrong.
    """

    def __init__(
        self, broker: Broker, send: Caller, platform: str, key: str, *,
        symbols: Sequence[str] = (), content_type: str | None = "application/json",
        nul: bool = True, gmt_off_s: int = 0,
    ) -> None:  # fmt: skip
        self._broker, self._send = broker, send
        self._path = f"/ingest/mt/{platform}"
        typed = f"Content-Type: {content_type}\r\n" if content_type else ""
        self._headers = f"X-API-Key: {key}\r\n{typed}"
        self._symbols = list(symbols or broker.markets)
        self._nul, self._gmt_off_s = nul, gmt_off_s
        self._wants: list[dict[str, Any]] = []
        self.pace = Pace(POLL_S)
        self.answer: dict[str, Any] = {}
        self._problem = ""
        self.pushes = self.accepted = 0

    @property
    def wants(self) -> int:
        """Return how many spans of bars the server still asked for."""
        return len(self._wants)

    def on_timer(self) -> Answer | None:
        """Send what is due; returns the answer if something was sent."""
        now = self._broker.now_ms
        if not self.pace.is_due(now):
            return None
        answer = self._send("POST", self._path, self._headers, self.body())
        self._problem = answer.problem("feed")
        if answer.status == 200:
            self._take(json.loads(answer.body))
        self.pace.note(now, answer)
        if self._wants and answer.status == 200:
            self.pace.now()
        return answer

    def state(self) -> str:
        """Return in a line how the feed fares."""
        if self._problem or not self.answer:
            return self._problem
        if self._wants:
            return f"feed: {self.accepted:,} bars taken, more are wanted"
        return f"feed: the server lacks nothing; it takes the broker's clock for {self._zone}"

    @property
    def _zone(self) -> str:
        return str(self.answer.get("zone"))

    def body(self) -> bytes:
        """Return the next request's body: the newest bars, what was asked for, and quotes."""
        broker = self._broker
        gmt = broker.now_ms // 1_000 + self._gmt_off_s
        text = object_of(
            v=VERSION,
            terminal=object_of(
                server=broker.account.server, company="Simulated Markets Ltd", build=BUILD,
                demo=True, connected=broker.is_connected,
            ),
            clock=object_of(server=broker.server_s, gmt=gmt),
            series=array_of([*self._newest(), *self._wanted()]),
            quotes=array_of(self._quotes()),
        )  # fmt: skip
        return body_of(text, nul=self._nul)

    def _take(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.pushes += 1
        self.accepted += answer["accepted"]
        self.pace.every_s = answer.get("poll_s", POLL_S)
        self._wants = answer["want"]

    def _newest(self) -> list[Text]:
        return [
            self._series(symbol, name, self._broker.bars(symbol, length, RESENT))
            for symbol in self._symbols
            for name, length in LENGTHS.items()
        ]

    def _wanted(self) -> list[Text]:
        room, found = MOST_BARS, []
        for want in self._wants:
            symbol, name, count = want["symbol"], want["tf"], want["count"]
            known = symbol in self._broker.markets and name in LENGTHS
            if known and (count <= room or room == MOST_BARS):
                found.append(self._span(symbol, name, want["from"], count))
                room -= count
        return found

    def _span(self, symbol: str, name: str, since: int, count: int) -> Text:
        bars = self._broker.bars(symbol, LENGTHS[name], count, since=since)
        end = since + count * LENGTHS[name]
        return self._series(symbol, name, [bar for bar in bars if bar.time < end])

    def _series(self, symbol: str, name: str, bars: list[Bar]) -> Text:
        instrument = self._broker.instruments[symbol]
        digits = instrument.digits
        rows = [array_of(_values(bar), digits) for bar in bars]
        return object_of(
            symbol=symbol, tf=name, digits=digits, point=instrument.point, bars=array_of(rows)
        )

    def _quotes(self) -> list[Text]:
        found = [(name, self._broker.quote(name)) for name in self._symbols]
        return [
            array_of([name, quote.time_ms, quote.bid, quote.ask]) for name, quote in found if quote
        ]


def _values(bar: Bar) -> list[Any]:
    return [bar.time, bar.open, bar.high, bar.low, bar.close, bar.tick_volume, bar.spread]
