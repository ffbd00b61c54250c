"""Texts that are packed once and joined in any order are what they were."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from storage.models.series_chunks import (
    CHUNK_CANDLES,
    bucket_of,
    chunk_of,
    join_gzip,
    pack,
    pack_text,
)

TEXTS = st.lists(st.binary(max_size=3_000), max_size=8)


@given(TEXTS)
def test_a_join_is_the_gzip_of_all_texts_in_a_row(texts: list[bytes]) -> None:
    joined = join_gzip([pack_text(text) for text in texts])

    assert gzip.decompress(joined) == b"".join(texts)
    one = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert one.decompress(joined) == b"".join(texts)  # one member, as every client reads it
    assert one.eof
    assert not one.unused_data


@given(st.lists(st.binary(min_size=1, max_size=50).filter(lambda b: b"\n" not in b), min_size=1))
def test_a_chunk_gives_back_its_points(lines: list[bytes]) -> None:
    chunk = chunk_of(pack(lines).to_bytes())

    assert chunk.points == len(lines)
    assert chunk.length == len(chunk.text)
    assert chunk.lines == lines


@given(st.integers(0, 2**32), st.sampled_from([60, 300, 86_400]))
def test_a_bucket_holds_the_points_of_so_many_openings(opening: int, resolution: int) -> None:
    start = bucket_of(opening, resolution) * CHUNK_CANDLES * resolution

    assert start <= opening < start + CHUNK_CANDLES * resolution
