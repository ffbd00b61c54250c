"""Whether chances came true as often as they said: live beside the walk-forward."""

import msgspec
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.record.kept_record import RecordWork
from api.record.schemas import CalibratedModel, CalibrationShown, RecordComputing
from api.robots.offered import OfferedSlots
from api.robots.words import instant, model_version
from core.answers.record import (
    CALIBRATED_DAYS,
    CALIBRATION,
    Calibrations,
    ModelCalibration,
    RecordScope,
)
from core.clock.resolutions import timeframe_code

_EVERYTHING = RecordScope(days=CALIBRATED_DAYS)


class CalibrationResource:
    """`GET /api/calibration`"""

    def __init__(self, work: RecordWork, offered: OfferedSlots) -> None:
        self._work = work
        self._offered = offered

    @operation("calibration", "robots", {200: CalibrationShown, 202: RecordComputing})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Show whether sealed chances came true as often as they said, NO_TRADE's too.

        Every model that spoke within a year, and those that speak now. Computed by a worker,
        anew once a minute at most. Needs no key where TICKCAST_PUBLIC_RECORD is on.
        """
        account = req.context.account
        slots = await in_database_thread(self._offered.chosen, account, None, None)
        found = await self._work.find(req, resp, CALIBRATION, _EVERYTHING)
        if found is None:
            return
        record = msgspec.json.decode(found.kept.record, type=Calibrations)
        resp.media = CalibrationShown(
            as_of=instant(record.as_of),
            models=[
                _shown(one) for one in record.models if (one.symbol, one.resolution) in set(slots)
            ],
            stale=found.stale,
        )


def _shown(one: ModelCalibration) -> CalibratedModel:
    return CalibratedModel(
        symbol=one.symbol,
        tf_code=timeframe_code(one.resolution),
        model_v=model_version(one.symbol, one.resolution, one.model_hash),
        live=one.live,
        walk_forward=one.walk_forward,
        drift=one.drift,
        n_live=one.n_live,
        platform=one.platform,
        horizon=one.horizon,
    )
