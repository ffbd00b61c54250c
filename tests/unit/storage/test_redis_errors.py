"""What redis-py raises, in our own words."""

import pytest
from redis import exceptions

from core.errors import RedisUnavailable, StorageFull, TickcastError
from storage.redis_connection import redis_errors


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (exceptions.OutOfMemoryError("command not allowed"), StorageFull),
        (exceptions.ResponseError("OOM command not allowed"), StorageFull),
        (exceptions.ResponseError("MISCONF Errors writing to the AOF file"), StorageFull),
        (
            exceptions.ResponseError(
                "Command # 1 (SET x) of pipeline caused error: MISCONF Errors"
            ),
            StorageFull,
        ),
        (exceptions.ConnectionError("reset"), RedisUnavailable),
        (exceptions.TimeoutError("slow"), RedisUnavailable),
        (exceptions.BusyLoadingError("loading"), RedisUnavailable),
        (exceptions.ReadOnlyError("replica"), RedisUnavailable),
    ],
)
def test_lack_of_room_or_of_an_answer_can_be_tried_again(
    error: Exception, ours: type[TickcastError]
) -> None:
    with pytest.raises(ours) as caught, redis_errors():
        raise error
    assert caught.value.retry_after
    assert str(error) not in caught.value.detail


def test_a_mistake_in_a_command_stays_a_fault() -> None:
    with pytest.raises(exceptions.ResponseError), redis_errors():
        raise exceptions.ResponseError("ERR unknown command 'MISCONF'")
