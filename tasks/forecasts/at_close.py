"""What is done once a candle has closed, for forecasts of every kind.

Forecasts of the close and signals go into the ledger, and first: they have a
deadline. Then the answers about ranges and signals are made, and the series of the next candle
goes on.
"""

import logging
from collections.abc import Callable, Sequence

from core.errors import TickcastError
from tasks.jobs.turns import Turns

logger = logging.getLogger(__name__)


class AtClose:
    """The steps of the pass; each is done by one run at a time, and hinders no other by failing.

    A candle that comes while a step is at work has it done once more. The run that it woke
    leaves what follows to the run that is at that step: beside what has a deadline, it would
    take the time of the same interpreter for what has none.
    """

    def __init__(self, steps: Sequence[Callable[[], int]]) -> None:
        self._steps = [(Turns(), step) for step in steps]

    def run(self) -> int:
        """Do all that is due; returns how much there was."""
        total = 0
        for turns, step in self._steps:
            done = self._do(turns, step)
            if done is None:
                break
            total += done
        return total

    def _do(self, turns: Turns, step: Callable[[], int]) -> int | None:
        try:
            return turns.work_or_leave(step)
        except TickcastError as error:
            logger.warning("at a candle's close: %s", error.detail)
        except Exception:
            logger.exception("at a candle's close: a fault of ours")
        return 0
