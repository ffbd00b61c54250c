"""What is checked of a request about a slot before anything is queued."""

from typing import Any

import msgspec
import numpy as np

from api.candles.requested_series import no_candles, stored_series
from api.forecasts.schemas import (
    LEAK_TEST_ROWS,
    LSTM_OPTIONS,
    USUAL_EXPIRY,
    USUAL_RETRAINING,
    EvaluateRequest,
    ForecastRequest,
    LeakTestRequest,
    ReplayRequest,
    SlotBody,
    SlotTrainRequest,
)
from api.http.ranges import opening_seconds
from api.http.schemas import given
from core.candle_files.parsed import ReadOptions
from core.candle_files.read import read_values
from core.clock.times import now_ms
from core.errors import Conflict, InvalidRequest
from core.forecast_target import ForecastTarget, target_of_series
from core.jobs import Json
from core.models import (
    CLOSE,
    OURS,
    RANGE,
    SIGNAL,
    kind_of_model,
    known_models,
    least_candles,
    least_training,
    name_with_exits,
)
from core.requests import Evaluate, ForecastSeries, LeakTest, ReplayWalk, Train
from core.risk_reward import parse_rr_config
from core.series import Series
from core.signals import check_any_horizon
from storage.candles.candle_checks import check_candles
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore
from storage.models.registry import Registry

_HOUR = 3_600


class SlotRequests:
    """Turns bodies into the requests that `tasks.enqueue` takes; its methods block."""

    def __init__(
        self, candles: CandleStore, default_platform: str, default_resolution: int | str
    ) -> None:
        self._candles = candles
        self._default_platform = default_platform
        self._default_resolution = default_resolution

    def evaluate(self, body: EvaluateRequest) -> Evaluate:
        """Check an evaluation.

        Raises `NotFound` for a series of which nothing is held, and
        `InvalidRequest` saying how many candles are needed and held.
        """
        target, request = self._common(body)
        self._check_candles(target, request["start"], request["end"])
        return Evaluate(**request, folds=body.folds)

    def train(self, body: SlotTrainRequest) -> Train:
        """Check a training; raises as `evaluate` does."""
        target, request = self._common(body, _named_model(body))
        self._check_candles(target, request["start"], request["end"])
        return Train(
            **request,
            folds=body.folds,
            retrain_every=body.retrain_hours * _HOUR,
            expires_after=body.expires_hours * _HOUR,
            reason="requested",
        )

    def forecast(self, body: ForecastRequest, registry: Registry) -> tuple[ForecastSeries, bool]:
        """Check a forecast; returns whether something is to be trained first, too.

        Raises `Conflict` for what is not trained and shall not be, and otherwise as `evaluate`
        does.
        """
        platform = body.platform or self._default_platform
        resolution = self._default_resolution if body.resolution is None else body.resolution
        series = stored_series(platform, body.symbol, resolution)
        self._check_held(series)
        request = ForecastSeries(
            **msgspec.structs.asdict(series),
            horizons=sorted(set(body.horizons)),
            model=body.model,
            folds=body.folds,
            seed=body.seed,
            retrain_every=USUAL_RETRAINING * _HOUR,
            expires_after=USUAL_EXPIRY * _HOUR,
        )
        lacking = [one for one in request.targets if not registry.runs(one, limit=1)]
        for target in lacking if body.train else ():
            self._check_candles(target, None, None)
        if lacking and not body.train:
            names = ", ".join(str(target.horizon) for target in lacking)
            raise Conflict(
                f"{body.model} of {names} candles ahead is not trained for {series}; send "
                '"train": true to have it trained first.'
            )
        return request, bool(lacking)

    def replay(self, body: ReplayRequest) -> ReplayWalk:
        """Check a replay; raises as `evaluate` does."""
        target, request = self._common(body)
        least = least_training(target.model, target.horizon)
        start, end = request["start"], request["end"]
        self._check_held(target.series)
        before = self._candles.count(target.series, None, start and start - 1)
        after = self._candles.count(target.series, start, end)
        if before < least + (0 if start else target.horizon + 1) or not after:
            raise InvalidRequest(
                f"A replay needs {least} finished candles before start to learn from, and some "
                f"from start to end; {before} and {after} are held of {target.series}."
            )
        return ReplayWalk(**request, retrain_every=body.retrain_every)

    def leak_test(self, body: LeakTestRequest) -> tuple[LeakTest, Candles | None]:
        """Check a leak test; returns its request, and the candles that it brought."""
        if body.candles is None and body.symbol is None:
            raise InvalidRequest("symbol is required unless candles are given.")
        platform = body.platform or self._default_platform
        series = stored_series(platform, body.symbol or "own", body.resolution)
        request = LeakTest(
            **msgspec.structs.asdict(series), seed=body.seed, uploaded=body.candles is not None
        )
        if body.candles is None:
            self._check_held(series)
            return request, None
        return request, _own_candles(body.candles, series)

    def _common(self, body: SlotBody, model: str = "") -> tuple[ForecastTarget, Json]:
        platform = body.platform or self._default_platform
        series = stored_series(platform, body.symbol, body.resolution)
        target = target_of_series(series, body.horizon, model or body.model, kind=None)
        if target.kind != CLOSE:
            check_any_horizon(target.horizon)
        options = _options(body)
        start, end = opening_seconds(body.start, body.end)
        request = {"start": start, "end": end, "seed": body.seed, "options": options}
        return target, msgspec.structs.asdict(target) | request

    def _check_held(self, series: Series) -> None:
        if not self._candles.count(series):
            raise no_candles(series, self._candles)

    def _check_candles(self, target: ForecastTarget, start: int | None, end: int | None) -> None:
        self._check_held(target.series)
        needed = least_candles(target.model, target.horizon)
        held = self._candles.count(target.series, start, end)
        if held < needed:
            raise InvalidRequest(
                f"{target.model} of {target.horizon} candles ahead needs at least {needed} "
                f"finished candles; {held} are held of {target.series} in this range."
            )


