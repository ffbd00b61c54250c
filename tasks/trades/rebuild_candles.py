"""Symbols whose series or sums were lost: computed anew from journal, files and sums."""

import logging
import time

from storage.trades.stream_stores import StreamStores

logger = logging.getLogger(__name__)


def rebuild_dirty(stores: StreamStores, deadline: float) -> None:
    """Rebuild day by day until `deadline` (of the monotonic clock); the next run goes on."""
    for market, first_day in stores.upkeep.rebuilding().items():
        for day in stores.upkeep.days(*market):
            if day < first_day:
                continue
            if time.monotonic() > deadline:
                stores.upkeep.rebuild_from(market, day)
                return
            stores.upkeep.rebuild_day(*market, day)
        logger.warning("%s: candles were rebuilt from the journal", market)
        stores.upkeep.rebuilt(market)
