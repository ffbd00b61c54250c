"""Trainings of the next candle, and the series that is drawn from their models."""

import gzip
import threading

import msgspec

from core.series import Series
from storage.models.series_cache import SeriesAbout
from storage.models.series_chunks import CHUNK_CANDLES, SEPARATOR, join_gzip, pack, pack_text
from storage.stores import Stores

SERIES = Series("file", "MADE", 300)
STEP = SERIES.resolution * CHUNK_CANDLES


def about_of(points: int) -> SeriesAbout:
    """Return what is said of a series of two chunks with `points` each."""
    last = STEP + 300 * (points - 1)
    return SeriesAbout("run-1", 0, 0, 2 * points, 0, last, last)


def test_nothing_is_cached_before_a_generation_is_published(stores: Stores) -> None:
    cache = stores.series_cache
    cache.put(SERIES, cache.draft(), {0: pack([b"1"])})

    assert cache.read(SERIES, None, None) is None


def test_a_range_reads_the_chunks_that_it_touches(stores: Stores) -> None:
    cache, generation = stores.series_cache, stores.series_cache.draft()
    cache.put(SERIES, generation, {0: pack([b"1", b"2"]), 1: pack([b"3", b"4"])})
    cache.publish(SERIES, generation, about_of(2))

    def lines(start: int | None, end: int | None) -> list[bytes]:
        found = cache.read(SERIES, start, end)
        assert found is not None
        return [line for chunk in found.chunks for line in chunk.lines]

    assert lines(None, None) == [b"1", b"2", b"3", b"4"]
    assert lines(None, STEP - 1) == [b"1", b"2"]
    assert lines(STEP, None) == [b"3", b"4"]
    assert lines(10 * STEP, None) == []


def test_only_the_generation_that_counts_is_extended(stores: Stores) -> None:
    cache, old, new = stores.series_cache, stores.series_cache.draft(), stores.series_cache.draft()
    for generation in (old, new):
        cache.put(SERIES, generation, {0: pack([b"1"]), 1: pack([b"2"])})
        cache.publish(SERIES, generation, about_of(1))

    assert not cache.extend(SERIES, old, {1: pack([b"9"])}, about_of(1))
    assert cache.extend(SERIES, new, {1: pack([b"2", b"3"])}, about_of(2))
    found = cache.read(SERIES, None, None)
    assert found is not None
    assert [chunk.lines for chunk in found.chunks] == [[b"1"], [b"2", b"3"]]
    assert found.about == about_of(2)


def test_readers_see_one_generation_whole_while_others_replace_it(stores: Stores) -> None:
    cache, over = stores.series_cache, threading.Event()

    def rebuild() -> None:
        for number in range(60):
            generation, mark = cache.draft(), b"%d" % number
            for bucket in (0, 1):
                cache.put(SERIES, generation, {bucket: pack([mark] * 3)})
            cache.publish(SERIES, generation, about_of(3))
        over.set()

    writer = threading.Thread(target=rebuild)
    writer.start()
    seen = set()
    while not over.is_set():
        if found := cache.read(SERIES, None, None):
            marks = {line for chunk in found.chunks for line in chunk.lines}
            assert len(marks) == 1
            assert sum(chunk.points for chunk in found.chunks) == found.about.points
            seen |= marks
    writer.join()
    assert len(seen) > 1


def test_an_answer_waits_for_its_caller(stores: Stores) -> None:
    stores.series_cache.put_answer("1", about_of(1), [pack([b"1"]), pack([b"2"])])

    found = stores.series_cache.answer("1")
    assert found is not None
    assert [chunk.lines for chunk in found.chunks] == [[b"1"], [b"2"]]
    assert stores.series_cache.answer("2") is None


def test_joined_chunks_are_one_gzip_of_their_texts() -> None:
    points = [msgspec.json.encode({"number": n, "half": n / 2}) for n in range(3_000)]
    texts = [b'{"points":[', *(SEPARATOR.join(points[n : n + 500]) for n in range(0, 3_000, 500))]

    joined = join_gzip([pack_text(text) for text in [*texts, b"", b"]}"]])

    assert gzip.decompress(joined) == b"".join(texts) + b"]}"
