"""The newest signal of every slot, for robots that ask every few seconds."""

import hashlib
from typing import NamedTuple

import msgspec
from falcon import HTTP_304, MEDIA_JSON
from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.docs.openapi_parts import SCAN_FORMS
from api.http.tables import CSV_TYPE
from api.http.threads import in_thread
from api.robots.digits import MarketDigits
from api.robots.items import scan_item
from api.robots.offered import OfferedSlots, limits_of, tier_of
from api.robots.schemas import Scan, ScanItem, ScanQuery, several
from api.robots.seen import SeenAgain, account_of, note_caller
from core.clock.resolutions import parse_resolution
from core.clock.times import format_time, now_ms
from core.forecast_target import ForecastTarget
from core.robots.accounts import Account, SlotLimits
from core.series import Market
from storage.ledger.signal_rows import SealedSignal
from storage.stores import Stores


class _Shown(NamedTuple):
    """A signal as it is shown, and the digest of that."""

    row: SealedSignal
    item: ScanItem
    digest: bytes


class _View(NamedTuple):
    """A scan as it is answered from an instant to another (s), but for what time it is."""

    scan: Scan
    tag: str
    since: int
    until: int


# What decides about a scan: the mark of the board, the plan, which slots it shows, the query.
_Key = tuple[bytes, str, SlotLimits, bytes]
_MOST_VIEWS = 1_024
# Slots are offered and retired by settings, which a scan shows a second later (s).
_VIEW_S = 1


