"""From what a terminal sends to a report that can be stored."""

import re
from typing import Any

from api.http.validation import convert_body
from api.robots.schemas_executions import INT64, ExecutionReport, TerminalAccount
from api.robots.words import SIDES
from core.brokers.clock import instant_shown
from core.brokers.symbols import canonical_symbol
from core.clock.resolutions import parse_resolution
from core.clock.times import parse_time
from core.errors import InvalidRequest
from core.executions.report import OTHER, RESULTS, Opening, Progress, Report, check_report

_REASON_LENGTH = 64
# `2026.05.27 10:23`, as MetaTrader writes times.
_DOTTED = re.compile(r"^(\d{4})\.(\d\d)\.(\d\d)(?=[ T]|$)")
_ZONED = re.compile(r"(?:[Zz]|[+-]\d\d(?::?\d\d)?)$")


def read_report(value: Any, now: int) -> Report:
    """Return a report of a parsed body at an instant (epoch ms); raises `InvalidRequest`."""
    given = convert_body(value, ExecutionReport)
    account = given.account or TerminalAccount()
    result, reason = _result(given)
    opening = Opening(
        opened_at=_instant(given.opened_at, "opened_at", given.utc_offset_s, now),
        entry_price=given.entry_price,
        pred_id=whole(given.pred_id, "pred_id"),
        confidence=given.confidence,
        volume=given.volume,
        requested_price=given.requested_price,
        spread_points=given.spread_points,
        magic=given.magic,
        parent_ticket=whole(given.parent_ticket, "parent_ticket"),
        currency=account.currency,
        demo=account.demo,
        mode=account.mode,
    )
    closed, offset = given.closed_at, given.utc_offset_s
    progress = Progress(
        closed_at=None if closed is None else _instant(closed, "closed_at", offset, now),
        exit_price=given.exit_price,
        pnl=given.pnl,
        result=result,
        reason_raw=reason,
        closed_volume=given.closed_volume,
        commission=given.commission,
        swap=given.swap,
        sl=given.sl or None,  # MetaTrader says 0 where there is none
        tp=given.tp or None,
    )
    report = Report(
        terminal=terminal_name(account),
        ticket=_ticket(given),
        symbol=canonical_symbol(given.symbol),
        resolution=parse_resolution(given.timeframe, "timeframe"),
        side=SIDES[given.signal],
        opening=opening,
        progress=progress,
    )
    return check_report(report, now)


def ticket_of(value: Any) -> int | None:
    """Return the ticket of an item that may be no report at all."""
    ticket = value.get("ticket") if isinstance(value, dict) else None
    if isinstance(ticket, str) and ticket.isdecimal():
        ticket = int(ticket)
    return ticket if isinstance(ticket, int) and not isinstance(ticket, bool) else None


def terminal_name(account: TerminalAccount) -> str:
    """Return `server:login`, empty where a terminal says neither."""
    server, login = account.server or "", whole(account.login, "account.login")
    return "" if not server and login is None else f"{server}:{'' if login is None else login}"


def whole(value: int | str | None, field: str) -> int | None:
    """Return a whole number that may have been sent as digits."""
    number = None if value is None else int(value)
    if number is not None and number > INT64:
        raise InvalidRequest(f"{field} must be at most {INT64}.", field=field)
    return number


def _ticket(given: ExecutionReport) -> int:
    ticket = whole(given.ticket, "ticket")
    if not ticket:
        raise InvalidRequest("ticket must be above 0.", field="ticket")
    return ticket


def _result(given: ExecutionReport) -> tuple[str | None, str | None]:
    """Return the word of a result, and what was said where that is another."""
    said, reason = given.result, given.reason_raw
    word = None if said is None else str(said).strip().upper()
    if word is not None and word not in RESULTS:
        word, reason = OTHER, reason or str(said)
    return word, reason and reason[:_REASON_LENGTH]


def _instant(value: str | float, field: str, offset_s: float | None, now: int) -> int:
    """Return epoch ms; a text without a zone is the broker's time where its offset is told.

    That is the offset at `now` (epoch ms), of which an earlier time may have had another.
    """
    if not isinstance(value, str):
        return parse_time(value, field)
    text = _DOTTED.sub(r"\1-\2-\3", value.strip())
    try:
        instant = parse_time(text, field)
    except InvalidRequest as error:
        raise InvalidRequest(error.detail, field=field) from None
    local = "-" in text[:5] and not _ZONED.search(text[10:])
    if not local or not offset_s:
        return instant
    second, rest = divmod(instant, 1_000)
    return instant_shown(second, offset_s, now // 1_000) * 1_000 + rest
