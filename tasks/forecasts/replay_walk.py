"""Walks through the past as if it were now: what a target would have said, candle by candle.

Each forecast is made by the code that makes live ones, from the newest candles
that were closed at its time and by a model that was fitted to what was known
then. They stand in a ledger of their own. The same candles, request and code
give the same rows, hashes included.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from core.answers.forecasts import Replayed
from core.clock.times import format_time
from core.errors import InvalidRequest
from core.jobs import Job, Json, Progress
from core.models import least_training
from core.requests import ReplayWalk
from core.series import Market
from storage.ledger.ledger_rows import Forecast
from storage.models.runs import hash_of_contents
from storage.stores import Stores
from tasks.forecasts.code_version import code_version
from tasks.forecasts.ledger_scores import score_rows
from tasks.forecasts.slot_forecasts import make_forecast
from tasks.jobs.candle_frames import read_frame
from tasks.jobs.held_job import Note, Report

if TYPE_CHECKING:
    import pandas as pd

    from ml.models.protocol import Model

# Candles between two fits, and how many are walked, unless the request says: a week of 5 minutes.
RETRAIN_EVERY = WALKED = 2_016
AT_ONCE = 250


def replay_walk(stores: Stores, job: Job[ReplayWalk], report: Report, note: Note) -> Replayed:
    """Walk the requested target through the past.

    After a kill it is walked again: the rows that are there already are the same.
    """
    # LightGBM, TA-Lib and pandas come in with this import.
    from ml.data.candle_frames import finished

    asked, target = job.request, job.request.target
    name = f"replay-{job.id[:13]}"
    report(Progress(message="reading candles"))
    costs = stores.markets.get(Market(target.platform, target.symbol)).costs
    frame = finished(read_frame(stores, target.series))
    walk = Walk(frame, asked, report, costs.round_trip_bps)
    grid = stores.facts.get(target.series).grid
    stores.ledger.create_replay(name, job.id, msgspec.to_builtins(asked))
    for part in walk.parts():
        rows = stores.ledger.append_replayed(name, part).rows
        known = {row.seq: walk.closes.get(row.opening) for row in rows}
        outcomes = {seq: close for seq, close in known.items() if close is not None}
        stores.ledger.record_outcomes(name, outcomes, grid=grid)
    rows = stores.ledger_reader.scored(name, target)
    found = score_rows(rows, target.horizon, repeated=False)
    stores.boards.put(name, target, found)
    told = msgspec.structs.asdict(target) | {"ledger": name} | found | walk.summary()
    return msgspec.convert(told, Replayed)


class Walk:
    """The candles of one replay, and the forecasts made on the way through them."""

    def __init__(
        self, frame: "pd.DataFrame", asked: ReplayWalk, report: Report, costs_bps: float
    ) -> None:
        self._frame = frame
        self._target = asked.target
        self._report = report
        self._costs_bps = costs_bps
        self._retrain_every = asked.retrain_every or RETRAIN_EVERY
        self._seed = asked.seed
        self._options = asked.options
        self._times: list[int] = frame["time"].tolist()
        self.closes: dict[int, float] = dict(zip(self._times, frame["close"].tolist(), strict=True))
        self._first, self._stop = self._bounds(asked.start, asked.end)
        self._made = self._skipped = self._fits = 0

    def parts(self) -> Iterator[list[Forecast]]:
        """Yield the forecasts in order, some at a time; raises `JobStopped` when asked to stop."""
        part: list[Forecast] = []
        for forecast in self._forecasts():
            part.append(forecast)
            if len(part) == AT_ONCE:
                yield part
                part = []
        yield part

    def summary(self) -> Json:
        """Return how the walk went.

        `start` and `end` are the openings of the first targets; `skipped` counts
        candles that had a gap too shortly before them.
        """
        return {
            "start": format_time(self._times[self._first + 1] * 1_000),
            "end": format_time(self._times[self._stop] * 1_000),
            "forecasts": self._made,
            "skipped": self._skipped,
            "fits": self._fits,
            "retrain_every": self._retrain_every,
            "seed": self._seed,
            "options": self._options,
            "code_version": code_version(),
        }

    def _forecasts(self) -> Iterator[Forecast]:
        from ml.models.following import FollowingModel
        from ml.models.forecast_origin import Origin

        total = self._stop - self._first
        for number, index in enumerate(range(self._first, self._stop)):
            if number % self._retrain_every == 0:
                model, sessions, model_hash = self._fit(index)
                live = FollowingModel(model)
            if number % 20 == 0:
                self._report(Progress(number, total, "candles", "walking"))
            known = self._window(index)
            origin = Origin.of(known, self._target.resolution, sessions)
            made = make_forecast(origin, self._target, live, model_hash, self._costs_bps)
            if made is None:
                self._skipped += 1
            else:
                self._made += 1
                yield made

    def _window(self, index: int) -> "pd.DataFrame":
        """Return the candles that a live forecast from this one would read."""
        from ml.models.protocol import CANDLES_WANTED

        return self._frame.iloc[max(0, index + 1 - CANDLES_WANTED) : index + 1]

    def _fit(self, index: int) -> tuple["Model", dict[str, Any], str]:
        """Fit to all candles up to this one, as a training at its close would."""
        from ml.features.history import make_history
        from ml.models.protocol import MAX_CANDLES
        from ml.models.registry import make_model

        target = self._target
        self._report(Progress(self._made, self._stop - self._first, "candles", "fitting"))
        past = self._frame.iloc[max(0, index + 1 - MAX_CANDLES) : index + 1]
        history = make_history(past, target.resolution)
        model = make_model(target.model, target.horizon, self._seed, self._options)
        model.fit(history, history.learnable(target.horizon))
        self._fits += 1
        return model, history.sessions.to_dict(), hash_of_contents(model.to_files())

    def _bounds(self, start: int | None, end: int | None) -> tuple[int, int]:
        """Return the first candle that is forecast from, and the one after the last.

        Forecasts are those whose first target opens from `start` to `end` (s).
        """
        from bisect import bisect_left, bisect_right

        times, target = self._times, self._target
        last = len(times) - target.horizon
        stop = last if end is None else min(last, bisect_right(times, end) - 1)
        least = least_training(target.model, target.horizon)
        first = max(stop - WALKED, least - 1) if start is None else bisect_left(times, start) - 1
        if first < least - 1:
            raise InvalidRequest(
                f"start: at least {least} candles must come before it to learn from; "
                f"{max(first + 1, 0)} are held."
            )
        if first >= stop:
            raise InvalidRequest("There is no candle between start and end to forecast.")
        return first, stop
