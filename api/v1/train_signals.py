"""Trainings of the models behind predictions and signals."""

from collections.abc import Mapping

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import TASK
from api.http.background_work import BackgroundWork
from api.http.schemas import TaskQueued
from api.http.threads import in_thread
from api.http.v1_envelope import V1Error
from api.v1.forecast_answers import Outlooks, check_ahead
from api.v1.schemas_signals import TrainOutlookRequest
from core.answers.forecasts import SignalsTrained
from core.clock.resolutions import parse_resolution, resolution_name
from core.errors import InvalidRequest
from core.models import least_candles
from core.requests import TrainSignals
from core.series import Series
from core.signals import HORIZONS, RANGE_HORIZONS, SIGNAL_MODEL
from storage.candles.candle_store import CandleStore
from tasks.task_table import TRAIN_SIGNALS


class TrainOutlook:
    """`POST /api/v1/models/train`"""

    def __init__(
        self,
        outlooks: Outlooks,
        candles: CandleStore,
        work: BackgroundWork,
        ahead: Mapping[int, int],
    ) -> None:
        self._ahead = ahead
        self._outlooks = outlooks
        self._candles = candles
        self._work = work

    @operation(
        "train_outlook",
        "v1",
        {200: SignalsTrained, 202: TaskQueued},
        errors=(409,),
        body=True,
        more=TASK,
        failure=V1Error,
    )
    async def on_post(self, req: Request, resp: Response, json: TrainOutlookRequest) -> None:
        """Train ranges and signals on the candles held of a symbol, of five minutes by default.

        Series that are watched or offered are trained by themselves, and again after a week.
        409 while the same series is being trained.
        """
        request = await in_thread(self._request, json)
        await self._work.begin(req, resp, TRAIN_SIGNALS, request)

    def _request(self, wanted: TrainOutlookRequest) -> TrainSignals:
        asked, ranges = wanted.horizons, list[int]()
        if wanted.timeframe is not None and asked is None:
            # As far as signals of that length look ahead, and ranges are asked about.
            asked = [self._ahead[parse_resolution(wanted.timeframe, "timeframe")]]
            ranges = list(RANGE_HORIZONS)
        lengths = {check_ahead(wanted.timeframe, horizon) for horizon in asked or HORIZONS}
        series = self._outlooks.series(wanted.symbol, wanted.platform, *lengths)
        horizons = self._horizons(series, asked)
        return TrainSignals(
            **msgspec.structs.asdict(series),
            horizons=horizons,
            folds=wanted.folds,
            seed=wanted.seed,
            reason="requested",
            rr_config=wanted.rr_config,
            range_horizons=ranges,
        )

    def _horizons(self, series: Series, asked: list[int] | None) -> list[int]:
        """Return the horizons to train; raises `InvalidRequest` if candles are too few."""
        chosen = sorted(set(asked or HORIZONS))
        held = self._candles.count(series)
        enough = [horizon for horizon in chosen if held > least_candles(SIGNAL_MODEL, horizon)]
        if not enough or (asked and len(enough) < len(chosen)):
            wanting = min(set(chosen) - set(enough))
            least = least_candles(SIGNAL_MODEL, wanting)
            raise InvalidRequest(
                f"symbol: {wanting} candles ahead need more than {least} candles of "
                f"{resolution_name(series.resolution)} to learn from; {held} are held of "
                f"{series.symbol}.",
                field="symbol",
            )
        return enough
