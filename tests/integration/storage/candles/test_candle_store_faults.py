"""Full memory, refused samples, lost answers, rivals: no candle is lost, doubled or bent."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import redis

from core.errors import RedisUnavailable, StorageFull, TickcastError
from core.series import CandleFlag, make_series
from core.settings import Settings
from storage.candles.candle_columns import Candles
from storage.candles.candle_store import CandleStore, WriteResult
from storage.redis_connection import connect

SERIES = make_series("coinbase", "BTC-USD", "1m")


@pytest.fixture
def store(redis_client: "redis.Redis") -> CandleStore:
    return CandleStore(redis_client)


@pytest.fixture
def limited(redis_client: "redis.Redis") -> Iterator[Callable[[int], None]]:
    """Leaves Redis so many bytes more than it uses; afterwards all again."""

    def limit(more: int) -> None:
        redis_client.config_set("maxmemory", redis_client.info("memory")["used_memory"] + more)

    yield limit
    redis_client.config_set("maxmemory", 0)


def made(times: range, close: float = 1.5) -> Candles:
    return Candles.from_rows([[60 * t, 1, 2, 1, close, t] for t in times])


def test_full_memory_refuses_the_write_and_room_lets_it_through(
    store: CandleStore, redis_client: "redis.Redis", limited: Callable[[int], None]
) -> None:
    store.write(SERIES, made(range(100)))
    limited(-1_000)
    with pytest.raises(StorageFull) as refusal:
        store.write(SERIES, made(range(1_000)))
    assert refusal.value.retry_after
    assert store.write(SERIES, made(range(100))) == WriteResult(unchanged=100)
    assert len(store.read(SERIES)) == 100
    redis_client.config_set("maxmemory", 0)
    assert store.write(SERIES, made(range(1_000))) == WriteResult(inserted=900, unchanged=100)
    assert len(store.read(SERIES)) == 1_000


def test_memory_that_ends_halfway_leaves_whole_candles_only(
    store: CandleStore, redis_client: "redis.Redis", limited: Callable[[int], None]
) -> None:
    noise = np.random.default_rng(0).random((60_000, 3)) + 1
    rows = [[60 * n, a, 3, 0.5, b, c] for n, (a, b, c) in enumerate(noise)]
    candles = Candles.from_rows(rows)
    limited(2_200_000)
    with pytest.raises(StorageFull):
        store.write(SERIES, candles)
    held = store.read(SERIES)
    assert 0 < len(held) < 60_000
    assert np.array_equal(held.close, candles.close[: len(held)])
    redis_client.config_set("maxmemory", 0)
    missing = 60_000 - len(held)
    assert store.write(SERIES, candles) == WriteResult(missing, unchanged=len(held))


def test_each_element_of_a_reply_is_checked(
    store: CandleStore, redis_client: "redis.Redis"
) -> None:
    store.write(SERIES, made(range(10)))
    # A key that refuses changes makes TS.MADD answer with an error for single elements.
    redis_client.execute_command("TS.ALTER", f"ts:{SERIES}:close", "DUPLICATE_POLICY", "BLOCK")
    with pytest.raises(TickcastError, match="refused"):
        store.write(SERIES, made(range(5, 20), close=1.75))
    redis_client.execute_command("TS.ALTER", f"ts:{SERIES}:close", "DUPLICATE_POLICY", "LAST")
    store.write(SERIES, made(range(5, 20), close=1.75))
    assert store.read(SERIES).close.tolist() == [1.5] * 5 + [1.75] * 15


@pytest.mark.parametrize(
    "rows",
    [
        [[60, 1, 1, 1, 1, 1], [60, 1, 1, 1, 1, 1]],
        [[120, 1, 1, 1, 1, 1], [60, 1, 1, 1, 1, 1]],
        [[60, 1, float("inf"), 1, 1, 1]],
        [[60, 1, 1, 1, 1, float("nan")]],
    ],
)
def test_candles_that_were_not_checked_are_refused(
    store: CandleStore, rows: list[list[float]]
) -> None:
    with pytest.raises(ValueError, match="ascend"):
        store.write(SERIES, Candles.from_rows(rows))


def test_a_field_that_lost_its_key_is_mended_by_writing_again(
    store: CandleStore, redis_client: "redis.Redis"
) -> None:
    store.write(SERIES, made(range(10)))
    redis_client.delete(f"ts:{SERIES}:volume")
    assert len(store.read(SERIES)) == 0
    assert store.write(SERIES, made(range(10))).inserted == 10
    assert store.read(SERIES).volume.tolist() == list(range(10))


def test_a_field_that_lacks_a_sample_costs_that_candle_only(
    store: CandleStore, redis_client: "redis.Redis"
) -> None:
    store.write(SERIES, made(range(10)))
    redis_client.execute_command("TS.DEL", f"ts:{SERIES}:high", 180_000, 180_000)
    assert store.read(SERIES).time.tolist() == [60 * t for t in range(10) if t != 3]


class LosingPipeline:
    """A pipeline whose answer to a transaction gets lost on the way, once."""

    def __init__(self, pipeline: Any, losses: list[str]) -> None:
        self._pipeline = pipeline
        self._losses = losses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    def __enter__(self) -> "LosingPipeline":
        self._pipeline.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._pipeline.__exit__(*details)

    def execute(self, raise_on_error: bool = True) -> Any:
        sent = bool(self._pipeline.watching)
        answer = self._pipeline.execute(raise_on_error)
        if sent and self._losses:
            self._losses.pop()
            raise redis.WatchError("A ConnectionError occurred while watching one or more keys")
        return answer


class LosingClient:
    """A client whose connection breaks after a transaction was sent, once for each loss."""

    def __init__(self, client: "redis.Redis", losses: int) -> None:
        self._client = client
        self._losses = ["answer"] * losses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def pipeline(self, transaction: bool = True) -> LosingPipeline:
        return LosingPipeline(self._client.pipeline(transaction=transaction), self._losses)


def test_a_write_whose_answer_is_lost_counts_once(redis_client: "redis.Redis") -> None:
    client: Any = LosingClient(redis_client, losses=1)
    assert CandleStore(client).write(SERIES, made(range(100))) == WriteResult(inserted=100)
    assert CandleStore(redis_client).count(SERIES) == 100


def test_redis_away_is_said_so(redis_settings: Settings) -> None:
    store = CandleStore(connect("unix:///nowhere/redis.sock", retries=0))
    for ask in (lambda: store.read(SERIES), lambda: store.write(SERIES, made(range(1)))):
        with pytest.raises(RedisUnavailable):
            ask()


def test_a_connection_that_was_cut_is_made_anew(redis_client: "redis.Redis") -> None:
    store = CandleStore(redis_client)
    store.write(SERIES, made(range(10)))
    redis_client.client_kill_filter(_type="normal", skipme=False)
    assert store.write(SERIES, made(range(5, 20))).inserted == 10
    assert store.count(SERIES) == 20


def in_threads(*actions: Any) -> None:
    problems: list[Exception] = []

    def run(action: Any) -> None:
        try:
            action()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_two_writers_of_the_same_candles_insert_each_once(redis_settings: Settings) -> None:
    clients = [connect(redis_settings.redis_address) for _ in range(2)]
    clients[0].flushall()
    results: list[WriteResult] = []

    def write(client: "redis.Redis", seed: int) -> None:
        order = np.random.default_rng(seed)
        for _ in range(30):
            first = int(order.integers(0, 900))
            results.append(CandleStore(client).write(SERIES, made(range(first, first + 100))))

    in_threads(*(lambda c=c, n=n: write(c, n) for n, c in enumerate(clients)))
    held = CandleStore(clients[0]).read(SERIES)
    assert sum(result.inserted for result in results) == len(held)
    assert sum(result.revised for result in results) == 0
    assert np.array_equal(held.volume, held.time / 60)


def test_a_finished_candle_wins_over_a_rival_that_writes_it_partial(
    redis_settings: Settings,
) -> None:
    clients = [connect(redis_settings.redis_address) for _ in range(2)]
    clients[0].flushall()
    finished = made(range(200), close=1.75)
    partial = made(range(200)).replace(flags=np.full(200, int(CandleFlag.PARTIAL)))

    def write(client: "redis.Redis", candles: Candles) -> None:
        for n in range(0, 200, 10):
            CandleStore(client).write(SERIES, candles.take(slice(n, n + 10)))

    in_threads(lambda: write(clients[0], finished), lambda: write(clients[1], partial))
    held = CandleStore(clients[0]).read(SERIES)
    assert set(held.close) == {1.75}
    assert not held.flags.any()


def test_rivals_on_one_candle_end_in_one_of_their_values_with_all_revisions_counted(
    redis_settings: Settings,
) -> None:
    clients = [connect(redis_settings.redis_address) for _ in range(2)]
    clients[0].flushall()
    results: list[WriteResult] = []

    def write(client: "redis.Redis", values: range) -> None:
        for value in values:
            candles = Candles.from_rows([[60, value, value, value, value, value]])
            results.append(CandleStore(client).write(SERIES, candles))

    in_threads(lambda: write(clients[0], range(1, 100)), lambda: write(clients[1], range(101, 200)))
    held = CandleStore(clients[0]).read(SERIES)
    assert (
        len({float(held.columns()[name][0]) for name in ("open", "high", "close", "volume")}) == 1
    )
    assert held.close[0] in (99, 199)
    assert sum(result.inserted for result in results) == 1
    assert sum(result.revised for result in results) == len(results) - 1
