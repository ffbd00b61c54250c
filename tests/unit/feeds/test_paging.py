"""Pages over a range: everything once, holes looked at twice, failures waited out."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ExchangeRefused, ExchangeUnavailable, JobCancelled
from core.retry import RetryPolicy
from feeds.paging import Collected, Rows, collect

STEP = 60
Page = tuple[int, int]


class Exchange:
    """Candles at `present`; each attempt may fail, and a candle may be left out of one answer."""

    def __init__(
        self, present: set[int], failures: Callable[[], bool], forgets: set[int], limit: int
    ) -> None:
        self.present, self.fails, self.forgets, self.limit = present, failures, forgets, limit
        self.asked: list[Page] = []

    def fetch(self, first: int, last: int) -> Rows:
        assert (last - first) // STEP + 1 <= self.limit
        if self.fails():
            raise ExchangeUnavailable("away", retry_after=None)
        self.asked.append((first, last))
        rows = []
        for at in range(first, last + 1, STEP):
            if at in self.forgets:
                self.forgets.discard(at)
            elif at in self.present:
                rows.append([at, 1.0, 2.0, 0.5, 1.5, float(at)])
        return rows


def run(
    exchange: Exchange, start: int, end: int, **options: object
) -> tuple[Collected, Rows, list[float]]:
    rows: Rows = []
    slept: list[float] = []
    done = collect(
        exchange.fetch,
        start,
        end,
        STEP,
        exchange.limit,
        on_page=lambda page, _cursor: rows.extend(page),
        sleep=slept.append,
        luck=lambda: 0.0,
        **options,  # type: ignore[arg-type]
    )
    return done, rows, slept


def steady(*failing: int) -> Callable[[], bool]:
    """Fail at the attempts of these numbers."""
    numbers = iter(range(10**6))
    return lambda: next(numbers) in failing


def runs_of_missing(present: set[int], start: int, end: int) -> list[Page]:
    """Return gaps the plain way: walk the grid."""
    gaps, begun = [], None
    for at in range(math.ceil(start / STEP) * STEP, end + 1, STEP):
        if at not in present and begun is None:
            begun = at
        if at in present and begun is not None:
            gaps.append((begun, at))
            begun = None
    if begun is not None:
        gaps.append((begun, end // STEP * STEP + STEP))
    return gaps


@settings(max_examples=300)
@given(
    slots=st.sets(st.integers(0, 120)),
    start=st.integers(0, 40 * STEP),
    length=st.integers(0, 110 * STEP),
    limit=st.integers(1, 30),
    failing=st.sets(st.integers(0, 60), max_size=25),
    forgotten=st.sets(st.integers(0, 120)),
)
def test_any_candles_behind_any_passing_faults_are_collected_once_and_the_gaps_are_exact(
    slots: set[int],
    start: int,
    length: int,
    limit: int,
    failing: set[int],
    forgotten: set[int],
) -> None:
    present = {slot * STEP for slot in slots}
    end = start + length
    exchange = Exchange(present, steady(*failing), {slot * STEP for slot in forgotten}, limit)

    done, rows, slept = run(exchange, start, end, policy=RetryPolicy(attempts=100))

    wanted = sorted(at for at in present if start <= at <= end)
    assert [row[0] for row in rows] == wanted
    assert done.fetched == len(wanted)
    assert (done.first, done.last) == ((wanted[0], wanted[-1]) if wanted else (None, None))
    assert done.gaps == runs_of_missing(present, start, end)
    assert done.calls == len(exchange.asked)
    assert done.retries == len(slept)


@given(stop_after=st.integers(0, 6), slots=st.sets(st.integers(0, 60)))
def test_a_collection_that_stops_goes_on_at_its_cursor_without_asking_again(
    stop_after: int, slots: set[int]
) -> None:
    present = {slot * STEP for slot in slots}
    exchange = Exchange(present, steady(), set(), 10)
    rows: Rows = []
    cursor: int | None = None

    def keep(page: Rows, next_cursor: int) -> None:
        nonlocal cursor
        rows.extend(page)
        cursor = next_cursor
        if len({at for at, _ in exchange.asked}) == stop_after + 1:
            raise JobCancelled("stop")

    try:
        collect(exchange.fetch, 0, 60 * STEP, STEP, 10, on_page=keep)
    except JobCancelled:
        asked = list(exchange.asked)
        _, rest, _ = run(exchange, 0, 60 * STEP, cursor=cursor)
        rows += rest
        assert not {page for page in exchange.asked[len(asked) :] if page[0] < (cursor or 0)}

    assert [row[0] for row in rows] == sorted(present)


def test_a_whole_range_costs_one_call_a_page_and_an_outage_one_more() -> None:
    present = {at * STEP for at in range(3_000) if not 1_000 <= at < 1_050}
    exchange = Exchange(present, steady(), set(), 300)

    done, _, _ = run(exchange, 0, 2_999 * STEP)

    assert done.calls == 11
    assert done.gaps == [(1_000 * STEP, 1_050 * STEP)]
    assert (1_000 * STEP, 1_049 * STEP) in exchange.asked


def test_an_outage_across_pages_is_one_gap() -> None:
    present = {at * STEP for at in range(100) if not 25 <= at < 75}

    done, _, _ = run(Exchange(present, steady(), set(), 10), 0, 99 * STEP)

    assert done.gaps == [(25 * STEP, 75 * STEP)]


def test_a_range_off_the_grid_is_narrowed_to_it() -> None:
    exchange = Exchange({0, STEP, 2 * STEP}, steady(), set(), 10)

    _, rows, _ = run(exchange, 1, 2 * STEP + 59)

    assert exchange.asked == [(STEP, 2 * STEP)]
    assert [row[0] for row in rows] == [STEP, 2 * STEP]


def test_a_range_without_an_opening_asks_nothing() -> None:
    exchange = Exchange({0}, steady(), set(), 10)

    done, rows, _ = run(exchange, 1, 59)

    assert (done.calls, rows, exchange.asked) == (0, [], [])


def test_a_pause_doubles_up_to_its_longest() -> None:
    exchange = Exchange({0}, steady(*range(7)), set(), 1)

    _, _, slept = run(exchange, 0, 0, policy=RetryPolicy(attempts=8, longest_s=10.0))

    assert slept == [0.5, 1, 2, 4, 8, 10, 10]


def test_luck_takes_off_at_most_half_a_pause() -> None:
    policy = RetryPolicy()

    assert policy.pause(3, None, 0.0) == 2.0
    assert policy.pause(3, None, 0.999999) == pytest.approx(1.0, abs=1e-3)


def test_a_longer_wait_named_by_the_exchange_is_obeyed_within_bounds() -> None:
    policy = RetryPolicy(obeyed_s=60.0)

    assert policy.pause(1, 7, 0.5) == 7
    assert policy.pause(1, 3_600, 0.5) == 60.0


def test_a_page_that_never_comes_ends_the_collection_with_its_error() -> None:
    exchange = Exchange({0}, lambda: True, set(), 1)

    with pytest.raises(ExchangeUnavailable):
        run(exchange, 0, 0, policy=RetryPolicy(attempts=3))


def test_a_refusal_is_not_asked_again() -> None:
    calls = []

    def refuse(first: int, last: int) -> Rows:
        calls.append(first)
        raise ExchangeRefused("no such symbol")

    with pytest.raises(ExchangeRefused):
        collect(refuse, 0, STEP, STEP, 10, on_page=lambda rows, cursor: None)

    assert calls == [0]


def test_a_sleep_that_is_told_to_stop_stops_the_collection() -> None:
    def stop(_seconds: float) -> None:
        raise JobCancelled("stop")

    exchange = Exchange({0}, lambda: True, set(), 1)

    with pytest.raises(JobCancelled):
        collect(exchange.fetch, 0, 0, STEP, 1, on_page=lambda rows, cursor: None, sleep=stop)
