"""Tasks that ended long ago are forgotten; nothing else is."""

from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.jobs import JobError
from storage.stores import Stores
from tasks.jobs.purge_records import purge_records

STEPS = [("fetch_candles", "fetch")]


def test_only_what_ended_before_the_limit_is_forgotten(stores: Stores) -> None:
    ended, running, waiting = (stores.jobs.create("fetch_candles", STEPS, {}) for _ in range(3))
    lease = stores.jobs.claim(ended.id, 0, "w")
    assert lease is not None
    stores.jobs.fail(lease, JobError("x", "y"))
    assert stores.jobs.claim(running.id, 0, "w") is not None
    tomorrow = now_ms() + DAY * 1_000 + 1_000

    assert purge_records(stores, 2, tomorrow) == 0
    assert purge_records(stores, 0, tomorrow) == 0
    assert purge_records(stores, 1, tomorrow) == 1

    assert {job.id for job in stores.jobs.list()[0]} == {running.id, waiting.id}


def test_the_log_of_sqlite_does_not_stay_as_long_as_it_was(stores: Stores) -> None:
    for _ in range(50):
        stores.jobs.create("fetch_candles", STEPS, {"x": "y" * 1_000})
    log = stores.data_dir / "tickcast.sqlite3-wal"
    assert log.stat().st_size > 0
    purge_records(stores, 1)
    assert log.stat().st_size == 0
