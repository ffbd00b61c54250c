"""Forecasts of the next candle: training, metrics, series, backfill, forecasts before the fact."""

from functools import partial
from typing import Any

import msgspec
import pandas as pd

from client.calls.tasks import TaskCalls, decoded
from client.frames import Time, time_text
from client.paging import Query, pages
from client.transport import Params
from core.next_candle import SeriesPoint

FUTURES = ["pred_close", "real_close", "err_close"]
FUTURES_COLUMNS = ["time", *FUTURES, "made_at", "prob_up", "interval", "last_price", "seq"]


class _Points(msgspec.Struct):
    points: list[SeriesPoint]
    next_cursor: str | None = None


class _Futures(msgspec.Struct):
    points: list[dict[str, Any]]
    next_cursor: str | None = None


class NextCandleCalls(TaskCalls):
    """The routes `/train`, `/series`, `/metrics`, `/ingest`, `/init/backfill`, `/futures`.

    `platform`, `symbol` and `interval` name a series; the server's settings say what is left out.
    """

    def train_next_candle(
        self,
        days: int = 90,
        *,
        platform: str | None = None,
        symbol: str | None = None,
        interval: str | None = None,
    ) -> dict[str, Any]:
        """Train on the newest `days`, and return how that did on the newest fifth of them.

        `mae`, `mape`, `smape` of the close, last price's as `baseline`, `verdict`;
        the walk-forward goes on under `task_id`. Raises `Conflict` while one is trained.
        """
        return self._result("/train", {"days": days, **_named(platform, symbol, interval)})

    def next_candle_metrics(
        self, *, platform: str | None = None, symbol: str | None = None, interval: str | None = None
    ) -> dict[str, Any]:
        """Return the validation of the newest training; `{"status": "empty"}` before any."""
        return decoded(
            self._transport.send("GET", "/metrics", params=_named(platform, symbol, interval))
        )

    def next_candle_series(
        self,
        start: Time | None = None,
        end: Time | None = None,
        *,
        fallback_days: int = 90,
        computed: bool = False,
        platform: str | None = None,
        symbol: str | None = None,
        interval: str | None = None,
    ) -> pd.DataFrame:
        """Return candles, what was said of the next one, and its errors, a row a candle.

        From the cached series, or `computed` now. Columns are named as in the JSON,
        and `in_sample`: what stands in such a row is no forecast.
        """
        query: Query = {
            "start": time_text(start),
            "end": time_text(end),
            "fallback_days": fallback_days,
            **_named(platform, symbol, interval),
        }
        ask = partial(self._points_page, "/series" if computed else "/series/cached")
        return _series_frame([point for page in pages(ask, query) for point in page.points])

    def ingest_latest(
        self, *, platform: str | None = None, symbol: str | None = None, interval: str | None = None
    ) -> dict[str, Any]:
        """Have the latest candles fetched, and forecasts made and scored."""
        return self._result("/ingest", _named(platform, symbol, interval))

    def backfill(
        self,
        days: int | None = None,
        *,
        sleep_ms: int | None = None,
        limit: int | None = None,
        platform: str | None = None,
        symbol: str | None = None,
        interval: str | None = None,
    ) -> dict[str, Any]:
        """Have the gaps of the newest `days` filled from the exchange."""
        return self._result(
            "/init/backfill",
            {
                "days": days,
                "sleep_ms": sleep_ms,
                "limit": limit,
                **_named(platform, symbol, interval),
            },
        )

    def update_futures(
        self, *, platform: str | None = None, symbol: str | None = None, interval: str | None = None
    ) -> int:
        """Have forecasts made and scored that are due; returns how many rows of the ledger."""
        return int(self._result("/futures/update", _named(platform, symbol, interval))["updated"])

    def futures(
        self,
        start: Time | None = None,
        end: Time | None = None,
        *,
        platform: str | None = None,
        symbol: str | None = None,
        interval: str | None = None,
    ) -> pd.DataFrame:
        """Return forecasts that were made before the fact: `pred_close, real_close, err_close`.

        With `made_at`, `prob_up`, `last_price`, `interval`; NaN while a candle is open.
        """
        query: Query = {
            "start": time_text(start),
            "end": time_text(end),
            **_named(platform, symbol, interval),
        }
        return _futures_frame(
            [row for page in pages(self._futures_page, query) for row in page.points]
        )

    def _points_page(self, path: str, query: Query) -> _Points:
        answer = self._transport.send("GET", path, params=query)
        if answer.status_code == 202:
            done = {"task_id": self._started(answer, True, None).task_id}
            answer = self._transport.send("GET", path, params=done)
        return msgspec.json.decode(answer.content, type=_Points)

    def _futures_page(self, query: Query) -> _Futures:
        answer = self._transport.send("GET", "/futures", params=query)
        return msgspec.json.decode(answer.content, type=_Futures)

    def _result(self, path: str, params: Params) -> dict[str, Any]:
        answer = self._transport.send("POST", path, params=params)
        if answer.status_code == 202:
            return self._started(answer, True, None).result or {}
        return decoded(answer)


def _named(platform: str | None, symbol: str | None, interval: str | None) -> dict[str, str]:
    told = {"platform": platform, "symbol": symbol, "interval": interval}
    return {field: str(value) for field, value in told.items() if value is not None}


def _series_frame(points: list[SeriesPoint]) -> pd.DataFrame:
    rows = [
        {
            **msgspec.structs.asdict(point.real),
            **msgspec.structs.asdict(point.pred),
            **msgspec.structs.asdict(point.cls),
            **msgspec.structs.asdict(point.err),
            "in_sample": point.in_sample,
        }
        for point in points
    ]
    parts = SeriesPoint.__annotations__
    names = [name for part in ("real", "pred", "cls", "err") for name in _fields(parts[part])]
    frame = _timed(pd.DataFrame(rows, columns=[*names, "in_sample"]))
    errors = ["close_abs", "close_signed", "amp_abs"]
    return frame.astype(dict.fromkeys(errors, "float64"))


def _fields(part: type[msgspec.Struct]) -> tuple[str, ...]:
    return part.__struct_fields__


def _futures_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=FUTURES_COLUMNS)
    return _timed(frame).astype(dict.fromkeys(FUTURES, "float64"))


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    frame["time"] = pd.to_datetime(frame["time"], utc=True, format="ISO8601").dt.as_unit("s")
    return frame.set_index("time")
