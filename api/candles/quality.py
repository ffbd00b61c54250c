"""What a market's data went through, and where an exchange's candles differ from ours."""

from typing import Annotated

from falcon.asgi import Request, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from api.candles.requested_series import stored_market
from api.docs.openapi import operation
from api.http.cursors import read_place, write_cursor
from api.http.middleware import symbol_of
from api.http.threads import in_thread
from core.clock.times import format_time
from storage.candles.differences import CandleValues
from storage.live.quality import QualityLog

_PAGE = 1_000


class QualityQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """How many differences, and from where on."""

    limit: Annotated[int, Meta(ge=1, le=_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=64, description="From the page before.")] | UnsetType = (
        UNSET
    )


class QualityCounts(Struct):
    """Trades by what became of them, candles computed anew, and how often ids began again."""

    late: int
    duplicates: int
    quarantined: int
    overlaps: int
    unapplied: int
    rebuilt: int
    epochs: int


class DifferenceShown(Struct):
    """A finished candle: ours, complete and built from trades, and the exchange's in its place."""

    noted_at: str
    resolution: int
    time: str
    ours: CandleValues
    theirs: CandleValues


class QualityPage(Struct):
    """A market's counts, and its differences from the newest on; null at the end."""

    platform: str
    symbol: str
    counts: QualityCounts
    differences: list[DifferenceShown]
    next_cursor: str | None


class QualityResource:
    """`GET /quality/{platform}/{symbol}`"""

    def __init__(self, quality: QualityLog) -> None:
        self._quality = quality

    @operation("read_quality", "candles", {200: QualityPage}, errors=(422,))
    async def on_get(
        self, req: Request, resp: Response, platform: str, symbol: str, query: QualityQuery
    ) -> None:
        """Read counts of what a market's data went through, and where candles differ.

        The newest 1,000 candles are kept of which the exchange's finished one
        differs from ours.
        """
        market = stored_market(platform, symbol_of(symbol))
        before = "-".join(map(str, read_place(query.cursor, 2))) if query.cursor else None
        counts = await in_thread(self._quality.counts, market)
        found, last = await in_thread(self._quality.newest, market, query.limit, before)
        shown = [
            DifferenceShown(
                format_time(one.noted_at),
                one.resolution,
                format_time(one.time * 1_000),
                one.ours,
                one.theirs,
            )
            for one in found
        ]
        cursor = write_cursor(*map(int, last.split("-"))) if last else None
        resp.media = QualityPage(*market, QualityCounts(**counts), shown, cursor)
