"""Rates and latencies are what a watch would say."""

from feeds.live.figures import FeedFigures, Rate, quantile


def test_a_rate_is_that_of_the_last_ten_seconds() -> None:
    now = [100.0]
    rate = Rate(clock=lambda: now[0])
    assert rate.per_second() == 0
    for _ in range(20):
        rate.add(5)
        now[0] += 1
    assert 4.5 <= rate.per_second() <= 5.5
    now[0] += 60
    assert rate.per_second() == 0


def test_latencies_are_told_by_their_rank_in_milliseconds() -> None:
    figures = FeedFigures()
    assert figures.latency_ms(0.5) is None
    figures.latencies.extend(n / 1_000 for n in range(100))

    assert (figures.latency_ms(0.5), figures.latency_ms(0.99)) == (50.0, 99.0)
    assert quantile([0.25], 0.99) == 250.0


def test_a_total_is_over_all_symbols() -> None:
    figures = FeedFigures()
    figures.of("A").fetched, figures.of("B").fetched = 2, 3

    assert figures.total("fetched") == 5