class ScanResource:
    """`GET /api/scan`"""

    def __init__(self, stores: Stores, offered: OfferedSlots) -> None:
        self._stores = stores
        self._offered = offered
        # What was shown of each slot last, and to whom: between two closes nothing changes.
        self._shown: dict[ForecastTarget, _Shown] = {}
        self._views: dict[_Key, _View] = {}
        self._digits = MarketDigits(stores.markets)
        self._seen_again = SeenAgain(stores.heartbeats)

    @operation("scan", "robots", {200: Scan}, errors=(404, 422), more=SCAN_FORMS)
    async def on_get(self, req: Request, resp: Response, query: ScanQuery) -> None:
        """Return the newest sealed signal of each offered slot, by symbol and length of candles.

        A signal that is old, because a later candle has closed, is left out and counted.
        Unchanged items are a 304 to a caller that sends their `ETag` as `If-None-Match`.
        """
        now, account = now_ms() // 1_000, req.context.account
        # Every browser sends it, and no terminal.
        robot = req.get_header("Sec-Fetch-Site") is None
        new = robot and not self._stores.heartbeats.is_present(account_of(account))
        view = None if new else self._at_hand(account, query, now)
        if view is None:
            view = await in_thread(self._answer, account, query, now, new)
        if robot and not new:  # the answer need not wait for it
            self._seen_again.note(account)
        resp.content_type = MEDIA_JSON if query.format == "json" else CSV_TYPE
        resp.set_header("ETag", view.tag)
        # A proxy that packs answers makes a tag weak; the items are the same.
        held = (req.get_header("If-None-Match") or "").replace("W/", "").replace(" ", "")
        if view.tag in held.split(","):
            resp.status = HTTP_304
            return
        told = {"server_time": format_time(now * 1_000), "server_time_unix": now}
        resp.data = _body(msgspec.structs.replace(view.scan, **told), query.format)

    def _answer(self, account: Account | None, query: ScanQuery, now: int, note: bool) -> _View:
        view = self._view(account, query, now)
        if note:
            note_caller(self._stores.heartbeats, account)
        return view

    def _view(self, account: Account | None, query: ScanQuery, now: int) -> _View:
        """Return what is answered at `now` (s), which accounts of one plan share."""
        mark = self._stores.board.mark()
        if mark is None:
            return self._looked(account, query, now)
        view = self._held(mark, account, query, now)
        if view is None:
            view = self._looked(account, query, now)
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            self._views[_key(mark, account, query)] = view
        return view

    def _at_hand(self, account: Account | None, query: ScanQuery, now: int) -> _View | None:
        """Return what is answered, if nothing must be waited for."""
        mark = self._stores.board.mark_at_hand()
        return self._held(mark, account, query, now) if mark else None

    def _held(
        self, mark: bytes, account: Account | None, query: ScanQuery, now: int
    ) -> _View | None:
        view = self._views.get(_key(mark, account, query))
        return view if view and view.since <= now < view.until else None

    def _looked(self, account: Account | None, query: ScanQuery, now: int) -> _View:
        targets = [slot.target for slot in self._offered.now(account)]
        newest = self._stores.board.newest(targets)
        current = {row.seq: row for row in newest.values() if not row.is_stale(now)}
        shown = [
            self._item(target, row, now)
            for target in self._wanted(account, targets, query)
            if (row := newest.get(target)) and (query.include_stale == "true" or row.seq in current)
        ]
        shown = [one for one in shown if one.item.confidence >= query.min_confidence]
        closes = [row.first_close for row in current.values()]
        scan = Scan(
            items=[one.item for one in shown],
            plan_tier=tier_of(account),
            filtered_by_plan=len(targets) < len(self._offered.now(None)),
            server_time=format_time(now * 1_000),
            server_time_unix=now,
            next_close_unix=_next_close(closes, targets, now),
            stale_slots=len(targets) - len(current),
            count=len(shown),
        )
        ends = [row.stale_from for row in current.values()]
        until = min([scan.next_close_unix, now + _VIEW_S, *ends])
        return _View(scan, _tag(scan, shown, query.format), now, until)

    def _wanted(
        self, account: Account | None, targets: list[ForecastTarget], query: ScanQuery
    ) -> list[ForecastTarget]:
        named, frames = several(query.symbol), several(query.timeframe)
        symbols = None if named is None else [self._offered.known(account, one) for one in named]
        lengths = None if frames is None else [parse_resolution(f, "timeframe") for f in frames]
        return [
            one
            for one in targets
            if (symbols is None or one.symbol in symbols)
            and (lengths is None or one.resolution in lengths)
        ]

    def _item(self, target: ForecastTarget, row: SealedSignal, now: int) -> _Shown:
        if row.is_stale(now):
            return self._made(target, row, now)
        known = self._shown.get(target)
        if known is None or known.row is not row:
            known = self._shown[target] = self._made(target, row, now)
        return known

    def _made(self, target: ForecastTarget, row: SealedSignal, now: int) -> _Shown:
        item = scan_item(row, self._digits.of(Market(target.platform, target.symbol)), now)
        return _Shown(row, item, hashlib.sha256(msgspec.json.encode(item)).digest())


def _key(mark: bytes, account: Account | None, query: ScanQuery) -> _Key:
    return mark, tier_of(account), limits_of(account), msgspec.json.encode(query)


def _next_close(closes: list[int], targets: list[ForecastTarget], now: int) -> int:
    """Return when (s) the next candle of a slot closes; by the plain grid where none is current."""
    ahead = [close for close in closes if close > now]
    steps = [target.resolution for target in targets] or [60]
    return min(ahead or [(now // step + 1) * step for step in steps])


def _body(scan: Scan, form: str) -> bytes:
    if form == "json":
        return msgspec.json.encode(scan)
    lines = [";".join(ScanItem.__struct_fields__)]
    lines += [";".join(map(_cell, msgspec.structs.astuple(item))) for item in scan.items]
    return "\n".join([*lines, ""]).encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace(";", ",").replace('"', "'").replace("\n", " ")


def _tag(scan: Scan, shown: list[_Shown], form: str) -> str:
    """Return what changes with the items and with nothing else."""
    told = form, scan.plan_tier, scan.filtered_by_plan, scan.stale_slots
    content = msgspec.json.encode(told) + b"".join(one.digest for one in shown)
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
