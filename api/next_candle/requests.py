"""What is checked of the requests about the next candle before anything is queued."""

from typing import Any

from msgspec import UNSET

from api.candles.requested_series import fetchable_series, stored_series
from api.next_candle.schemas import BackfillQuery, DaysQuery, SeriesQuery
from core.clock.openings import end_of, opening_at
from core.clock.times import now_ms
from core.errors import Conflict, InvalidRequest, TickcastError
from core.forecast_target import DEFAULT_FOLDS, target_of_series
from core.next_candle import DAY_S, HORIZON, LEAST_CANDLES, LEDGER_MODEL, candle_target
from core.platforms import raw_symbol
from core.requests import BackfillCandles, RebuildSeries, SeriesRequest, TrainNextCandle
from core.series import Series
from core.settings import Settings
from storage.candles.newest_finished import finished
from storage.stores import Stores
from tasks.task_table import next_candle_key

# What a symbol is where neither the request nor the settings name one for the platform.
_USUAL_SYMBOLS = {"binance": "BTCUSDT", "binanceus": "BTCUSDT", "bybit": "BTCUSDT"}
_USUAL_PAIR = "BTC/USD"
_HOUR = 3_600
RETRAIN_HOURS, EXPIRE_HOURS = 168, 720


class NextCandleRequests:
    """Turns queries into the requests of jobs; its methods block."""

    def __init__(self, stores: Stores, settings: Settings) -> None:
        self._stores = stores
        self._settings = settings

    def stored(self, query: SeriesQuery) -> Series:
        """Return the series that a query means, of whatever source."""
        return stored_series(*self._named(query))

    def fetchable(self, query: SeriesQuery) -> Series:
        """Return the series that a query means; raises `NotFound` if no exchange has it."""
        return fetchable_series(*self._named(query))

    def train(self, query: DaysQuery) -> TrainNextCandle:
        """Check a training; raises `InvalidRequest` saying how many candles it needs."""
        series = self.stored(query)
        newest = self._stores.candles.read(series, limit=1, newest=True)
        last = int(newest.time[0]) if len(newest) else 0
        start = last - query.days * DAY_S + series.resolution
        held = self._stores.candles.count(series, start, last) if last else 0
        held -= len(newest) - len(finished(newest))
        if held < LEAST_CANDLES:
            raise InvalidRequest(
                f"Training needs at least {LEAST_CANDLES} finished candles; {held} are held "
                f"of {series} in its newest {query.days} days.",
                field="days",
            )
        return TrainNextCandle(
            **_named(series),
            days=query.days,
            start=start,
            end=last,
            options={"library": self._settings.boosting_library},
            horizon=HORIZON,
            model=LEDGER_MODEL,
            folds=DEFAULT_FOLDS,
            retrain_every=RETRAIN_HOURS * _HOUR,
            expires_after=EXPIRE_HOURS * _HOUR,
            reason="requested",
            watch=_is_live(series, last),
        )

    def rebuild(self, query: DaysQuery) -> RebuildSeries:
        """Check a rebuild; raises `Conflict` before any training."""
        series = self.stored(query)
        if self._stores.registry.champion(candle_target(series)) is None:
            raise Conflict(f"Nothing is trained for {series}; POST /train first.")
        return RebuildSeries(**_named(series), days=query.days)

    def backfill(self, query: BackfillQuery) -> BackfillCandles:
        """Check a backfill: `days` back from the newest candle held, and on to the present.

        A series that ended longer ago than that is filled, not continued.
        """
        series = self.fetchable(query)
        days = self._settings.backfill_days if query.days is UNSET else query.days
        now = now_ms() // 1_000
        newest = self._stores.candles.read(series, limit=1, newest=True)
        last = int(newest.time[0]) if len(newest) else now
        grid, step = self._stores.facts.get(series).grid, series.resolution
        end = now if now - last <= days * DAY_S else end_of(last, step, grid)
        closed = opening_at(end, step, grid)
        sleep = self._settings.backfill_sleep_ms if query.sleep_ms is UNSET else query.sleep_ms
        start = max(0, opening_at(last, step, grid) - days * DAY_S)
        return BackfillCandles(
            **_named(series),
            days=days,
            start=start + step,
            end=closed,
            sleep_ms=sleep,
            limit=query.limit,
        )

    def ingest(self, query: SeriesQuery) -> SeriesRequest:
        """Check a fetch of the latest candles."""
        return SeriesRequest(**_named(self.fetchable(query)))

    def update(self, query: SeriesQuery) -> SeriesRequest:
        """Check an update; raises `Conflict` if no model speaks for the series, saying why."""
        series = self.stored(query)
        targets = [
            target for target in self._stores.registry.targets() if target.target.series == series
        ]
        if not any(target.champion_id for target in targets):
            raise self._silent(series)
        return SeriesRequest(**_named(series))

    def _silent(self, series: Series) -> Conflict:
        """Return why no model speaks: it is being validated, or was, or there is none."""
        job = self._stores.jobs.unfinished(next_candle_key(series))
        if job is not None:
            return Conflict(
                f"The model of {series} is validating, {job.percent}% done: see /tasks/{job.id}. "
                "It speaks once it has beaten last price."
            )
        target = target_of_series(series, HORIZON, LEDGER_MODEL)
        if self._stores.registry.runs(target, limit=1):
            return Conflict(
                f"No model speaks for {series}: the one that was trained last does not beat last "
                "price. POST /train tries again on newer candles."
            )
        return Conflict(f"No model speaks for {series} yet; POST /train first.")

    def _named(self, query: SeriesQuery) -> tuple[str, str, str]:
        """Return platform, symbol and resolution, those not given by the settings."""
        settings = self._settings
        platform = settings.default_platform if query.platform is UNSET else query.platform
        symbol = self._usual_symbol(platform) if query.symbol is UNSET else query.symbol
        interval = settings.default_resolution if query.interval is UNSET else query.interval
        return platform, symbol, interval

    def _usual_symbol(self, platform: str) -> str:
        """Return the settings' symbol where it was set for this platform, else a usual one."""
        settings = self._settings
        chosen = "default_symbol" in settings.model_fields_set
        usual = _USUAL_SYMBOLS.get(platform)
        if platform == settings.default_platform and (chosen or usual is None):
            return settings.default_symbol
        return usual or raw_symbol(platform, _USUAL_PAIR)


def _named(series: Series) -> dict[str, Any]:
    return {
        "platform": series.platform,
        "symbol": series.symbol,
        "resolution": series.resolution,
    }


def _is_live(series: Series, last: int) -> bool:
    """Say whether a series comes from an exchange and is at most a day old: fit to be watched."""
    if now_ms() // 1_000 - last > DAY_S:
        return False
    try:
        fetchable_series(series.platform, series.symbol, series.resolution)
    except TickcastError:
        return False
    return True
