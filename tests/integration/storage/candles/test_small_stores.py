"""Watches, uploads, clocks, worker heartbeats, job events and forecasts."""

import time

import pytest
import redis
from sqlalchemy import Engine

from core.errors import CorruptArtifact, NotFound
from core.series import make_series
from core.settings import Settings
from storage.candles.candle_columns import Candles
from storage.candles.clocks import ClockStore
from storage.candles.forecasts import ForecastPoint, ForecastStore
from storage.candles.uploads import UploadStore
from storage.candles.watches import WatchStore
from storage.jobs.job_events import JobEvents
from storage.jobs.workers import WorkerStore
from storage.stores import Stores, open_stores

SERIES = make_series("coinbase", "BTC-USD", "1h")
OTHER = make_series("binance", "BTCUSDT", "1m")


def test_a_series_is_watched_once(engine: Engine) -> None:
    watches = WatchStore(engine)
    assert [watches.add(SERIES), watches.add(SERIES), watches.add(OTHER)] == [True, False, True]
    assert [watch.series for watch in watches.list()] == [OTHER, SERIES]
    watches.remove(SERIES)
    assert [watch.series for watch in watches.list()] == [OTHER]
    with pytest.raises(NotFound):
        watches.remove(SERIES)


def test_a_watch_tells_how_its_last_run_went(engine: Engine) -> None:
    now = 1_000
    watches = WatchStore(engine, clock=lambda: now)
    watches.add(SERIES)
    now = 2_000
    watches.record(SERIES, None)
    now = 3_000
    watches.record(SERIES, "The exchange is away.")
    watches.record(OTHER, None)
    (watch,) = watches.list()
    assert (watch.created_at, watch.last_run_at, watch.last_success_at) == (1_000, 3_000, 2_000)
    assert watch.last_error == "The exchange is away."
    watches.record(SERIES, None)
    assert watches.list()[0].last_error is None


def test_an_upload_waits_for_its_job(redis_client: "redis.Redis") -> None:
    uploads = UploadStore(redis_client)
    candles = Candles.from_rows([[60, 1, 2, 0.5, 1.5, 9]])
    uploads.put("job", candles)
    assert uploads.get("job").to_bytes() == candles.to_bytes()
    assert 0 < redis_client.ttl("upload:job") <= 7 * 86_400
    for _ in range(2):
        uploads.drop("job")
    with pytest.raises(NotFound):
        uploads.get("job")


def test_a_damaged_upload_is_refused(redis_client: "redis.Redis") -> None:
    redis_client.set("upload:job", b"TCC1 and rubbish")
    with pytest.raises(CorruptArtifact):
        UploadStore(redis_client).get("job")


def test_clocks_are_kept_by_platform(redis_client: "redis.Redis") -> None:
    clocks = ClockStore(redis_client)
    assert clocks.all() == {}
    clocks.record("coinbase", 10, 1_000)
    clocks.record("binance", -1_270.5, 2_000)
    clocks.record("coinbase", 20, 3_000)
    assert clocks.all() == {"binance": (-1_270.5, 2_000), "coinbase": (20.0, 3_000)}


def test_a_worker_is_seen_while_its_heartbeat_lasts(redis_client: "redis.Redis") -> None:
    workers = WorkerStore(redis_client)
    workers.heartbeat("trainer@host", "train", {"pid": 7, "busy": "yes"})
    workers.heartbeat("trainer@host", "train", {"pid": 8})
    workers.heartbeat("worker@host", "predict", {})
    assert workers.all() == {
        "trainer@host": {"queue": "train", "pid": "8"},
        "worker@host": {"queue": "predict"},
    }
    assert 0 < redis_client.ttl("worker:trainer@host") <= 15
    redis_client.pexpire("worker:trainer@host", 1)
    time.sleep(0.01)
    assert list(workers.all()) == ["worker@host"]


def test_a_job_event_reaches_whoever_listens(redis_client: "redis.Redis") -> None:
    with redis_client.pubsub() as listener:
        listener.psubscribe("jobs:*")
        listener.get_message(timeout=5)
        JobEvents(redis_client).publish(b'{"state":"running"}', "job")
        message = listener.get_message(timeout=5)
    assert message
    assert (message["channel"], message["data"]) == (b"jobs:job", b'{"state":"running"}')


def test_forecasts_are_kept_under_their_target_time(redis_client: "redis.Redis") -> None:
    forecasts = ForecastStore(redis_client)
    points = [ForecastPoint(3_600 * n, n, 100 + n / 3, 99.0, 102.0) for n in range(1, 4)]
    forecasts.write(SERIES, "lstm", points)
    forecasts.write(SERIES, "lstm", [ForecastPoint(7_200, 1, 50.5, 49.0, 52.0)])
    forecasts.write(SERIES, "lstm", [ForecastPoint(7_200, 1, 51.5, 49.5, 53.0)])
    forecasts.write(SERIES, "lstm", [])
    assert forecasts.read(SERIES, "lstm", 1) == [
        points[0],
        ForecastPoint(7_200, 1, 51.5, 49.5, 53.0),
    ]
    assert forecasts.read(SERIES, "lstm", 1, 3_601, 7_200)[0].time_s == 7_200
    assert forecasts.read(SERIES, "lstm", 2) == [points[1]]
    assert forecasts.read(SERIES, "other", 1) == []
    key = "ts:coinbase:BTC-USD:3600:forecast:lstm:1:value"
    assert redis_client.execute_command("TS.GET", key) == [7_200_000, b"51.5"]


def test_forecasts_older_than_the_retention_are_left_out(redis_client: "redis.Redis") -> None:
    forecasts, day = ForecastStore(redis_client, retention_days=2), 86_400
    late = [ForecastPoint(n * day, 1, 1.0, 1.0, 1.0) for n in (9, 1, 10, 8)]
    forecasts.write(SERIES, "lstm", late[:1])
    forecasts.write(SERIES, "lstm", late[1:])
    assert [p.time_s for p in forecasts.read(SERIES, "lstm", 1)] == [8 * day, 9 * day, 10 * day]


def test_stores_open_from_settings_alone(redis_settings: Settings, stores: Stores) -> None:
    opened = open_stores(redis_settings)
    assert opened.redis.ping()
    assert opened.candles.all_series() == stores.candles.all_series() == []
    opened.close()
