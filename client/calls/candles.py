"""Candles in and out, and the watch-list."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pandas as pd

from client.arrow import (
    FILE_ENDINGS,
    ArrowTable,
    Form,
    candle_batches,
    candle_file,
    candles_as,
    frame_batches,
)
from client.calls.tasks import TaskCalls, decoded
from client.errors import BadFrame
from client.frames import Candle, Rows, Time, candle_frame, time_range, time_text, upload_frame
from client.paging import Query, limited
from client.progress import Show, progress_shown
from client.tasks import Task
from client.uploads import merged, parts, to_csv
from core.errors import TickcastError
from core.jobs import Progress
from core.platforms import raw_symbol


class _Page(msgspec.Struct):
    candles: list[Candle]
    next_cursor: str | None = None


class Watch(msgspec.Struct, frozen=True):
    """A series that the server watches, and how that went last. Times are ISO 8601.

    `fetched`: the server asks an exchange for its candles; else somebody brings them. `as_of`,
    `age` (s) and `stale` are as in `HeldSeries`.
    """

    platform: str
    symbol: str
    resolution: int
    created_at: str | None = None
    last_run_at: str | None = None
    last_success_at: str | None = None
    last_error: str | None = None
    fetched: bool = True
    as_of: str | None = None
    age: int | None = None
    stale: bool = False


class HeldSeries(msgspec.Struct, frozen=True):
    """Candles that the server holds; times are ISO 8601, the openings of the outermost.

    `traded`: live messages of the market were accepted. `grid` is when candles open, by a
    clock; `zone` is the market's own, None if it was not given. `as_of` is when the newest
    finished candle closed, `age` how long ago that was (s), `stale` that newer ones should have
    come by the market's own sessions.
    """

    platform: str
    symbol: str
    resolution: int
    first: str
    last: str
    count: int
    traded: bool
    grid: str
    zone: str | None = None
    as_of: str | None = None
    age: int | None = None
    stale: bool = False


class _SeriesList(msgspec.Struct):
    series: list[HeldSeries]


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
        end: Time | None = None,
        *,
        wait: bool = True,
        timeout_s: float | None = None,
    ) -> Task:
        """Let the server fetch candles from an exchange, up to `end` (included) or up to now.

        The result of the task: `{fetched, inserted, revised, calls, gaps, first, last}`.
        """
        body = {"symbol": symbol, "resolution": str(resolution)} | time_range(start, end)
        answer = self._transport.send("POST", f"/ingest/kline/{_part(platform)}", json=body)
        return self._started(answer, wait, timeout_s)

    def ingest_candles(
        self,
        candles: pd.DataFrame | Rows | ArrowTable,
        *,
        platform: str,
        symbol: str,
        resolution: str | int,
        skip_bad_rows: bool = False,
        zone: str | None = None,
        grid: str | None = None,
    ) -> dict[str, Any]:
        """Store candles that you hold, and return what became of them.

        `candles` is a frame of pandas or polars, a table of Arrow, or rows, as
        `client.frames.upload_frame` takes them, any number: they travel 100,000 a
        request, one request after the other.
        The answer has `inserted`, `revised`, `duplicates`, `rejected` and more.
        A bad row refuses its request (`InvalidRequest` names it), or is reported
        under `rejected` with `skip_bad_rows`. `zone` is the market's clock and `grid`
        the time of day at which candles open (`17:00@America/New_York`); both are
        kept with the series. Raises `BadFrame` before anything is sent.
        """
        frame = upload_frame(candles)
        query = {"symbol": symbol, "resolution": str(resolution)}
        query |= {"on_error": "skip"} if skip_bad_rows else {}
        query |= {name: value for name, value in (("zone", zone), ("grid", grid)) if value}
        path = f"/ingest/candles/{_part(platform)}"
        with progress_shown(f"store {symbol}", self._progress) as show:
            return merged([self._stored(path, query, part, len(frame), show)
                           for part in parts(frame)])  # fmt: skip

    def _stored(
        self, path: str, query: dict[str, str], part: pd.DataFrame, total: int, show: Show
    ) -> dict[str, Any]:
        """Return what became of one part; the first row's label is its place in the upload."""
        start, csv = int(part.index[0]), {"Content-Type": "text/csv"}
        try:
            answer = self._transport.send(
                "POST", path, params=query, content=to_csv(part), headers=csv
            )
            task_id = msgspec.json.decode(answer.content)["task_id"]
            return self._followed(task_id, _shifted(show, start, total)).result or {}
        except TickcastError as error:
            if start:
                error.detail = (
                    f"In the part from row {start:,} on, counted from there: {error.detail} "
                    "The parts before it are stored."
                )
            raise

    def candles(
        self,
        platform: str,
        symbol: str,
        resolution: str | int,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        *,
        newest: bool = False,
        form: Form = "pandas",
    ) -> Any:
        """Return candles from `start` to `end`, both included, oldest first.

        However many there are; with `limit` the first so many of the range, or with `newest`
        the last. `form` is what they are given as: a frame of pandas or polars, or `arrow`, a
        table that any library takes by Arrow's C interface (`pyarrow.table(it)`). Columns:
        open, high, low, close, volume, trades, flags; see `client.frames`. Raises `NotFound`
        if none are held of the series at all.
        """
        path = _series_path(platform, symbol, resolution)
        query: Query = {"start": time_text(start), "end": time_text(end)}
        if limit is None:
            answer = self._transport.send("GET", path, params=query | {"format": "arrow"})
            return candles_as(form, candle_batches(answer.content))
        frame = candle_frame(self._read(path, query, limit, newest))
        return frame if form == "pandas" else candles_as(form, frame_batches(frame))

    def save_candles(
        self,
        file: str | Path,
        platform: str,
        symbol: str,
        resolution: str | int,
        start: Time | None = None,
        end: Time | None = None,
    ) -> Path:
        """Write all candles of a range to a file, by its ending: .parquet, .arrow or .csv.

        Raises `BadFrame` for another ending, `NotFound` as `candles` does.
        """
        path = Path(file)
        if path.suffix.lower() not in FILE_ENDINGS:
            raise BadFrame(f"{path.name}: end its name in {', '.join(FILE_ENDINGS)}.")
        form = "csv" if path.suffix.lower() == ".csv" else "arrow"
        query = {"start": time_text(start), "end": time_text(end), "format": form}
        rows = _series_path(platform, symbol, resolution)
        answer = self._transport.send("GET", rows, params=query)
        path.write_bytes(answer.content if form == "csv" else candle_file(path, answer.content))
        return path

    def _read(self, path: str, query: Query, limit: int | None, newest: bool) -> list[Candle]:
        def ask(query: Query) -> _Page:
            # Forwards a cursor leads on; backwards what came before the first candle.
            back = {"newest": "true", "end": query.pop("cursor", query["end"])} if newest else {}
            answer = self._transport.send("GET", path, params=query | back)
            page = msgspec.json.decode(answer.content, type=_Page)
            if newest:
                whole = page.next_cursor is None and len(page.candles) < query["limit"]
                page.next_cursor = None if whole else _before(page.candles[0])
            return page

        found = list(limited(ask, query, lambda page: len(page.candles), limit))
        return [candle for page in found[:: -1 if newest else 1] for candle in page.candles]

    def series(self) -> list[HeldSeries]:
        """Return every series that the server holds candles of."""
        answer = self._transport.send("GET", "/candles")
        return msgspec.json.decode(answer.content, type=_SeriesList).series

    def describe(self, platform: str, symbol: str) -> list[dict[str, Any]]:
        """Return what is held of each series of a market, how old it is, and what hangs on it.

        Raises `NotFound` if that is nothing.
        """
        answer = self._transport.send("GET", _market_path(platform, symbol))
        found: list[dict[str, Any]] = decoded(answer)["series"]
        return found

    def delete_series(
        self,
        platform: str,
        symbol: str,
        resolution: str | int | None = None,
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Delete the candles of a market, or of one of its series; ledgers and models stay.

        For a day `undo_series` of the answer's `id` brings them back. With `dry_run` it is told
        what hangs on them. Raises `Conflict` for candles that would come again by themselves.
        """
        path = _market_path(platform, symbol)
        path += "" if resolution is None else f"/{_part(str(resolution))}"
        return decoded(self._transport.send("DELETE", path, params=_dry(dry_run)))

    def rename_series(
        self, platform: str, symbol: str, to: str, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Give the candles of a market another symbol; as `delete_series` otherwise."""
        path = f"{_market_path(platform, symbol)}/rename"
        return decoded(self._transport.send("POST", path, params=_dry(dry_run), json={"to": to}))

    def undo_series(self, move_id: str) -> list[str]:
        """Undo a deletion or a renaming of less than a day ago; returns what is back."""
        answer = self._transport.send("POST", f"/candles/undo/{_part(move_id)}")
        back: list[str] = decoded(answer)["series"]
        return back

    def watches(self) -> list[Watch]:
        """Return the series that the server watches, and how fresh each is."""
        answer = self._transport.send("GET", "/watch")
        return msgspec.json.decode(answer.content, type=_Watches).watches

    def watch(self, platform: str, symbol: str, resolution: str | int) -> Watch:
        """Have the server watch a series from now on: its champions forecast it at each close.

        One of an exchange is fetched, too; candles of any other are as fresh as whoever
        brings them keeps them: `fetched` of the answer says which.
        """
        body = {"platform": platform, "symbol": symbol, "resolution": str(resolution)}
        answer = self._transport.send("POST", "/watch", json=body)
        return msgspec.json.decode(answer.content, type=Watch)

    def unwatch(self, platform: str, symbol: str, resolution: str | int) -> None:
        """Watch a series no longer; its candles stay. Raises `NotFound`."""
        query = {"platform": platform, "symbol": symbol, "resolution": str(resolution)}
        self._transport.send("DELETE", "/watch", params=query)


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dry_run": "true"} if dry_run else {}


def _market_path(platform: str, symbol: str) -> str:
    return f"/candles/{_part(platform)}/{_part(raw_symbol(platform, symbol))}"


def _series_path(platform: str, symbol: str, resolution: str | int) -> str:
    parts = platform, raw_symbol(platform, symbol), str(resolution)
    return "/candles/" + "/".join(map(_part, parts))


def _before(candle: Candle) -> str:
    return str(round(datetime.fromisoformat(candle.time).timestamp()) - 1)


def _part(name: str) -> str:
    return quote(name, safe="")


def _shifted(show: Show, start: int, total: int) -> Show:
    """Return a display of one part's progress as that of the whole upload."""
    return lambda progress: show(
        Progress(min(start + progress.done, total), total, progress.unit, progress.message)
    )
