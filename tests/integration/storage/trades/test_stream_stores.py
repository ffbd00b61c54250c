"""Quotes, anomalies and rejected messages are kept, counted and read back."""

import redis

from storage.live.quarantine import Quarantine, Rejected
from storage.trades.anomalies import AnomalyRecord, AnomalyStore, Judged
from storage.trades.tickers import Ticker, TickerStore

AT = 1_700_000_000_000


def test_a_quote_stored_twice_is_one_sample_in_each_part_it_tells(
    redis_client: "redis.Redis",
) -> None:
    store = TickerStore(redis_client)
    quotes = [Ticker("A-B", AT, price=1.5, bid=1.0), Ticker("A-B", AT + 1, ask=2.0)]

    store.write("x", quotes)
    store.write("x", quotes)

    assert store.read("x", "A-B", 0, AT + 10, 100) == {
        "price": [(AT, 1.5)],
        "bid": [(AT, 1.0)],
        "ask": [(AT + 1, 2.0)],
        "volume_24h": [],
    }


def test_a_quote_series_removed_behind_our_back_is_made_anew(redis_client: "redis.Redis") -> None:
    store = TickerStore(redis_client)
    store.write("x", [Ticker("A-B", AT, price=1.5)])
    redis_client.delete("ts:x:A-B:ticker:price")

    store.write("x", [Ticker("A-B", AT + 1, price=2.5)])

    assert store.read("x", "A-B", 0, AT + 10, 100)["price"] == [(AT + 1, 2.5)]


def test_the_newest_rejected_messages_come_first_page_by_page(redis_client: "redis.Redis") -> None:
    quarantine = Quarantine(redis_client)
    messages = [Rejected(AT + n, "no price", "x" * 5_000) for n in range(5)]

    quarantine.record("x", {"accepted": 7, "rejected": 5}, messages)
    first, cursor = quarantine.newest("x", 3)
    rest, end = quarantine.newest("x", 3, cursor)

    assert [r.at for r in first + rest] == [AT + n for n in (4, 3, 2, 1, 0)]
    assert end is None
    assert len(first[0].message) == 1_024
    assert quarantine.counts("x") == {"accepted": 7, "ignored": 0, "rejected": 5}


def test_the_same_finding_twice_is_one_and_scores_select(redis_client: "redis.Redis") -> None:
    store = AnomalyStore(redis_client)
    found = [
        AnomalyRecord(AT * 1_000, 1, 10.0, 1.0, 20.0, "price_jump"),
        AnomalyRecord(AT * 1_000 + 5_000, 2, 10.0, 1.0, 40.0, "size_outlier"),
    ]
    store.record("x", "A-B", found)
    store.record("x", "A-B", found)

    assert store.read("x", "A-B", 0, AT + 10) == found
    assert store.read("x", "A-B", 0, AT + 10, min_score=30) == found[1:]
    assert store.read("x", "A-B", 0, AT + 10, limit=1, offset=1) == found[1:]


def test_of_two_detectors_only_the_quicker_records(redis_client: "redis.Redis") -> None:
    store = AnomalyStore(redis_client)
    one = [AnomalyRecord(AT * 1_000, 1, 10.0, 1.0, 20.0, "price_jump")]

    assert store.record_judged("x", [Judged("A-B", [], None, b"first")])
    assert not store.record_judged("x", [Judged("A-B", one, None, b"second")])
    assert store.record_judged("x", [Judged("A-B", one, b"first", b"second")])

    assert store.detector_states("x", ["A-B", "C-D"]) == {"A-B": b"second", "C-D": None}
    assert len(store.read("x", "A-B", 0, AT + 10)) == 1
