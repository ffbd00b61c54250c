"""The record of one forecaster, as anybody may see it where the server is set so."""

import time
from typing import Any

from falcon import MEDIA_HTML, MEDIA_JSON
from falcon.asgi import Request, Response
from msgspec import Struct

from api.docs.openapi import operation
from api.docs.openapi_parts import html_answer
from api.http.schemas import Json, show_time
from api.http.threads import in_database_thread
from api.pages.page import STATIC, send_page
from core.answers.forecasters import ForecasterRecord, PooledRecord
from core.errors import NotFound
from core.forecast_target import ForecastTarget
from core.ledger import LIVE
from core.models import EXTERNAL, known_models
from core.names import check_name
from core.process.recent import Recent
from storage.ledger.forecaster_records import Span
from storage.ledger.ledger_boards import Board
from storage.ledger.ledger_rows import LATE
from storage.stores import Stores

# Of more markets than this the page shows those with most outcomes; their sums count all.
_TARGETS = 500
# How long a record is shown as it is (s), and of how many forecasters.
_SHOWN_S, _RECORDS = 5, 64


class ForecasterTarget(Struct, kw_only=True):
    """One market of a forecaster: `n` outcomes, and what they say against `baseline`."""

    platform: str
    symbol: str
    resolution: int
    horizon: int
    n: int
    missed: int
    late: int
    skill: dict[str, float | None] | None
    coverage: dict[str, float | None] | None
    baseline: str
    verdict: str


class ChainHeads(Struct, kw_only=True):
    """Where the live ledger ends: keep a copy, and no row before it can change unseen."""

    ledger: str
    rows: int
    head: str
    events: int
    events_head: str


class ForecasterShown(Struct, kw_only=True):
    """A forecaster's record from the live ledger: only what was said before the fact.

    Of `made` forecasts `n` have met their outcome; `late` of the `missed` ones were
    handed in too late and refused. `pooled` is over all markets of one length and
    horizon, for forecasters outside this server.
    """

    forecaster: str
    model: str
    ledger: str
    n: int
    made: int
    late: int
    missed: int
    first_made_at: str | None
    last_made_at: str | None
    updated_at: str | None
    pooled: list[PooledRecord]
    targets: list[ForecasterTarget]
    chain: ChainHeads


class ForecasterResource:
    """`GET /forecasters/{name}`"""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._page = (STATIC / "forecaster.html").read_bytes()
        self._recent: Recent[tuple[str, int], ForecasterShown] = Recent(_RECORDS)

    @operation(
        "forecaster", "ledger", {200: ForecasterShown}, errors=(404, 422), more=html_answer()
    )
    async def on_get(self, req: Request, resp: Response, name: str) -> None:
        """Show what a forecaster's forecasts were worth: a page to browsers, JSON to others.

        NAME is that of a forecaster outside this server, or a model of ours. Needs no
        key where TICKCAST_PUBLIC_RECORD is on.
        """
        check_name(name, "name")
        resp.set_header("Vary", "Accept")
        if req.client_prefers((MEDIA_JSON, MEDIA_HTML)) == MEDIA_HTML:
            send_page(req, resp, self._page)
            return
        resp.media = await in_database_thread(self._recent_record, name)

    def _recent_record(self, name: str) -> ForecasterShown:
        # Anybody may ask, as often as he likes: the answer is made once in a few seconds.
        key = name, int(time.monotonic() // _SHOWN_S)
        return self._recent.get(key, lambda: self._record(name))

    def _record(self, name: str) -> ForecasterShown:
        stores = self._stores
        model, span = self._find(name)
        boards = stores.boards.all(LIVE, model)
        missed = stores.ledger_reader.missed_by_reason(LIVE, {"model": model})
        record, updated_at = stores.records.get(LIVE, model) or (None, None)
        rows = [_target(t, boards.get(t), missed.get(t, {})) for t in boards.keys() | missed.keys()]
        rows.sort(key=lambda row: (-row.n, row.platform, row.symbol, row.resolution, row.horizon))
        return ForecasterShown(
            forecaster=name,
            model=model,
            ledger=LIVE,
            n=_known(record, boards),
            made=span.made,
            late=sum(row.late for row in rows),
            missed=sum(row.missed for row in rows),
            first_made_at=show_time(span.first),
            last_made_at=show_time(span.last),
            updated_at=show_time(updated_at),
            pooled=record.pooled if record else [],
            targets=rows[:_TARGETS],
            chain=self._chain(),
        )

    def _find(self, name: str) -> tuple[str, Span]:
        """Return the model of a forecaster and its rows' span; raises `NotFound`."""
        reader, records = self._stores.ledger_reader, self._stores.records
        model = name if name in known_models() else f"{EXTERNAL}{name}"
        span = records.span(LIVE, model)
        if not span.made and not reader.missed_by_reason(LIVE, {"model": model}):
            raise NotFound("No forecaster of this name has spoken in the live ledger.")
        return model, span

    def _chain(self) -> ChainHeads:
        forecasts, events = self._stores.records.heads(LIVE)
        return ChainHeads(
            ledger=LIVE,
            rows=forecasts.count,
            head=forecasts.hash,
            events=events.count,
            events_head=events.hash,
        )


def _known(record: ForecasterRecord | None, boards: dict[ForecastTarget, Board]) -> int:
    return record.n if record else sum(board.n for board in boards.values())


def _target(
    target: ForecastTarget, board: Board | None, missed: dict[str, int]
) -> ForecasterTarget:
    scores: dict[str, Any] = board.scores if board else {}
    skill: Json | None = scores.get("skill")
    return ForecasterTarget(
        platform=target.platform,
        symbol=target.symbol,
        resolution=target.resolution,
        horizon=target.horizon,
        n=board.n if board else 0,
        missed=sum(missed.values()),
        late=missed.get(LATE, 0),
        skill=skill,
        coverage=scores.get("coverage"),
        baseline=scores.get("baseline") or "last_price",
        verdict=board.verdict if board else "unproven",
    )
