"""A book follows its exchange or says that it does not: never a wrong level called live."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.books.changes import BookSnapshot, BookUpdate
from core.books.connection_books import ConnectionBooks
from core.books.kept_book import KeptBook
from core.books.levels import BookState, Level, TopOfBook


def levels(**sizes: object) -> list[Level]:
    return [(Decimal(price[1:]), Decimal(str(size))) for price, size in sizes.items()]


def update(first: int, last: int, previous: int | None = None, bid: str = "1") -> BookUpdate:
    return BookUpdate("X", levels(_9=bid), [], last, first, last, previous)


def snapshot(number: int | None, **more: object) -> BookSnapshot:
    return BookSnapshot("X", levels(_10=1), levels(_11=2), 5, number)._replace(**more)


class Exchange:
    """An exchange's own book of twelve prices, its updates numbered in spot's or futures' way."""

    def __init__(self, *, futures: bool) -> None:
        self.futures, self.last = futures, 100
        self.bids: dict[int, int] = {1: 1, 2: 1}
        self.asks: dict[int, int] = {11: 1, 12: 1}
        self.truth: dict[int, tuple[object, object]] = {}
        self.note()

    def note(self) -> None:
        bids = tuple((Decimal(p), Decimal(s)) for p, s in sorted(self.bids.items(), reverse=True))
        asks = tuple((Decimal(p), Decimal(s)) for p, s in sorted(self.asks.items()))
        self.truth[self.last] = (bids, asks)

    def update(self, steps: int, bid: int, ask: int, size: int) -> BookUpdate:
        previous, first = self.last, self.last + (3 if self.futures else 1)
        self.last = first + steps
        for side, price in ((self.bids, bid), (self.asks, 6 + ask)):
            side[price] = size
            if not size:
                del side[price]
        self.note()
        bids, asks = [(Decimal(bid), Decimal(size))], [(Decimal(6 + ask), Decimal(size))]
        told = previous if self.futures else None
        return BookUpdate("X", bids, asks, self.last, first, self.last, told)

    def snapshot(self) -> BookSnapshot:
        bids, asks = self.truth[self.last]
        assert isinstance(bids, tuple)
        assert isinstance(asks, tuple)
        return BookSnapshot("X", bids, asks, 0, self.last)


def is_true(top: TopOfBook, exchange: Exchange) -> bool:
    return exchange.truth[top.sequence] == (top.bids, top.asks)


steps = st.tuples(
    st.integers(0, 4), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3),
    st.sampled_from(("told",) * 6 + ("lost", "twice", "old again", "snapshot", "old snapshot")),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.booleans(), st.lists(steps, max_size=40))
def test_a_live_book_is_the_exchange_s_at_its_number_whatever_is_lost_repeated_or_late(
    futures: bool, course: list[tuple[int, int, int, int, str]]
) -> None:
    exchange, book = Exchange(futures=futures), KeptBook("X")
    old, sent = exchange.snapshot(), []

    for length, bid, ask, size, fate in course:
        if fate in ("snapshot", "old snapshot"):
            if not book.wants_snapshot:
                continue
            book.take(exchange.snapshot() if fate == "snapshot" else old)
        else:
            one = exchange.update(length, bid, ask, size)
            sent.append(one)
            if len(sent) % 7 == 0:
                old = exchange.snapshot()
            for told in {"lost": [], "twice": [one, one], "old again": [sent[0], one]}.get(
                fate, [one]
            ):
                book.take(told)
            # What was told is in the book, or the book is known to lack something.
            if fate != "lost" and not book.wants_snapshot:
                assert book.top().sequence == exchange.last  # type: ignore[union-attr]
        top = book.top()
        assert top is None or is_true(top, exchange)
        if fate == "snapshot":
            assert book.state is BookState.LIVE
            assert top is not None
            assert top.sequence == exchange.last


def test_a_hole_keeps_the_last_right_levels_and_says_so_until_a_newer_snapshot() -> None:
    book = KeptBook("X")
    book.take(snapshot(10))
    book.take(update(11, 12))
    right = book.top()
    assert right is not None
    book.take(update(14, 15, bid="7"))

    lost = book.top()
    assert lost is not None
    assert (lost.bids, lost.sequence, lost.state) == (right.bids, 12, BookState.RESYNCING)
    assert (book.holes, book.wants_snapshot) == (1, True)
    book.take(snapshot(12))  # older than what waits
    assert (book.state, book.late) == (BookState.RESYNCING, 1)
    book.take(snapshot(13))
    mended = book.top()
    assert mended is not None
    assert (mended.sequence, mended.state, mended.bids[1][1]) == (15, BookState.LIVE, 7)


