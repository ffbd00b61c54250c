"""How the inputs of offered slots' models stand, measured once a day and after each training."""

import logging
import time
from collections.abc import Callable

from core.answers.input_health import InputReport
from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.errors import Unavailable
from core.forecast_target import ForecastTarget
from core.models import SIGNAL
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.jobs.candle_frames import frame_of
from tasks.jobs.loaded_models import models

logger = logging.getLogger(__name__)

EVERY_MS = DAY * 1_000
# One run goes on for so long (s): others wait for the same worker, and the next run comes soon.
BUDGET_S = 1.0
# So many candles tell what was learnt from.
MOST_CANDLES = 25_000


def measure_inputs(stores: Stores, clock: Callable[[], int] = now_ms) -> int:
    """Measure slots that are due, until the time of one run is over; returns how many."""
    targets = [slot.target for slot in stores.slots.offered()]
    stores.inputs.keep_only(targets)
    champions = {one.target: one.champion_id for one in stores.registry.targets(SIGNAL)}
    known, done, ends = stores.inputs.of(targets), 0, time.monotonic() + BUDGET_S
    for target in targets:
        run_id = champions.get(target)
        held = known.get(target)
        if held and held.run_id == run_id and clock() - held.measured_at < EVERY_MS:
            continue
        run = models.run(stores, run_id) if run_id else None
        try:
            report = _report(stores, target, run, clock())
        except Unavailable:
            raise
        except Exception:
            # Tomorrow it is tried again; the others must not wait for it.
            logger.exception("inputs of %s: a fault of ours", target)
            report = InputReport(clock(), run_id, [])
        stores.inputs.put(target, report)
        done += 1
        if time.monotonic() > ends:
            break
    return done


def _report(stores: Stores, target: ForecastTarget, run: RunRecord | None, now: int) -> InputReport:
    # pandas and TA-Lib come in with this import.
    from ml.features.input_health import input_health

    candles = stores.candles.read(target.series, limit=MOST_CANDLES, newest=True)
    run_id = run.id if run else None
    if not len(candles):
        return InputReport(now, run_id, [])
    frame = frame_of(stores, target.series, candles)
    sessions = run.metadata.get("sessions") if run else None
    return InputReport(
        now,
        run_id,
        input_health(frame, target.resolution, sessions, run.last_time if run else None),
    )
