"""Writes are refused before the disk is full, and taken again once there is room."""

from pathlib import Path

import pytest

from core.errors import StorageFull
from storage.disk_room import DiskRoom

MB = 1 << 20


def test_writes_are_refused_below_the_reserve_and_taken_again_when_room_has_stayed() -> None:
    now, free = 0.0, 11 * MB
    room = DiskRoom(Path("/"), 10, free=lambda _: free, clock=lambda: now)
    room.check()

    now, free = 1.0, 10 * MB - 1
    with pytest.raises(StorageFull, match="10 MB") as refused:
        room.check()
    assert refused.value.retry_after == 5

    now, free = 2.0, 50 * MB
    assert room.fault
    now = 4.0
    assert room.fault is None


def test_room_that_comes_and_goes_is_none() -> None:
    now, free = 0.0, 0
    room = DiskRoom(Path("/"), 10, free=lambda _: free, clock=lambda: now)
    for step in range(20):
        now, free = step * 0.5, (50 * MB if step % 2 else 0)
        assert room.fault


def test_the_disk_is_asked_at_most_every_moment() -> None:
    asked = []
    room = DiskRoom(Path("/"), 1, free=lambda path: asked.append(path) or MB, clock=lambda: 0.0)
    for _ in range(1_000):
        room.check()
    assert len(asked) == 1
