"""Evaluation, slots, replays, and the ledger."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import pandas as pd

from client.calls.candles import CandleCalls
from client.calls.tasks import decoded
from client.errors import BadLedger
from client.forecasts import SeriesForecast
from client.frames import Rows, Time, time_text
from client.paging import PAGE, Query, pages
from client.tasks import Task
from client.uploads import FORECASTS_PER_REQUEST, forecast_items, merged
from core.clock.times import parse_time
from core.ledger import EXECUTIONS, FORECASTS, LIVE, SIGNALS, genesis, row_hash

# Columns of a frame of the ledger, also of an empty one, and those of them that are times.
LEDGER_COLUMNS = [
    "seq", "ledger", "made_at", "platform", "symbol", "resolution", "horizon", "model", "opening",
    "predicted", "prob_up", "realised", "error", "baseline_error", "model_hash", "data_hash",
    "prev_hash", "hash", "first_opening", "input_end", "costs_bps", "thin", "later_price",
    "low_80", "high_80", "low_95", "high_95", "last_price",
]  # fmt: skip
TIMES = {"made_at", "opening", "first_opening", "input_end"}


class _Page(msgspec.Struct):
    rows: list[dict[str, Any]]
    next_cursor: str | None = None


class SlotCalls(CandleCalls):
    """The routes `/evaluate`, `/slots/train`, `/replay/walk`, `/ledger`, `/scoreboard`, ...

    Of a slot, `horizon` is candles ahead (1), `model` a name of those that the server has
    (boosting), `start` and `end` say which candles; the same `seed` and candles give the same
    result. `options` are of boosting, such as rounds or learning_rate.
    """

    def forecast(
        self,
        symbol: str,
        resolution: str | int,
        horizons: Iterable[int] | int = (1,),
        *,
        platform: str | None = None,
        model: str | None = None,
        train: bool = False,
        folds: int | None = None,
        seed: int | None = None,
        timeout_s: float | None = None,
    ) -> SeriesForecast:
        """Forecast closes so many candles after the newest one of any series.

        With `train`, horizons that were never trained are trained first, which takes a
        minute or more; else they raise `Conflict`. The answer has `.frame` and `.plot()`.
        """
        ahead = [horizons] if isinstance(horizons, int) else list(horizons)
        body = {"symbol": symbol, "resolution": str(resolution), "horizons": ahead,
                "platform": platform, "model": model, "train": train or None,
                "folds": folds, "seed": seed}  # fmt: skip
        sent = {name: value for name, value in body.items() if value is not None}
        answer = self._transport.send("POST", "/forecast", json=sent)
        if answer.status_code == 202:
            return msgspec.convert(
                self._started(answer, True, timeout_s).result, SeriesForecast, strict=False
            )
        return msgspec.json.decode(answer.content, type=SeriesForecast)

    def evaluate(
        self,
        symbol: str,
        resolution: str | int,
        *,
        platform: str | None = None,
        horizon: int | None = None,
        model: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        seed: int | None = None,
        options: dict[str, Any] | None = None,
        folds: int | None = None,
        wait: bool = True,
        timeout_s: float | None = None,
    ) -> Task:
        """Judge a model by a purged walk-forward; the result has scores, verdict and folds."""
        slot = _slot(platform, horizon, model, start, end, seed, options)
        body = _body(symbol, resolution, slot, folds=folds)
        return self._begin("/evaluate", body, wait, timeout_s)

    def train_slot(
        self,
        symbol: str,
        resolution: str | int,
        *,
        platform: str | None = None,
        horizon: int | None = None,
        model: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        seed: int | None = None,
        options: dict[str, Any] | None = None,
        folds: int | None = None,
        retrain_hours: int | None = None,
        expires_hours: int | None = None,
        wait: bool = True,
        timeout_s: float | None = None,
    ) -> Task:
        """Train a challenger; the result says whether it was `promoted`, and the `reason`.

        The champion of a watched series forecasts every candle into the ledger.
        """
        slot = _slot(platform, horizon, model, start, end, seed, options)
        more = {"folds": folds, "retrain_hours": retrain_hours, "expires_hours": expires_hours}
        return self._begin("/slots/train", _body(symbol, resolution, slot, **more), wait, timeout_s)

    def replay(
        self,
        symbol: str,
        resolution: str | int,
        *,
        platform: str | None = None,
        horizon: int | None = None,
        model: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        seed: int | None = None,
        options: dict[str, Any] | None = None,
        retrain_every: int | None = None,
        wait: bool = True,
        timeout_s: float | None = None,
    ) -> Task:
        """Walk a slot through the past as if live; the result names the `ledger` of its rows."""
        slot = _slot(platform, horizon, model, start, end, seed, options)
        body = _body(symbol, resolution, slot, retrain_every=retrain_every)
        return self._begin("/replay/walk", body, wait, timeout_s)

    def ledger(
        self,
        name: str = LIVE,
        *,
        platform: str | None = None,
        symbol: str | None = None,
        resolution: str | int | None = None,
        horizon: int | None = None,
        model: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
    ) -> pd.DataFrame:
        """Return rows of a ledger, however many, by the opening of their target.

        Those of a slot, or of whatever of one is named, that open from `start` to `end`.

        Columns are those of `GET /ledger`, with low_80, high_80, low_95, high_95
        and last_price as columns of their own. Raises `NotFound` for an unknown name.
        """
        wanted = _slot(platform, horizon, model, start, end)
        wanted |= {"symbol": symbol, "resolution": resolution}
        rows = [_flat(row) for row in self._ledger_rows(name, wanted)]
        frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=LEDGER_COLUMNS)
        for column in TIMES & set(frame.columns):
            frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601")
        return frame.set_index("opening")

    def submit(
        self,
        forecaster: str,
        forecasts: pd.DataFrame | Iterable[Mapping[str, Any]],
        *,
        ledger: str = LIVE,
        **common: str | int,
    ) -> dict[str, Any]:
        """Hand in forecasts of a model of your own, to be scored beside the server's.

        Rows are those of `POST /ledger/forecasts`, or plain columns: opening,
        predicted, low_80, high_80, low_95, high_95, prob_up, quantiles by level;
        `common` (platform, symbol, resolution, horizon) stands for what they do not name.
        Into `walk.NAME` go forecasts of the past. Returns `{accepted, repeated, late, refused,
        items}`; however many, in parts of 1,000.
        """
        items = forecast_items(forecasts, common)
        body = {"forecaster": forecaster, "ledger": ledger}
        answers = []
        for first in range(0, max(1, len(items)), FORECASTS_PER_REQUEST):
            sent = body | {"forecasts": items[first : first + FORECASTS_PER_REQUEST]}
            answer = self._transport.send("POST", "/ledger/forecasts", json=sent)
            answers.append(decoded(answer))
        return merged(answers, FORECASTS_PER_REQUEST, ("refused", "items"))

    def forecaster(self, name: str) -> dict[str, Any]:
        """Return a forecaster's record in the live ledger; raises `NotFound`."""
        answer = self._transport.send("GET", f"/forecasters/{quote(name, safe='')}")
        return decoded(answer)

    def verify_ledger(self, name: str | None = None) -> dict[str, Any]:
        """Have the server verify a ledger, or all of them, and recompute the hashes here.

        Returns what `GET /ledger/verify` says, with `recomputed`: how many rows of forecasts
        were hashed anew on this side. All are the chains of signals and of what terminals
        report, too. Raises `BadLedger` if the rows do not lead to the head that the server tells.
        """
        found = self._verified(ledger=name)
        checked = sum(self._recompute(one) for one in found["ledgers"] if one["ok"])
        for chain in () if name else (SIGNALS, EXECUTIONS):
            other = self._verified(chain=chain)
            every = found["ledgers"] + other["ledgers"]
            found = (found if other["ok"] or not found["ok"] else other) | {"ledgers": every}
        return found | {"recomputed": checked}

    def _verified(self, **asked: str | None) -> dict[str, Any]:
        answer = self._transport.send("GET", "/ledger/verify", params=asked)
        return decoded(answer)

    def scoreboard(self, name: str = LIVE) -> list[dict[str, Any]]:
        """Return a row for each slot of a ledger: scores, verdict, n, missed."""
        answer = self._transport.send("GET", "/scoreboard", params={"ledger": name})
        rows: list[dict[str, Any]] = msgspec.json.decode(answer.content)["rows"]
        return rows

    def leak_test(
        self,
        symbol: str | None = None,
        resolution: str | int = "5m",
        *,
        platform: str | None = None,
        candles: Rows | None = None,
    ) -> dict[str, Any]:
        """Try whether a feature knows the future, on a stored series or on rows of your own."""
        body = {"symbol": symbol, "resolution": str(resolution), "platform": platform}
        sent = {name: value for name, value in body.items() if value is not None}
        sent |= {} if candles is None else {"candles": [list(row) for row in candles]}  # type: ignore[dict-item]
        answer = self._transport.send("POST", "/features/leaktest", json=sent)
        if answer.status_code == 202:
            return self._started(answer, True, None).result or {}
        return decoded(answer)

    def _begin(self, path: str, body: dict[str, Any], wait: bool, timeout_s: float | None) -> Task:
        return self._started(self._transport.send("POST", path, json=body), wait, timeout_s)

    def _ledger_rows(self, name: str, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
        query: Query = {"ledger": name, "limit": PAGE} | wanted
        for page in pages(self._ledger_page, query):
            yield from page.rows

    def _ledger_page(self, query: Query) -> _Page:
        answer = self._transport.send("GET", "/ledger", params=query)
        return msgspec.json.decode(answer.content, type=_Page)

    def _recompute(self, told: dict[str, Any]) -> int:
        """Hash the rows of one ledger anew, as far as the server told of them."""
        name, count = told["ledger"], 0
        head = genesis(FORECASTS, name == LIVE)
        for row in self._ledger_rows(name, {}):
            if count == told["rows"]:
                break  # entered since
            head = row_hash(FORECASTS, head, _hashed(row))
            count += 1
            if head != row["hash"]:
                raise BadLedger(f"Row {row['seq']} of ledger {name} is not what its hash says.")
        if (count, head) != (told["rows"], told["head"]):
            raise BadLedger(f"The rows of ledger {name} do not lead to the head that was told.")
        return count


def _slot(
    platform: str | None,
    horizon: int | None,
    model: str | None,
    start: Time | None,
    end: Time | None,
    seed: int | None = None,
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a request says of a slot besides its series; None is left to the server."""
    return {
        "platform": platform,
        "horizon": horizon,
        "model": model,
        "start": time_text(start),
        "end": time_text(end),
        "seed": seed,
        "options": options,
    }


def _body(
    symbol: str, resolution: str | int, slot: dict[str, Any], **more: object
) -> dict[str, Any]:
    body: dict[str, Any] = {"symbol": symbol, "resolution": str(resolution)} | slot | more
    return {name: value for name, value in body.items() if value is not None}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its intervals and baseline as plain fields."""
    intervals, baseline = row.pop("intervals"), row.pop("baseline")
    unsaid = [None, None]
    (low_80, high_80), (low_95, high_95) = (intervals.get(one, unsaid) for one in ("0.8", "0.95"))
    bounds = {"low_80": low_80, "high_80": high_80, "low_95": low_95, "high_95": high_95}
    return row | bounds | {"last_price": baseline["last_price"]}


def _hashed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as its hash was computed: times as epoch numbers."""
    plain = _flat(dict(row)) | {"made_at": parse_time(row["made_at"], "made_at")}
    for name in ("opening", "first_opening", "input_end"):
        plain[name] = parse_time(row[name], name) // 1_000
    return plain
