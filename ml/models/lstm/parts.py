"""How the past of a fold is divided: to learn from, to validate on, to calibrate on."""

from typing import NamedTuple

from core.lstm_limits import EMBARGO, LEAST_HELD_OUT
from ml.data.walkforward import Rows, Spans, hold_out

# Of what both purges leave, as much validates (when to stop, how much to believe) and as
# much calibrates.
HELD_OUT_SHARE = 0.15


class Parts(NamedTuple):
    """Rows of the past, oldest part first, purged of overlapping labels."""

    train: Rows
    validation: Rows
    calibration: Rows


def split_past(spans: Spans, past: Rows) -> Parts:
    """Split the rows of a fold's past; the newest calibrate."""
    longest = int((spans.end[past] - spans.start[past]).max())
    left = len(past) - 2 * (longest + EMBARGO)
    count = max(LEAST_HELD_OUT, int(HELD_OUT_SHARE * left))
    calibration = hold_out(spans, past, count, EMBARGO)
    validation = hold_out(spans, calibration.train, count, EMBARGO)
    return Parts(validation.train, validation.test, calibration.test)
