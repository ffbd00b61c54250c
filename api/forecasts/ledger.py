"""The ledger as it is shown, verified, and summed up by slot."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from falcon.asgi import Request, Response
from msgspec import UNSET, Struct

from api.candles.schemas_candles import PAGE, PAGE_LIMIT
from api.docs.openapi import operation
from api.docs.openapi_parts import TABLE_PAGE
from api.forecasts.ledger_tables import FORECAST_FIELDS, SIGNAL_FIELDS, ledger_columns
from api.forecasts.schemas_ledger import (
    LedgerPageShown,
    LedgerQuery,
    LedgersVerified,
    Scoreboard,
    ScoreboardRow,
    SlotQuery,
    VerifyQuery,
    show_row,
    show_sealed,
    show_verification,
)
from api.http.cursors import read_cursor, write_cursor
from api.http.ranges import opening_seconds
from api.http.schemas import show_time
from api.http.tables import (
    JSON,
    NEXT_CURSOR,
    PARQUET_ROWS,
    first_pages,
    send_table,
    table_parts,
    wanted_form,
)
from api.http.threads import in_database_thread
from core.clock.resolutions import parse_resolution
from core.clock.times import LATEST_MS, now_ms
from core.columnar.tables import PARQUET
from core.errors import InvalidRequest
from core.forecast_target import ForecastTarget
from core.ledger import FORECASTS, LIVE, SIGNALS
from core.models import CLOSE, EXTERNAL, SIGNAL, is_external, known_models
from core.multiple_testing import holm
from core.names import check_name
from core.platforms import raw_symbol
from storage.ledger.ledger_boards import Board
from storage.ledger.ledger_rows import LATE, LedgerRow
from storage.ledger.ledger_verify import verify_ledger
from storage.ledger.signal_rows import SealedSignal
from storage.models.runs import TargetRecord
from storage.stores import Stores


class LedgerResource:
    """`GET /ledger`"""

    def __init__(self, stores: Stores) -> None:
        self._reader = stores.ledger_reader
        self._sealed = stores.sealed

    @operation("read_ledger", "ledger", {200: LedgerPageShown}, errors=(404, 422), more=TABLE_PAGE)
    async def on_get(self, req: Request, resp: Response, query: LedgerQuery) -> None:
        """Read forecasts in the order in which they were entered, each made before the fact.

        `made_at` is the server's clock when a row was entered: at most 30 s, or a
        tenth of the candle, after its first target opened. Rows of a replay are
        stamped as if made at that opening. Also as CSV, Arrow or Parquet: then all rows
        come in one answer, or with `limit` a page, with the cursor in `X-Next-Cursor`.
        """
        form = wanted_form(req, query.format or None)
        if form != JSON:
            await self._send(resp, query, form)
            return
        resp.append_header("Vary", "Accept")
        after = read_cursor(query.cursor) if query.cursor else 0
        start, end = _openings(query)
        if query.chain == SIGNALS:
            resp.media = await in_database_thread(self._signals, query, start, end, after)
            return
        page = await in_database_thread(
            self._reader.page,
            query.ledger,
            wanted_slot(query),
            start,
            end,
            query.limit or PAGE,
            after,
        )
        cursor = write_cursor(page.rows[-1].seq) if page.more else None
        shown = LedgerPageShown([show_row(row) for row in page.rows], cursor)
        if query.model is not UNSET:
            shown.missed = await in_database_thread(self._missed, query)
        resp.media = shown

    async def _send(self, resp: Response, query: LedgerQuery, form: str) -> None:
        """Send rows as a table: all of them, or a page."""
        fields = SIGNAL_FIELDS if query.chain == SIGNALS else FORECAST_FIELDS
        pages = self._pages(query)
        if most := query.limit or (PARQUET_ROWS if form == PARQUET else None):
            held = await in_database_thread(first_pages, pages, lambda page: len(page[0]), most)
            if cursor := held[-1][1]:
                resp.set_header(NEXT_CURSOR, cursor)
            pages = iter(held)
        columns = ledger_columns(fields, (page for page, _ in pages if page))
        name = f"ledger-{query.chain if query.chain == SIGNALS else query.ledger}"
        parts = table_parts(form, fields, columns)
        await send_table(resp, form, name, parts, in_database_thread)

    def _pages(self, query: LedgerQuery) -> Iterator[tuple[Sequence[Struct], str | None]]:
        """Yield pages of rows, each with where the next begins."""
        wanted, (start, end) = wanted_slot(query), _openings(query)
        after = read_cursor(query.cursor) if query.cursor else 0
        size = query.limit or PAGE_LIMIT
        more = True
        while more:
            rows: Sequence[LedgerRow | SealedSignal]
            if query.chain == SIGNALS:
                rows, more = self._sealed.page(wanted, start, end, size, after)
            else:
                page = self._reader.page(query.ledger, wanted, start, end, size, after)
                rows, more = page.rows, page.more
            after = rows[-1].seq if rows else after
            yield rows, write_cursor(after) if more else None

    def _missed(self, query: LedgerQuery) -> dict[str, int]:
        """Return how many of one model's forecasts were missed, by reason."""
        total: Counter[str] = Counter()
        found = self._reader.missed_by_reason(query.ledger, wanted_slot(query))
        for reasons in found.values():
            total.update(reasons)
        return dict(total)

    def _signals(self, query: LedgerQuery, start: int, end: int, after: int) -> LedgerPageShown:
        limit = query.limit or PAGE
        rows, more = self._sealed.page(wanted_slot(query), start, end, limit, after)
        cursor = write_cursor(rows[-1].seq) if more else None
        shown = [show_sealed(row) for row in rows]
        return LedgerPageShown([], cursor, shown, self._sealed.missed())