def test_updates_before_their_snapshot_wait_for_it() -> None:
    book = KeptBook("X")
    for one in (update(8, 9, bid="5"), update(10, 11), update(12, 14, bid="6")):
        book.take(one)
    assert (book.state, book.top()) == (BookState.WAITING, None)

    book.take(snapshot(10))

    top = book.top()
    assert top is not None
    assert (top.sequence, top.bids[1][1], book.repeated) == (14, 6, 0)


def test_a_crossed_book_is_not_told_and_begins_anew() -> None:
    book = KeptBook("X")
    book.take(snapshot(10))
    book.top()
    book.take(BookUpdate("X", levels(_11=1), [], 0, 11, 11))  # a bid at the best ask

    top = book.top()
    assert top is not None
    assert (top.bids[0][0], top.state, book.crossed) == (10, BookState.RESYNCING, 1)
    book.take(snapshot(12, bids=levels(_12=1)))
    assert (book.state, book.crossed) == (BookState.RESYNCING, 2)


def test_a_snapshot_that_ended_before_the_best_levels_do_is_asked_for_again() -> None:
    book = KeptBook("X")
    bids = [(Decimal(100 - n), Decimal(1)) for n in range(21)]
    book.take(snapshot(10, bids=bids, asks=levels(_200=1), asked_for=21))
    book.take(BookUpdate("X", levels(_100=0), [], 0, 11, 11))
    assert book.state is BookState.LIVE  # twenty are known still
    book.take(BookUpdate("X", levels(_99=0, _1=3), [], 0, 12, 12))

    assert (book.state, book.shallow) == (BookState.RESYNCING, 1)


def test_the_best_few_levels_replace_each_other_and_carry_no_changes() -> None:
    book = KeptBook("X")
    for number, bid in ((10, 1), (12, 2), (11, 3)):
        few = snapshot(number, bids=levels(_9=bid), best_only=True)
        book.take(few)
    book.take(update(13, 13, bid="8"))

    top = book.top()
    assert top is not None
    assert (top.sequence, top.bids, book.repeated) == (12, ((Decimal(9), Decimal(2)),), 1)
    assert book.wants_snapshot
    book.take(snapshot(12))
    book.take(snapshot(20, best_only=True))  # says nothing that the whole book does not
    whole = book.top()
    assert whole is not None
    assert (whole.sequence, len(whole.bids)) == (13, 2)


@pytest.mark.parametrize("fate", ["lost", "twice", "none"])
def test_a_hole_in_the_numbers_of_a_connection_begins_all_of_its_books_anew(fate: str) -> None:
    books = ConnectionBooks(("X", "Y"))
    change = BookUpdate("X", levels(_9=4), [], 7)
    frames: Sequence[tuple[int, list[BookSnapshot | BookUpdate]]] = [
        (0, [snapshot(None), snapshot(None, symbol="Y")]),
        (1, []),
        (2, [change]),
        (3, [change._replace(bids=levels(_8=5)), change._replace(symbol="unknown")]),
    ]
    whole = []
    for number, changes in frames:
        if fate == "lost" and number == 2:
            continue
        whole += [books.take(number, changes) for _ in range(2 if fate == "twice" else 1)]

    states = {symbol: book.state for symbol, book in books.books.items()}
    assert all(whole) is (fate != "lost")
    if fate == "lost":
        assert set(states.values()) == {BookState.RESYNCING}
        assert books.missed == 1
    else:
        top = books.books["X"].top()
        assert top is not None
        assert [size for _, size in top.bids] == [1, 4, 5]
        # Without numbers of its own, how many changes came since the snapshot.
        assert (top.sequence, top.time, books.missed) == (2, 7, 0)
        assert books.repeated == (4 if fate == "twice" else 0)


@pytest.mark.parametrize(("symbols", "state"), [("X", "live"), ("XY", "waiting")])
def test_a_message_that_names_no_symbol_is_of_the_only_one(symbols: str, state: str) -> None:
    books = ConnectionBooks(symbols)
    books.take(None, [snapshot(4, symbol="", best_only=True)])
    assert books.books["X"].state == state
