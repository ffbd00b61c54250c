"""Live trades and quotes: what was stored, what is wrong with it, what is missing; and pushing."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
import pandas as pd

from client.frames import Time, time_text
from client.task_calls import TaskCalls
from core.platforms import raw_symbol

PAGE = 10_000
QUARANTINE_PAGE = 1_000
_TIMES = ("from_time", "to_time", "found_at", "closed_at")
_TRADE_KINDS = {"trade_id": "Int64", "price": "float64", "size": "float64", "side": "str"}
_ANOMALY_KINDS = {"trade_id": "Int64", "price": "float64", "size": "float64", "score": "float64",
                  "reason": "str"}  # fmt: skip
_GAP_KINDS = {"id": "int64", "first_id": "Int64", "last_id": "Int64", "missing": "int64",
              "from_time": "str", "to_time": "str", "state": "str", "recovered": "int64",
              "found_at": "str", "closed_at": "str", "reason": "str"}  # fmt: skip

Row = dict[str, Any]


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
        path, query = (
            f"/quarantine/{quote(platform, safe='')}",
            {"limit": min(limit, QUARANTINE_PAGE)},
        )
        page = self._page(path, query)
        while page["next_cursor"] and len(page["rejected"]) < limit:
            more = self._page(path, query | {"cursor": page["next_cursor"]})
            page["rejected"] += more["rejected"]
            page["next_cursor"] = more["next_cursor"]
        page["rejected"] = page["rejected"][:limit]
        return {name: value for name, value in page.items() if name != "next_cursor"}

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
        held: list[Row] = []
        asked = dict(query)
        while limit is None or len(held) < limit:
            wanted = PAGE if limit is None else min(PAGE, limit - len(held))
            page = self._page(path, asked | {"limit": wanted})
            held += page[name]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        return held

    def _page(self, path: str, query: Mapping[str, Any]) -> Row:
        answer = self._transport.send("GET", path, params=query)
        return msgspec.json.decode(answer.content, type=Row)


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
