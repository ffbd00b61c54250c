"""A book holds what a plain dict of prices would, best levels first, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.books import order_book
from core.books.levels import Level, plain, read_levels
from core.books.order_book import OrderBook

numbers = st.integers(1, 10**16).map(lambda units: str(Decimal(units).scaleb(-8)))
sizes = st.one_of(st.just("0.00000000"), numbers)
# Few prices, so that levels are changed and taken away again.
rows = st.lists(st.tuples(st.one_of(st.sampled_from(("1", "1.0", "2.50", "3")), numbers), sizes))
changes = st.lists(st.tuples(rows, rows), max_size=12)


class DictBook:
    """An independent book: two dicts of exact fractions."""

    def __init__(self) -> None:
        self.sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})

    def change(self, *told: list[tuple[str, str]]) -> None:
        for side, levels in zip(self.sides, told, strict=True):
            for price, size in levels:
                side[Decimal(price)] = Decimal(size)

    def best(self, place: int, count: int) -> list[Level]:
        held = [(price, size) for price, size in self.sides[place].items() if size != 0]
        return sorted(held, reverse=place == 0)[:count]


@settings(max_examples=40, deadline=None)
@given(changes, st.integers(1, 25))
def test_the_best_levels_are_those_of_an_independent_book(
    told: list[tuple[list[tuple[str, str]], list[tuple[str, str]]]], count: int
) -> None:
    book, oracle = OrderBook(), DictBook()

    for place, (bids, asks) in enumerate(told):
        act = book.change if place else book.replace
        act(read_levels(bids), read_levels(asks))
        oracle.change(bids, asks)

        assert list(book.bids.best(count)) == oracle.best(0, count)
        assert list(book.asks.best(count)) == oracle.best(1, count)
        best = (oracle.best(0, 1), oracle.best(1, 1))
        assert book.crossed is bool(best[0] and best[1] and best[0][0][0] >= best[1][0][0])


@settings(max_examples=25, deadline=None)
@given(rows, rows)
def test_the_same_change_twice_is_the_same_change(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]]
) -> None:
    once, twice = OrderBook(), OrderBook()
    for book, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            book.change(read_levels(bids), read_levels(asks))

    assert once.bids.best(99) == twice.bids.best(99)
    assert once.asks.best(99) == twice.asks.best(99)


def test_numbers_longer_than_any_arithmetic_stay_as_they_are() -> None:
    price, size = "12345678901234567890.12345678901234567890", "0.000000000000000000000100"
    book = OrderBook()

    book.replace(read_levels([(price, size)]), ())

    ((held, amount),) = book.bids.best()
    assert format(held, "f") == price.rstrip("0")
    assert amount == Decimal(size)
    assert str(plain(Decimal("100.00"))) == "100"
    assert str(plain(Decimal("100"))) == "100"


def test_what_lies_far_behind_the_best_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_book, "MOST_LEVELS", 3)
    book = OrderBook()
    book.change(read_levels((price, 1) for price in range(1, 8)), ())
    book.change(read_levels([("7", 0)]), read_levels((price, 1) for price in range(9, 20)))

    assert [price for price, _ in book.bids.best()] == [6, 5]
    assert [price for price, _ in book.asks.best()] == [9, 10, 11]
