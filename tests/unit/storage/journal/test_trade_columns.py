"""Trades keep their exact values from message to column to bytes."""

import threading
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.clock.times import format_microseconds
from core.messages import IdKind, TradeMessages
from storage.journal import journal
from storage.journal.columns import Trades
from storage.journal.convert import to_trades
from storage.journal.instants import read_time, read_times
from storage.journal.scaled import scale_values, to_floats
from storage.trades.intervals import Intervals

NOW_MS = 1_800_000_000_000
decimals = st.decimals("0.00000001", "90000000", places=8).map(str)


def messages(**columns: list[object]) -> TradeMessages:
    """Return messages whose unnamed columns are ordinary."""
    found = TradeMessages()
    count = len(next(iter(columns.values())))
    for index in range(count):
        row = {name: values[index] for name, values in columns.items()}
        identity = row.get("trade_id", index)
        found.add(
            index,
            (identity, identity),
            row.get("time", 1_700_000_000_000),
            row.get("price", "1.5"),
            row.get("size", "2"),
            None,
        )
    return found


@given(st.lists(decimals, min_size=1, max_size=30))
@example(["22499999.99999999"])
@example(["0.30000000000000004"])
def test_scaled_units_are_the_decimals_themselves(texts: list[str]) -> None:
    scaled = scale_values(texts)

    assert scaled.good.all()
    restored = [Decimal(int(u)).scaleb(-scaled.scale) for u in scaled.units]
    assert restored == [Decimal(text) for text in texts]
    assert to_floats(scaled.units, scaled.scale).tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "bad", ["nan", "inf", "-1", "0", "", "x", "1e308", None, True, [], "1" * 30]
)
def test_a_value_that_is_no_positive_number_spoils_only_itself(bad: object) -> None:
    scaled = scale_values(["0.1", bad, "25"])

    assert scaled.good.tolist() == [True, False, True]
    assert to_floats(scaled.units, scaled.scale)[[0, 2]].tolist() == [0.1, 25.0]


def test_more_digits_than_eight_stay_exact() -> None:
    scaled = scale_values(["0.000000000123", "12345.678"])
    assert to_floats(scaled.units, scaled.scale).tolist() == [1.23e-10, 12345.678]


@pytest.mark.parametrize(
    ("time", "microseconds"),
    [
        ("2021-04-17T16:43:37.089723Z", 1_618_677_817_089_723),
        ("2026-08-09T21:05:48.228568804Z", 1_786_309_548_228_568),
        ("2021-04-17T18:43:37.089+02:00", 1_618_677_817_089_000),
        (1_618_677_817, 1_618_677_817_000_000),
        (1_618_677_817_089, 1_618_677_817_089_000),
        ("1618677817.5", 1_618_677_817_500_000),
        (1_618_677_817_089_723, 1_618_677_817_089_723),
        (1_618_677_817_089_723_000, 1_618_677_817_089_723),
    ],
)
def test_every_usual_form_of_time_is_read(time: object, microseconds: int) -> None:
    (trades,), rejected = to_trades(messages(time=[time]), IdKind.TRADE, NOW_MS)
    assert not rejected
    assert trades.time.tolist() == [microseconds]


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("time", "yesterday", "time"),
        ("time", NOW_MS + 3_600_000, "future"),
        ("time", 1_700_000, "2009"),
        ("price", "NaN", "price"),
        ("size", "-3", "size"),
        ("time", "nowZ", "time"),
        ("time", "2021Z", "time"),
        ("time", "２０２１-04-17T16:43:37.089723Z", "time"),
        ("price", "1_000", "price"),
        ("price", "１.５", "price"),
        ("price", "9" * 1_000, "price"),
        ("size", 10**200, "size"),
        ("size", "0.1000000000000000000000000000001", "size"),
        ("trade_id", 1.5, "trade_id"),
        ("trade_id", -4, "trade_id"),
    ],
)
def test_an_unusable_trade_is_rejected_with_its_position_and_the_reason(
    column: str, value: object, word: str
) -> None:
    good = {"time": 1_700_000_000_000, "price": "1", "size": "1", "trade_id": 5}[column]

    (trades,), rejected = to_trades(messages(**{column: [good, value]}), IdKind.TRADE, NOW_MS)

    assert len(trades) == 1
    assert [(r.index, word in r.reason) for r in rejected] == [(1, True)]


