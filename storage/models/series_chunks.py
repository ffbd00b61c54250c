"""Lines of JSON, packed so that any run of chunks is joined into one gzip without unpacking.

A chunk holds the points of `CHUNK_CANDLES` openings: raw deflate blocks that end
at a byte and refer to nothing before them, with the CRC-32 and length of what
they hold. Joined with a header and a trailer they make one gzip member (RFC
1952), whose CRC follows from those of its parts.
"""

import struct
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

CHUNK_CANDLES = 512
SEPARATOR = b",\n"
# The points of candles are nine parts in ten alike: harder packing takes long and gains little.
_LEVEL = 4
# A point begins {"real":{"time":"2025-01-31T12:00:00Z"
_TIME = slice(17, 37)
_HEAD = struct.Struct("<III")
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"
# CRC-32's polynomial, bits reversed, as zlib has it.
_POLYNOMIAL = 0xEDB88320

Number = TypeVar("Number", int, "NDArray[np.int64]")


class Chunk(NamedTuple):
    """Packed text: how many points, its CRC-32 and length in bytes, and the deflate blocks."""

    points: int
    crc: int
    length: int
    blocks: bytes

    def to_bytes(self) -> bytes:
        """Return the bytes that `chunk_of` reads."""
        return _HEAD.pack(self.points, self.crc, self.length) + self.blocks

    @property
    def text(self) -> bytes:
        """Return what is packed."""
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.blocks)

    def opening(self, place: int) -> int:
        """Return when the candle of a point opened (s)."""
        return opening_of(self.lines[place])

    @property
    def lines(self) -> list[bytes]:
        """Return the points as they were packed."""
        return self.text.removeprefix(SEPARATOR).split(SEPARATOR)


def bucket_of(opening: Number, resolution: int) -> Number:
    """Return the chunk that the point of an opening (s) belongs to."""
    return opening // (resolution * CHUNK_CANDLES)


def opening_of(line: bytes) -> int:
    """Return when the candle of an encoded point opened (s): the time stands first in it."""
    text = line[_TIME].decode()
    return int(datetime.fromisoformat(text).timestamp())


def chunk_of(content: bytes) -> Chunk:
    """Return the chunk that `to_bytes` gave."""
    points, crc, length = _HEAD.unpack_from(content)
    return Chunk(points, crc, length, content[_HEAD.size :])


def pack(lines: Sequence[bytes]) -> Chunk:
    """Pack points, with a separator before each."""
    return pack_text(SEPARATOR + SEPARATOR.join(lines), len(lines))


def pack_text(text: bytes, points: int = 0) -> Chunk:
    """Pack any text, so that others can be joined to it."""
    packer = zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS)
    blocks = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    return Chunk(points, zlib.crc32(text), len(text), blocks)


def join_gzip(chunks: Sequence[Chunk]) -> bytes:
    """Return the texts of all chunks, one after another, as one gzip member."""
    crc, length = 0, 0
    for chunk in chunks:
        crc = _crc_of_both(crc, chunk.crc, chunk.length)
        length += chunk.length
    blocks = (chunk.blocks for chunk in chunks)
    trailer = struct.pack("<II", crc, length & 0xFFFFFFFF)
    return b"".join((_GZIP_HEAD, *blocks, _LAST_BLOCK, trailer))


def _crc_of_both(first: int, second: int, second_length: int) -> int:
    """Return the CRC-32 of two texts in a row from their own, as zlib's crc32_combine does.

    Appending n bytes multiplies a CRC, read as a polynomial over GF(2), by x^(8n).
    """
    power, base, bits = 1 << 31, 1 << 30, 8 * second_length
    while bits:
        if bits & 1:
            power = _product(base, power)
        base, bits = _product(base, base), bits >> 1
    return _product(power, first) ^ second


def _product(a: int, b: int) -> int:
    """Multiply two polynomials modulo CRC-32's; the highest bit is the coefficient of 1."""
    result = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            result ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return result
