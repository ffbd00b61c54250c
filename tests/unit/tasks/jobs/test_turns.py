"""What somebody wants while a step is at work is done once more, and not beside it."""

import threading

from tasks.jobs.turns import MOST_AGAIN, Turns


def test_a_step_that_is_wanted_meanwhile_is_done_once_more_by_who_is_at_it() -> None:
    turns, seen = Turns(), list[int]()

    def step() -> int:
        seen.append(len(seen))
        if len(seen) == 1:
            others = [threading.Thread(target=lambda: found.append(turns.work(step))) for _ in "ab"]
            for other in others:
                other.start()
            for other in others:
                other.join()
        return 1

    found = list[int]()
    assert turns.work(step) == 2
    assert (seen, found) == ([0, 1], [0, 0])
    assert turns.work(step) == 1


def test_who_is_asked_again_and_again_ends_all_the_same() -> None:
    turns = Turns()

    def step() -> int:
        assert turns.work(step) == 0
        return 1

    assert turns.work(step) == MOST_AGAIN


def test_a_step_that_fails_leaves_the_turn_to_others() -> None:
    turns = Turns()

    def fails() -> int:
        raise ValueError

    try:
        turns.work(fails)
    except ValueError:
        assert turns.work(lambda: 3) == 3
