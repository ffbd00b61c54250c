"""Commands go to Redis as redis-py itself would write them."""

from typing import Any

import pytest
from redis.connection import HiredisRespSerializer
from redis.exceptions import DataError

from storage.redis_connection import CommandPacker


@pytest.mark.parametrize(
    "command",
    [
        ("GET", "name"),
        ("CONFIG GET", "maxmemory-policy"),
        (b"PING",),
        ("SET", "zwölf", b"\x00\r\n\xff", 12, -0.1, 1e300),
        ("TS.MADD", *("ts:a", 1_700_000_000_000, 0.1) * 500),
    ],
)
def test_a_command_is_packed_as_redis_py_packs_it(command: tuple[Any, ...]) -> None:
    assert CommandPacker().pack(*command) == HiredisRespSerializer().pack(*command)


@pytest.mark.parametrize("wrong", [None, ["a"], object()])
def test_an_argument_of_a_wrong_type_is_refused_before_anything_is_sent(wrong: Any) -> None:
    with pytest.raises(DataError):
        CommandPacker().pack("SET", "name", wrong)
