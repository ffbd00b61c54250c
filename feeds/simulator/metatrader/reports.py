"""From a position's deals to the report of an execution: all of it again at each change."""

from collections.abc import Sequence

import msgspec

from core.clock.times import format_time
from feeds.simulator.metatrader.account import BUY, Account, Deal
from feeds.simulator.metatrader.mql_text import Text, object_of

# What a closing of the agent's own says in its comment when the signal's time was over.
TIME = "tc time"
_RESULTS = {"EXPERT": "EXPERT", "CLIENT": "MANUAL", "TP": "TP", "SL": "SL", "SO": "SO"}
_NOTHING = 0.005  # less than the smallest volume


class Tag(msgspec.Struct, frozen=True):
    """What an order's comment keeps of its signal, for an agent that remembers nothing."""

    pred_id: int
    timeframe: str
    exit_by: int

    def __str__(self) -> str:
        return f"tc {self.pred_id} {self.timeframe} {self.exit_by}"

    @classmethod
    def read(cls, comment: str) -> "Tag | None":
        """Return what a comment keeps, None if it is none of ours."""
        parts = comment.split(" ")
        if len(parts) != 4 or parts[0] != "tc" or not (parts[1] + parts[3]).isdigit():
            return None
        return cls(int(parts[1]), parts[2], int(parts[3]))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a position; times are seconds by the server's clock."""

    ticket: int
    parent: int | None
    tag: Tag
    symbol: str
    side: int
    opened: int
    closed: int | None
    entry_price: float
    exit_price: float | None
    pnl: float | None
    result: str | None
    volume: float
    closed_volume: float
    commission: float
    swap: float
    magic: int
    sl: float
    tp: float
    reason_raw: str | None


def report_of(account: Account, identifier: int) -> Report | None:
    """Return what is to be told of a position; None if it was not opened for a signal."""
    deals = _until_turned(account.history([identifier]))
    first = deals[0]
    tag = Tag.read(_comment(account, first))
    if tag is None:
        return None
    outs = [deal for deal in deals if deal.entry != "in"]
    opened = round(sum(deal.volume for deal in deals if deal.entry == "in"), 2)
    closed_volume = min(round(sum(deal.volume for deal in outs), 2), opened)
    turned = bool(outs) and outs[-1].entry == "inout"
    over = turned or account.find(identifier) is None
    last = outs[-1] if outs else None
    charges = sum(deal.commission for deal in deals), sum(deal.swap for deal in deals)
    earned = sum(deal.profit for deal in deals) + sum(charges)
    return Report(
        ticket=identifier, parent=first.parent, tag=tag, symbol=first.symbol, side=first.side,
        opened=first.time_ms // 1_000, closed=last.time_ms // 1_000 if last and over else None,
        entry_price=first.price, exit_price=_average(outs), pnl=round(earned, 2) if outs else None,
        result=_result(last) if last and over else None,
        volume=closed_volume if over else opened, closed_volume=closed_volume,
        commission=round(charges[0], 2), swap=round(charges[1], 2), magic=first.magic,
        sl=first.sl, tp=first.tp, reason_raw=last.reason if last else None,
    )  # fmt: skip


def report_text(
    report: Report, account: Account, *, symbol: str, digits: int, utc_offset_s: int
) -> Text:
    """Return a report as an EA writes it: times of the broker without a zone, beside its offset."""
    return object_of(
        digits,
        pred_id=report.tag.pred_id,
        ticket=report.ticket,
        symbol=symbol,
        timeframe=report.tag.timeframe,
        signal="BUY" if report.side == BUY else "SELL",
        confidence=None,
        opened_at=_moment(report.opened),
        closed_at=None if report.closed is None else _moment(report.closed),
        entry_price=report.entry_price,
        exit_price=report.exit_price,
        pnl=None if report.pnl is None else Text(f"{report.pnl:.2f}"),
        result=report.result,
        account=account_text(account),
        volume=Text(f"{report.volume:.2f}"),
        closed_volume=Text(f"{report.closed_volume:.2f}"),
        commission=Text(f"{report.commission:.2f}"),
        swap=Text(f"{report.swap:.2f}"),
        magic=report.magic,
        sl=report.sl or None,
        tp=report.tp or None,
        parent_ticket=report.parent,
        utc_offset_s=utc_offset_s,
        reason_raw=report.reason_raw,
    )  # fmt: skip


def account_text(account: Account) -> Text:
    """Return what reports and heartbeats say of the account."""
    return object_of(
        login=account.login, server=account.server, currency=account.currency, demo=True,
        mode=account.mode,
    )  # fmt: skip


def _until_turned(deals: Sequence[Deal]) -> list[Deal]:
    """Return the deals up to where a netting position was turned round: the rest is another."""
    turns = [place for place, deal in enumerate(deals) if deal.entry == "inout"]
    return list(deals[: turns[0] + 1] if turns else deals)


def _comment(account: Account, first: Deal) -> str:
    """Return the comment of the order; the rest of a position of MetaTrader 4 has its parent's."""
    while first.parent is not None:
        first = account.history([first.parent])[0]
    return first.comment


def _average(outs: Sequence[Deal]) -> float | None:
    volume = sum(deal.volume for deal in outs)
    if volume < _NOTHING:
        return None
    return sum(deal.price * deal.volume for deal in outs) / volume


def _result(last: Deal) -> str:
    return "TIME" if last.comment == TIME else _RESULTS.get(last.reason, "OTHER")


def _moment(seconds: int) -> str:
    return format_time(seconds * 1_000).removesuffix("Z")
