"""What was used last stays at hand."""

import pytest

from core.process.recent import Recent


class CountingMaker:
    """Makes a value of its key, and remembers which it was asked for."""

    def __init__(self, capacity: int = 8) -> None:
        self.asked: list[str] = []
        self.recent: Recent[str, str] = Recent(capacity)

    def use(self, *keys: str) -> None:
        for key in keys:
            self.recent.get(key, lambda key=key: self._make(key))  # type: ignore[misc]

    def _make(self, key: str) -> str:
        self.asked.append(key)
        if key == "damaged":
            raise ValueError
        return key


def test_a_value_is_made_once() -> None:
    maker = CountingMaker()

    maker.use("a", "a", "a")

    assert maker.asked == ["a"]


def test_the_value_used_longest_ago_makes_room() -> None:
    maker = CountingMaker(capacity=2)

    maker.use("a", "b", "a", "c", "a", "b")

    assert maker.asked == ["a", "b", "c", "b"]
    assert sorted(maker.recent.at_hand()) == ["a", "b"]


def test_what_cannot_be_made_is_never_kept() -> None:
    maker = CountingMaker()

    for _ in range(2):
        with pytest.raises(ValueError):
            maker.use("damaged")

    assert maker.asked == ["damaged", "damaged"]
