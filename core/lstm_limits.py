"""What a training of an LSTM may ask for, and how many candles it needs.

Both the door (which refuses before anything is queued) and the training (which
refuses what slipped past, such as a series that shrank meanwhile) read this file.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from core.errors import InvalidRequest

SEQ_LEN_LIMITS = (8, 512)
NSTEPS_LIMITS = (1, 288)
# As far ahead as benchmarks ask; beyond the former only where `ml` is called itself.
MOST_STEPS = 720
UNITS_LIMITS = (4, 256)
EPOCHS_LIMITS = (1, 200)
FOLDS_LIMITS = (2, 8)
QUANTILES_LIMIT = 21
DEFAULT_FOLDS = 3

# Candles without a gap before the first window: the inputs of sizes warm up.
WARM_UP = 50
# Fewer windows than these say nothing: to learn from, and to validate or calibrate on.
LEAST_TRAIN, LEAST_HELD_OUT = 80, 50
# Candles kept free between two parts, beyond the purge of labels that overlap.
EMBARGO = 1
# Share of the windows after which the walk-forward's tests begin.
FIRST_TEST = 0.5


def windows_needed(nsteps: int) -> int:
    """Return the least number of windows that a walk-forward can be made of.

    Before its first test, three parts must find room (to learn, validate and
    calibrate on), each followed by a purge of `nsteps` candles and the embargo.
    """
    parts = LEAST_TRAIN + 2 * LEAST_HELD_OUT + 3 * (nsteps + EMBARGO)
    return math.ceil(parts / FIRST_TEST)


def candles_needed(seq_len: int, nsteps: int, folds: int = DEFAULT_FOLDS) -> int:
    """Return the least number of finished candles, without gaps, that a training takes.

    A window reads `seq_len` log-returns, the first of which needs one candle more,
    and its label lies `nsteps` ahead. The number of `folds` divides the tests only.
    """
    return max(seq_len, WARM_UP) + 1 + nsteps + windows_needed(nsteps)


def check_quantiles(levels: Sequence[float]) -> None:
    """Raise `InvalidRequest` unless the levels ascend, mirror each other and hold 0.5.

    Intervals are made of pairs such as 0.1 and 0.9, and the forecast is the median.
    """
    rising = all(a < b for a, b in pairwise(levels))
    mirrored = all(math.isclose(a + b, 1) for a, b in zip(levels, reversed(levels), strict=True))
    inside = all(0 < level < 1 for level in levels)
    odd = 3 <= len(levels) <= QUANTILES_LIMIT and len(levels) % 2
    if not (rising and mirrored and inside and odd):
        raise InvalidRequest(
            "quantiles must ascend between 0 and 1, lie symmetrically around 0.5 and hold it, "
            "such as [0.025, 0.1, 0.5, 0.9, 0.975]."
        )