def _named_model(body: SlotTrainRequest) -> str:
    """Return the model's name with its exits; raises `InvalidRequest` where it has none."""
    if body.rr_config is None:
        return body.model
    if kind_of_model(body.model) != SIGNAL:
        raise InvalidRequest("rr_config is of models of signals only.", field="rr_config")
    return name_with_exits(body.model, parse_rr_config(body.rr_config))


def _options(body: SlotBody) -> dict[str, Any]:
    """Return the options that were given; raises `InvalidRequest` for those of another model."""
    options = given(body.options) if body.options else {}
    lstm = options.keys() & LSTM_OPTIONS
    boosted = "boosting", *known_models(RANGE), *known_models(SIGNAL)
    allowed = {"lstm": lstm, **dict.fromkeys(boosted, options.keys() - lstm)}.get(
        body.model, set() if body.model in OURS else options.keys()
    )
    for name in sorted(options.keys() - allowed):
        raise InvalidRequest(f"options.{name} is none of the model {body.model}.")
    return options


def _own_candles(values: list[Any], series: Series) -> Candles:
    """Return candles that a caller brought; raises `InvalidRequest` naming the first bad row."""
    if len(values) > LEAK_TEST_ROWS:
        raise InvalidRequest(f"candles: at most {LEAK_TEST_ROWS:,} rows.")
    rows = read_values(values, ReadOptions())
    checked = check_candles(rows.rows, series.resolution, now_ms())
    for row in checked.rejected:
        reason = rows.unreadable.get(row.index, row.reason)
        raise InvalidRequest(f"candles[{row.index}]: {reason}.")
    if not np.isfinite(checked.candles.close).any():
        raise InvalidRequest("candles: there is no row.")
    return checked.candles
