"""Candles in and out, and the watch-list."""

from typing import Any
from urllib.parse import quote

import msgspec
import pandas as pd

from client.frames import Candle, Rows, Time, candle_frame, time_text, upload_frame
from client.progress import Show, progress_shown
from client.task_calls import TaskCalls
from client.tasks import Task
from client.uploads import merged, parts, to_csv
from core.jobs import Progress
from core.platforms import raw_symbol

PAGE = 10_000


class _Page(msgspec.Struct):
    candles: list[Candle]
    next_cursor: str | None = None


class Watch(msgspec.Struct, frozen=True):
    """A series that the server keeps fresh, and how that went last. Times are ISO 8601."""

    platform: str
    symbol: str
    resolution: int
    created_at: str | None = None
    last_run_at: str | None = None
    last_success_at: str | None = None
    last_error: str | None = None


class _Watches(msgspec.Struct):
    watches: list[Watch]


class CandleCalls(TaskCalls):
    """The routes `/ingest/...`, `/candles` and `/watch`."""

    def ingest_kline(
        self,
        platform: str,
        symbol: str,
        resolution: str | int,
        start: Time,
        end: Time,
        *,
        wait: bool = True,
        timeout_s: float | None = None,
    ) -> Task:
        """Let the server fetch candles from an exchange; both ends are included.

        The result of the task: `{fetched, inserted, revised, calls, gaps, first, last}`.
        """
        body = {"symbol": symbol, "resolution": str(resolution),
                "start": time_text(start), "end": time_text(end)}  # fmt: skip
        answer = self._transport.send("POST", f"/ingest/kline/{_part(platform)}", json=body)
        return self._started(answer, wait, timeout_s)

    def ingest_candles(
        self,
        candles: pd.DataFrame | Rows,
        *,
        platform: str,
        symbol: str,
        resolution: str | int,
        skip_bad_rows: bool = False,
    ) -> dict[str, Any]:
        """Store candles that you hold, and return what became of them.

        `candles` is a frame or rows as `client.frames.upload_frame` takes them,
        any number: they travel 100,000 a request, one request after the other.
        The answer has `inserted`, `revised`, `duplicates`, `rejected` and more.
        A bad row refuses its request (`InvalidRequest` names it), or is reported
        under `rejected` with `skip_bad_rows`. Raises `BadFrame` before anything is sent.
        """
        frame = upload_frame(candles)
        query = {"symbol": symbol, "resolution": str(resolution)}
        query |= {"on_error": "skip"} if skip_bad_rows else {}
        path = f"/ingest/candles/{_part(platform)}"
        with progress_shown(f"store {symbol}", self._progress) as show:
            return merged([
                self._stored(path, query, part, _shifted(show, int(part.index[0]), len(frame)))
                for part in parts(frame)
            ])  # fmt: skip

    def _stored(
        self, path: str, query: dict[str, str], part: pd.DataFrame, show: Show
    ) -> dict[str, Any]:
        headers = {"Content-Type": "text/csv"}
        answer = self._transport.send(
            "POST", path, params=query, content=to_csv(part), headers=headers
        )
        return self._followed(msgspec.json.decode(answer.content)["task_id"], show).result or {}

    def candles(
        self,
        platform: str,
        symbol: str,
        resolution: str | int,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return candles from `start` to `end`, both included, oldest first.

        However many there are, page by page; at most `limit` if that is given.
        Columns: open, high, low, close, volume, trades, flags; see `client.frames`.
        """
        name = raw_symbol(platform, symbol)
        path = f"/candles/{_part(platform)}/{_part(name)}/{_part(str(resolution))}"
        query = {"start": time_text(start), "end": time_text(end)}
        held: list[Candle] = []
        cursor: str | None = None
        while limit is None or len(held) < limit:
            wanted = PAGE if limit is None else min(PAGE, limit - len(held))
            params = query | {"limit": str(wanted), "cursor": cursor}
            answer = self._transport.send("GET", path, params=params)
            page = msgspec.json.decode(answer.content, type=_Page)
            held += page.candles
            cursor = page.next_cursor
            if cursor is None:
                break
        return candle_frame(held)

    def watches(self) -> list[Watch]:
        """Return the series that the server keeps fresh."""
        answer = self._transport.send("GET", "/watch")
        return msgspec.json.decode(answer.content, type=_Watches).watches

    def watch(self, platform: str, symbol: str, resolution: str | int) -> None:
        """Have the server keep a series of an exchange fresh from now on."""
        body = {"platform": platform, "symbol": symbol, "resolution": str(resolution)}
        self._transport.send("POST", "/watch", json=body)

    def unwatch(self, platform: str, symbol: str, resolution: str | int) -> None:
        """Stop keeping a series fresh; its candles stay. Raises `NotFound`."""
        query = {"platform": platform, "symbol": symbol, "resolution": str(resolution)}
        self._transport.send("DELETE", "/watch", params=query)


def _part(name: str) -> str:
    return quote(name, safe="")


def _shifted(show: Show, start: int, total: int) -> Show:
    """Return a display of one part's progress as that of the whole upload."""
    return lambda progress: show(
        Progress(min(start + progress.done, total), total, progress.unit, progress.message)
    )