def _openings(query: LedgerQuery) -> tuple[int, int]:
    start, end = opening_seconds(query.start or None, query.end or None)
    return start or 0, LATEST_MS // 1_000 if end is None else end


class VerifyLedger:
    """`GET /ledger/verify`"""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    @operation("verify_ledger", "ledger", {200: LedgersVerified}, errors=(404, 422))
    async def on_get(self, req: Request, resp: Response, query: VerifyQuery) -> None:
        """Recompute every hash, and compare with the heads that are kept outside SQL.

        Finds changed, removed and inserted rows, a cut tail, a ledger that was made
        anew, and records that were emptied or replaced as a whole.
        """
        name = query.chain if query.chain != FORECASTS else query.ledger or None
        resp.media = await in_database_thread(self._verify, name)

    def _verify(self, name: str | None) -> LedgersVerified:
        stores = self._stores
        names = stores.ledger_reader.names() if name is None else [name]
        found = [
            show_verification(verify_ledger(stores.engine, stores.heads, one)) for one in names
        ]
        vanished = stores.marks.faults(without_redis=True)
        if vanished and all(one.ok for one in found):
            found[0].ok, found[0].reason = False, vanished[0].sentence
        bad = next((one for one in found if not one.ok), found[0])
        return LedgersVerified(
            ok=bad.ok,
            ledger=found[0].ledger,
            rows=found[0].rows,
            head=found[0].head,
            first_bad=bad.first_bad,
            reason=bad.reason if bad is found[0] else f"Ledger {bad.ledger}: {bad.reason}",
            chain=bad.chain,
            events=found[0].events,
            events_head=found[0].events_head,
            ledgers=found,
        )


class ScoreboardResource:
    """`GET /scoreboard`"""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    @operation("scoreboard", "ledger", {200: Scoreboard}, errors=(404, 422))
    async def on_get(self, req: Request, resp: Response, query: SlotQuery) -> None:
        """Tell what each slot's forecasts in the ledger are worth; backtests have no place here."""
        resp.media = await in_database_thread(self.board, query)

    def board(self, query: SlotQuery) -> Scoreboard:
        """Return the rows that a query asks for; blocks."""
        stores, name = self._stores, query.ledger
        stores.ledger_reader.check(name)
        boards, missed = stores.boards.all(name), stores.ledger_reader.missed_by_reason(name, {})
        kinds = {LIVE: (CLOSE,), SIGNALS: (SIGNAL,)}.get(name, ())
        records = {one.target: one for one in stores.registry.targets(*kinds)} if kinds else {}
        champions = {target for target, record in records.items() if record.champion_id}
        wanted = wanted_slot(query)
        targets = sorted(boards.keys() | missed.keys() | champions)
        rows = [
            _row(name, target, boards.get(target), missed.get(target, {}), records.get(target))
            for target in targets
            if all(getattr(target, field) == value for field, value in wanted.items())
        ]
        # Over the whole ledger: asking for one slot alone must not make it look more certain.
        adjusted = _adjusted({target: board.scores for target, board in boards.items()})
        for row in rows:
            target = ForecastTarget(
                row.platform, row.symbol, row.resolution, row.horizon, row.model
            )
            row.p_value_of_all = adjusted.get(target)
        return Scoreboard(name, rows)


def _adjusted(scores: dict[ForecastTarget, dict[str, Any]]) -> dict[ForecastTarget, float]:
    """Return the p-value of each slot's being better, adjusted by Holm for all slots looked at."""
    # Scores that an earlier version computed have none until they are computed anew.
    chances = {
        target: (found.get("dm") or {}).get("better_p_value") for target, found in scores.items()
    }
    known = {target: chance for target, chance in chances.items() if chance is not None}
    return dict(zip(known, holm(list(known.values())), strict=True))


def wanted_slot(query: SlotQuery) -> dict[str, Any]:
    """Return the fields of a slot that a query gives, as they are stored."""
    values: dict[str, Any] = {"platform": query.platform, "horizon": query.horizon}
    values["model"] = query.model if query.model is UNSET else _checked(query.model)
    if query.symbol:
        values["symbol"] = raw_symbol(query.platform or "", query.symbol)
    if query.resolution:
        values["resolution"] = parse_resolution(query.resolution)
    return {name: value for name, value in values.items() if value is not UNSET}


def _checked(model: str) -> str:
    """Return a model that a ledger may hold forecasts of; raises `InvalidRequest`."""
    if is_external(model) or model in known_models():
        return check_name(model, "model")
    known = ", ".join(known_models())
    raise InvalidRequest(f"model must be one of {known}, or {EXTERNAL}NAME.", field="model")


def _row(
    name: str,
    target: ForecastTarget,
    board: Board | None,
    missed: dict[str, int],
    record: TargetRecord | None,
) -> ScoreboardRow:
    return ScoreboardRow(
        **msgspec.structs.asdict(target),
        ledger=name,
        n=board.n if board else 0,
        missed=sum(missed.values()),
        late=missed.get(LATE, 0),
        scores=board.scores if board else {},
        baseline_scores=board.baseline_scores if board else {},
        verdict=board.verdict if board else "unproven",
        updated_at=show_time(board.updated_at) if board else None,
        champion=record.champion_id if record else None,
        champion_since=show_time(record.champion_since) if record else None,
        promoted_at=show_time(record.promoted_at) if record else None,
        expired=record is not None and record.expired(now_ms()),
        last_error=record.last_error if record else None,
    )
