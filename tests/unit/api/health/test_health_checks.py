"""A part that hangs is told to be away in time, holds one thread, and is well again by itself."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.health.check import Check
from core.errors import RedisUnavailable

TIMEOUT_S = 0.2


class Part:
    """A part that can be stopped and let go on."""

    def __init__(self) -> None:
        self.asked = 0
        self.going = threading.Event()
        self.going.set()

    def ask(self) -> int:
        self.asked += 1
        self.going.wait(20)
        return self.asked


@pytest.fixture
def part() -> Part:
    return Part()


def check_of(part: Part, fresh: float = 0.0) -> "Check[int]":
    return Check(part.ask, ThreadPoolExecutor(4), timeout=TIMEOUT_S, fresh=fresh)


async def test_callers_at_once_share_one_question(part: Part) -> None:
    check = check_of(part, fresh=60)
    answers = await asyncio.gather(*(check.answer() for _ in range(20)))
    assert part.asked == 1
    assert {answer.value for answer in answers} == {1}
    assert (await check.answer()).value == 1


async def test_a_part_that_hangs_is_away_in_time_and_asked_once(part: Part) -> None:
    check = check_of(part)
    part.going.clear()
    began = time.monotonic()
    answers = await asyncio.gather(*(check.answer() for _ in range(50)))
    # One after the other they would wait 50 times as long as one.
    assert time.monotonic() - began < 50 * TIMEOUT_S
    assert {answer.value for answer in answers} == {None}
    # Whoever asks now does not wait: he is answered within a few turns of the loop.
    later = asyncio.create_task(check.answer())
    for _ in range(5):
        await asyncio.sleep(0)
    assert later.done()
    assert later.result().value is None
    assert part.asked == 1
    part.going.set()


async def test_a_part_that_goes_on_is_well_again_by_itself(part: Part) -> None:
    check = check_of(part)
    part.going.clear()
    assert (await check.answer()).value is None
    part.going.set()
    await asyncio.sleep(0.05)
    assert (await check.answer()).value == 2


async def test_a_caller_that_gives_up_takes_nothing_from_the_others(part: Part) -> None:
    check = check_of(part)
    part.going.clear()
    first = asyncio.create_task(check.answer())
    second = asyncio.create_task(check.answer())
    await asyncio.sleep(0.05)
    first.cancel()
    part.going.set()
    assert (await second).value == 1


async def test_a_part_that_fails_is_away(part: Part) -> None:
    def refuse() -> int:
        raise RedisUnavailable("away")

    def break_down() -> int:
        raise RuntimeError("a fault")

    for ask in (refuse, break_down):
        assert (await Check(ask, ThreadPoolExecutor(1)).answer()).value is None
