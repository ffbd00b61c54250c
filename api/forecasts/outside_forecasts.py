"""From what a forecaster hands in to rows of the ledger: targets, deadlines, last prices."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec.structs import asdict

from api.candles.requested_series import no_candles, stored_series
from api.forecasts.outside_targets import FARTHEST, LiveTargets, Origin, PastTargets
from api.forecasts.schemas_submit import (
    OutsideForecast,
    RefusedItem,
    SubmitRequest,
    Submitted,
    SubmittedItem,
    read_said,
)
from core.clock.grids import Grid
from core.clock.openings import closed_at, on_grid
from core.clock.times import parse_time
from core.errors import InvalidRequest, NotFound
from core.forecast_target import HORIZON_LIMITS, ForecastTarget
from core.ledger import LIVE
from core.models import external_model
from core.series import Market, Series
from storage.candles.candle_columns import Candles, Integers
from storage.candles.market_hours import MarketHours
from storage.candles.newest_finished import finished
from storage.ledger.ledger_rows import LATE, Forecast, Said
from storage.ledger.submissions import State
from storage.stores import Stores

# The span of one request about the past, in candles.
LONGEST_WALK = 100_000

_REASONS = {
    State.LATE: LATE,
    State.CONFLICT: "another forecast of this target is in the ledger, which never changes",
}


class OutsideForecasts:
    """Takes what forecasters hand in; its methods block."""

    def __init__(self, stores: Stores, default_platform: str) -> None:
        self._stores = stores
        self._hours = MarketHours(stores.candles, stores.facts)
        self._default_platform = default_platform

    def submit(self, body: SubmitRequest, arrived: int) -> Submitted:
        """Enter what arrived at an instant (epoch ms); says of each item what became of it.

        Raises `InvalidRequest` for a forecaster of a name that none may have, and for
        an item that names no series or no instant.
        """
        model = external_model(body.forecaster)
        items: dict[int, SubmittedItem] = {}
        by_series: dict[Series, list[_Item]] = defaultdict(list)
        for index, given in enumerate(body.forecasts):
            target, instant = self._target(index, given, model)
            try:
                one = _Item(index, target, _whole_seconds(instant), read_said(given))
                by_series[target.series].append(one)
            except InvalidRequest as error:
                items[index] = _refusal(index, error.detail)
        made: dict[int, Forecast] = {}
        for series, some in by_series.items():
            for one, forecast in self._place(series, some, body.ledger, arrived):
                if isinstance(forecast, str):
                    items[one.index] = _refusal(one.index, forecast)
                else:
                    made[one.index] = forecast
        return _answer(body, items | self._enter(made, body.ledger, arrived))

    def _enter(
        self, made: dict[int, Forecast], ledger: str, arrived: int
    ) -> dict[int, SubmittedItem]:
        store, forecasts = self._stores.submissions, list(made.values())
        if not forecasts:
            return {}
        live = ledger == LIVE
        found = store.submit(forecasts, arrived) if live else store.submit_walked(ledger, forecasts)
        return {
            index: SubmittedItem(index, one.state.value, one.seq, _REASONS.get(one.state))
            for index, one in zip(made, found, strict=True)
        }

    def _target(self, index: int, given: OutsideForecast, model: str) -> tuple[ForecastTarget, int]:
        """Return an item's target, and its opening in epoch ms."""
        platform = given.platform or self._default_platform
        try:
            series = stored_series(platform, given.symbol, given.resolution)
            instant = parse_time(given.opening, "opening")
        except InvalidRequest as error:
            raise InvalidRequest(f"forecasts[{index}].{error.detail}") from None
        return ForecastTarget(**asdict(series), horizon=given.horizon, model=model), instant

    def _place(
        self, series: Series, items: list["_Item"], ledger: str, arrived: int
    ) -> Iterator[tuple["_Item", Forecast | str]]:
        """Yield each item with its forecast, or with the reason why there can be none."""
        grid = self._stores.facts.get(series).grid
        openings = np.array([one.opening for one in items], np.int64)
        fitting = on_grid(openings, series.resolution, grid)
        try:
            live = ledger == LIVE
            targets = self._live(series, grid, arrived) if live else self._past(series, openings)
        except (NotFound, InvalidRequest) as error:
            yield from ((one, error.detail) for one in items)
            return
        costs = self._stores.markets.get(Market(series.platform, series.symbol)).costs
        for one, fits in zip(items, fitting.tolist(), strict=True):
            if not fits:
                yield one, f"opening: {grid.refusal(series.resolution)}"
                continue
            try:
                found = targets.find(one.opening, one.target.horizon)
                yield one, one.forecast(found, costs.round_trip_bps)
            except InvalidRequest as error:
                yield one, error.detail

    def _live(self, series: Series, grid: Grid, arrived: int) -> LiveTargets:
        # What closed while the request was read is not what the forecaster knew.
        until = closed_at(arrived // 1_000, series.resolution, grid)
        newest = self._stores.candles.read(series, end=until, limit=2, newest=True)
        known = finished(newest)
        if not len(known):
            raise no_candles(series, self._stores.candles)
        last = int(known.time[-1])
        ahead = self._hours.sessions(series).next_openings(last, FARTHEST)
        return LiveTargets(series, grid, last, float(known.close[-1]), ahead.tolist())

    def _past(self, series: Series, openings: Integers) -> PastTargets:
        first, last = int(openings.min()), int(openings.max())
        if (last - first) // series.resolution > LONGEST_WALK:
            raise InvalidRequest(
                f"opening: those of one request may span {LONGEST_WALK:,} candles; send it in parts"
            )
        candles = self._stores.candles
        before = candles.read(series, end=first - 1, limit=HORIZON_LIMITS[1], newest=True)
        known = finished(Candles.join([before, candles.read(series, first, last)]))
        return PastTargets(series, known)


class _Item(msgspec.Struct, frozen=True):
    """One forecast of a request, checked as far as it can be without candles."""

    index: int
    target: ForecastTarget
    opening: int
    said: Said

    def forecast(self, origin: Origin, costs_bps: float) -> Forecast:
        """Return it as the ledger takes it."""
        return Forecast(
            target=self.target,
            opening=self.opening,
            first_opening=origin.first_opening,
            input_end=origin.input_end,
            last_price=origin.last_price,
            model_hash="",
            data_hash="",
            costs_bps=costs_bps,
            **asdict(self.said),
        )


def _whole_seconds(instant: int) -> int:
    if instant % 1_000:
        raise InvalidRequest("opening: candles open at whole seconds")
    return instant // 1_000


def _refusal(index: int, reason: str) -> SubmittedItem:
    return SubmittedItem(index, "refused", None, reason.removesuffix("."))


def _answer(body: SubmitRequest, items: dict[int, SubmittedItem]) -> Submitted:
    ordered = [items[index] for index in sorted(items)]
    states = [one.state for one in ordered]
    counted = {state: states.count(state.value) for state in State}
    return Submitted(
        forecaster=body.forecaster,
        ledger=body.ledger,
        accepted=counted[State.ACCEPTED] + counted[State.REPEATED],
        late=counted[State.LATE],
        refused=[
            RefusedItem(one.index, one.reason or "")
            for one in ordered
            if one.state in ("refused", State.CONFLICT)
        ],
        repeated=counted[State.REPEATED],
        items=ordered,
    )
