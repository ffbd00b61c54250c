"""Whether candles that are brought to us come, by the sessions of their markets."""

import logging

from core.clock.resolutions import DAY, resolution_name
from core.clock.times import format_time, now_ms
from core.platforms import FETCHED
from core.series import Series
from storage.stores import Stores

logger = logging.getLogger(__name__)

# What nobody has brought for so long (s) is no feed any more, unless it is watched.
GIVEN_UP = 14 * DAY
# What is late before the next look comes is late now (ms): nobody learns of it later than that.
AHEAD_MS = 30_000


def check_feeds(stores: Stores) -> int:
    """Note which brought series are late, with watches too; returns how many are.

    A series is brought if a terminal feeds its platform, or if it is watched and no exchange
    of ours has it. Of a market that rests none is late.
    """
    watched = [w.series for w in stores.watches.list() if w.series.platform not in FETCHED]
    late = stores.freshness.late({*watched, *_fed(stores)}, lambda: now_ms() + AHEAD_MS)
    now = now_ms() // 1_000
    resting, since = stores.resting.among(late, now), now - GIVEN_UP
    feeds = {
        series: judged
        for series, judged in late.items()
        if series not in resting and (series in watched or (judged.newest or 0) > since)
    }
    for series in feeds.keys() - stores.freshness.noted().keys():
        logger.warning("feed %s: %s", series, reason(series, feeds[series].newest))
    stores.freshness.note(feeds)
    for series in watched:
        judged = None if series in resting else late.get(series)
        stores.watches.record(series, None if judged is None else reason(series, judged.newest))
    return len(feeds)


def reason(series: Series, newest: int | None) -> str:
    """Return why a series is late."""
    if newest is None:
        return "no candle has ever come; whoever brings them must send some"
    return (
        f"no {resolution_name(series.resolution)} candle has come since that of "
        f"{format_time(newest * 1_000)}, though the market is open"
    )


def _fed(stores: Stores) -> list[Series]:
    platforms = stores.feeds.platforms()
    return [one for one in stores.candles.all_series() if one.platform in platforms]