@given(st.lists(st.tuples(st.integers(0, 2**61), decimals, decimals), max_size=20))
def test_bytes_read_back_are_the_trades_that_were_packed(rows: list[tuple[int, str, str]]) -> None:
    columns = {
        "trade_id": [row[0] for row in rows],
        "price": [row[1] for row in rows],
        "size": [row[2] for row in rows],
    }
    found, _ = to_trades(messages(**columns), IdKind.TRADE, NOW_MS) if rows else ([], [])
    for trades in found:
        again = Trades.from_bytes(trades.to_bytes())

        assert again.kind is trades.kind
        for name in ("first_id", "last_id", "time", "price", "size", "side"):
            assert np.array_equal(getattr(again, name), getattr(trades, name))


_WIDE = st.sampled_from(["12.5", "0.00000000000000001", "1e-18", "90000000", "7"])


@given(st.lists(st.tuples(_WIDE, _WIDE)))
# Each needs the other's decimals in one column, and has none to spare in the other.
@example([("1e-18", "90000000"), ("90000000", "1e-18")])
def test_each_trade_keeps_its_own_decimals_whatever_its_neighbours_need(
    rows: list[tuple[str, str]],
) -> None:
    columns: dict[str, list[object]] = {
        "price": [price for price, _ in rows],
        "size": [size for _, size in rows],
    }
    found, rejected = to_trades(messages(**columns), IdKind.TRADE, NOW_MS) if rows else ([], [])

    assert not rejected
    exact = {
        int(identity): (
            Decimal(int(price)).scaleb(-trades.price_scale),
            Decimal(int(size)).scaleb(-trades.size_scale),
        )
        for trades in found
        for identity, price, size in zip(trades.first_id, trades.price, trades.size, strict=True)
    }
    assert exact == {n: (Decimal(price), Decimal(size)) for n, (price, size) in enumerate(rows)}


@pytest.mark.parametrize(
    ("time", "microseconds"),
    [
        ("2021-04-17T16:43:59.999999+00:00", 1_618_677_839_999_999),
        ("2021-04-17T16:43:59.9999999Z", 1_618_677_839_999_999),
        (1_618_677_839_999_999_999, 1_618_677_839_999_999),
        ("1618677839.9999999", 1_618_677_839_999_999),
        (1_618_677_839.9999, 1_618_677_839_999_900),
        ("2021-04-17 16:43:59.5", 1_618_677_839_500_000),
    ],
)
def test_no_time_is_rounded_into_the_next_candle(time: object, microseconds: int) -> None:
    (trades,), _ = to_trades(messages(time=[time, None]), IdKind.TRADE, NOW_MS)
    assert trades.time.tolist() == [microseconds, NOW_MS * 1_000]


@pytest.mark.parametrize("identity", ["", None])
def test_an_empty_id_is_none_and_same_trades_of_a_request_are_told_apart(identity: object) -> None:
    (trades,), rejected = to_trades(
        messages(trade_id=[identity, identity], price=["2", "2"]), IdKind.TRADE, NOW_MS
    )
    assert not rejected
    assert (trades.kind, trades.last_id.tolist()) == (IdKind.NONE, [0, 1])


def test_an_id_that_is_the_same_for_all_is_none() -> None:
    different = messages(trade_id=[0, 0, 0], price=["1", "2", "3"])
    repeated = messages(trade_id=[7, 7, 7])

    assert [t.kind for t in to_trades(different, IdKind.TRADE, NOW_MS)[0]] == [IdKind.NONE]
    assert [t.kind for t in to_trades(repeated, IdKind.TRADE, NOW_MS)[0]] == [IdKind.TRADE]


