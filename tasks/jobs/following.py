"""Models that forecast live: their intervals follow every outcome since training."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from core.clock.sessions import WEEK
from core.series import Series
from storage.models.runs import RunRecord
from storage.stores import Stores

if TYPE_CHECKING:
    from ml.models.following import FollowingModel
    from ml.models.forecast_origin import Origin
    from ml.models.protocol import Model


@contextmanager
def following(
    stores: Stores, series: Series, run: RunRecord, model: "Model", origin: "Origin"
) -> Iterator["FollowingModel"]:
    """Give the model of a run as it stands now, and keep where it stands after its forecast.

    Where more has passed than the candles of `origin` show, after a downtime or where
    what was kept is lost, it catches up on the stored ones first.
    """
    # The libraries of the models come in with this import.
    from ml.models.following import FollowingModel
    from ml.models.protocol import Followed

    held = stores.followed.get(run.id) if model.follows else None
    before = None if held is None else msgspec.json.decode(held, type=Followed)
    live = FollowingModel(model, before)
    _catch_up(stores, series, run, live, origin)
    yield live
    if live.followed is not None and live.followed != before:
        stores.followed.put(run.id, msgspec.json.encode(live.followed))


def _catch_up(
    stores: Stores, series: Series, run: RunRecord, live: "FollowingModel", origin: "Origin"
) -> None:
    from ml.features.history import make_history
    from ml.models.protocol import CANDLES_WANTED, MAX_CANDLES

    trained_until = run.metadata.get("trained_until")
    if trained_until is None:  # by an earlier version, whose models follow nothing
        return
    since = live.lacks(origin.history, trained_until)
    if since is None:
        return
    # Closures leave fewer candles in as much time.
    start = since - CANDLES_WANTED * series.resolution - WEEK
    candles = stores.candles.read(series, start, origin.opening)
    frame = candles.to_frame().tail(MAX_CANDLES).reset_index(drop=True)
    history = make_history(frame, series.resolution, run.metadata["sessions"])
    rows = history.ready()
    if len(rows):
        live.predict(history, rows[-1:])
