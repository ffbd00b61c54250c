"""Whether regimes foretell anything on the candles of a series; the result stands in the job."""

import msgspec

from core.answers.forecasts import RegimesChecked
from core.jobs import Job, Progress
from core.requests import CheckRegimes
from storage.stores import Stores
from tasks.jobs.candle_frames import read_frame
from tasks.jobs.held_job import Note, Report


def check_regimes(
    stores: Stores, job: Job[CheckRegimes], report: Report, note: Note
) -> RegimesChecked:
    """Test both regimes of the requested series against labels shuffled in time."""
    # TA-Lib and pandas come in with this import.
    from ml.evaluation.check_regimes import check_regimes as check

    asked = job.request
    report(Progress(message="shuffling labels in time"))
    frame = read_frame(stores, asked.series)
    found = check(frame, asked.resolution, horizon=asked.horizon, seed=asked.seed)
    return msgspec.convert(found, RegimesChecked)
