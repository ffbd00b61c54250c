"""Forecasts for the ledger: of every watched target with a champion, at each candle's close.

A run looks whether a candle has closed since the one before, and comes every
two seconds. What was not forecast in time is counted as missed, also after a
downtime: nothing is made up later.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

import msgspec

from core.clock.times import now_ms
from core.errors import TickcastError
from core.series import Market, Series
from storage import keys
from storage.candles.forecasts import ForecastPoint
from storage.candles.newest_finished import newest_finished
from storage.ledger.ledger_rows import Forecast, Missed
from storage.models.runs import RunRecord, TargetRecord
from storage.redis_connection import redis_errors
from storage.stores import Stores
from tasks.forecasts.missed_forecasts import missed_since, period
from tasks.forecasts.slot_forecasts import make_forecast
from tasks.jobs.following import following
from tasks.jobs.loaded_models import models
from tasks.jobs.turns import Turns

if TYPE_CHECKING:
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import Model

logger = logging.getLogger(__name__)

# Whoever takes a candle's forecasts upon himself has so long before another may (ms).
CLAIM_MS = 5_000

Champions = frozenset[str | None]


class SlotForecaster:
    """Makes the forecasts; remembers for its process what has been dealt with."""

    def __init__(self, stores: Stores, clock: Callable[[], int] = now_ms) -> None:
        self._stores = stores
        self._clock = clock
        self._turns = Turns()
        self._forecast: dict[Series, tuple[int, Champions]] = {}
        self._counted: dict[Series, int] = {}

    def run(self) -> int:
        """Deal with all that is due; returns how many forecasts were entered into the ledger."""
        entered = 0
        with self._turns.mine() as mine:
            for series, (watched_at, targets) in _watched(self._stores).items() if mine else ():
                try:
                    entered += self._deal_with(series, targets, watched_at)
                except TickcastError as error:
                    logger.warning("forecasts of %s: %s", series, error.detail)
        return entered

    def forecast_series(self, series: Series) -> int:
        """Enter what the targets of one series say now, watched or not; returns how many rows."""
        targets = [
            target for target in self._stores.registry.targets() if target.target.series == series
        ]
        spoken_for = [target for target in targets if target.champion_id is not None]
        forecasts = list(self._make(series, spoken_for)) if spoken_for else []
        rows = self._stores.ledger.append(forecasts).rows if forecasts else []
        _show(self._stores, series, forecasts)
        return len(rows)

    def _deal_with(self, series: Series, targets: list[TargetRecord], watched_at: int) -> int:
        """Forecast from the newest finished candle, and count what was missed before it."""
        stores = self._stores
        newest = newest_finished(stores.candles, series)
        fresh = newest is not None and self._take(series, newest, targets)
        forecasts = list(self._make(series, targets)) if fresh else []
        passed = period(self._clock(), series.resolution)
        if not forecasts and self._counted.get(series) == passed:
            return 0
        missed = [event for target in targets if (event := self._missed(target, watched_at))]
        rows = stores.ledger.append(forecasts, missed).rows if forecasts or missed else []
        self._counted[series] = passed
        if fresh and newest is not None:
            self._forecast[series] = newest, _champions(targets)
            _claim(stores, series, newest, series.resolution * 1_000, renew=True)
        _show(stores, series, forecasts)
        return len(rows)

    def _take(self, series: Series, newest: int, targets: Sequence[TargetRecord]) -> bool:
        """Say whether forecasts from a candle are to be made here and now."""
        known = self._forecast.get(series)
        if known is None or known[0] != newest:
            return _claim(self._stores, series, newest, CLAIM_MS)
        return known[1] != _champions(targets)  # a target has become the first of its kind

    def _make(self, series: Series, targets: Sequence[TargetRecord]) -> Iterator[Forecast]:
        """Yield the forecasts that can still be in time; a model that fails hinders no other."""
        # LightGBM, TA-Lib and pandas come in with this import.
        from ml.models.forecast_origin import Origin
        from ml.models.protocol import CANDLES_WANTED

        newest = self._stores.candles.read(series, limit=CANDLES_WANTED + 1, newest=True)
        frame = newest.to_frame()
        costs = self._stores.markets.get(Market(series.platform, series.symbol)).costs
        origins: dict[bytes, Origin] = {}
        for target in targets:
            try:
                known = models.run(self._stores, target.champion_id or "")
                run, model = models.champion(self._stores, known)
                sessions = run.metadata["sessions"]
                key = msgspec.json.encode(sessions)
                if key not in origins:
                    origins[key] = Origin.of(frame, series.resolution, sessions)
                made = self._forecast_of(target, run, model, origins[key], costs.round_trip_bps)
            except Exception:
                logger.exception("the champion of %s does not forecast", target.target)
                continue
            if made is not None and self._clock() <= made.deadline:
                yield made

    def _forecast_of(
        self,
        target: TargetRecord,
        run: RunRecord,
        model: "Model",
        origin: "Origin",
        costs_bps: float,
    ) -> Forecast | None:
        if not origin.ready:
            return None
        with following(self._stores, target.target.series, run, model, origin) as live:
            return make_forecast(origin, target.target, live, run.model_hash, costs_bps)

    def _missed(self, target: TargetRecord, watched_at: int) -> Missed | None:
        sessions = models.run(self._stores, target.champion_id or "").metadata["sessions"]
        since = max(watched_at, target.champion_since or 0)
        accounted = self._stores.ledger_reader.accounted_until(target.target)
        return missed_since(target.target, sessions, since, accounted, self._clock())


def _watched(stores: Stores) -> dict[Series, tuple[int, list[TargetRecord]]]:
    """Return the watched series with targets that have a champion, and since when."""
    targets = defaultdict(list)
    for record in stores.registry.targets():
        if record.champion_id is not None:
            targets[record.target.series].append(record)
    watches = stores.watches.list() if targets else []
    return {w.series: (w.created_at, targets[w.series]) for w in watches if w.series in targets}


def _champions(targets: Sequence[TargetRecord]) -> Champions:
    return frozenset(target.champion_id for target in targets)


def _claim(
    stores: Stores, series: Series, opening: int, milliseconds: int, renew: bool = False
) -> bool:
    """Take the forecasts from a candle upon this process; False if another one has."""
    key = keys.forecast_claim(series, opening)
    with redis_errors():
        return bool(stores.redis.set(key, b"1", px=milliseconds, nx=not renew))


def _show(stores: Stores, series: Series, forecasts: Sequence[Forecast]) -> None:
    """Write forecasts to the time series from which charts are drawn."""
    for made in forecasts:
        bounds = cast(tuple[float, float], (made.low_80, made.high_80))  # a model of ours says them
        point = ForecastPoint(made.opening, made.target.horizon, made.predicted, *bounds)
        stores.forecasts.write(series, made.target.model, [point])
