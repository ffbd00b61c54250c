"""The pass at a candle's close: what has a deadline is not held up by what has none."""

import threading

from core.errors import Unavailable
from tasks.forecasts.at_close import AtClose


def test_a_run_leaves_what_follows_to_the_run_that_is_at_the_step_that_it_meets() -> None:
    done = list[str]()
    woken = list[int]()

    def seal() -> int:
        done.append("seal")
        if len(done) == 1:
            other = threading.Thread(target=lambda: woken.append(at_close.run()))
            other.start()
            other.join()
        return 1

    def answer() -> int:
        done.append("answer")
        return 10

    at_close = AtClose([seal, answer])
    assert at_close.run() == 12
    assert (woken, done) == ([0], ["seal", "seal", "answer"])


def test_a_step_that_fails_hinders_no_other() -> None:
    def fails() -> int:
        raise Unavailable("SQL is away.")

    def breaks() -> int:
        raise ValueError

    assert AtClose([fails, breaks, lambda: 3]).run() == 3
