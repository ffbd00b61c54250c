"""Inputs of offered slots are measured once a day, and after each training."""

from core.clock.resolutions import DAY
from core.forecast_target import ForecastTarget
from storage.stores import Stores
from tasks.signals.measure_inputs import measure_inputs
from tests.integration.tasks.signals.market import candles, last_close
from tests.made_runs import enter_run, run

SLOT = ForecastTarget("coinbase", "BTC-USD", 300, 6, "barrier_signals")
NOW = 1_900_000_000_000


def test_a_slot_is_measured_once_a_day_and_after_each_training(stores: Stores) -> None:
    stores.slots.offer([SLOT])
    assert measure_inputs(stores, lambda: NOW) == 1
    assert stores.inputs.of([SLOT])[SLOT].inputs == []
    stores.candles.write(SLOT.series, candles(3_000, last_close()))
    assert measure_inputs(stores, lambda: NOW + DAY * 1_000 - 1) == 0
    assert measure_inputs(stores, lambda: NOW + DAY * 1_000) == 1
    report = stores.inputs.of([SLOT])[SLOT]
    assert (report.measured_at, report.run_id) == (NOW + DAY * 1_000, None)
    assert {one.status for one in report.inputs} == {"unknown"}

    times = stores.candles.read(SLOT.series).time
    enter_run(stores.registry, run(target=SLOT, last_time=int(times[-600]), metadata={}))
    assert measure_inputs(stores, lambda: NOW + DAY * 1_000) == 1
    told = {one.name: one for one in stores.inputs.of([SLOT])[SLOT].inputs}
    assert told["return_1"].status == "ok"
    assert told["return_1"].missing_percent == 0


def test_a_slot_that_is_not_offered_any_more_is_forgotten(stores: Stores) -> None:
    stores.slots.offer([SLOT])
    measure_inputs(stores, lambda: NOW)
    stores.slots.offer([])
    assert measure_inputs(stores, lambda: NOW) == 0
    assert stores.inputs.of([SLOT]) == {}
