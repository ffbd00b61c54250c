"""The leak test of all features, on candles that are stored or that a caller brought."""

from core.answers.candles import LeakTested
from core.clock.times import format_time
from core.jobs import Job, Progress
from core.requests import LeakTest
from storage.stores import Stores
from tasks.jobs.held_job import Note, Report

# Of a longer history the newest so many candles are used: the test recomputes them 25 times.
CANDLES = 5_000


def leak_test_features(
    stores: Stores, job: Job[LeakTest], report: Report, note: Note
) -> LeakTested:
    """Recompute every feature on truncated history; tells of each whether it changed."""
    # TA-Lib and pandas come in with these imports.
    from core.clock.sessions import learn_sessions
    from ml.data.candle_frames import finished
    from ml.features.leak_test import leak_test_features as leak_test

    series = job.request.series
    report(Progress(message="recomputing features"))
    candles = (
        stores.uploads.get(job.id)
        if job.request.uploaded
        else stores.candles.read(series, limit=CANDLES, newest=True)
    )
    frame = finished(candles.to_frame()).tail(CANDLES).reset_index(drop=True)
    facts, times = stores.facts.get(series), frame["time"].to_numpy("int64")
    sessions = learn_sessions(times, series.resolution, facts.zone, facts.grid)
    changed = leak_test(frame, sessions, job.request.seed)
    stores.uploads.drop(job.id)
    features = {
        name: "ok" if time is None else format_time(time * 1_000) for name, time in changed.items()
    }
    return LeakTested(
        ok=all(time is None for time in changed.values()),
        features=features,
        candles=len(frame),
        first=format_time(int(frame["time"].iloc[0]) * 1_000),
        last=format_time(int(frame["time"].iloc[-1]) * 1_000),
    )
