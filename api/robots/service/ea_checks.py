"""What a user can look at alone when the robot does not do what it should."""

from collections.abc import Sequence

from api.robots.offered import OfferedSlots
from api.robots.seen import account_of
from api.robots.service.schemas import EaCheck
from core.clock.resolutions import DAY
from core.clock.times import format_time
from core.executions.terminal_clock import is_wrong
from core.robots.accounts import Account
from storage.executions.execution_rows import Position
from storage.executions.heartbeats import SeenTerminal
from storage.stores import Stores

_DAY_MS = DAY * 1_000
# Reports of so many days, and so many positions at most, are looked at.
_REPORTS_DAYS, _MOST_POSITIONS = 30, 200
# A plan that ends so soon (days) is told.
_ENDS_SOON_DAYS = 7


def ea_checks(
    stores: Stores,
    offered: OfferedSlots,
    account: Account | None,
    terminals: Sequence[SeenTerminal],
    now: int,
) -> list[EaCheck]:
    """Return the checks of an account's robots at `now` (epoch ms)."""
    since = now - _REPORTS_DAYS * _DAY_MS
    positions = stores.executions.page(account_of(account), since, _MOST_POSITIONS, 2**63 - 1)
    return [
        _seen_today(terminals, now),
        _clock(terminals),
        _reports(positions),
        _symbols(positions, {target.symbol for target in offered.ever(None)}),
        _expires(account, now),
    ]


def _seen_today(terminals: Sequence[SeenTerminal], now: int) -> EaCheck:
    seen = any(one.seen_at > now - _DAY_MS for one in terminals)
    hint = "No call in the last day: start the terminal, and allow this server's address under "
    return _check("seen_today", seen, f"{hint}Tools, Options, Expert Advisors, WebRequest.")


def _clock(terminals: Sequence[SeenTerminal]) -> EaCheck:
    off = [one for one in terminals if is_wrong(one.said.clock_offset_s)]
    names = ", ".join(one.terminal or "a terminal" for one in off)
    return _check("clock", not off, f"The computer's clock is wrong at {names}: have it set.")


def _reports(positions: Sequence[Position]) -> EaCheck:
    hint = f"No position was reported in {_REPORTS_DAYS} days: is trading on (InpTrade)?"
    return _check("reports", bool(positions), hint)


def _symbols(positions: Sequence[Position], known: set[str]) -> EaCheck:
    unknown = sorted({one.symbol for one in positions} - known)
    hint = f"Not known here: {', '.join(unknown[:5])}; map them to the names of the scan."
    return _check("symbols", not unknown, hint)


def _expires(account: Account | None, now: int) -> EaCheck:
    until = account.active_until(now) if account else None
    soon = until is not None and until - now < _ENDS_SOON_DAYS * _DAY_MS
    hint = f"The plan ends at {format_time(until)}; renew it." if until is not None else ""
    return _check("expires", not soon, hint)


def _check(name: str, ok: bool, hint: str) -> EaCheck:
    return EaCheck(name, ok, "" if ok else hint)