def test_a_name_that_is_no_number_tells_a_trade_apart_whatever_the_request() -> None:
    names = ["a-1", "99999999999999999999", 10**25, "5"]
    (whole, named), rejected = to_trades(messages(trade_id=names), IdKind.TRADE, NOW_MS, "one")
    again, _ = to_trades(messages(trade_id=names), IdKind.TRADE, NOW_MS, "two")

    assert not rejected
    assert (whole.kind, whole.first_id.tolist()) == (IdKind.TRADE, [5])
    assert named.kind is IdKind.NONE
    assert len(set(named.first_id.tolist())) == 3
    assert again[1].first_id.tolist() == named.first_id.tolist()


def test_the_same_trade_of_two_named_requests_is_told_apart() -> None:
    labels = [
        to_trades(messages(price=["1"]), IdKind.NONE, NOW_MS, request)[0][0].first_id.tolist()
        for request in ("", "one", "two", "one")
    ]
    assert labels[0] == [0]
    assert labels[1] == labels[3]
    assert len({labels[n][0] for n in range(3)}) == 3


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 12)), max_size=40)


@given(spans, st.integers(0, 40))
def test_intervals_hold_exactly_the_ids_added_in_any_order(
    pairs: list[tuple[int, int]], cut: int
) -> None:
    seen, expected = Intervals.empty(), set[int]()
    for part in (pairs[:cut], pairs[cut:]):
        first = np.array([a for a, _ in part], dtype=np.int64)
        last = np.array([a + n for a, n in part], dtype=np.int64)
        seen = seen.add(first, last)
        expected |= {i for a, n in part for i in range(a, a + n + 1)}

    ids = np.arange(-2, 230)
    assert set(ids[seen.contain(ids)].tolist()) == expected
    assert seen.ids_held() == len(expected)
    assert np.all(seen.start[1:] > seen.end[:-1] + 1)
    assert Intervals.from_bytes(seen.to_bytes()).end.tolist() == seen.end.tolist()


def test_threads_pack_and_unpack_the_journal_at_once() -> None:
    column = np.arange(200, dtype=np.int64) * 7 % 1_000 + 1
    side = np.ones(200, dtype=np.int8)
    rows = Trades(IdKind.TRADE, 2, 8, column, column, column, column, column, side)
    expected, same = rows.to_bytes(), []

    def work() -> None:
        same.extend(journal.unpack(journal.pack(rows)).to_bytes() == expected for _ in range(150))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert same == [True] * 900


def test_the_same_trade_in_two_frames_of_a_flush_is_one_and_twice_in_one_frame_two() -> None:
    three = messages(price=["1", "1", "1"])
    (together,), _ = to_trades(three, IdKind.NONE, NOW_MS)
    (apart,), _ = to_trades(three, IdKind.NONE, NOW_MS, starts=[0, 2])

    assert together.last_id.tolist() == [0, 1, 2]
    assert apart.last_id.tolist() == [0, 1, 0]


@given(
    st.lists(st.integers(0, 7_000_000_000_000_000), min_size=5, max_size=12),
    st.sampled_from([3, 6]),
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(4, 23), st.sampled_from("09:/ -Z.\x00é٣")),
        max_size=2,
    ),
)
def test_a_time_reads_among_many_as_it_does_alone(
    times: list[int], digits: int, spoilt: list[tuple[int, int, str]]
) -> None:
    texts = [format_microseconds(time)[:19] + f".{time % 10**digits:0{digits}}Z" for time in times]
    for row, place, sign in spoilt:
        texts[row] = texts[row][:place] + sign + texts[row][place + 1 :]

    assert read_times(texts, NOW_MS).tolist() == [read_time(text, NOW_MS) for text in texts]
