"""Live trades and quotes: what was stored, what is wrong with it, what is missing; and pushing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
import pandas as pd

from client.calls.tasks import TaskCalls
from client.frames import Time, time_text
from client.paging import Query, limited
from core.platforms import raw_symbol

QUARANTINE_PAGE = 1_000
_TIMES = ("from_time", "to_time", "found_at", "closed_at")
_TRADE_KINDS = {"trade_id": "Int64", "price": "float64", "size": "float64", "side": "str"}
_ANOMALY_KINDS = {"trade_id": "Int64", "price": "float64", "size": "float64", "score": "float64",
                  "reason": "str"}  # fmt: skip
_GAP_KINDS = {"id": "int64", "first_id": "Int64", "last_id": "Int64", "missing": "int64",
              "from_time": "str", "to_time": "str", "state": "str", "recovered": "int64",
              "found_at": "str", "closed_at": "str", "reason": "str"}  # fmt: skip

Row = dict[str, Any]


class _Page(NamedTuple):
    told: Row

    @property
    def next_cursor(self) -> str | None:
        return self.told["next_cursor"]  # type: ignore[no-any-return]


class LiveCalls(TaskCalls):
    """The routes `/trades`, `/anomalies`, `/gaps`, `/quarantine` and `POST /ingest/{platform}`."""

    def trades(
        self,
        platform: str,
        symbol: str,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return every accepted trade from `start` to `end`, both included, in order.

        Columns: trade_id, price, size, side (the taker's). However many there are,
        page by page, or the first `limit`. Raises `NotFound` if nothing was ever
        pushed of the symbol.
        """
        query = {"start": time_text(start), "end": time_text(end)}
        rows = self._rows(_market_path("trades", platform, symbol), "trades", query, limit)
        return _timed_frame(rows, _TRADE_KINDS)

    def anomalies(
        self,
        platform: str,
        symbol: str,
        start: Time | None = None,
        end: Time | None = None,
        *,
        min_score: float = 0.0,
    ) -> pd.DataFrame:
        """Return trades and quotes that are probably wrong: trade_id, price, size, score, reason.

        Raises `NotFound` like `trades`.
        """
        query = {"start": time_text(start), "end": time_text(end), "min_score": min_score}
        rows = self._rows(_market_path("anomalies", platform, symbol), "anomalies", query, None)
        return _timed_frame(rows, _ANOMALY_KINDS)

    def gaps(
        self,
        platform: str,
        symbol: str,
        start: Time | None = None,
        end: Time | None = None,
    ) -> pd.DataFrame:
        """Return the gap ledger: missing trade ids with their times, state and recovered trades.

        Times are datetimes in UTC, NaT where one is not known. Raises `NotFound` like `trades`.
        """
        query = {"start": time_text(start), "end": time_text(end)}
        rows = self._rows(_market_path("gaps", platform, symbol), "gaps", query, None)
        frame = pd.DataFrame(rows, columns=list(_GAP_KINDS)).astype(_GAP_KINDS)
        for name in _TIMES:
            frame[name] = _moments(row[name] for row in rows)
        return frame

    def quarantine(self, platform: str, limit: int = 100) -> Row:
        """Return exact counts of all messages ever, and the newest rejected ones.

        `{accepted, ignored, total_rejected, rejected: [{time, reason, message}]}`, at
        most 10,000 of them.
        """
        path = f"/quarantine/{quote(platform, safe='')}"
        first, *more = self._pages(path, "rejected", {}, limit, QUARANTINE_PAGE)
        rejected = [row for page in (first, *more) for row in page.told["rejected"]]
        counts = {name: value for name, value in first.told.items() if name != "next_cursor"}
        return counts | {"rejected": rejected[:limit]}

    def push(self, platform: str, messages: bytes | Mapping[str, Any] | Sequence[Any]) -> Row:
        """Push one trade or quote or a list of them, in an exchange's words or in the generic form.

        `{accepted, ignored, rejected: [{index, reason}]}`, once the broker holds
        them. The same trades again count once.
        """
        body = messages if isinstance(messages, bytes) else msgspec.json.encode(messages)
        answer = self._transport.send(
            "POST",
            f"/ingest/{quote(platform, safe='')}",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        return msgspec.json.decode(answer.content, type=Row)

    def _rows(self, path: str, name: str, query: Mapping[str, Any], limit: int | None) -> list[Row]:
        found = self._pages(path, name, dict(query), limit)
        return [row for page in found for row in page.told[name]]

    def _pages(
        self, path: str, name: str, query: Query, limit: int | None, size: int | None = None
    ) -> Iterator[_Page]:
        def ask(query: Query) -> _Page:
            answer = self._transport.send("GET", path, params=query)
            return _Page(msgspec.json.decode(answer.content, type=Row))

        return limited(ask, query, lambda page: len(page.told[name]), limit, size)


def _market_path(route: str, platform: str, symbol: str) -> str:
    name = raw_symbol(platform, symbol)
    return f"/{route}/{quote(platform, safe='')}/{quote(name, safe='')}"


def _timed_frame(rows: list[Row], kinds: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(kinds)).astype(dict(kinds))
    frame.index = pd.DatetimeIndex(_moments(row["time"] for row in rows), name="time")
    return frame


def _moments(texts: Any) -> pd.DatetimeIndex:
    moments = pd.to_datetime(list(texts), utc=True, format="ISO8601")
    return pd.DatetimeIndex(moments).as_unit("us")
