"""How the inputs of offered slots' models stand, measured once a day and after each training."""

import time
from collections.abc import Callable

from core.answers.input_health import InputReport
from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.forecast_target import ForecastTarget
from storage.models.runs import RunRecord
from storage.stores import Stores
from tasks.jobs.candle_frames import frame_of
from tasks.jobs.loaded_models import models

EVERY_MS = DAY * 1_000
# One run goes on for so long (s): others wait for the same worker, and the next run comes soon.
BUDGET_S = 1.0
# So many candles tell what was learnt from.
MOST_CANDLES = 25_000


def measure_inputs(stores: Stores, clock: Callable[[], int] = now_ms) -> int:
    """Measure slots that are due, until the time of one run is over; returns how many."""
    targets = [slot.target for slot in stores.slots.offered()]
    stores.inputs.keep_only(targets)
    known, done, ends = stores.inputs.of(targets), 0, time.monotonic() + BUDGET_S
    for target in targets:
        run_id = stores.registry.champion_id(target)
        held = known.get(target)
        if held and held.run_id == run_id and clock() - held.measured_at < EVERY_MS:
            continue
        run = models.run(stores, run_id) if run_id else None
        stores.inputs.put(target, _report(stores, target, run, clock()))
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
