"""What tells a trade from one sent again: its id and content, or its content and place."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import redis

from core.messages import IdKind
from core.settings import Settings
from storage.journal.columns import Trades
from storage.trades.seen_ids import read_seen
from storage.trades.state import pack_state, unpack_state
from storage.trades.stream_stores import StreamStores, open_stream_stores
from tests.integration.storage.trades.test_trade_writer import (
    START,
    assert_equals_oracle,
    make_trades,
    pack,
    stored_candles,
)
from tests.trade_oracle import RawTrade

DAY_US = 86_400_000_000


@pytest.fixture
def stream(redis_settings: Settings, redis_client: "redis.Redis", tmp_path: Path) -> StreamStores:
    own = redis_settings.model_copy(update={"data_dir": tmp_path})
    return open_stream_stores(own, redis_client)


def write(stream: StreamStores, *parts: Trades) -> tuple[int, int, int]:
    """Return how many were new, repeated and set aside."""
    (found,) = stream.writer.write("x", {"A-B": list(parts)})
    return found.new, found.duplicates, found.quarantined


def reasons(stream: StreamStores) -> list[tuple[str, object]]:
    rejected, _ = stream.quarantine.newest("x", 100)
    return [(one.reason, json.loads(one.message)["trade_id"]) for one in rejected]


def test_another_trade_under_a_known_id_is_set_aside_with_the_reason_and_counted(
    stream: StreamStores,
) -> None:
    write(stream, pack([RawTrade(n, START + n, "1", "1") for n in range(5)]))

    assert write(stream, pack([RawTrade(3, START + 3, "2", "1")])) == (0, 0, 1)
    assert write(stream, pack([RawTrade(3, START + 3, "1", "1")])) == (0, 1, 0)

    assert reasons(stream) == [("id already used by another trade", 3)]
    assert stream.quarantine.counts("x")["rejected"] == 1


def test_ids_that_begin_again_lose_no_trade_and_repetitions_of_both_runs_count_once(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    first = [RawTrade(n, START + n * 1_000_000, f"{n}", "1") for n in range(1, 40)]
    again = [RawTrade(n, START + DAY_US + n * 1_000_000, f"{n + 50}", "1") for n in range(1, 60)]
    rows = first + again
    for at in range(len(rows)):
        write(stream, pack(rows[at : at + 1]))
    for at in range(0, len(rows), 7):
        new, repeated, aside = write(stream, pack(rows[at : at + 7]))
        assert (new, repeated + aside) == (0, len(rows[at : at + 7]))

    distinct = [row._replace(trade_id=n) for n, row in enumerate(rows)]
    assert_equals_oracle(redis_client, "A-B", distinct)


def test_a_few_strange_ids_begin_no_epoch(stream: StreamStores) -> None:
    write(stream, pack([RawTrade(n, START + n, "1", "1") for n in range(100)]))

    strange = [RawTrade(5, START + DAY_US, "7", "1"), RawTrade(7, START + DAY_US + 1, "7", "1")]
    assert write(stream, pack(strange)) == (0, 0, 2)


def test_an_id_that_is_always_the_same_is_none_even_one_trade_a_body(
    stream: StreamStores,
) -> None:
    rows = [RawTrade(0, START + n, f"{n + 1}", "1") for n in range(4)]

    results = [write(stream, pack([row])) for row in rows * 2]

    assert [new for new, _, _ in results] == [1, 1, 1, 1, 0, 0, 0, 0]


def test_trades_without_ids_sent_again_after_the_spill_count_once(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    rows = [row._replace(trade_id=0) for row in make_trades(300, 9)]
    for _ in range(3):
        for at in range(0, 300, 100):
            write(stream, pack(rows[at : at + 100], IdKind.NONE))
        stream.archive.spill("x", "A-B", 2**52)
        assert redis_client.xlen("journal:x:A-B") == 0

    days = stored_candles(redis_client, "A-B", 86_400)
    assert sum(candle[-1] for candle in days.values()) == 300


def test_ties_without_ids_give_the_same_candle_in_one_body_or_three(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    rows = [RawTrade(0, START, price, "1") for price in ("5", "3", "4")]
    found = []
    for parts in ([rows], [[row] for row in rows], [[row] for row in rows[::-1]]):
        redis_client.flushall()
        fresh = type(stream.writer)(redis_client, stream.archive)
        for part in parts:
            fresh.write("x", {"A-B": [pack(part, IdKind.NONE)]})
        found.append(stored_candles(redis_client, "A-B", 60))

    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("step", [1, 7, 1_000_003, 10**15])
def test_ids_however_sparse_are_known_again_and_each_transaction_writes_few(
    redis_client: "redis.Redis", stream: StreamStores, step: int
) -> None:
    dice = random.Random(step)
    rows = [row._replace(trade_id=row.trade_id * step) for row in make_trades(2_000, 1)]
    sent = list(rows)
    dice.shuffle(sent)
    for at in range(0, len(sent), 250):
        assert write(stream, pack(sent[at : at + 250]))[0] == 250
    assert write(stream, pack(rows)) == (0, 2_000, 0)

    seen = read_seen(redis_client, "x", "A-B", 0)
    assert seen is None or seen.ids.ids_held() == 2_000
    assert len(redis_client.get("state:x:A-B")) < 500
    longest = max(map(len, redis_client.hvals("ids:x:A-B")))
    assert longest < 40_000
    if step == 1:
        assert redis_client.hlen("ids:x:A-B") <= 3


def test_a_state_of_an_earlier_version_is_taken_over(
    redis_client: "redis.Redis", stream: StreamStores
) -> None:
    rows = make_trades(3_000, 2)
    write(stream, pack(rows[::2]))
    seen = read_seen(redis_client, "x", "A-B", 0)
    assert seen is not None
    state = unpack_state(redis_client.get("state:x:A-B"))
    state.seen, state.edges = seen.ids.to_bytes(), seen.edges.to_bytes()
    redis_client.set("state:x:A-B", pack_state(state))
    redis_client.delete("ids:x:A-B")

    assert write(stream, pack(rows)) == (1_500, 1_500, 0)
    after = read_seen(redis_client, "x", "A-B", 0)
    assert after is not None
    assert np.array_equal(after.ids.start, [0])
